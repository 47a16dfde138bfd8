//! Papers and templates: one worker at a time, a silent one relieved; of a
//! client's templates the newest accepted one counts until they are withdrawn.

use baitline_domain::ids::{ApplicantId, ClientId, PaperId};
use baitline_domain::paper::PaperKind;
use baitline_store::blobs::StoredBlob;
use baitline_store::exports::{LEASE, MAX_ATTEMPTS};
use baitline_store::models::{NewPaper, Paper, PaperState, PaperTemplate, TemplateState};
use baitline_store::paper_templates::{self as templates, Refused};
use baitline_store::papers::{self, MAX_WAITING_PAPERS, MadePaper, PaperFilter};
use baitline_store::sql_types::RowId;
use baitline_store::{Constraint, Reach, StoreError};
use baitline_testkit::{DatabaseKind, on_both};
use uuid::Uuid;

use crate::support::{ALL, Opened, execute, open};

const SCRIPT: PaperKind = PaperKind::AnsweringScript;

/// A note for the client, and a template of its own.
pub(crate) fn furnish(opened: &Opened, client: ClientId) -> (Paper, PaperTemplate) {
    (ask(opened, client), put(opened, client, "# Памятка\n").1)
}

fn script(client: ClientId) -> NewPaper {
    NewPaper { kind: SCRIPT, subject: RowId(client.0), bait: None }
}

fn ask(opened: &Opened, client: ClientId) -> Paper {
    opened.as_client(client, |conn| papers::create_paper(conn, client, &script(client), "key"))
}

fn put(opened: &Opened, client: ClientId, text: &str) -> (bool, PaperTemplate) {
    opened.as_client(client, |conn| templates::put_template(conn, client, SCRIPT, text, "key"))
}

fn claim(opened: &Opened) -> Option<Paper> {
    opened.agency(papers::claim_paper)
}

fn find(opened: &Opened, id: PaperId) -> Paper {
    opened.agency(|conn| papers::find_paper(conn, Reach::Agency, id))
}

fn made(byte: u8, template_version: Option<i32>) -> MadePaper {
    let blob = |byte: u8| StoredBlob { sha256: [byte; 32], bytes: u64::from(byte) };
    MadePaper { template_version, pdf: blob(byte), docx: blob(byte + 1) }
}

/// Lets everybody who works on this table be silent for a lease.
fn fall_silent(opened: &Opened, table: &str) {
    let later = match opened.database.kind() {
        DatabaseKind::Postgres => format!("interval '{} microseconds'", LEASE.0),
        DatabaseKind::Sqlite => LEASE.0.to_string(),
    };
    execute(&opened.database, &format!("UPDATE {table} SET updated_at = updated_at - {later}"));
}

/// Tries the template that waits, and says what came of it.
fn try_next(opened: &Opened, tried: Result<(), &Refused>) -> i32 {
    let row = opened.agency(templates::claim_template).unwrap();
    opened.agency(|conn| templates::end_template(conn, &row, tried));
    row.version
}

fn in_use(opened: &Opened, client: ClientId) -> Option<i32> {
    let used = opened.as_client(client, |c| templates::template_in_use(c, client, SCRIPT));
    used.map(|row| row.version)
}

#[test]
fn a_silent_worker_is_relieved_and_keeps_nothing() {
    on_both(|database| {
        let opened = open(database);
        let client = opened.client("наш").id;
        let asked = ask(&opened, client);
        assert_eq!((asked.state, asked.pdf(), asked.docx()), (PaperState::Queued, None, None));
        let first = claim(&opened).unwrap();
        assert_eq!((first.id, first.state, first.attempts), (asked.id, PaperState::Running, 1));
        assert_eq!(claim(&opened), None, "the worker may still live");
        fall_silent(&opened, "papers");
        let second = claim(&opened).unwrap();
        assert_eq!((second.id, second.attempts), (asked.id, 2));
        opened.agency(|conn| papers::keep_paper(conn, &first, &made(1, None)));
        opened.agency(|conn| papers::fail_paper(conn, &first, "no"));
        assert_eq!(find(&opened, asked.id).state, PaperState::Running, "it is the second one's");
        opened.agency(|conn| papers::keep_paper(conn, &second, &made(3, None)));
        let done = find(&opened, asked.id);
        assert_eq!((done.state, done.created_at), (PaperState::Done, asked.created_at));
        assert_eq!(done.pdf().map(|file| (file.sha256, file.bytes)), Some((vec![3; 32], 3)));
        assert_eq!(done.docx().map(|file| (file.sha256, file.bytes)), Some((vec![4; 32], 4)));
        fall_silent(&opened, "papers");
        assert_eq!(claim(&opened), None, "it has ended");
    });
}

