//! Two clients with the same bait number and the same caller: nothing of one
//! shows in the other.

use baitline_domain::ids::ClientId;
use baitline_domain::verdict::Verdict;
use baitline_testkit::on_both;

use crate::scene::{Derived, Scene, at};
use crate::story::{FOREIGN, Story, consent, minutes};

fn of(derived: &Derived, client: ClientId) -> (usize, u32) {
    let calls = derived.calls.iter().filter(|one| one.client_id == client).count();
    let counted = derived.tallies.iter().filter(|tally| tally.client == client);
    (calls, counted.map(|tally| tally.calls).sum())
}

#[test]
fn clients_with_one_bait_number_and_one_caller_know_nothing_of_each_other() {
    on_both(|database| {
        let scene = Scene::on(database);
        let ours = Story::on(&scene);
        let theirs = Story::without_numbering(&scene);
        let start = at("2026-09-02T10:00:00Z");
        ours.complete_trap(&scene, start);
        theirs.complete_trap(&scene, start);
        let mine = ours.call("1", FOREIGN, start + minutes(120));
        let yours = theirs.call("1", FOREIGN, start + minutes(26 * 60));
        assert_ne!(mine.id, yours.id);
        ours.ingest(&scene, std::slice::from_ref(&mine));
        theirs.ingest(&scene, std::slice::from_ref(&yours));
        let derived = scene.settled();
        assert_eq!(of(&derived, ours.client), (3, 1));
        assert_eq!(of(&derived, theirs.client), (3, 1));
        let [offender] = &derived.offenders[..] else { panic!("{:?}", derived.offenders) };
        assert_eq!(offender.candidates, 2, "the agency alone sees both");
        // What taints ours leaves theirs alone, and so does an own number.
        ours.record(&scene, &mine);
        ours.label(&scene, &mine, &consent());
        ours.ingest(&scene, &[ours.outgoing("out", FOREIGN, start + minutes(60))]);
        ours.own_number(&scene, FOREIGN);
        let derived = scene.settled();
        assert_eq!(of(&derived, ours.client), (4, 0));
        assert_eq!(of(&derived, theirs.client), (3, 1));
        assert_eq!(theirs.verdict(&scene, &yours), Some(Verdict::ForeignGroup));
        assert!(!theirs.interception(&scene, &yours).unwrap().prior_contact);
    });
}
