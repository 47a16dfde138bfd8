//! Inquiries: made once of each call, moved forward only, answered call by call.

use baitline_domain::call::Call;
use baitline_domain::ids::{ApplicantId, BaitId, ClientId, InquiryId, ObservationId};
use baitline_domain::inquiry::{InquiryState, LeftOut, Permission, SendingChannel};
use baitline_domain::instant::{Instant, Span};
use baitline_domain::label::LabelKind;
use baitline_domain::verdict::Interception;
use baitline_store::inquiries::{self, InquiryFilter};
use baitline_store::models::{
    BaitChanges, CallAnswer, InquiryCriteria, InquiryRow, JudgedCall, NewPreparation,
    OperatorReply, ProposedCall, ProposedInquiry, Sending,
};
use baitline_store::versions::Expected;
use baitline_store::{Constraint, Reach, StoreError, StoreResult, baits, calls, preparations};
use baitline_testkit::on_both;
use uuid::Uuid;

use crate::applicants::applicant;
use crate::support::{self, ALL, MINUTE, Opened, at, phone, report};
use crate::world::{CALLER, call, interception};

const T2: &str = "7743895280";

/// Gives a client an inquiry about a call.
pub(crate) fn furnish(opened: &Opened, client: ClientId, of: &Call) {
    let letter = ProposedInquiry {
        applicant: applicant(opened, client).id,
        operator: T2.parse().unwrap(),
        calls: vec![ProposedCall {
            id: of.id,
            bait: of.bait,
            started_at: of.started_at,
            caller: of.party.phone(),
        }],
    };
    opened.as_client(client, |conn| inquiries::create_inquiry(conn, client, &letter, "key"));
}

fn noon() -> Instant {
    at("2026-10-02T12:00:00Z")
}

fn criteria() -> InquiryCriteria {
    let (from, to) = (noon() - Span::hours(12), noon() + Span::hours(12));
    InquiryCriteria { from, to, caller: None, unheard: false }
}

/// A client whose bait was called several times, a minute apart, each call
/// labelled advertising.
struct Scene {
    opened: Opened,
    client: ClientId,
    bait: BaitId,
    applicant: ApplicantId,
    judged: Vec<JudgedCall>,
}

fn scene(opened: Opened, count: i64) -> Scene {
    let client = opened.client("наш").id;
    let bait = opened.bait(client, 79_001_112_233).id;
    let changes =
        BaitChanges { operator: Some(Some(T2.parse().unwrap())), ..BaitChanges::default() };
    opened.as_client(client, |conn| baits::update_bait(conn, client, bait, &changes));
    let applicant = applicant(&opened, client).id;
    let new = NewPreparation { applicant: Some(applicant), ..NewPreparation::default() };
    opened.as_client(client, |conn| {
        preparations::put_preparation(conn, client, bait, &Expected::Any, &new, "key")
    });
    let trap = opened.trap(client, bait, noon() - Span::hours(6));
    let source = opened.source(client, "АТС");
    let judged: Vec<JudgedCall> = (0..count)
        .map(|minute| {
            let started_at = noon() + Span(MINUTE.0 * minute * 5);
            let ends = ("+74951234567", "+79001112233");
            let one = report(&source, &minute.to_string(), ends, started_at);
            let id = opened.ingest(client, &[one])[0].id;
            JudgedCall {
                client_id: client,
                call: call(bait, id, phone(CALLER), started_at),
                assessment: interception(trap),
                label: Some(LabelKind::Advertising),
                recordings: 1,
            }
        })
        .collect();
    let scene = Scene { opened, client, bait, applicant, judged };
    scene.keep(&scene.judged);
    scene
}

impl Scene {
    fn keep(&self, judged: &[JudgedCall]) {
        self.opened.agency(|conn| calls::replace_day(conn, self.client, noon().day(), judged));
    }

    fn make(&self) -> StoreResult<Vec<InquiryRow>> {
        self.opened.store.write(Reach::Client(self.client), |conn| {
            inquiries::create_inquiries(conn, self.client, &criteria(), "key").map(|made| made.0)
        })
    }

