//! Papers: each is made of what the tables hold, bears the day it was asked for,
//! and is made whoever falls silent; templates of clients are tried before they
//! are used.

use std::io::{Cursor, Read};

use baitline_domain::applicant::Identity;
use baitline_domain::complaint::Grouping;
use baitline_domain::ids::{ApplicantId, ObservationId, PaperId, TrapId};
use baitline_domain::inquiry::InquiryState;
use baitline_domain::instant::Span;
use baitline_domain::label::LabelKind;
use baitline_domain::observation::Report;
use baitline_domain::office::SubjectCode;
use baitline_domain::paper::{MAX_TEMPLATE_BYTES, PaperKind};
use baitline_domain::protocol::{Step as ProtocolStep, StepKind};
use baitline_store::blobs::BlobKind;
use baitline_store::models::{
    ComplaintCriteria, Correcting, InquiryCriteria, NewApplicant, NewLabel, NewPaper,
    NewPreparation, NewProtocol, NewSource, NewStatement, Paper, PaperState, PaperTemplate,
    SourceKind, TemplateState,
};
use baitline_store::sql_types::RowId;
use baitline_store::versions::Expected;
use baitline_store::{
    Reach, applicants, complaints, inquiries, paper_templates, papers, preparations, protocols,
    sources, statements,
};
use baitline_testkit::{DatabaseKind, on_both};
use baitline_worker::Step;
use futures_util::StreamExt;
use uuid::Uuid;

use crate::exports::offence;
use crate::scene::{Scene, at};
use crate::story::{BAIT, FOREIGN, Story, label, minutes};

/// A client whose holder of contracts is known, with what papers are made of.
struct Desk {
    scene: Scene,
    story: Story,
    applicant: ApplicantId,
    /// Calls heard to be advertising.
    calls: Vec<ObservationId>,
}

impl Desk {
    fn on(scene: Scene) -> Self {
        let story = Story::on(&scene);
        let calls = offence(&scene, &story).advertising;
        let client = story.client;
        let new = NewApplicant {
            identity: Identity::LegalEntity {
                inn: "7743895280".parse().unwrap(),
                ogrn: "1027700132195".parse().unwrap(),
            },
            name: "ООО «Окна»".to_owned(),
            short_name: None,
            legal_address: "Москва, ул. Примерная, 1".to_owned(),
            reply_address: None,
            email: None,
            subject: SubjectCode::parse("77").unwrap(),
            note: None,
        };
        let applicant =
            scene.as_client(client, |c| applicants::create_applicant(c, client, &new, "key")).id;
        let prepared = NewPreparation {
            applicant: Some(applicant),
            user_name: Some("Петров П. П.".to_owned()),
            contract_number: Some("М-77".to_owned()),
            contract_on: Some(20_000),
            ..NewPreparation::default()
        };
        let bait = story.bait;
        scene.as_client(client, |c| {
            preparations::put_preparation(c, client, bait, &Expected::Any, &prepared, "key")
        });
        Self { scene, story, applicant, calls }
    }

    fn ask(&self, kind: PaperKind, subject: Uuid) -> PaperId {
        let (client, new) =
            (self.story.client, NewPaper { kind, subject: RowId(subject), bait: None });
        self.scene.as_client(client, |c| papers::create_paper(c, client, &new, "key")).id
    }

    fn find(&self, id: PaperId) -> Paper {
        let reach = Reach::Client(self.story.client);
        self.scene.as_client(self.story.client, |c| papers::find_paper(c, reach, id))
    }

    fn bytes(&self, sha256: &[u8]) -> Vec<u8> {
        self.scene.wait(async {
            let blobs = self.scene.store.blobs();
            let got = blobs.get(self.story.client, BlobKind::Paper, sha256, None).await;
            let mut sent = got.unwrap();
            let mut bytes = Vec::new();
            while let Some(chunk) = sent.next().await {
                bytes.extend(chunk.unwrap());
            }
            bytes
        })
    }

