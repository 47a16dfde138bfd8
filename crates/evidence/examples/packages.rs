//! Writes signed packages of made-up facts with awkward names and texts into a
//! folder, the same ones for the same seeds, every other one time-stamped:
//! `packages FOLDER KEY FIRST_SEED COUNT`. For tools of others to check.

use std::collections::HashMap;
use std::error::Error;
use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;

use baitline_domain::audit::AuditHead;
use baitline_domain::gate::Missing;
use baitline_domain::ids::{ObservationId, PackageId, TrapId};
use baitline_domain::instant::{Instant, Span};
use baitline_domain::label::LabelKind;
use baitline_domain::operator::Inn;
use baitline_domain::phone::Phone;
use baitline_domain::trap::{Exposure, ExposureKind, Window};
use baitline_domain::verdict::{Reason, Verdict};
use baitline_evidence::dossier::*;
use baitline_evidence::people::{Applicant, ApplicantKind, Enclosure};
use baitline_evidence::{
    RecordingReader, Seal, SigningKey, StampError, StampRequest, Stamper, build_sealed,
};
use baitline_sample::authority::{Manner, ROOT, answer};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// 2026-09-01T06:00:00Z, when the first of these calls came.
const BEGIN: Instant = Instant(1_788_242_400_000_000);
/// When every package was sealed.
const SEALED: Instant = Instant(1_795_166_415_000_000);
const STAMPED: &str = "20261120093015.5Z";
/// Most packages are small; of each so many one has many calls.
const LARGE_EVERY: u64 = 50;

/// What people type, paste and try.
const AWKWARD: [&str; 28] = [
    "Окна «Плюс» & Ко",
    "=HYPERLINK(\"http://example\";\"x\")",
    "+7 (999) 123-45-67",
    "@SUM(A1:A9)",
    "-1+1",
    "'кавычка",
    "\"двойная\", и запятая; точка с запятой",
    "строка\nвторая\r\nтретья",
    "\tтабуляция\t",
    "../../../etc/passwd",
    "C:\\Windows\\con.wav",
    "CON",
    ".",
    "-rf",
    "$(reboot) `id` ; true",
    "%s%n%00%0d%0a",
    "{{ 7*7 }} {% for %} ${x} #{y}",
    "#import \"x\": * $ x $ @ref <label> `raw`",
    "<script>alert(1)</script> & <b>",
    "\\begin{document} \\ \\\\ \\u0000",
    "'; DROP TABLE calls; --",
    "[ссылка](http://example) *жирно* | таблица |",
    "Шё́лк, й, ё, Ґ, Ә, ﬁ, ﷺ",
    "日本語 العربية עברית हिन्दी",
    "😀👩‍👩‍👧‍👦🇷🇺",
    "невидимое:\u{200b}\u{feff}\u{ad}",
    "",
    "   ",
];

/// xorshift: the same numbers on every machine.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % end
    }

    fn is(&mut self, one_in: u64) -> bool {
        self.below(one_in) == 0
    }

    fn text(&mut self) -> String {
        let text = AWKWARD[usize::try_from(self.below(AWKWARD.len() as u64)).unwrap_or(0)];
        if self.is(20) { text.repeat(12) } else { text.to_owned() }
    }

    fn maybe(&mut self) -> Option<String> {
        (!self.is(3)).then(|| self.text())
    }
}

struct Recordings(HashMap<[u8; 32], Vec<u8>>);

impl RecordingReader for Recordings {
    fn open(&self, sha256: &[u8; 32]) -> io::Result<Box<dyn Read + '_>> {
        let found = self.0.get(sha256).ok_or(io::ErrorKind::NotFound)?;
        Ok(Box::new(found.as_slice()))
    }

    fn open_wav(&self, sha256: &[u8; 32]) -> io::Result<Box<dyn Read + '_>> {
        self.open(sha256)
    }
}

/// The made-up authority, asked in this process.
struct MadeUp([u8; 8]);

