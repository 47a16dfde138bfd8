//! Who files a package, as far as the papers of its baits tell: the holder of
//! their contracts, whoever usually signs for it, and the office of its subject.

use std::collections::BTreeSet;

use baitline_domain::applicant::{ApplicantKind, RepresentativeKind};
use baitline_domain::gate::Signer;
use baitline_domain::ids::{ApplicantId, BaitId, ClientId, ComplaintId};
use baitline_domain::instant::civil_date;
use baitline_domain::office::SubjectCode;
use baitline_evidence::dossier::Office;
use baitline_evidence::people;
use baitline_store::models::{ApplicantRow, JudgedCall, PowerRow, RepresentativeRow};
use baitline_store::{
    Conn, Reach, StoreResult, applicants, complaints, gate, offices, preparations,
};
use jiff::civil::Date;

/// Who files, in the words of documents and of the gate.
pub(crate) struct Filer {
    pub(crate) applicant: Option<people::Applicant>,
    pub(crate) representative: Option<people::Representative>,
    pub(crate) office: Option<Office>,
    signer: Signer,
    applicant_id: Option<ApplicantId>,
}

impl Filer {
    /// As the complaint says, if the package is that of one; else nobody where the
    /// calls' baits have no holder, or several: those calls belong into a package
    /// for each.
    pub(crate) fn of(
        conn: &mut Conn,
        client: ClientId,
        (calls, complaint): (&[JudgedCall], Option<ComplaintId>),
        today: Date,
    ) -> StoreResult<Self> {
        let reach = Reach::Client(client);
        if let Some(id) = complaint {
            let complaint = complaints::find_complaint(conn, reach, id)?;
            let row = applicants::find_applicant(conn, reach, complaint.applicant_id)?;
            let (person, power) = complaints::signing(conn, &complaint)?;
            let subject = complaint.subject()?;
            return Self::filed_by(conn, (row, subject), person, power);
        }
        let Some(applicant) = common_holder(conn, client, calls)? else {
            return Ok(Self {
                applicant: None,
                representative: None,
                office: None,
                signer: Signer::Unknown,
                applicant_id: None,
            });
        };
        Self::usual(conn, client, applicant, today)
    }

    /// An applicant, with whoever usually signs for it and the office of its
    /// subject.
    pub(crate) fn usual(
        conn: &mut Conn,
        client: ClientId,
        applicant: ApplicantId,
        today: Date,
    ) -> StoreResult<Self> {
        let row = applicants::find_applicant(conn, Reach::Client(client), applicant)?;
        let signing = gate::usual_signer(conn, client, applicant, today)?;
        let (person, power) = signing.map_or((None, None), |(person, power)| (Some(person), power));
        let subject = row.subject()?;
        Self::filed_by(conn, (row, subject), person, power)
    }

    /// What the gate is asked for, on this day.
    pub(crate) fn asks(&self, today: Date, complaint: Option<ComplaintId>) -> gate::Asked {
        let (signer, applicant) = (self.signer, self.applicant_id);
        gate::Asked { today, signer, applicant, complaint }
    }

    fn filed_by(
        conn: &mut Conn,
        (row, subject): (ApplicantRow, SubjectCode),
        person: Option<RepresentativeRow>,
        power: Option<PowerRow>,
    ) -> StoreResult<Self> {
        Ok(Self {
            office: office(conn, subject)?,
            signer: gate::signer_of(row.kind, person.as_ref(), power.as_ref()),
            applicant_id: Some(row.id),
            representative: person.map(|person| representative(person, power)),
            applicant: Some(applicant_of(row)),
        })
    }
}

fn common_holder(
    conn: &mut Conn,
    client: ClientId,
    calls: &[JudgedCall],
) -> StoreResult<Option<ApplicantId>> {
    let baits: BTreeSet<BaitId> = calls.iter().map(|judged| judged.call.bait).collect();
    let mut holders = BTreeSet::new();
    for bait in baits {
        let prepared = preparations::find_preparation(conn, client, bait)?;
        holders.insert(prepared.and_then(|row| row.applicant_id));
    }
    let mut holders = holders.into_iter();
    Ok(holders.next().flatten().filter(|_| holders.next().is_none()))
}

/// The name that the agency entered, else the program's own list's.
fn office(conn: &mut Conn, subject: SubjectCode) -> StoreResult<Option<Office>> {
    let entered = offices::find_office_entry(conn, subject)?.and_then(|entry| entry.name);
    let name = entered.or_else(|| subject.office().name.map(str::to_owned));
    Ok(name.map(|name| Office { name, subject_code: subject.to_string() }))
}

fn applicant_of(row: ApplicantRow) -> people::Applicant {
    let passport = row.passport().map(|passport| {
        let issued_on = civil_date(passport.issued_on).strftime("%d.%m.%Y");
        format!("{}, выдан {} {issued_on}", passport.number, passport.issued_by)
    });
    people::Applicant {
        kind: match row.kind {
            ApplicantKind::LegalEntity => people::ApplicantKind::LegalEntity,
            ApplicantKind::SoleTrader => people::ApplicantKind::Entrepreneur,
            ApplicantKind::Citizen => people::ApplicantKind::Citizen,
        },
        name: row.name,
        inn: row.inn.map(|inn| inn.to_string()),
        registration_number: row.ogrn,
        passport,
        address: Some(row.legal_address),
        reply_address: row.reply_address,
        phone: None,
        email: row.email,
    }
}

/// A head acts by its office and has no power of attorney.
fn representative(person: RepresentativeRow, power: Option<PowerRow>) -> people::Representative {
    let power = power.filter(|_| person.kind == RepresentativeKind::Attorney);
    people::Representative {
        name: person.name,
        position: person.position,
        power: power.map(|power| people::Power {
            number: power.number,
            issued_on: civil_date(power.issued_on),
        }),
    }
}
