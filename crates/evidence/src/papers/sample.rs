//! Made-up facts of every document, to try templates on: nobody and nothing in them exists.

use baitline_domain::audit::AuditHead;
use baitline_domain::ids::{ObservationId, PackageId, TrapId};
use baitline_domain::instant::{Instant, Span};
use baitline_domain::label::{LabelKind, Segment, Speaker};
use baitline_domain::observation::{Channel, Direction};
use baitline_domain::operator::Inn;
use baitline_domain::phone::{Party, Phone};
use baitline_domain::reconciliation::{
    OurCall, Precision, Reconciliation, StatementLine, StatementPeriod, reconcile,
};
use baitline_domain::trap::{Exposure, ExposureKind, TrapMissing, Window};
use baitline_domain::verdict::{Reason, Verdict};
use jiff::civil::date;
use uuid::Uuid;

use super::facts::*;
use super::{Paper, PaperKind};
use crate::dossier::{
    DEFAULT_TIME_ZONE, Dossier, InterceptionFacts, LabelFacts, NotPlayable, Office, OperatorFacts,
    Period, Playable, RecordingFacts, TrapFacts,
};
use crate::people::{Applicant, ApplicantKind, Enclosure, Making, Power, Representative};

/// Noon of 14 October 2026 in Moscow.
const NOON: Instant = Instant(1_791_968_400_000_000);
/// Calls of the longer tables, so that they break over pages.
const CALLS: u32 = 45;

/// How much the made-up facts tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Known {
    Everything,
    Little,
}

impl Known {
    fn some<T>(self, value: T) -> Option<T> {
        (self == Self::Everything).then_some(value)
    }

    fn list<T>(self, values: Vec<T>) -> Vec<T> {
        self.some(values).unwrap_or_default()
    }
}

/// The facts of every document but the application.
pub(super) struct Papers {
    inquiry: InquiryFacts,
    protocol: ProtocolFacts,
    transcript: TranscriptFacts,
    comparison: ComparisonFacts,
    custody: CustodyFacts,
    inventory: InventoryFacts,
    consent: ConsentFacts,
    script: ScriptFacts,
}

impl Papers {
    /// `None` for the application, which is made of a dossier.
    pub(super) fn paper(&self, kind: PaperKind) -> Option<Paper<'_>> {
        Some(match kind {
            PaperKind::Application => return None,
            PaperKind::OperatorInquiry => Paper::OperatorInquiry(&self.inquiry),
            PaperKind::TrapProtocol => Paper::TrapProtocol(&self.protocol),
            PaperKind::Transcript => Paper::Transcript(&self.transcript),
            PaperKind::StatementComparison => Paper::StatementComparison(&self.comparison),
            PaperKind::CustodyStatement => Paper::CustodyStatement(&self.custody),
            PaperKind::Inventory => Paper::Inventory(&self.inventory),
            PaperKind::DisclosureConsent => Paper::DisclosureConsent(&self.consent),
            PaperKind::AnsweringScript => Paper::AnsweringScript(&self.script),
        })
    }
}

pub(super) fn making() -> Making {
    Making { made_at: NOON + Span::hours(144), time_zone: DEFAULT_TIME_ZONE.into(), draft: false }
}

pub(super) fn papers(known: Known) -> Papers {
    Papers {
        inquiry: inquiry(known),
        protocol: protocol(known),
        transcript: transcript(known),
        comparison: comparison(known),
        custody: custody(known),
        inventory: inventory(known),
        consent: consent(known),
        script: ScriptFacts { number: known.some(phone(1)) },
    }
}

fn phone(last: u64) -> Phone {
    // Of seven digits and more there is always a number.
    Phone::from_digits(79_000_000_000 + last).unwrap_or_else(|| unreachable!("eleven digits"))
}

fn operator(name: &str, inn: &str) -> OperatorFacts {
    OperatorFacts { name: name.into(), inn: Inn::parse(inn).ok() }
}

fn caller_operator() -> OperatorFacts {
    operator("ПАО «МТС»", "7740000076")
}

fn own_operator() -> OperatorFacts {
    operator("ООО «Т2 Мобайл»", "7743895280")
}

fn company() -> Applicant {
    Applicant {
        kind: ApplicantKind::LegalEntity,
        name: "ООО «Пример Окна»".into(),
        inn: Some("7700000000".into()),
        registration_number: Some("1027700000000".into()),
        passport: None,
        address: Some("101000, г. Москва, ул. Примерная, д. 1, офис 2".into()),
        reply_address: Some("101000, г. Москва, а/я 5".into()),
        phone: Some("+7 495 000-00-00".into()),
        email: Some("pismo@primer.example".into()),
    }
}

