//! A small dossier that has every kind of fact. Its people, companies and
//! numbers are made up.

use std::collections::HashMap;
use std::io::{self, Cursor, Read};
use std::sync::LazyLock;

use baitline_domain::audit::AuditHead;
use baitline_domain::gate::Missing;
use baitline_domain::ids::{ObservationId, PackageId, TrapId};
use baitline_domain::instant::{Instant, Span};
use baitline_domain::label::LabelKind;
use baitline_domain::numbering::NumberingFile;
use baitline_domain::operator::Inn;
use baitline_domain::phone::Phone;
use baitline_domain::trap::{Exposure, ExposureKind, Window};
use baitline_domain::verdict::{Reason, Verdict};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::dossier::*;
use crate::papers::{ProtocolFacts, ProtocolStep};
use crate::people::{Applicant, ApplicantKind, Enclosure, Power, Representative};
use crate::{RecordingReader, build};

pub(super) const CALLER: u64 = 79_991_234_567;

/// Recordings by their hash.
pub(super) struct Recordings(pub(super) HashMap<[u8; 32], Vec<u8>>);

impl RecordingReader for Recordings {
    fn open(&self, sha256: &[u8; 32]) -> io::Result<Box<dyn Read + '_>> {
        match self.0.get(sha256) {
            Some(bytes) => Ok(Box::new(bytes.as_slice())),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn open_wav(&self, sha256: &[u8; 32]) -> io::Result<Box<dyn Read + '_>> {
        self.open(sha256)
    }
}

pub(super) fn at(text: &str) -> Instant {
    Instant::from(text.parse::<jiff::Timestamp>().unwrap())
}

/// Three calls on two baits, two recordings, one label; a draft.
pub(super) fn dossier() -> (Dossier, Recordings) {
    let first = sound(b"first", 700);
    let second = sound(b"second", 900);
    let mut interceptions = vec![
        call(3, "2026-10-14T09:05:33Z", &second),
        call(1, "2026-09-02T07:40:10Z", &first),
        call(2, "2026-09-02T08:15:00Z", &[]),
    ];
    interceptions[0].label = Some(label());
    interceptions[0].recordings[0].playable = playable();
    interceptions[0].missing = vec![Missing::Applicant, Missing::Inquiry];
    interceptions[0].called = Phone::from_digits(79_000_000_002).unwrap();
    interceptions[0].trap.id = TrapId(Uuid::from_u128(0x52));
    interceptions[2].recordings.clear();
    interceptions[2].missing.insert(0, Missing::Recording);
    let dossier = Dossier {
        package: PackageId(Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001)),
        version: 1,
        sealed_at: at("2026-10-20T21:30:00Z"),
        program_version: "baitline 0.1.0".into(),
        client_name: "Окна Плюс".into(),
        time_zone: DEFAULT_TIME_ZONE.into(),
        office: Some(Office {
            name: "Московское УФАС".into(), subject_code: "77".into()
        }),
        applicant: None,
        representative: None,
        enclosures: Vec::new(),
        protocols: vec![protocol()],
        comparisons: Vec::new(),
        audit_head: Some(AuditHead { sequence: 1_234, hash: [0xAB; 32] }),
        part_bytes: None,
        caller: Phone::from_digits(CALLER).unwrap(),
        period: Period { from: at("2026-08-31T21:00:00Z"), to: at("2026-10-31T21:00:00Z") },
        interceptions,
    };
    let kept = [first, second, wav()].map(|bytes| (hash(&bytes), bytes));
    (dossier, Recordings(kept.into()))
}

/// The dossier with nothing missing.
pub(super) fn ready() -> (Dossier, Recordings) {
    let (mut dossier, recordings) = dossier();
    dossier.interceptions.truncate(1);
    dossier.interceptions[0].missing.clear();
    dossier.applicant = Some(Applicant {
        kind: ApplicantKind::Entrepreneur,
        name: "ИП Примеров Пётр Петрович".into(),
        inn: Some("770000000000".into()),
        registration_number: Some("300000000000000".into()),
        passport: None,
        address: Some("г. Москва, ул. Примерная, д. 1".into()),
        reply_address: None,
        phone: Some("+7 900 000-00-02".into()),
        email: Some("p@primer.example".into()),
    });
    dossier.representative = Some(Representative {
        name: "Образцова Анна Ивановна".into(),
        position: None,
        power: Some(Power { number: Some("7".into()), issued_on: jiff::civil::date(2026, 9, 1) }),
    });
    dossier.enclosures = vec![
        Enclosure {
            title: "Детализация оператора связи".into(), sheets: Some(2), copies: 1
        },
        Enclosure { title: "Снимок экрана (файл)".into(), sheets: None, copies: 1 },
    ];
    (dossier, recordings)
}

pub(super) fn built(dossier: &Dossier, recordings: &Recordings) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    let built = build(dossier, recordings, &mut out).unwrap();
    assert_eq!(built.bytes, out.get_ref().len() as u64);
    out.into_inner()
}

/// The archive of [`dossier`], built once for all tests that only read it.
pub(super) fn draft() -> Vec<u8> {
    static DRAFT: LazyLock<Vec<u8>> = LazyLock::new(|| {
        let (dossier, recordings) = dossier();
        built(&dossier, &recordings)
    });
    DRAFT.clone()
}