impl Stamper for MadeUp {
    fn stamp(&self, tag_manifest: &[u8]) -> Result<Vec<u8>, StampError> {
        let request = StampRequest::new(tag_manifest, self.0);
        let reply = answer(&request.der(), STAMPED, Manner::Honest);
        request.accept(&reply)?;
        Ok(reply)
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, key, first, count] = &arguments[..] else {
        return Err("usage: packages FOLDER KEY FIRST_SEED COUNT".into());
    };
    let (folder, first, count) = (PathBuf::from(folder), first.parse::<u64>()?, count.parse()?);
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join("root.pem"), ROOT)?;
    let key = SigningKey::from_file(&std::fs::read(key)?)?;
    for seed in (first..).take(count) {
        let (dossier, recordings) = made_up(seed)?;
        let stamper = MadeUp(seed.to_be_bytes());
        let stamper = seed.is_multiple_of(2).then_some(&stamper as &dyn Stamper);
        let file = File::create(folder.join(format!("baitline-{}.zip", dossier.package)))?;
        let seal = Seal { key: Some(&key), stamper };
        build_sealed(&dossier, &recordings, seal, file)?;
    }
    Ok(())
}

/// A dossier of a seed; nothing of it is true.
fn made_up(seed: u64) -> Result<(Dossier, Recordings), Box<dyn Error>> {
    let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let many = if seed.is_multiple_of(LARGE_EVERY) { 40 } else { 4 };
    let mut sounds = HashMap::new();
    let calls = 1 + dice.below(many);
    let interceptions: Result<Vec<_>, _> =
        (0..calls).map(|number| call(&mut dice, number, &mut sounds)).collect();
    let enclosures = (0..dice.below(5)).map(|copies| Enclosure {
        title: AWKWARD[usize::try_from(copies).unwrap_or(0)].to_owned(),
        sheets: None,
        copies: 1,
    });
    let dossier = Dossier {
        package: PackageId(Uuid::from_u128(
            0x0190_0000_0000_7000_8000_0000_0000_0000 | u128::from(seed),
        )),
        version: 1,
        sealed_at: SEALED,
        program_version: dice.text(),
        client_name: dice.text(),
        time_zone: if dice.is(4) { "Asia/Kamchatka" } else { DEFAULT_TIME_ZONE }.to_owned(),
        office: dice.is(2).then(|| Office { name: dice.text(), subject_code: "77".to_owned() }),
        applicant: dice.is(2).then(|| applicant(&mut dice)),
        representative: None,
        enclosures: enclosures.collect(),
        protocols: Vec::new(),
        comparisons: Vec::new(),
        audit_head: dice.is(2).then_some(AuditHead { sequence: seed, hash: [0xAB; 32] }),
        part_bytes: dice.is(2).then_some(10_000),
        caller: phone(79_990_000_000 + seed)?,
        period: Period { from: BEGIN, to: SEALED },
        interceptions: interceptions?,
    };
    Ok((dossier, Recordings(sounds)))
}

fn applicant(dice: &mut Dice) -> Applicant {
    Applicant {
        kind: ApplicantKind::Entrepreneur,
        name: dice.text(),
        inn: Some("770000000000".to_owned()),
        registration_number: dice.maybe(),
        passport: None,
        address: dice.maybe(),
        reply_address: dice.maybe(),
        phone: dice.maybe(),
        email: dice.maybe(),
    }
}

fn phone(digits: u64) -> Result<Phone, String> {
    Phone::from_digits(digits).ok_or_else(|| format!("{digits} is no number"))
}

