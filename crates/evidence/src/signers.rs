//! Applicants, representatives and enclosures in the words of documents.

use serde::Serialize;

use crate::people::{Applicant, ApplicantKind, Enclosure, Representative};
use crate::russian::{NBSP, civil_date, in_words, in_words_neuter, plural_form, short_name};

/// The applicant as templates see it.
#[derive(Serialize)]
pub(crate) struct ApplicantView<'a> {
    name: &'a str,
    citizen: bool,
    /// «ИНН …, ОГРН …», or the passport; absent where nothing is known.
    particulars: Option<String>,
    address: Option<&'a str>,
    /// Where answers go, where that differs.
    reply_address: Option<&'a str>,
    /// Telephone and e-mail.
    contacts: Option<String>,
}

/// The representative as templates see it.
#[derive(Serialize)]
pub(crate) struct RepresentativeView<'a> {
    name: &'a str,
    position: Option<&'a str>,
    /// «доверенность № 7 от 1 октября 2026 г.»
    power: Option<String>,
}

/// The line under a document.
#[derive(Serialize)]
pub(crate) struct SignerView<'a> {
    /// «Директор», «Представитель по доверенности»; absent for a citizen.
    position: Option<&'a str>,
    /// «И. И. Иванов»
    name: Option<String>,
}

/// One enclosure with its number.
#[derive(Serialize)]
pub(crate) struct EnclosureView<'a> {
    number: usize,
    title: &'a str,
    /// «на 2 л. в 1 экз.», «в 1 экз.»
    extent: String,
    sheets: Option<u32>,
    copies: u32,
}

/// Sheets and enclosures together.
#[derive(Serialize)]
pub(crate) struct Totals {
    /// «5 (пять) приложений»
    enclosures: String,
    /// «12 (двенадцать) листов»; absent where no enclosure is of paper.
    sheets: Option<String>,
}

pub(crate) fn filled(text: &Option<String>) -> Option<&str> {
    text.as_deref().map(str::trim).filter(|text| !text.is_empty())
}

pub(crate) fn applicant(facts: &Applicant) -> ApplicantView<'_> {
    let numbered = |name: &str, number: &Option<String>| {
        filled(number).map(|number| format!("{name}{NBSP}{number}"))
    };
    let registration = match facts.kind {
        ApplicantKind::LegalEntity => numbered("ОГРН", &facts.registration_number),
        ApplicantKind::Entrepreneur => numbered("ОГРНИП", &facts.registration_number),
        ApplicantKind::Citizen => filled(&facts.passport).map(|text| format!("паспорт: {text}")),
    };
    let inn = numbered("ИНН", &facts.inn);
    let phone = filled(&facts.phone).map(|phone| format!("тел. {phone}"));
    let address = filled(&facts.address);
    ApplicantView {
        name: facts.name.trim(),
        citizen: facts.kind == ApplicantKind::Citizen,
        particulars: joined([inn, registration]),
        address,
        reply_address: filled(&facts.reply_address).filter(|reply| Some(*reply) != address),
        contacts: joined([phone, filled(&facts.email).map(str::to_owned)]),
    }
}

fn joined(parts: [Option<String>; 2]) -> Option<String> {
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

pub(crate) fn representative(facts: &Representative) -> RepresentativeView<'_> {
    let power = facts.power.as_ref().map(|power| {
        let number = filled(&power.number).map(|number| format!(" №{NBSP}{number}"));
        let date = civil_date(power.issued_on);
        format!("доверенность{} от{NBSP}{date}", number.unwrap_or_default())
    });
    RepresentativeView { name: facts.name.trim(), position: filled(&facts.position), power }
}

/// Whose name stands under a document: the representative's, or that of an
/// applicant who is a person. A company signs by somebody.
pub(crate) fn signer<'a>(
    applicant: Option<&'a Applicant>,
    representative: Option<&'a Representative>,
) -> SignerView<'a> {
    if let Some(representative) = representative {
        let by_power = representative.power.is_some();
        let position = filled(&representative.position)
            .or_else(|| by_power.then_some("Представитель по доверенности"));
        return SignerView { position, name: Some(short_name(&representative.name)) };
    }
    let person = applicant.filter(|applicant| applicant.kind != ApplicantKind::LegalEntity);
    SignerView { position: None, name: person.map(|person| short_name(&person.name)) }
}

pub(crate) fn enclosures(facts: &[Enclosure]) -> Vec<EnclosureView<'_>> {
    let viewed = facts.iter().enumerate().map(|(index, enclosure)| {
        let copies = format!("в{NBSP}{}{NBSP}экз.", enclosure.copies);
        let extent = match enclosure.sheets {
            Some(sheets) => format!("на{NBSP}{sheets}{NBSP}л. {copies}"),
            None => copies,
        };
        EnclosureView {
            number: index + 1,
            title: enclosure.title.trim(),
            extent,
            sheets: enclosure.sheets,
            copies: enclosure.copies,
        }
    });
    viewed.collect()
}

pub(crate) fn totals(facts: &[Enclosure]) -> Totals {
    let sheets: u64 = facts.iter().filter_map(|one| one.sheets).map(u64::from).sum();
    let counted = |count: u64, words: String, noun: &str| format!("{count}{NBSP}({words}) {noun}");
    let enclosures = u64::try_from(facts.len()).unwrap_or(u64::MAX);
    let noun = plural_form(enclosures, "приложение", "приложения", "приложений");
    let leaves = plural_form(sheets, "лист", "листа", "листов");
    Totals {
        enclosures: counted(enclosures, in_words_neuter(enclosures), noun),
        sheets: (sheets > 0).then(|| counted(sheets, in_words(sheets), leaves)),
    }
}
