//! Time-stamps on packages: from an authority that answers, and what becomes of an
//! export whose authority does not, or answers something else.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use baitline_domain::ids::ExportId;
use baitline_evidence::{Authorities, verify_stamped_by};
use baitline_sample::authority::{Manner, NAME, OTHER_ROOT, ROOT, answer};
use baitline_store::models::{ExportState, PackageState};
use baitline_store::{Reach, exports, now};
use baitline_testkit::on_both;
use baitline_worker::{StampRules, Worker};

use crate::exports::{archive, ask, build_again, offence, packages, state, verify};
use crate::scene::{Scene, at};
use crate::story::Story;

const AT: &str = "20261120093015Z";
const QUESTION_BYTES: usize = 69;
/// More than any answer may have.
const HUGE_BYTES: usize = 10_000_000;

/// What the authority does with a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Conduct {
    Answers(Manner),
    /// With a status and nothing else.
    Status(u16),
    /// To itself.
    Redirects,
    AnswersAsHtml,
    AnswersHugely,
    BreaksOff,
}

/// An authority on a port of its own.
#[derive(Clone)]
struct Authority {
    address: SocketAddr,
    conduct: Arc<Mutex<Conduct>>,
    asked: Arc<AtomicUsize>,
}

impl Authority {
    fn start(conduct: Conduct) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (conduct, asked) = (Arc::new(Mutex::new(conduct)), Arc::default());
        let authority = Self { address, conduct, asked };
        let served = authority.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                // Whoever asks may hang up in the middle of a huge answer.
                let _told = served.serve(stream.unwrap());
            }
        });
        authority
    }

    fn serve(&self, mut stream: TcpStream) -> std::io::Result<()> {
        let mut request = Vec::new();
        let head = loop {
            let mut chunk = [0; 4_096];
            let length = stream.read(&mut chunk)?;
            request.extend_from_slice(&chunk[..length]);
            let head = request.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4);
            if let Some(head) = head.filter(|head| request.len() >= head + QUESTION_BYTES) {
                break head;
            }
            assert!(length > 0, "half a question");
        };
        self.asked.fetch_add(1, Ordering::SeqCst);
        let (head, question) = request.split_at(head);
        let head = String::from_utf8(head.to_vec()).unwrap().to_lowercase();
        assert!(head.starts_with("post /tsr "), "{head}");
        assert!(head.contains("content-type: application/timestamp-query"), "{head}");
        let conduct = *self.conduct.lock().unwrap();
        let body = match conduct {
            Conduct::BreaksOff => return Ok(()),
            Conduct::Answers(manner) => answer(question, AT, manner),
            Conduct::AnswersAsHtml => answer(question, AT, Manner::Honest),
            Conduct::AnswersHugely => vec![0x30; HUGE_BYTES],
            Conduct::Status(_) | Conduct::Redirects => Vec::new(),
        };
        let status = match conduct {
            Conduct::Status(status) => status,
            Conduct::Redirects => 307,
            _ => 200,
        };
        let kind = if conduct == Conduct::AnswersAsHtml { "html" } else { "timestamp-reply" };
        write!(
            stream,
            "HTTP/1.1 {status} X\r\nContent-Type: application/{kind}\r\nLocation: http://{}/tsr\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n",
            self.address,
            body.len()
        )?;
        stream.write_all(&body)
    }

    fn behave(&self, conduct: Conduct) {
        *self.conduct.lock().unwrap() = conduct;
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    fn worker(&self, scene: &Scene, attempts: u32) -> Worker {
        let authority = format!("http://{}/tsr", self.address).parse().unwrap();
        scene.worker().stamping_by(StampRules { authority, attempts }).unwrap()
    }
}

fn waits_for(scene: &Scene, story: &Story, export: ExportId) -> Option<String> {
    let reach = Reach::Client(story.client);
    let found = scene.agency(|conn| exports::find_export(conn, reach, export));
    assert!(found.waits_until.is_none_or(|until| until > now()) || found.waits_for.is_none());
    found.waits_for
}

fn end_the_wait(scene: &Scene) {
    scene.execute("UPDATE exports SET waits_until = NULL");
}

