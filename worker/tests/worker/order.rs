//! The sample world in other orders: the same observations give the same calls,
//! verdicts, counts and report, however they arrive.

use baitline_testkit::{TestDatabase, on_both};

use crate::dice::Dice;
use crate::sample_world::{Said, SampleWorld, listen, send};
use crate::scene::{Derived, Scene, assert_same};

/// A world with its reports, what it comes to when they arrive in order, and
/// an empty store again.
struct Arranged {
    scene: Scene,
    said: Vec<Said>,
    expected: Derived,
}

fn arranged(database: TestDatabase) -> Arranged {
    let scene = Scene::on(database);
    let world = SampleWorld::on(&scene);
    let said = world.reports();
    send(&scene, &said.iter().collect::<Vec<_>>(), 500);
    scene.settle();
    let mut heard = Vec::new();
    listen(&scene, &said, &mut heard);
    let expected = scene.settled();
    assert!(heard.len() > 20, "{} labels", heard.len());
    assert!(expected.calls.len() > 200, "{} calls", expected.calls.len());
    assert!(expected.tallies.len() > 40, "{} tallies", expected.tallies.len());
    scene.forget_observations();
    Arranged { scene, said, expected }
}

fn shuffled(said: &[Said], seed: u64) -> Vec<&Said> {
    let mut order: Vec<&Said> = said.iter().collect();
    Dice::of(seed).shuffle(&mut order);
    order
}

#[test]
fn reports_that_come_shuffled_and_twice_give_the_same_report() {
    on_both(|database| {
        let Arranged { scene, said, expected } = arranged(database);
        let mut order = shuffled(&said, 1);
        order.extend(shuffled(&said, 2));
        send(&scene, &order, 100);
        scene.settle();
        listen(&scene, &said, &mut Vec::new());
        scene.settle();
        assert_same(&expected, &scene.derived());
    });
}

#[test]
fn reports_that_come_in_pieces_with_work_and_labels_in_between_give_the_same_report() {
    on_both(|database| {
        let Arranged { scene, said, expected } = arranged(database);
        let mut heard = Vec::new();
        for piece in shuffled(&said, 3).chunks(120) {
            send(&scene, piece, 40);
            listen(&scene, &said, &mut heard);
            scene.settle();
        }
        listen(&scene, &said, &mut heard);
        scene.settle();
        assert_same(&expected, &scene.derived());
    });
}