    fn make_one(&self) -> InquiryId {
        let made = self.make().unwrap();
        assert_eq!(made.len(), 1);
        made[0].id
    }

    fn send(&self, id: InquiryId, remind_on: Option<i32>) -> StoreResult<InquiryRow> {
        let sending = Sending {
            on: 20_750,
            channel: SendingChannel::Post,
            number: None,
            tracking_number: Some("125".to_owned()),
            remind_on,
        };
        self.opened.store.write(Reach::Client(self.client), |conn| {
            inquiries::record_sending(conn, self.client, id, &Expected::Any, &sending)
        })
    }

    fn reply(&self, id: InquiryId, answers: Vec<CallAnswer>) -> StoreResult<InquiryRow> {
        let reply = OperatorReply { on: 20_780, number: None, dated_on: None, answers };
        self.opened.store.write(Reach::Client(self.client), |conn| {
            inquiries::record_reply(conn, self.client, id, &Expected::Any, &reply)
        })
    }

    fn cancel(&self, id: InquiryId) -> StoreResult<InquiryRow> {
        self.opened.store.write(Reach::Client(self.client), |conn| {
            inquiries::cancel_inquiry(conn, self.client, id, &Expected::Any, "ошибка")
        })
    }

    fn permissions(&self, id: InquiryId) -> Vec<Option<Permission>> {
        let rows = self
            .opened
            .as_client(self.client, |conn| inquiries::calls_of_inquiry(conn, self.client, id));
        rows.into_iter().map(|row| row.permission).collect()
    }
}

fn permitted(call: ObservationId) -> CallAnswer {
    CallAnswer {
        call,
        permission: Some(Permission::Permitted),
        contract: Some("№ 1 от 01.02.2026".to_owned()),
        special_number: Some(true),
        consent_claimed: None,
        note: None,
    }
}

fn rule<T: std::fmt::Debug>(result: StoreResult<T>) -> Constraint {
    match result.unwrap_err() {
        StoreError::Constraint(rule) => rule,
        other => panic!("{other:?}"),
    }
}

#[test]
fn each_call_is_asked_about_once_even_after_it_was_merged() {
    on_both(|database| {
        let scene = scene(support::open(database), 3);
        let made = scene.make_one();
        assert_eq!(scene.permissions(made), [None; 3]);
        assert!(scene.make().unwrap().is_empty());
        // An earlier observation came, and the call has its id now.
        let mut merged = scene.judged.clone();
        let source = scene.opened.source(scene.client, "CRM");
        let ends = ("+74951234567", "+79001112233");
        let earlier = report(&source, "x", ends, noon() - Span::seconds(5));
        let id = scene.opened.ingest(scene.client, &[earlier])[0].id;
        merged[0].call.observations.insert(0, id);
        merged[0].call.id = id;
        scene.keep(&merged);
        assert!(scene.make().unwrap().is_empty());
        scene.cancel(made).unwrap();
        scene.make_one();
        assert_eq!(rule(scene.cancel(made)), Constraint::InquiryElsewhere);
    });
}

#[test]
fn only_answered_calls_heard_to_be_advertising_are_asked_about() {
    on_both(|database| {
        let scene = scene(support::open(database), 4);
        let mut judged = scene.judged.clone();
        judged[0].label = None;
        judged[1].label = Some(LabelKind::Service);
        let facts = judged[2].assessment.interception.as_mut().unwrap();
        *facts = Interception { attempt: true, ..facts.clone() };
        scene.keep(&judged);
        let proposed = |unheard| {
            let criteria = InquiryCriteria { unheard, ..criteria() };
            let proposal =
                scene.opened.agency(|conn| inquiries::propose(conn, scene.client, &criteria));
            let letter = proposal.letters.into_iter().next().unwrap();
            assert_eq!(letter.applicant, scene.applicant);
            letter.calls.into_iter().map(|call| call.id).collect::<Vec<_>>()
        };
        assert_eq!(proposed(false), [judged[3].call.id]);
        assert_eq!(proposed(true), [judged[0].call.id, judged[3].call.id]);
        let other = InquiryCriteria { caller: Some(phone(79_000_000_009)), ..criteria() };
        let none = scene.opened.agency(|conn| inquiries::propose(conn, scene.client, &other));
        assert!(none.letters.is_empty() && none.left_out.is_empty());
    });
}