#[test]
fn a_package_bears_the_stamp_it_got_and_keeps_it_when_it_is_built_again() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        offence(&scene, &story);
        let export = ask(&scene, &story);
        let authority = Authority::start(Conduct::Answers(Manner::Honest));
        authority.worker(&scene, 1).run_until_empty().unwrap();
        let found = packages(&scene, &story, export);
        assert_eq!(found[0].stamped_at, Some(at("2026-11-20T09:30:15Z")));
        let bytes = archive(&scene, &story, &found[0]);
        let report = verify(&bytes);
        assert_eq!(report.problems, []);
        assert_eq!(report.summary.unwrap().time_stamp.unwrap().authority, NAME);
        let trusting = |pem: &str| {
            let authorities = Authorities::from_pem(pem.as_bytes()).unwrap();
            verify_stamped_by(std::io::Cursor::new(&bytes), &authorities).is_whole()
        };
        assert!(trusting(ROOT) && !trusting(OTHER_ROOT));
        // The authority is away, and nobody needs it.
        authority.behave(Conduct::Status(503));
        scene.execute(
            "UPDATE exports SET state = 'queued';
             UPDATE export_packages SET state = 'queued', sha256 = NULL, bytes = NULL",
        );
        authority.worker(&scene, 1).run_until_empty().unwrap();
        assert_eq!(packages(&scene, &story, export), found);
        assert_eq!(authority.asked(), 1);
        // Whoever asks no authority makes packages without a time.
        build_again(&scene);
        let unstamped = packages(&scene, &story, export);
        assert_eq!((&unstamped[0].time_stamp, unstamped[0].stamped_at), (&None, None));
        let report = verify(&archive(&scene, &story, &unstamped[0]));
        assert_eq!((report.problems, report.summary.unwrap().time_stamp), (vec![], None));
    });
}

#[test]
fn an_export_waits_for_an_authority_that_does_not_stamp_and_says_so() {
    let conducts = [
        (Conduct::Status(503), "answers 503"),
        (Conduct::Redirects, "answers 307"),
        (Conduct::AnswersAsHtml, "does not answer with application/timestamp-reply"),
        (Conduct::AnswersHugely, "answers with more than 65536 bytes"),
        (Conduct::BreaksOff, "breaks off"),
        (Conduct::Answers(Manner::Refusing), "refused: status 02, no time today"),
        (Conduct::Answers(Manner::OtherNonce), "its nonce differs"),
        (Conduct::Answers(Manner::OtherContent), "is of another content"),
        (Conduct::Answers(Manner::NoCertificate), "does not hold the certificate"),
        (Conduct::Answers(Manner::WrongSignature), "is not signed by the certificate in it"),
    ];
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        offence(&scene, &story);
        let export = ask(&scene, &story);
        let authority = Authority::start(Conduct::BreaksOff);
        for (index, (conduct, expected)) in conducts.iter().enumerate() {
            authority.behave(*conduct);
            end_the_wait(&scene);
            authority.worker(&scene, 100).run_until_empty().unwrap();
            assert_eq!(authority.asked(), index + 1, "{conduct:?}: asked once, then waited for");
            assert_eq!(state(&scene, &story, export), ExportState::Queued, "{conduct:?}");
            let found = packages(&scene, &story, export);
            assert_eq!(found[0].state, PackageState::Queued, "{conduct:?}");
            assert_eq!((&found[0].sha256, &found[0].time_stamp), (&None, &None), "{conduct:?}");
            let said = waits_for(&scene, &story, export).unwrap();
            assert!(said.contains(expected), "{conduct:?}: {said}");
        }
        authority.behave(Conduct::Answers(Manner::Honest));
        end_the_wait(&scene);
        authority.worker(&scene, 100).run_until_empty().unwrap();
        assert_eq!(state(&scene, &story, export), ExportState::Done);
        assert!(packages(&scene, &story, export)[0].time_stamp.is_some());
        assert_eq!(waits_for(&scene, &story, export), None);
    });
}

#[test]
fn after_the_last_attempt_the_packages_fail_and_another_try_makes_them() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        offence(&scene, &story);
        let export = ask(&scene, &story);
        let authority = Authority::start(Conduct::Status(500));
        for expected in [ExportState::Queued, ExportState::Queued, ExportState::Done] {
            end_the_wait(&scene);
            authority.worker(&scene, 3).run_until_empty().unwrap();
            assert_eq!(state(&scene, &story, export), expected);
        }
        let found = packages(&scene, &story, export);
        assert_eq!((found[0].state, &found[0].sha256), (PackageState::Failed, &None));
        let problem = "no time-stamp after 3 attempts: the time-stamp authority answers 500";
        assert_eq!(found[0].problem.as_deref(), Some(problem));
        assert_eq!(waits_for(&scene, &story, export), None);
        let client = story.client;
        scene.as_client(client, |conn| exports::retry_export(conn, client, export));
        authority.behave(Conduct::Answers(Manner::Honest));
        authority.worker(&scene, 3).run_until_empty().unwrap();
        let found = packages(&scene, &story, export);
        assert_eq!((found[0].state, &found[0].problem), (PackageState::Draft, &None));
        assert!(found[0].time_stamp.is_some());
    });
}