fn citizen() -> Applicant {
    Applicant {
        kind: ApplicantKind::Citizen,
        name: "Примеров Пётр Петрович".into(),
        inn: None,
        registration_number: None,
        passport: Some("0000 000000, выдан 1 января 2020 г. ОВД района Примерный".into()),
        address: Some("101000, г. Москва, ул. Примерная, д. 1, кв. 3".into()),
        reply_address: None,
        phone: Some("+7 900 000-00-00".into()),
        email: None,
    }
}

fn representative() -> Representative {
    Representative {
        name: "Образцова Анна Ивановна".into(),
        position: None,
        power: Some(Power { number: Some("7".into()), issued_on: date(2026, 9, 1) }),
    }
}

fn enclosures() -> Vec<Enclosure> {
    let paper =
        |title: &str, sheets| Enclosure { title: title.into(), sheets: Some(sheets), copies: 1 };
    vec![
        paper("Реестр звонков", 3),
        Enclosure {
            title: "Записи звонков, 2 файла на флеш-накопителе".into(),
            sheets: None,
            copies: 1,
        },
        paper("Расшифровки записей", 4),
        paper("Протокол контрольного звонка от 12 октября 2026 г.", 1),
        paper("Детализация ООО «Т2 Мобайл» за период с 1 по 31 октября 2026 г., заверенная", 6),
        paper("Согласие абонента на раскрытие сведений, составляющих тайну связи", 1),
        paper("Доверенность представителя № 7 от 1 сентября 2026 г., копия", 1),
    ]
}

fn period() -> Period {
    Period { from: NOON - Span::hours(13 * 24 + 12), to: NOON + Span::hours(17 * 24 + 12) }
}

fn contract() -> Contract {
    Contract {
        number: phone(1),
        contract_number: Some("М-1234567".into()),
        signed_on: Some(date(2025, 3, 1)),
    }
}

fn inquiry(known: Known) -> InquiryFacts {
    let call = |n: u32| InquiryCall {
        started_at: NOON + Span::seconds(i64::from(n) * 3_700),
        caller: Some(phone(5_000 + u64::from(n % 3))),
        called: phone(1),
        connected_seconds: 40 + n,
    };
    let count = if known == Known::Everything { CALLS } else { 1 };
    InquiryFacts {
        operator: own_operator(),
        operator_address: known.some("108811, г. Москва, Киевское шоссе, 22-й км, д. 6".into()),
        applicant: known.some(company()),
        representative: known.some(representative()),
        outgoing_number: known.some("12/2026".into()),
        contracts: known.list(vec![contract()]),
        calls: (0..count).map(call).collect(),
        statement_period: known.some(period()),
        enclosures: known.list(enclosures()),
    }
}

fn protocol(known: Known) -> ProtocolFacts {
    let started_at = NOON - Span::hours(44);
    let step = |minutes: i64, kind, seconds, counterpart, proof: &str| ProtocolStep {
        kind,
        at: started_at + Span::seconds(60 * minutes),
        seconds,
        counterpart,
        proof: (!proof.is_empty()).then(|| proof.to_owned()),
    };
    let own = Some(phone(9_000_000));
    ProtocolFacts {
        organisation: "ООО «Пример Окна»".into(),
        site: known.some("primer-okna.example".into()),
        number: phone(1),
        operator: known.some(own_operator()),
        contract_holder: known.some("ООО «Пример Окна»".into()),
        user: known.some("Примеров П. П., менеджер, работник абонента".into()),
        device: known.some("телефон № 3, приложение записи звонков".into()),
        recorder_tested_at: known.some(started_at),
        recorder_proof: known.some("пробная запись proba-3.wav".into()),
        started_at,
        steps: known.list(vec![
            step(1, ExposureKind::Yandex, 0, None, "снимок экрана 1"),
            step(2, ExposureKind::SiteVisit, 240, None, "снимки экрана 2 и 3"),
            step(8, ExposureKind::OwnCall, 150, own, "запись 1"),
            step(12, ExposureKind::ReturnCall, 130, own, ""),
        ]),
        window: known.some(Window {
            from: started_at + Span::seconds(850),
            to: started_at + Span::seconds(850) + Span::hours(48),
        }),
        missing: if known == Known::Little { vec![TrapMissing::SiteVisit] } else { Vec::new() },
        dealings: Vec::new(),
        made_by: known.some("П. П. Примеров".into()),
    }
}