fn call(
    dice: &mut Dice,
    number: u64,
    sounds: &mut HashMap<[u8; 32], Vec<u8>>,
) -> Result<InterceptionFacts, Box<dyn Error>> {
    let started_at = BEGIN + Span::seconds(i64::try_from(number * 7_200 + dice.below(3_600))?);
    let id = ObservationId(Uuid::from_u128(u128::from(number) + 1));
    let recordings = (0..dice.below(3)).map(|_| recording(dice, id, started_at, sounds)).collect();
    Ok(InterceptionFacts {
        call: id,
        started_at,
        caller: phone(79_991_234_567)?,
        caller_raw: dice.maybe(),
        called: phone(79_000_000_001 + dice.below(5))?,
        connected_seconds: u32::try_from(dice.below(4_000))?,
        caller_operator: Some(OperatorFacts { name: dice.text(), inn: None }),
        caller_region: dice.maybe(),
        edition: None,
        bait_operator: Some(OperatorFacts {
            name: dice.text(),
            inn: Inn::parse("7743895280").ok(),
        }),
        verdict: Verdict::ForeignGroup,
        reasons: vec![Reason::RangeHolderOnly],
        rule_version: 1,
        trap: trap(started_at),
        prior_contact: dice.is(3),
        observations: vec![observation(dice, id, started_at)],
        recordings,
        label: dice.is(2).then(|| label(dice, id, started_at)),
        missing: if dice.is(2) { vec![Missing::Applicant, Missing::Inquiry] } else { Vec::new() },
    })
}

fn recording(
    dice: &mut Dice,
    observation: ObservationId,
    started_at: Instant,
    sounds: &mut HashMap<[u8; 32], Vec<u8>>,
) -> RecordingFacts {
    let (sha256, bytes) = sound(dice, sounds);
    let playable = if dice.is(2) {
        Playable::Nothing(NotPlayable::Undecodable)
    } else {
        let (sha256, bytes) = sound(dice, sounds);
        Playable::Wav(WavFacts {
            sha256,
            bytes,
            sample_rate: 8_000,
            channels: 1,
            duration_milliseconds: bytes / 16,
            skipped_packets: dice.below(2),
        })
    };
    RecordingFacts {
        observation,
        sha256,
        bytes,
        media_type: dice.text(),
        original_name: dice.maybe(),
        duration_milliseconds: None,
        derived: dice.is(2),
        received_at: started_at + Span::seconds(300),
        playable,
    }
}

/// Some bytes with their hash. None may be empty, and the largest takes several chunks.
fn sound(dice: &mut Dice, sounds: &mut HashMap<[u8; 32], Vec<u8>>) -> ([u8; 32], u64) {
    let length = if dice.is(10) { dice.below(300_000) } else { dice.below(5_000) };
    let sound: Vec<u8> = (0..length).map(|_| dice.below(256).to_le_bytes()[0]).collect();
    let sha256: [u8; 32] = Sha256::digest(&sound).into();
    let bytes = sound.len() as u64;
    sounds.insert(sha256, sound);
    (sha256, bytes)
}

fn observation(dice: &mut Dice, id: ObservationId, started_at: Instant) -> ObservationFacts {
    ObservationFacts {
        id,
        source_name: dice.text(),
        source_kind: "pbx".to_owned(),
        reported_at: started_at,
        reported_at_raw: dice.text(),
        clock_offset_seconds: 0,
        revision: 1,
        derived: false,
        amendments: vec![AmendmentFacts {
            fields: vec!["connected_seconds".to_owned()],
            reason: dice.text(),
            amended_at: started_at + Span::hours(1),
        }],
    }
}

fn trap(called_at: Instant) -> TrapFacts {
    let started_at = called_at - Span::hours(20);
    let own_call =
        Exposure { at: started_at + Span::seconds(480), kind: ExposureKind::OwnCall, seconds: 150 };
    TrapFacts {
        id: TrapId(Uuid::from_u128(0x51)),
        started_at,
        recorder_tested_at: Some(started_at),
        exposures: vec![own_call],
        window: Some(Window { from: started_at, to: started_at + Span::hours(48) }),
        missing: Vec::new(),
    }
}

fn label(dice: &mut Dice, observation: ObservationId, started_at: Instant) -> LabelFacts {
    LabelFacts {
        observation,
        listener: dice.maybe(),
        kind: LabelKind::Advertising,
        robot: None,
        company: dice.maybe(),
        callback_number: dice.maybe(),
        site: dice.maybe(),
        number_origin: dice.maybe(),
        stop_demanded: dice.is(2),
        transcript: dice.maybe(),
        segments: Vec::new(),
        screen_label: dice.maybe(),
        labelled_at: started_at + Span::hours(30),
    }
}