pub(super) fn hash(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

fn sound(name: &[u8], length: usize) -> Vec<u8> {
    name.iter().copied().cycle().take(length).collect()
}

fn call(number: u128, started_at: &str, sound: &[u8]) -> InterceptionFacts {
    let started_at = at(started_at);
    let id = ObservationId(Uuid::from_u128(number));
    let operator =
        |name: &str, inn| OperatorFacts { name: name.into(), inn: Some(Inn::parse(inn).unwrap()) };
    InterceptionFacts {
        call: id,
        started_at,
        caller: Phone::from_digits(CALLER).unwrap(),
        caller_raw: Some("8 (999) 123-45-67".into()),
        called: Phone::from_digits(79_000_000_001).unwrap(),
        connected_seconds: 85,
        caller_operator: Some(operator("ПАО «МТС»", "7740000076")),
        caller_region: Some("г. Москва и Московская область".into()),
        edition: Some(EditionFacts {
            file: NumberingFile::Def9,
            in_force_from: at("2026-07-31T21:00:00Z"),
        }),
        bait_operator: Some(operator("ООО «Т2 Мобайл»", "7743895280")),
        verdict: Verdict::ForeignGroup,
        reasons: vec![Reason::RangeHolderOnly],
        rule_version: 1,
        trap: trap(started_at),
        prior_contact: false,
        observations: vec![observation(id, started_at)],
        recordings: vec![RecordingFacts {
            observation: id,
            sha256: hash(sound),
            bytes: sound.len() as u64,
            media_type: "audio/wav".into(),
            original_name: Some("Запись (1).wav".into()),
            duration_milliseconds: Some(63_000),
            derived: false,
            received_at: started_at + Span::seconds(300),
            playable: Playable::Nothing(NotPlayable::Undecodable),
        }],
        label: None,
        missing: vec![Missing::AdvertisingLabel, Missing::Transcript, Missing::Applicant],
    }
}

/// What was made of the second recording.
fn wav() -> Vec<u8> {
    sound(b"wav", 1_644)
}

pub(super) fn playable() -> Playable {
    Playable::Wav(WavFacts {
        sha256: hash(&wav()),
        bytes: wav().len() as u64,
        sample_rate: 8_000,
        channels: 1,
        duration_milliseconds: 100,
        skipped_packets: 0,
    })
}

fn protocol() -> ProtocolFacts {
    let started_at = at("2026-10-13T12:00:00Z");
    let step = |seconds, kind, length| ProtocolStep {
        kind,
        at: started_at + Span::seconds(seconds),
        seconds: length,
        counterpart: None,
        proof: None,
    };
    ProtocolFacts {
        organisation: "Окна Плюс".into(),
        site: None,
        number: Phone::from_digits(79_000_000_002).unwrap(),
        operator: None,
        contract_holder: None,
        user: None,
        device: None,
        recorder_tested_at: Some(started_at),
        recorder_proof: None,
        started_at,
        steps: vec![
            step(120, ExposureKind::SiteVisit, 240),
            step(480, ExposureKind::OwnCall, 150),
            step(720, ExposureKind::ReturnCall, 130),
        ],
        window: Some(Window { from: started_at, to: started_at + Span::hours(48) }),
        missing: Vec::new(),
        dealings: Vec::new(),
        made_by: None,
    }
}

fn observation(id: ObservationId, started_at: Instant) -> ObservationFacts {
    ObservationFacts {
        id,
        source_name: "АТС офиса".into(),
        source_kind: "pbx".into(),
        reported_at: started_at + Span::seconds(7),
        reported_at_raw: "02.09.2026 10:40:17".into(),
        clock_offset_seconds: -7,
        revision: 2,
        amendments: vec![AmendmentFacts {
            fields: vec!["connected_seconds".into()],
            reason: "АТС посчитала и время до ответа".into(),
            amended_at: at("2026-10-16T08:00:00Z"),
        }],
        derived: false,
    }
}

fn trap(called_at: Instant) -> TrapFacts {
    let started_at = called_at - Span::hours(20);
    let exposure = |minutes: i64, kind, seconds| Exposure {
        at: started_at + Span::seconds(60 * minutes),
        kind,
        seconds,
    };
    TrapFacts {
        id: TrapId(Uuid::from_u128(0x51)),
        started_at,
        recorder_tested_at: Some(started_at),
        exposures: vec![
            exposure(1, ExposureKind::Yandex, 0),
            exposure(2, ExposureKind::SiteVisit, 240),
            exposure(8, ExposureKind::OwnCall, 150),
            exposure(12, ExposureKind::ReturnCall, 130),
        ],
        window: Some(Window { from: started_at, to: started_at + Span::hours(48) }),
        missing: Vec::new(),
    }
}

fn label() -> LabelFacts {
    LabelFacts {
        observation: ObservationId(Uuid::from_u128(3)),
        listener: Some("Образцова А. И.".into()),
        kind: LabelKind::Advertising,
        robot: Some(true),
        company: Some("Окна-Экспресс".into()),
        callback_number: Some("+7 999 765-43-21".into()),
        site: Some("okna-express.example".into()),
        number_origin: Some("взяли у партнёров".into()),
        stop_demanded: true,
        transcript: Some(
            "— Здравствуйте, вы интересовались окнами?\n— Откуда у вас мой номер?\n\
             — Взяли у партнёров. Сегодня скидка 30 %, перезвоните нам."
                .into(),
        ),
        segments: Vec::new(),
        screen_label: Some("Реклама".into()),
        labelled_at: at("2026-10-15T10:00:00Z"),
    }
}