fn segments() -> Vec<Segment> {
    let said = |seconds, speaker, text: &str| Segment {
        from: Span::seconds(seconds),
        to: None,
        speaker,
        text: text.into(),
    };
    vec![
        said(0, Speaker::Caller, "Здравствуйте! Вы интересовались пластиковыми окнами?"),
        said(4, Speaker::Subscriber, "Кто это? Откуда у вас мой номер?"),
        said(
            9,
            Speaker::Caller,
            "Компания «Образец». Номер передали партнёры. Сегодня скидка 30 %, замер бесплатно.",
        ),
        said(21, Speaker::Subscriber, "Больше мне не звоните."),
    ]
}

pub(super) fn transcript(known: Known) -> TranscriptFacts {
    TranscriptFacts {
        started_at: NOON + Span::seconds(333),
        caller: Some(phone(5_000)),
        called: phone(1),
        connected_seconds: 85,
        file: "call-01-1.wav".into(),
        sha256: [0x5a; 32],
        duration_milliseconds: known.some(83_400),
        text: None,
        segments: known.list(segments()),
        screen_label: known.some("Реклама".into()),
        written_by: known.some("А. И. Образцова".into()),
    }
}

fn our_calls() -> Vec<OurCall> {
    let call = |n: u32| OurCall {
        id: ObservationId(Uuid::from_u128(u128::from(n) + 1)),
        direction: if n % 9 == 4 { Direction::Outgoing } else { Direction::Incoming },
        channel: Channel::Pstn,
        party: if n % 11 == 3 {
            Party::Hidden
        } else {
            Party::Number(phone(5_000 + u64::from(n % 4)))
        },
        started_at: NOON + Span::seconds(i64::from(n) * 4_100),
        uncertainty: Span(0),
        connected_seconds: if n % 8 == 7 { 0 } else { 30 + n * 3 },
        answered: n % 8 != 7,
    };
    (0..CALLS).map(call).collect()
}

/// The same calls as an operator would list them, with some of every finding.
fn statement_lines(calls: &[OurCall]) -> Vec<StatementLine> {
    let line = |(index, call): (usize, &OurCall)| {
        let number = u32::try_from(index).unwrap_or(u32::MAX).saturating_add(1);
        let late = if index % 13 == 5 { 240 } else { 2 };
        let longer = if index % 10 == 6 { 30 } else { 1 };
        StatementLine {
            number,
            direction: Some(call.direction),
            channel: call.channel,
            party: match &call.party {
                Party::Hidden => Party::Number(phone(5_009)),
                party => party.clone(),
            },
            through: None,
            started_at: call.started_at + Span::seconds(late),
            start_precision: Precision::Second,
            seconds: Some(call.connected_seconds + longer),
            duration_precision: Precision::Second,
        }
    };
    let listed = calls.iter().filter(|call| call.answered).enumerate();
    let mut lines: Vec<StatementLine> = listed.map(line).collect();
    let extra = lines.first().cloned().into_iter().map(|first| StatementLine {
        number: 1_000,
        started_at: first.started_at + Span::hours(2),
        ..first
    });
    lines.extend(extra);
    lines
}

pub(super) fn comparison(known: Known) -> ComparisonFacts {
    let calls = known.list(our_calls());
    let lines = statement_lines(&calls);
    let period = period();
    let covered = StatementPeriod { from: period.from, to: period.to };
    let nothing =
        Reconciliation { pairs: Vec::new(), only_ours: Vec::new(), only_theirs: Vec::new() };
    ComparisonFacts {
        operator: own_operator(),
        number: phone(1),
        period,
        statement: "детализация от 5 ноября 2026 г. (приложение 5)".into(),
        certified: known == Known::Everything,
        reconciliation: reconcile(&calls, &lines, covered).unwrap_or(nothing),
        calls,
        lines,
        made_by: known.some("А. И. Образцова".into()),
    }
}

fn custody(known: Known) -> CustodyFacts {
    let recording = |n: u8| {
        let started_at = NOON + Span::hours(i64::from(n));
        let event = |seconds, kind, by: Option<&str>| CustodyEvent {
            at: started_at + Span::seconds(seconds),
            kind,
            by: by.map(str::to_owned),
        };
        CustodyRecording {
            file: format!("call-{:02}-1.wav", n + 1),
            original_name: known.some(format!("Запись ({n}).wav")),
            sha256: [n; 32],
            bytes: 1_334_444 + u64::from(n),
            started_at,
            caller: phone(5_000),
            source: "телефон № 3".into(),
            events: known.list(vec![
                event(200, CustodyEventKind::Received, None),
                event(90_000, CustodyEventKind::Heard, Some("А. И. Образцова")),
                event(200_000, CustodyEventKind::Checked, None),
                event(200_001, CustodyEventKind::Packed, None),
                event(200_002, CustodyEventKind::Converted, None),
            ]),
            last_link: known.some(format!("{n:064}")),
        }
    };
    CustodyFacts {
        organisation: "ООО «Пример Окна»".into(),
        recordings: known.list((0..5).map(recording).collect()),
        first_number: 1,
        audit_head: known.some(AuditHead { sequence: 1_234, hash: [7; 32] }),
        made_by: known.some("А. И. Образцова".into()),
    }
}