#[test]
fn a_paper_that_waits_lets_others_pass_and_one_that_kills_its_workers_fails() {
    on_both(|database| {
        let opened = open(database);
        let client = opened.client("наш").id;
        let (waiting, other) = (ask(&opened, client), ask(&opened, client));
        let claimed = claim(&opened).unwrap();
        assert_eq!(claimed.id, waiting.id);
        opened.agency(|conn| papers::put_back_paper(conn, &claimed));
        let next = claim(&opened).unwrap();
        assert_eq!(next.id, other.id);
        opened.agency(|conn| papers::keep_paper(conn, &next, &made(1, None)));
        for attempt in 1..=MAX_ATTEMPTS {
            assert_eq!(claim(&opened).unwrap().attempts, attempt);
            fall_silent(&opened, "papers");
        }
        assert_eq!(claim(&opened), None);
        let failed = find(&opened, waiting.id);
        assert_eq!(failed.state, PaperState::Failed);
        assert!(failed.problem.is_some());
        let outage = ask(&opened, client);
        let claimed = claim(&opened).unwrap();
        opened.agency(|conn| papers::give_back_paper(conn, &claimed));
        assert_eq!(find(&opened, outage.id).attempts, 0, "an outage is nobody's fault");
    });
}

#[test]
fn a_paper_is_of_something_that_is_there_and_the_clients_own() {
    on_both(|database| {
        let opened = open(database);
        let (ours, theirs) = (opened.client("наш").id, opened.client("чужой").id);
        let bait = opened.bait(theirs, 79_000_000_001).id;
        let refused = |kind: PaperKind, subject: Uuid, bait| {
            let new = NewPaper { kind, subject: RowId(subject), bait };
            let made = opened
                .store
                .write(Reach::Client(ours), |conn| papers::create_paper(conn, ours, &new, "key"));
            match made.unwrap_err() {
                StoreError::Constraint(constraint) => constraint,
                other => panic!("{other}"),
            }
        };
        for kind in PaperKind::ALL {
            for subject in [Uuid::nil(), theirs.0] {
                assert_eq!(refused(*kind, subject, None), Constraint::UnknownSubject, "{kind}");
            }
        }
        assert_eq!(refused(SCRIPT, ours.0, Some(bait)), Constraint::UnknownBait);
        let nobody = opened.as_client(ours, |conn| {
            papers::baits_of_holder(conn, ours, ApplicantId(Uuid::nil()), None)
        });
        assert_eq!(nobody, []);
    });
}

#[test]
fn lists_tell_papers_by_kind_and_subject() {
    on_both(|database| {
        let opened = open(database);
        let (ours, theirs) = (opened.client("наш").id, opened.client("чужой").id);
        let (first, second, _) = (ask(&opened, ours), ask(&opened, ours), ask(&opened, theirs));
        let list = |filter: PaperFilter| {
            opened
                .as_client(ours, |conn| papers::list_papers(conn, Reach::Client(ours), filter, ALL))
        };
        assert_eq!(list(PaperFilter::default()), [first.clone(), second.clone()]);
        let of_us = PaperFilter { kind: Some(SCRIPT), subject: Some(RowId(ours.0)) };
        assert_eq!(list(of_us), [first, second]);
        let other_kind = PaperFilter { kind: Some(PaperKind::Transcript), ..of_us };
        assert_eq!(list(other_kind), []);
        assert_eq!(list(PaperFilter { subject: Some(RowId(theirs.0)), ..of_us }), []);
    });
}