    /// Has a paper made, and returns the words of its DOCX.
    fn words(&self, kind: PaperKind, subject: Uuid) -> String {
        let id = self.ask(kind, subject);
        self.scene.settle();
        let paper = self.find(id);
        assert_eq!(paper.problem, None, "{kind}");
        assert_eq!(paper.state, PaperState::Done, "{kind}");
        let (pdf, docx) = (paper.pdf().unwrap(), paper.docx().unwrap());
        let bytes = self.bytes(&pdf.sha256);
        assert_eq!(bytes.len() as u64, pdf.bytes);
        assert!(bytes.starts_with(b"%PDF-"), "{kind}");
        words(&self.bytes(&docx.sha256))
    }

    /// Has a paper asked for that cannot be made, and returns why.
    fn problem(&self, kind: PaperKind, subject: Uuid) -> String {
        let id = self.ask(kind, subject);
        self.scene.settle();
        let paper = self.find(id);
        assert_eq!((paper.state, paper.pdf()), (PaperState::Failed, None), "{kind}");
        paper.problem.unwrap()
    }

    /// Sends a template, has it tried, and returns what came of it.
    fn template(&self, kind: PaperKind, text: &str) -> PaperTemplate {
        let client = self.story.client;
        self.scene
            .as_client(client, |c| paper_templates::put_template(c, client, kind, text, "key"));
        self.scene.settle();
        let all =
            self.scene.as_client(client, |c| paper_templates::templates_of(c, client, Some(kind)));
        all.last().unwrap().clone()
    }

    fn trap(&self) -> TrapId {
        let judged = self.scene.as_client(self.story.client, |c| {
            baitline_store::calls::find_call(c, Reach::Client(self.story.client), self.calls[0])
        });
        judged.assessment.interception.unwrap().trap
    }
}

/// The text of a DOCX, with its runs joined.
fn words(docx: &[u8]) -> String {
    let mut zip = zip::ZipArchive::new(Cursor::new(docx)).unwrap();
    let mut xml = String::new();
    zip.by_name("word/document.xml").unwrap().read_to_string(&mut xml).unwrap();
    let mut text = String::new();
    for piece in xml.split('<') {
        let (tag, words) = piece.split_once('>').unwrap_or((piece, ""));
        if tag.starts_with("/w:p") {
            text.push('\n');
        }
        text.push_str(words);
    }
    text.replace('\u{a0}', " ").replace('\u{2011}', "-")
}

fn assert_holds(text: &str, wanted: &[&str]) {
    for words in wanted {
        assert!(text.contains(words), "{words} is missing in {text}");
    }
}

/// Days of the offence.
fn period() -> (baitline_domain::instant::Instant, baitline_domain::instant::Instant) {
    (at("2026-09-01T00:00:00Z"), at("2026-10-01T00:00:00Z"))
}

#[test]
fn the_letter_to_an_operator_asks_about_each_call_and_for_a_statement() {
    on_both(|database| {
        let desk = Desk::on(Scene::on(database));
        let (client, (from, to)) = (desk.story.client, period());
        let criteria = InquiryCriteria { from, to, caller: None, unheard: false };
        let (made, _) = desk
            .scene
            .as_client(client, |c| inquiries::create_inquiries(c, client, &criteria, "key"));
        assert_eq!(made.len(), 1, "the second bait has no holder");
        assert_eq!(made[0].state, InquiryState::Draft);
        let text = desk.words(PaperKind::OperatorInquiry, made[0].id.0);
        assert_holds(
            &text,
            &[
                "ООО «Окна»",
                "ИНН 7743895280",
                "+7 901 000-00-01 (договор № М-77 от",
                "+7 910 000-00-07",
                "за период с 2 сентября 2026 г. по 2 сентября 2026 г.",
            ],
        );
        assert!(!text.contains("приманк"), "{text}");
    });
}

#[test]
fn the_application_of_a_complaint_is_a_draft_while_the_gate_misses_anything() {
    on_both(|database| {
        let desk = Desk::on(Scene::on(database));
        let (client, (from, to)) = (desk.story.client, period());
        let criteria = ComplaintCriteria { from, to, caller: None, grouping: Grouping::Number };
        let (made, _) = desk
            .scene
            .as_client(client, |c| complaints::create_complaints(c, client, &criteria, "key"));
        let text = desk.words(PaperKind::Application, made[0].id.0);
        assert_holds(
            &text,
            &[
                "Детализация оператора связи.",
                "ЗАЯВЛЕНИЕ",
                "ООО «Окна»",
                "номер телефона +7 910 000-00-07",
                "В период с 2 сентября 2026 г. по 2 сентября 2026 г.",
            ],
        );
    });
}