pub(super) fn inventory(known: Known) -> InventoryFacts {
    InventoryFacts {
        enclosed_to: "заявлению о признаках нарушения законодательства о рекламе".into(),
        enclosures: known.list(enclosures()),
        expected: Vec::new(),
        filed: if known == Known::Everything { 1 } else { 0 },
        in_volumes: false,
        files: known.list((1..3).map(file).collect()),
        part_bytes: known.some(25_000_000),
        applicant: known.some(company()),
        representative: known.some(representative()),
    }
}

fn file(n: u8) -> InventoryFile {
    let name = format!("filing/part-01/call-{n:02}-1.wav");
    InventoryFile { name, part: Some(1), bytes: 1_334_444, sha256: [n; 32] }
}

fn consent(known: Known) -> ConsentFacts {
    ConsentFacts {
        subscriber: known.some(citizen()),
        office: known.some(office()),
        contracts: known.list(vec![contract()]),
        period: known.some(period()),
    }
}

fn office() -> Office {
    Office { name: "Московское УФАС России".into(), subject_code: "77".into() }
}

/// The facts of an application.
pub(super) fn dossier(known: Known) -> Dossier {
    let count = if known == Known::Everything { 30 } else { 1 };
    Dossier {
        package: PackageId(Uuid::nil()),
        version: 1,
        sealed_at: making().made_at,
        program_version: "baitline 0.1.0".into(),
        client_name: "ООО «Пример Окна»".into(),
        time_zone: DEFAULT_TIME_ZONE.into(),
        office: known.some(office()),
        applicant: known.some(company()),
        representative: known.some(representative()),
        enclosures: known.list(enclosures()),
        protocols: known.list(vec![protocol(known)]),
        comparisons: Vec::new(),
        audit_head: None,
        part_bytes: None,
        caller: phone(5_000),
        period: period(),
        interceptions: (0..count).map(|n| interception(known, n)).collect(),
    }
}

fn interception(known: Known, n: u32) -> InterceptionFacts {
    let started_at = NOON + Span::seconds(333 + i64::from(n) * 4_100);
    let id = ObservationId(Uuid::from_u128(u128::from(n) + 1));
    let run = NOON - Span::hours(44);
    let exposure = |minutes: i64, kind, seconds| Exposure {
        at: run + Span::seconds(60 * minutes),
        kind,
        seconds,
    };
    InterceptionFacts {
        call: id,
        started_at,
        caller: phone(5_000),
        caller_raw: None,
        called: phone(1),
        connected_seconds: 85 + n,
        caller_operator: known.some(caller_operator()),
        caller_region: known.some("г. Москва и Московская область".into()),
        edition: None,
        bait_operator: known.some(own_operator()),
        verdict: Verdict::ForeignGroup,
        reasons: vec![Reason::RangeHolderOnly],
        rule_version: 1,
        trap: TrapFacts {
            id: TrapId(Uuid::from_u128(1)),
            started_at: run,
            recorder_tested_at: None,
            exposures: known.list(vec![
                exposure(2, ExposureKind::SiteVisit, 240),
                exposure(8, ExposureKind::OwnCall, 150),
                exposure(12, ExposureKind::ReturnCall, 130),
            ]),
            window: None,
            missing: Vec::new(),
        },
        prior_contact: false,
        observations: Vec::new(),
        recordings: known.list(vec![RecordingFacts {
            observation: id,
            sha256: [0; 32],
            bytes: 1,
            media_type: "audio/wav".into(),
            original_name: None,
            duration_milliseconds: None,
            derived: false,
            received_at: started_at,
            playable: Playable::Nothing(NotPlayable::Undecodable),
        }]),
        label: known.some(label(n)),
        missing: Vec::new(),
    }
}

fn label(n: u32) -> LabelFacts {
    LabelFacts {
        observation: ObservationId(Uuid::nil()),
        listener: None,
        kind: LabelKind::Advertising,
        robot: Some(n.is_multiple_of(2)),
        company: Some("Образец".into()),
        callback_number: Some("+7 900 000-77-77".into()),
        site: Some("obrazec.example".into()),
        number_origin: Some("передали партнёры".into()),
        stop_demanded: n.is_multiple_of(3),
        transcript: None,
        segments: if n < 4 { segments() } else { Vec::new() },
        screen_label: Some("Реклама".into()),
        labelled_at: NOON,
    }
}
