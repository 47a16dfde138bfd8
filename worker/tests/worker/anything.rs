//! Chance as the tester: reports, revisions, labels, clocks, numbers, traps, baits
//! and operators in any order, with single steps of work and of sealing in between. What stands at the
//! end is what a recomputation from the observations gives.

use baitline_domain::competitor::AttributionRole;
use baitline_domain::instant::{Instant, Span};
use baitline_domain::label::LabelKind;
use baitline_domain::observation::Report;
use baitline_domain::operator::{OperatorGroup, Standing};
use baitline_store::attributions::{self, AttributionFilter};
use baitline_store::models::{
    Amendment, AttributionChanges, BaitChanges, Correcting, NewAttribution, NewCompetitor,
    NewCorrection, OwnNumberChanges, SourceChanges, TrapChanges,
};
use baitline_store::{
    Reach, StoreError, baits, calls, competitors, observations, operators, own_numbers, sources,
    traps,
};
use baitline_testkit::on_both;

use crate::dice::Dice;
use crate::operators::learn;
use crate::scene::{ALL, Scene, assert_same, at};
use crate::sealed::{Sealing, assert_reports_agree};
use crate::story::{
    BAIT, FOREIGN, KIN, LINE, MTS, Story, add_bait, consent, from_another, label, minutes, moved,
    new_trap, report, site_visit,
};

/// Worlds tried on each database; `BAITLINE_WORLDS` for another number.
fn worlds() -> u64 {
    std::env::var("BAITLINE_WORLDS").map_or(4, |text| text.parse().unwrap())
}

/// Periods in which reports are compared at the end of each.
const PERIODS: usize = 4;
/// What happens in each.
const EVENTS: usize = 85;

const CALLERS: [u64; 4] = [FOREIGN, FOREIGN + 1, KIN, LINE];

fn first_day() -> Instant {
    at("2026-09-02T00:00:00Z")
}

struct Chance<'a> {
    scene: &'a Scene,
    story: Story,
    dice: Dice,
    reports: Vec<Report>,
    corrected: usize,
}

#[test]
fn whatever_happens_in_any_order_ends_as_a_recomputation_from_the_observations() {
    on_both(|database| {
        let scene = Scene::on(database);
        let first = Story::on(&scene);
        scene.settle();
        let (mut kept, mut corrected, mut sealed) = ((0, 0), 0, 0);
        let mut sealing = Sealing::on(&scene);
        for seed in 0..worlds() {
            let story = if seed == 0 { first.clone() } else { Story::without_numbering(&scene) };
            let mut chance = Chance {
                scene: &scene,
                story,
                dice: Dice::of(seed),
                reports: Vec::new(),
                corrected: 0,
            };
            for _ in 0..EVENTS {
                chance.happen();
                let steps = chance.dice.below(4);
                work(&scene, steps);
                sealing.happen(&mut chance.dice);
            }
            scene.settle();
            sealed += scene.sealed_days();
            for _ in 0..PERIODS {
                let ends = [chance.moment(), chance.moment()];
                assert_reports_agree(&scene, ends[0].min(ends[1]), ends[0].max(ends[1]));
            }
            let standing = scene.derived();
            assert_same(&standing, &scene.recomputed());
            corrected += chance.corrected;
            kept = (standing.calls.len(), standing.tallies.len());
        }
        let worlds = usize::try_from(worlds()).unwrap();
        assert!(kept.0 > 25 * worlds && kept.1 > 5 * worlds, "{kept:?}");
        assert!(corrected > 5 * worlds, "{corrected} corrections");
        assert!(sealed > 4 && sealing.overtaken > 0, "{sealed}, {}", sealing.overtaken);
    });
}

fn work(scene: &Scene, steps: usize) {
    let mut worker = scene.worker();
    for _ in 0..steps {
        worker.run_next().unwrap();
    }
}