#[test]
fn the_protocol_of_a_control_call_tells_steps_proofs_and_dealings() {
    on_both(|database| {
        let desk = Desk::on(Scene::on(database));
        let (client, trap) = (desk.story.client, desk.trap());
        let stray = desk.story.outgoing("stray", 79_580_000_009, at("2026-09-01T10:00:00Z"));
        desk.story.ingest(&desk.scene, &[stray]);
        let site = ProtocolStep {
            kind: StepKind::SiteVisit,
            at: at("2026-09-02T10:05:00Z"),
            note: None,
            proofs: Vec::new(),
        };
        let protocol = NewProtocol {
            performed_by: Some("Иванова М. И.".to_owned()),
            device: Some("Redmi 9".to_owned()),
            steps: vec![site],
            note: None,
        };
        desk.scene.as_client(client, |c| {
            protocols::put_protocol(c, client, trap, &Expected::Any, &protocol, "key")
        });
        let text = desk.words(PaperKind::TrapProtocol, trap.0);
        assert_holds(
            &text,
            &[
                "контрольного звонка от 2 сентября 2026 г.",
                "+7 901 000-00-01",
                "ООО «Окна»",
                "Петров П. П.",
                "Redmi 9",
                "посещение сайта организации",
                "звонок в организацию, номер организации +7 495 000-00-01",
                "13:20:00",
                "звонок на номер +7 958 000-00-09 1 сентября 2026 г. в 13:00",
                "Иванова М. И.",
            ],
        );
        assert!(!text.contains("звонок на номер +7 495 000-00-01"), "the own line is no dealing");
    });
}

#[test]
fn the_transcript_of_a_call_is_what_a_person_wrote_down() {
    on_both(|database| {
        let desk = Desk::on(Scene::on(database));
        let text = desk.words(PaperKind::Transcript, desk.calls[0].0);
        assert_holds(&text, &["РАСШИФРОВКА", "+7 910 000-00-07", "+7 901 000-00-01", "без имени"]);
        let unheard = desk.story.call("nobody", FOREIGN, at("2026-09-03T09:00:00Z"));
        desk.story.ingest(&desk.scene, std::slice::from_ref(&unheard));
        desk.scene.settle();
        let problem = desk.problem(PaperKind::Transcript, unheard.id.0);
        assert_eq!(problem, "Nobody has listened to the call.");
        desk.story.record(&desk.scene, &unheard);
        desk.scene.settle();
        let wordless = NewLabel { transcript: None, ..label(LabelKind::Advertising) };
        desk.story.label(&desk.scene, &unheard, &wordless);
        desk.scene.settle();
        let problem = desk.problem(PaperKind::Transcript, unheard.id.0);
        assert_eq!(problem, "Nobody has written down what is heard in the call.");
    });
}

#[test]
fn a_call_that_is_voided_before_its_paper_is_made_fails_it_in_words() {
    on_both(|database| {
        let desk = Desk::on(Scene::on(database));
        let call = desk.story.call("lost", FOREIGN, at("2026-09-03T09:00:00Z"));
        desk.story.ingest(&desk.scene, std::slice::from_ref(&call));
        desk.scene.settle();
        let id = desk.ask(PaperKind::Transcript, call.id.0);
        desk.story.correct(&desk.scene, &call, Correcting::Void);
        desk.scene.settle();
        let paper = desk.find(id);
        assert_eq!(paper.state, PaperState::Failed);
        assert_eq!(
            paper.problem.as_deref(),
            Some("What the paper is made of is not there any more.")
        );
    });
}

