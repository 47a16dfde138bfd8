//! Who files and who signs, and what is enclosed, as documents name them. Plain
//! facts: whether a paper holds is `domain::gate`.

use baitline_domain::instant::Instant;
use jiff::civil::Date;

/// What an applicant is: it decides which particulars a document prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApplicantKind {
    /// A legal entity: ИНН and ОГРН.
    LegalEntity,
    /// An entrepreneur (ИП): ИНН and ОГРНИП.
    Entrepreneur,
    /// A citizen: passport.
    Citizen,
}

/// The contract holder of the SIM, who files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applicant {
    /// What it is.
    pub kind: ApplicantKind,
    /// The full name: «ООО „Окна Плюс“», or surname, name and patronymic.
    pub name: String,
    /// ИНН.
    pub inn: Option<String>,
    /// ОГРН of a legal entity, ОГРНИП of an entrepreneur.
    pub registration_number: Option<String>,
    /// Series, number, issuer and date of a citizen's passport, as one text.
    pub passport: Option<String>,
    /// The legal address, or where a citizen is registered.
    pub address: Option<String>,
    /// Where answers go, where that differs.
    pub reply_address: Option<String>,
    /// The number to call back.
    pub phone: Option<String>,
    /// The address for e-mail.
    pub email: Option<String>,
}

/// Who signs for the applicant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Representative {
    /// Surname, name and patronymic.
    pub name: String,
    /// The office held, such as «директор».
    pub position: Option<String>,
    /// The power of attorney; absent for those who act by their office.
    pub power: Option<Power>,
}

/// A power of attorney.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Power {
    /// Its number, where it has one.
    pub number: Option<String>,
    /// Its date.
    pub issued_on: Date,
}

/// One paper or file that goes with a document, in the order of its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enclosure {
    /// What it is.
    pub title: String,
    /// How many sheets of paper; absent for files.
    pub sheets: Option<u32>,
    /// How many copies.
    pub copies: u32,
}

/// When and where a document is made: its date, and the zone of its times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Making {
    /// The moment the document is dated by.
    pub made_at: Instant,
    /// The IANA name of the zone documents print times in.
    pub time_zone: String,
    /// Whether it is a draft: then «ПРОЕКТ» stands across every page.
    pub draft: bool,
}
