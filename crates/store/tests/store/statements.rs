//! Operator statements: entered for a bait and a source of their kind, and
//! compared with what others report.

use baitline_domain::call::Call;
use baitline_domain::ids::{BaitId, ClientId, ObservationId, SourceId, StatementId};
use baitline_domain::instant::{Instant, Span};
use baitline_domain::matching::match_observations;
use baitline_domain::observation::Channel;
use baitline_domain::statement::LineOutcome;
use baitline_store::buckets::Touched;
use baitline_store::models::{
    Comparison, Correcting, JudgedCall, NewSource, NewStatement, Source, SourceKind,
    StatementChanges,
};
use baitline_store::versions::Expected;
use baitline_store::{
    Constraint, Reach, StoreError, StoreResult, calls, observations, sources, statements,
};
use baitline_testkit::on_both;
use uuid::Uuid;

use crate::support::{self, Opened, at, new_source, report};
use crate::world::background;

/// Gives a client a statement.
pub(crate) fn furnish(opened: &Opened, client: ClientId, bait: BaitId) {
    let source = listed(opened, client);
    let new = new_statement(bait, source.id);
    opened.as_client(client, |conn| statements::create_statement(conn, client, &new, "key"));
}

fn midnight() -> Instant {
    at("2026-10-02T00:00:00Z")
}

fn listed(opened: &Opened, client: ClientId) -> Source {
    let new = NewSource { kind: SourceKind::OperatorStatement, ..new_source("Т2") };
    opened.as_client(client, |conn| sources::create_source(conn, client, &new))
}

fn new_statement(bait: BaitId, source: SourceId) -> NewStatement {
    NewStatement {
        bait,
        source,
        from: midnight(),
        to: midnight() + Span::hours(24),
        number: None,
        issued_on: None,
        note: None,
    }
}

fn create(opened: &Opened, client: ClientId, new: &NewStatement) -> StoreResult<StatementId> {
    let made = opened.store.write(Reach::Client(client), |conn| {
        statements::create_statement(conn, client, new, "key")
    });
    made.map(|row| row.id)
}

fn rule<T: std::fmt::Debug>(result: StoreResult<T>) -> Constraint {
    match result.unwrap_err() {
        StoreError::Constraint(rule) => rule,
        other => panic!("{other:?}"),
    }
}

/// A bait's calls of a day by a PBX and by the operator: at a minute, with a
/// connected time.
struct Scene {
    opened: Opened,
    client: ClientId,
    bait: BaitId,
    pbx: Source,
    operator: Source,
}

impl Scene {
    fn new(opened: Opened) -> Self {
        let client = opened.client("наш").id;
        let bait = opened.bait(client, 79_001_112_233).id;
        let (pbx, operator) = (opened.source(client, "АТС"), listed(&opened, client));
        Self { opened, client, bait, pbx, operator }
    }

    fn tell(
        &self,
        source: &Source,
        second: i64,
        connected: u32,
        channel: Channel,
    ) -> ObservationId {
        let started_at = midnight() + Span::seconds(second);
        let ends = ("+74951234567", "+79001112233");
        let mut one = report(source, &second.to_string(), ends, started_at);
        one.connected_seconds = Some(connected);
        one.channel = channel;
        self.opened.ingest(self.client, &[one])[0].id
    }

    /// Derives the day as the worker does.
    fn derive(&self) {
        self.opened.agency(|conn| {
            let sources = sources::sources_of(conn, self.client)?;
            let day = midnight().day();
            let period = (day.start(), day.end());
            let seen = observations::observations_between(
                conn,
                self.client,
                &sources,
                &Touched::Day,
                period,
            )?;
            let judged = |call: Call| JudgedCall {
                client_id: self.client,
                call,
                assessment: background(),
                label: None,
                recordings: 0,
            };
            let judged: Vec<JudgedCall> =
                match_observations(&seen).into_iter().map(judged).collect();
            calls::replace_day(conn, self.client, day, &judged)
        });
    }

    fn compare(&self) -> Comparison {
        let id = create(&self.opened, self.client, &new_statement(self.bait, self.operator.id));
        let (id, reach) = (id.unwrap(), Reach::Client(self.client));
        self.opened.as_client(self.client, |conn| statements::compare_statement(conn, reach, id))
    }
}