#[test]
fn the_comparison_with_a_statement_goes_line_by_line() {
    on_both(|database| {
        let desk = Desk::on(Scene::on(database));
        let (client, bait) = (desk.story.client, desk.story.bait);
        let new = NewSource {
            name: "t2".to_owned(),
            kind: SourceKind::OperatorStatement,
            time_zone: "Europe/Moscow".to_owned(),
            clock_offset: Span(0),
            uncertainty: Span::seconds(1),
        };
        let listed = desk.scene.as_client(client, |c| sources::create_source(c, client, &new));
        let start = at("2026-09-02T10:00:00Z");
        let line = |name: &str, caller: Option<u64>, seconds: i64| {
            let at = start + minutes(120) + Span::seconds(seconds);
            desk.story.seen_by(&listed, name, caller, at)
        };
        let coarse = Report { connected_seconds: Some(95), ..line("one", Some(FOREIGN), 20) };
        let alone = line("two", Some(79_580_000_001), 5_400);
        desk.story.ingest(&desk.scene, &[coarse, alone]);
        let statement = NewStatement {
            bait,
            source: listed.id,
            from: at("2026-09-01T21:00:00Z"),
            to: at("2026-09-02T21:00:00Z"),
            number: Some("Д-1".to_owned()),
            issued_on: Some(20_700),
            note: None,
        };
        let statement = desk
            .scene
            .as_client(client, |c| statements::create_statement(c, client, &statement, "key"));
        let text = desk.words(PaperKind::StatementComparison, statement.id.0);
        assert_holds(
            &text,
            &[
                "Детализация: детализация № Д-1 от 4 сентября 2026 г.",
                "заверенный оригинал не приложен",
                "отличается длительность",
                "есть только в детализации",
                "в детализации нет",
                "+7 958 000-00-01",
            ],
        );
    });
}

#[test]
fn the_form_of_consent_and_the_note_name_the_baits_asked_for() {
    on_both(|database| {
        let desk = Desk::on(Scene::on(database));
        let client = desk.story.client;
        let text = desk.words(PaperKind::DisclosureConsent, desk.applicant.0);
        assert_holds(&text, &["СОГЛАСИЕ", "+7 901 000-00-01 (договор № М-77 от"]);
        assert!(!text.contains("+7 901 000-10-01"), "the other bait has another holder");
        let text = desk.words(PaperKind::AnsweringScript, client.0);
        assert!(!text.contains("901"), "{text}");
        let new = NewPaper {
            kind: PaperKind::AnsweringScript,
            subject: RowId(client.0),
            bait: Some(desk.story.bait),
        };
        let id = desk.scene.as_client(client, |c| papers::create_paper(c, client, &new, "key")).id;
        desk.scene.settle();
        let docx = desk.find(id).docx().unwrap();
        assert_holds(&words(&desk.bytes(&docx.sha256)), &["ПАМЯТКА", "+7 901 000-00-01"]);
        assert_eq!(BAIT, desk.story.number);
    });
}

#[test]
fn a_paper_whose_worker_vanished_is_made_by_another_with_the_same_bytes() {
    on_both(|database| {
        let desk = Desk::on(Scene::on(database));
        let id = desk.ask(PaperKind::Transcript, desk.calls[0].0);
        let claimed = desk.scene.agency(papers::claim_paper).unwrap();
        assert_eq!(claimed.id, id);
        desk.scene.settle();
        assert_eq!(desk.find(id).state, PaperState::Running, "the worker may still live");
        desk.scene.execute(match desk.scene.database.kind() {
            DatabaseKind::Sqlite => "UPDATE papers SET updated_at = updated_at - 61000000",
            DatabaseKind::Postgres => {
                "UPDATE papers SET updated_at = updated_at - interval '61 seconds'"
            }
        });
        desk.scene.settle();
        let first = desk.find(id);
        assert_eq!((first.state, first.attempts), (PaperState::Done, 2));
        desk.scene.execute(
            "UPDATE papers SET state = 'queued', attempts = 0, pdf_sha256 = NULL,
                pdf_bytes = NULL, docx_sha256 = NULL, docx_bytes = NULL",
        );
        desk.scene.settle();
        let again = desk.find(id);
        assert_eq!((again.pdf(), again.docx()), (first.pdf(), first.docx()));
    });
}

#[test]
fn a_paper_waits_for_its_days_and_is_made_of_what_they_become() {
    on_both(|database| {
        let desk = Desk::on(Scene::on(database));
        let waiting = desk.ask(PaperKind::Transcript, desk.calls[0].0);
        let touched = desk.story.call("late", FOREIGN, at("2026-09-02T15:30:00Z"));
        desk.story.ingest(&desk.scene, std::slice::from_ref(&touched));
        // No worker gets the day done.
        desk.scene.execute("UPDATE clients SET time_zone = 'Nowhere/Nowhere'");
        for _ in 0..3 {
            assert!(desk.scene.worker().run_next().is_err(), "the day cannot be recomputed");
            assert_eq!(desk.find(waiting).state, PaperState::Queued);
        }
        desk.scene.execute("UPDATE clients SET time_zone = 'Europe/Moscow'");
        desk.scene.settle();
        assert_eq!(desk.find(waiting).state, PaperState::Done);
    });
}