#[test]
fn a_call_whose_bait_lacks_holder_or_operator_is_left_out_and_told() {
    on_both(|database| {
        let scene = scene(support::open(database), 1);
        let (client, bait) = (scene.client, scene.bait);
        let left_out = || {
            let found = scene.opened.agency(|conn| inquiries::propose(conn, client, &criteria()));
            assert!(found.letters.is_empty());
            found.left_out.into_iter().map(|(_, reason)| reason).collect::<Vec<_>>()
        };
        let changes = BaitChanges { operator: Some(None), ..BaitChanges::default() };
        scene.opened.as_client(client, |conn| baits::update_bait(conn, client, bait, &changes));
        assert_eq!(left_out(), [LeftOut::NoOperator]);
        let nobody = NewPreparation::default();
        scene.opened.as_client(client, |conn| {
            preparations::put_preparation(conn, client, bait, &Expected::Any, &nobody, "key")
        });
        assert_eq!(left_out(), [LeftOut::NoContractHolder]);
    });
}

#[test]
fn an_answer_speaks_of_the_calls_it_names_and_may_be_recorded_again() {
    on_both(|database| {
        let scene = scene(support::open(database), 2);
        let id = scene.make_one();
        let (one, two) = (scene.judged[0].call.id, scene.judged[1].call.id);
        assert_eq!(rule(scene.reply(id, Vec::new())), Constraint::InquiryElsewhere);
        let sent = scene.send(id, None).unwrap();
        assert_eq!((sent.state, sent.version), (InquiryState::Sent, 2));
        assert_eq!(rule(scene.send(id, None)), Constraint::InquiryElsewhere);
        let silence = scene.opened.store.write(Reach::Client(scene.client), |conn| {
            let silence = (20_800, "вручено");
            inquiries::record_silence(conn, scene.client, id, &Expected::Any, silence)
        });
        assert_eq!(silence.unwrap().state, InquiryState::Unanswered);
        let stranger = ObservationId(Uuid::now_v7());
        let refused = scene.reply(id, vec![permitted(one), permitted(stranger)]);
        assert_eq!(rule(refused), Constraint::NotInInquiry(1));
        assert_eq!(scene.permissions(id), [None; 2], "nothing of it is kept");
        scene.reply(id, vec![permitted(one)]).unwrap();
        assert_eq!(scene.permissions(id), [Some(Permission::Permitted), None]);
        let answered = scene.reply(id, vec![permitted(two)]).unwrap();
        assert_eq!(scene.permissions(id), [None, Some(Permission::Permitted)]);
        assert_eq!((answered.state, answered.answered_on), (InquiryState::Answered, Some(20_780)));
    });
}

#[test]
fn those_to_be_reminded_of_are_sent_and_due() {
    on_both(|database| {
        let scene = scene(support::open(database), 1);
        let id = scene.make_one();
        let due = |day| {
            let filter = InquiryFilter { due_on: Some(day), ..InquiryFilter::default() };
            let rows = scene.opened.as_client(scene.client, |conn| {
                inquiries::list_inquiries(conn, Reach::Client(scene.client), &filter, ALL)
            });
            rows.len()
        };
        assert_eq!(due(30_000), 0, "a draft reminds nobody");
        scene.send(id, Some(20_790)).unwrap();
        assert_eq!((due(20_789), due(20_790)), (0, 1));
        scene.reply(id, Vec::new()).unwrap();
        assert_eq!(due(20_790), 0);
    });
}

#[test]
fn of_two_batches_made_at_once_one_asks_about_a_call() {
    on_both(|database| {
        let scene = scene(support::open(database), 3);
        let made: usize = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..3).map(|_| scope.spawn(|| scene.make())).collect();
            let ended = threads.into_iter().map(|thread| thread.join().unwrap());
            ended
                .map(|result| match result {
                    Ok(made) => made.len(),
                    Err(StoreError::Constraint(Constraint::CallAsked)) => 0,
                    Err(other) => panic!("{other:?}"),
                })
                .sum()
        });
        assert_eq!(made, 1);
    });
}