impl Chance<'_> {
    fn happen(&mut self) {
        match self.dice.below(24) {
            0 | 16 | 17 => self.run_a_trap(),
            1 => self.change_a_trap(),
            2 => self.shift_a_clock(),
            3 => self.change_an_own_number(),
            4 | 5 => self.listen(),
            9 if self.dice.one_in(2) => self.learn_of_an_operator(),
            6 | 7 => self.revise(),
            18..=20 => self.correct(),
            21 => self.change_whose_a_number_is(),
            22 => self.change_the_bait(),
            8 if self.reports.len() > 20 && self.dice.one_in(3) => {
                let digits = BAIT + 2;
                let reach = Reach::Client(self.story.client);
                let known = baits::BaitFilter {
                    number: Some(crate::story::phone(digits)),
                    reference: None,
                    state: None,
                };
                let found = self.scene.agency(|conn| baits::list_baits(conn, reach, &known, ALL));
                if found.is_empty() {
                    add_bait(self.scene, self.story.client, digits);
                }
            }
            _ => self.report(),
        }
    }

    /// Half the moments lie within minutes of a midnight.
    fn moment(&mut self) -> Instant {
        let midnight = first_day() + Span::hours(24 * self.dice.below(7) as i64);
        if self.dice.one_in(2) {
            midnight + Span::seconds(self.dice.below(600) as i64 - 300)
        } else {
            midnight + Span::seconds(self.dice.below(86_400) as i64)
        }
    }

    fn report(&mut self) {
        let many = 1 + self.dice.below(4);
        let mut at = self.moment();
        for _ in 0..many {
            let new = self.some_report(at);
            self.story.ingest(self.scene, std::slice::from_ref(&new));
            self.reports.push(new);
            at = at + Span::seconds(self.dice.below(150) as i64);
        }
    }

    fn some_report(&mut self, at: Instant) -> Report {
        let name = format!("report {}", self.reports.len());
        let sources = [&self.story.pbx, &self.story.recorder, &self.story.notebook];
        let source = *self.dice.pick(&sources);
        let other = match self.dice.below(6) {
            0 => "anonymous".to_owned(),
            1 => "900".to_owned(),
            _ => format!("+{}", self.dice.pick(&CALLERS)),
        };
        let bait = format!("+{}", if self.dice.one_in(5) { BAIT + 2 } else { BAIT });
        let outgoing = self.dice.one_in(6) && other.starts_with('+');
        let (caller, called) = if outgoing { (bait, other) } else { (other, bait) };
        let answered = !self.dice.one_in(5);
        Report {
            answered,
            connected_seconds: answered.then_some(150),
            ..report(source, &name, &caller, &called, at)
        }
    }

    fn run_a_trap(&mut self) {
        let start = self.moment();
        let new = new_trap(self.story.bait, start);
        let client = self.story.client;
        let made = self
            .scene
            .store
            .write(Reach::Client(client), |conn| traps::create_trap(conn, client, &new));
        if made.is_ok() {
            let own = self.story.own_calls(&format!("run {start}"), start);
            self.story.ingest(self.scene, &own);
            self.reports.extend(own);
        }
    }

    fn change_a_trap(&mut self) {
        let (client, reach) = (self.story.client, Reach::Client(self.story.client));
        let filter = traps::TrapFilter::default();
        let rows = self.scene.agency(|c| traps::list_traps(c, reach, &filter, ALL));
        if rows.is_empty() {
            return;
        }
        let trap = &self.dice.pick(&rows).trap;
        let tested = (!self.dice.one_in(4)).then(|| trap.started_at + minutes(1));
        let visit = site_visit(trap.started_at + minutes(self.dice.below(40) as i64));
        let changes =
            TrapChanges { recorder_tested_at: Some(tested), exposures: Some(vec![visit]) };
        self.scene.as_client(client, |c| traps::update_trap(c, client, trap.id, &changes));
    }

    fn shift_a_clock(&mut self) {
        let offset = Span::seconds(self.dice.below(400) as i64 - 200).0;
        let changes = SourceChanges {
            clock_offset_micros: Some(offset),
            uncertainty_micros: Some(Span::seconds(self.dice.below(90) as i64).0),
        };
        let sources = [self.story.recorder.id, self.story.notebook.id];
        let source = *self.dice.pick(&sources);
        let client = self.story.client;
        self.scene.as_client(client, |c| sources::update_source(c, client, source, &changes));
    }

    fn change_an_own_number(&mut self) {
        let valid_from = self.dice.one_in(4).then(|| self.moment());
        let changes =
            OwnNumberChanges { valid_from: Some(valid_from), ..OwnNumberChanges::default() };
        let (client, line) = (self.story.client, self.story.line);
        self.scene.as_client(client, |c| own_numbers::update_own_number(c, client, line, &changes));
    }

    /// Now and then what was learnt last is withdrawn, or counts again.
    fn learn_of_an_operator(&mut self) {
        let entries = self.scene.agency(operators::list_entries);
        if let Some(last) = entries.last()
            && self.dice.one_in(3)
        {
            let because = last.withdrawn_because.is_none().then_some("ошибка");
            self.scene.agency(|c| operators::withdraw_entry(c, last.inn, last.id, because));
            return;
        }
        let group = |name: &str| OperatorGroup(name.to_owned());
        let standings = [
            Standing::Entity,
            Standing::NoCallers,
            Standing::Group(group("t2-rostelecom")),
            Standing::Virtual { hosts: vec![group("mts")] },
        ];
        let standing = self.dice.pick(&standings).clone();
        let since = (!self.dice.one_in(4)).then(|| self.moment());
        learn(self.scene, MTS, standing, since);
    }

    /// A new attribution to one of two competitors, or another period of one.
    fn change_whose_a_number_is(&mut self) {
        let (client, reach) = (self.story.client, Reach::Client(self.story.client));
        let period = |dice: &mut Self| {
            let ends = [dice.moment(), dice.moment()];
            let from = dice.dice.one_in(2).then(|| ends[0].min(ends[1]));
            (from, dice.dice.one_in(2).then(|| ends[0].max(ends[1])))
        };
        let (valid_from, valid_to) = period(self);
        let filter = AttributionFilter::default();
        let known = self.scene.agency(|c| attributions::list_attributions(c, reach, filter, ALL));
        if !known.is_empty() && self.dice.one_in(2) {
            let id = self.dice.pick(&known).id;
            let changes = AttributionChanges {
                valid_from: Some(valid_from),
                valid_to: Some(valid_to),
                ground: None,
            };
            self.scene
                .as_client(client, |c| attributions::update_attribution(c, client, id, &changes));
            return;
        }
        let mut rivals = self.scene.agency(|c| competitors::list_competitors(c, reach, ALL));
        if rivals.len() < 2 {
            let new = NewCompetitor { name: "соперник".to_owned(), inn: None, ogrn: None };
            let made =
                self.scene.as_client(client, |c| competitors::create_competitor(c, client, &new));
            rivals.push(made);
        }
        let new = NewAttribution {
            competitor: self.dice.pick(&rivals).id,
            number: crate::story::phone(*self.dice.pick(&CALLERS)),
            role: AttributionRole::CallCentre,
            ground: "с их сайта".to_owned(),
            valid_from,
            valid_to,
        };
        self.scene.as_client(client, |c| attributions::create_attribution(c, client, &new, "key"));
    }

    /// Another operator by contract.
    fn change_the_bait(&mut self) {
        let operators = [None, Some("7743895280"), Some("7713076301")];
        let operator = self.dice.pick(&operators).map(|inn| inn.parse().unwrap());
        let changes = BaitChanges { operator: Some(operator), ..BaitChanges::default() };
        let (client, bait) = (self.story.client, self.story.bait);
        self.scene.as_client(client, |c| baits::update_bait(c, client, bait, &changes));
    }

    fn listen(&mut self) {
        if self.reports.is_empty() {
            return;
        }
        let heard = self.dice.pick(&self.reports).clone();
        let reach = Reach::Client(self.story.client);
        let has_call =
            self.scene.store.read(reach, |conn| calls::find_call(conn, reach, heard.id)).is_ok();
        if has_call {
            self.story.record(self.scene, &heard);
            let said = if self.dice.one_in(2) { consent() } else { label(LabelKind::Advertising) };
            self.story.label(self.scene, &heard, &said);
        }
    }

    fn revise(&mut self) {
        if self.reports.is_empty() {
            return;
        }
        let index = self.dice.below(self.reports.len());
        let old = &self.reports[index];
        let incoming = old.called_raw.as_deref() != Some(&format!("+{LINE}"))
            && old.caller_raw.as_deref() != Some(&format!("+{BAIT}"));
        let new = if incoming && self.dice.one_in(2) {
            from_another(old, *self.dice.pick(&CALLERS))
        } else {
            let at = self.moment();
            moved(&self.reports[index], at)
        };
        self.story.ingest(self.scene, std::slice::from_ref(&new));
        self.reports[index] = new;
    }

    /// Amends, voids or takes back; what is refused changes nothing.
    fn correct(&mut self) {
        if self.reports.is_empty() {
            return;
        }
        let report = self.dice.pick(&self.reports).clone();
        let client = self.story.client;
        let earlier =
            self.scene.as_client(client, |c| observations::corrections_of(c, client, &[report.id]));
        let correcting = match self.dice.below(5) {
            0 => Correcting::Void,
            1 => {
                let occurred_at_micros = Some(self.moment().0);
                Correcting::Amend(Amendment { occurred_at_micros, ..Amendment::default() })
            }
            2 => {
                let caller = Some(Some(format!("+{}", self.dice.pick(&CALLERS))));
                Correcting::Amend(Amendment { caller, ..Amendment::default() })
            }
            _ if earlier.is_empty() => {
                let called = Some(Some(format!("+{}", BAIT + 2)));
                Correcting::Amend(Amendment { called, ..Amendment::default() })
            }
            _ => Correcting::Withdraw(self.dice.pick(&earlier).id),
        };
        let new = NewCorrection { correcting, reason: "?".to_owned() };
        let done = self.scene.store.write(Reach::Client(client), |conn| {
            observations::correct_observation(conn, client, report.id, &new, "test")
        });
        assert!(matches!(done, Ok(_) | Err(StoreError::Constraint(_))), "{done:?}");
        self.corrected += usize::from(done.is_ok());
    }
}