#[test]
fn a_clients_template_is_used_once_it_is_accepted_and_only_by_that_client() {
    on_both(|database| {
        let desk = Desk::on(Scene::on(database));
        let (kind, client) = (PaperKind::AnsweringScript, desk.story.client);
        let own =
            "# НАША ПАМЯТКА\n\n{% if facts.number %}{{ facts.number }}{% endif %}\n\nслушайте\n";
        let row = desk.template(kind, own);
        assert_eq!((row.state, row.problem), (TemplateState::Accepted, None));
        let broken = desk.template(kind, "раз\n\n{{ facts.nothing }}\n");
        assert_eq!((broken.state, broken.problem_line), (TemplateState::Refused, Some(3)));
        assert_holds(&desk.words(kind, client.0), &["НАША ПАМЯТКА", "слушайте"]);
        let theirs = Story::without_numbering(&desk.scene).client;
        let new = NewPaper { kind, subject: RowId(theirs.0), bait: None };
        let id = desk.scene.as_client(theirs, |c| papers::create_paper(c, theirs, &new, "k")).id;
        desk.scene.settle();
        let paper = desk.scene.agency(|c| papers::find_paper(c, Reach::Agency, id));
        assert_eq!((paper.state, paper.template_version), (PaperState::Done, None));
        desk.scene.as_client(client, |c| paper_templates::withdraw_templates(c, client, kind));
        let text = desk.words(kind, client.0);
        assert!(text.contains("ПАМЯТКА") && !text.contains("НАША"), "{text}");
    });
}

#[test]
fn a_template_that_does_not_fit_real_facts_fails_the_paper_and_says_which() {
    on_both(|database| {
        let desk = Desk::on(Scene::on(database));
        let kind = PaperKind::AnsweringScript;
        // As one that was accepted by another version of the program.
        let row = desk.template(kind, "# Памятка\n");
        assert_eq!(row.state, TemplateState::Accepted);
        desk.scene.execute("UPDATE paper_templates SET content = '{{ facts.nothing }}'");
        let problem = desk.problem(kind, desk.story.client.0);
        assert!(problem.starts_with("Template version 1: line 1: undefined value"), "{problem}");
    });
}

#[test]
fn hostile_templates_are_refused_and_stop_no_worker() {
    on_both(|database| {
        let desk = Desk::on(Scene::on(database));
        let kind = PaperKind::OperatorInquiry;
        let loops = |depth: usize| {
            let open = "{% for x in facts.calls %}".repeat(depth);
            format!("{open}слово {}", "{% endfor %}".repeat(depth))
        };
        let emphases = "*a ".repeat(5_000) + "b" + &"*".repeat(5_000);
        for (text, wanted) in [
            (loops(9), ""),
            (loops(3).replace("слово", &"слово".repeat(3_000)), ""),
            ("{% include '/etc/passwd' %}".to_owned(), "include"),
            ("{% import 'x' as y %}".to_owned(), "import"),
            ("{{ '/etc/passwd'|read }}".to_owned(), "unknown filter"),
            ("{% set x = 1 %}".to_owned(), "set"),
            ("а".repeat(MAX_TEMPLATE_BYTES), "longer than"),
            ("текст \u{7}".to_owned(), "nobody sees"),
            ("\u{202e}текст".to_owned(), "nobody sees"),
            ("> ".repeat(60) + "x", "deep"),
            (emphases, "deep"),
            ("<script>alert(1)</script>".to_owned(), "unknown construct"),
        ] {
            let row = desk.template(kind, &text);
            let start: String = text.chars().take(40).collect();
            assert_eq!(row.state, TemplateState::Refused, "{start}");
            let problem = row.problem.unwrap();
            assert!(problem.contains(wanted), "{start}: {problem}");
        }
        let used = desk.scene.as_client(desk.story.client, |c| {
            paper_templates::template_in_use(c, desk.story.client, kind)
        });
        assert_eq!(used, None);
        assert_eq!(desk.scene.worker().run_next().unwrap(), Step::Empty);
    });
}