#[test]
fn no_client_makes_more_papers_wait_than_may() {
    on_both(|database| {
        let opened = open(database);
        let (ours, theirs) = (opened.client("наш").id, opened.client("чужой").id);
        let new = script(ours);
        opened.as_client(ours, |conn| {
            (0..MAX_WAITING_PAPERS)
                .try_for_each(|_| papers::create_paper(conn, ours, &new, "key").map(drop))
        });
        let more = opened
            .store
            .write(Reach::Client(ours), |conn| papers::create_paper(conn, ours, &new, "key"));
        assert!(matches!(more, Err(StoreError::Constraint(Constraint::TooManyPapers))));
        ask(&opened, theirs);
    });
}

#[test]
fn the_newest_accepted_template_is_used_until_they_are_withdrawn() {
    on_both(|database| {
        let opened = open(database);
        let client = opened.client("наш").id;
        let (is_new, first) = put(&opened, client, "один");
        assert_eq!((is_new, first.version, first.state), (true, 1, TemplateState::Checking));
        assert_eq!(put(&opened, client, "один"), (false, first));
        assert_eq!(in_use(&opened, client), None, "nobody has tried it");
        assert_eq!(try_next(&opened, Ok(())), 1);
        assert_eq!(in_use(&opened, client), Some(1));
        put(&opened, client, "два");
        let fault = Refused { problem: "нет".to_owned(), line: Some(7) };
        assert_eq!(try_next(&opened, Err(&fault)), 2);
        assert_eq!(in_use(&opened, client), Some(1), "the refused one is not used");
        let rows = opened.as_client(client, |c| templates::templates_of(c, client, Some(SCRIPT)));
        assert_eq!((rows[1].problem.as_deref(), rows[1].problem_line), (Some("нет"), Some(7)));
        put(&opened, client, "три");
        assert_eq!(try_next(&opened, Ok(())), 3);
        assert_eq!(in_use(&opened, client), Some(3));
        opened.as_client(client, |c| templates::withdraw_templates(c, client, SCRIPT));
        assert_eq!(in_use(&opened, client), None);
        let (is_new, again) = put(&opened, client, "три");
        assert_eq!((is_new, again.version), (true, 4), "what was withdrawn is sent anew");
        let paper = ask(&opened, client);
        let claimed = claim(&opened).unwrap();
        opened.agency(|conn| papers::keep_paper(conn, &claimed, &made(1, Some(3))));
        assert_eq!(find(&opened, paper.id).template_version, Some(3), "it is still told");
    });
}

#[test]
fn a_template_that_was_overtaken_is_tried_no_more() {
    on_both(|database| {
        let opened = open(database);
        let client = opened.client("наш").id;
        put(&opened, client, "один");
        put(&opened, client, "два");
        let claimed = opened.agency(templates::claim_template).unwrap();
        assert_eq!(claimed.version, 2);
        assert_eq!(opened.agency(templates::claim_template), None);
        let rows = opened.as_client(client, |c| templates::templates_of(c, client, None));
        assert_eq!(rows[0].state, TemplateState::Refused);
        fall_silent(&opened, "paper_templates");
        for attempt in 2..=MAX_ATTEMPTS {
            let again = opened.agency(templates::claim_template).unwrap();
            assert_eq!((again.version, again.attempts), (2, attempt));
            fall_silent(&opened, "paper_templates");
        }
        assert_eq!(opened.agency(templates::claim_template), None);
        let rows = opened.as_client(client, |c| templates::templates_of(c, client, None));
        assert_eq!(rows[1].state, TemplateState::Refused, "every worker left it");
        opened.agency(|conn| templates::end_template(conn, &claimed, Ok(())));
        assert_eq!(in_use(&opened, client), None, "the first worker comes too late");
    });
}