fn outcomes(comparison: &Comparison) -> Vec<LineOutcome> {
    comparison.calls.iter().map(|one| one.line.outcome).collect()
}

#[test]
fn a_statement_is_compared_line_by_line() {
    on_both(|database| {
        let scene = Scene::new(support::open(database));
        let (pbx, operator) = (&scene.pbx, &scene.operator);
        let hour = 3_600;
        scene.tell(pbx, hour, 60, Channel::Pstn);
        scene.tell(operator, hour + 3, 58, Channel::Pstn);
        scene.tell(pbx, 2 * hour, 60, Channel::Pstn);
        scene.tell(operator, 2 * hour + 60, 60, Channel::Pstn);
        scene.tell(pbx, 3 * hour, 60, Channel::Pstn);
        scene.tell(operator, 3 * hour, 120, Channel::Pstn);
        scene.tell(pbx, 4 * hour, 60, Channel::Pstn);
        scene.tell(operator, 5 * hour, 60, Channel::Pstn);
        scene.tell(pbx, 6 * hour, 60, Channel::Messenger);
        scene.derive();
        scene.opened.settle_all();
        let compared = scene.compare();
        assert!(!compared.pending);
        let expected = [
            LineOutcome::Matched,
            LineOutcome::TimeDiffers,
            LineOutcome::DurationDiffers,
            LineOutcome::OnlyInOurs,
            LineOutcome::OnlyInTheirs,
        ];
        assert_eq!(outcomes(&compared), expected);
        let voided = scene.tell(operator, 4 * hour + 1, 60, Channel::Pstn);
        scene.derive();
        assert!(scene.compare().pending, "a new report waits for the worker");
        assert_eq!(outcomes(&scene.compare())[3], LineOutcome::Matched);
        scene.opened.correct(scene.client, voided, Correcting::Void);
        assert_eq!(outcomes(&scene.compare())[3], LineOutcome::OnlyInOurs);
    });
}

#[test]
fn a_statement_needs_a_bait_and_a_source_of_its_kind_and_client() {
    on_both(|database| {
        let scene = Scene::new(support::open(database));
        let stranger = scene.opened.client("чужой").id;
        let (foreign_bait, foreign_source) =
            (scene.opened.bait(stranger, 79_000_000_001).id, listed(&scene.opened, stranger).id);
        let refused =
            |bait, source| rule(create(&scene.opened, scene.client, &new_statement(bait, source)));
        let (bait, source) = (scene.bait, scene.operator.id);
        assert_eq!(refused(foreign_bait, source), Constraint::UnknownBait);
        assert_eq!(refused(BaitId(Uuid::now_v7()), source), Constraint::UnknownBait);
        assert_eq!(refused(bait, foreign_source), Constraint::UnknownSourceId);
        assert_eq!(refused(bait, scene.pbx.id), Constraint::NotAStatement);
        let mut backwards = new_statement(bait, source);
        backwards.to = backwards.from;
        assert_eq!(rule(create(&scene.opened, scene.client, &backwards)), Constraint::Backwards);
    });
}

#[test]
fn a_statement_is_withdrawn_and_counts_its_changes() {
    on_both(|database| {
        let scene = Scene::new(support::open(database));
        let client = scene.client;
        let id = create(&scene.opened, client, &new_statement(scene.bait, scene.operator.id));
        let id = id.unwrap();
        let change = |expected: Expected| {
            let changes = StatementChanges {
                withdrawn_because: Some(Some("не та SIM".to_owned())),
                ..StatementChanges::default()
            };
            scene.opened.store.write(Reach::Client(client), |conn| {
                statements::update_statement(conn, client, id, &expected, &changes)
            })
        };
        assert_eq!(change(Expected::OneOf(vec![1])).unwrap().version, 2);
        assert_eq!(rule(change(Expected::OneOf(vec![1]))), Constraint::ChangedMeanwhile);
        assert_eq!(change(Expected::Any).unwrap().version, 2, "nothing changed");
    });
}
