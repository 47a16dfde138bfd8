//! Who signs, what lets them, and where their complaints go.

use baitline_domain::applicant::{
    ApplicantKind, ConsentKind, Identity, Passport, RepresentativeKind, Term,
};
use baitline_domain::ids::{ApplicantId, BaitId, ClientId, ConsentId, PowerId, RepresentativeId};
use baitline_domain::instant::Instant;
use baitline_domain::office::SubjectCode;
use baitline_domain::ogrn::Ogrn;
use baitline_domain::operator::Inn;
use baitline_domain::phone::Phone;
use diesel::prelude::*;

use crate::error::{StoreError, StoreResult};
use crate::schema;
use crate::sql_types::Db;

/// A contract holder of SIMs.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = schema::applicants, primary_key(client_id, id))]
#[diesel(treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct ApplicantRow {
    /// Its client.
    #[diesel(serialize_as = Db<ClientId>)]
    pub client_id: ClientId,
    /// Its id.
    #[diesel(serialize_as = Db<ApplicantId>)]
    pub id: ApplicantId,
    /// What it is before the law.
    #[diesel(serialize_as = Db<ApplicantKind>)]
    pub kind: ApplicantKind,
    /// The full name.
    pub name: String,
    /// A short name, as documents may use it.
    pub short_name: Option<String>,
    /// The taxpayer number.
    #[diesel(skip_update)]
    pub inn: Option<Inn>,
    /// The number in the state register.
    pub ogrn: Option<String>,
    /// A citizen's passport: series and number.
    pub passport_number: Option<String>,
    /// Who issued it.
    pub passport_issued_by: Option<String>,
    /// When, in days since 1970-01-01.
    pub passport_issued_on: Option<i32>,
    /// The address by the register.
    pub legal_address: String,
    /// Where replies go, if elsewhere.
    pub reply_address: Option<String>,
    /// Where replies go electronically.
    pub email: Option<String>,
    /// The code of its subject of the Federation.
    pub subject_code: i32,
    /// For people.
    pub note: Option<String>,
    /// Why it is used no more.
    pub withdrawn_because: Option<String>,
    /// How often it was written.
    pub version: i32,
    /// The public part of the key it was entered with.
    pub author: String,
    /// When it was entered.
    #[diesel(serialize_as = Db<Instant>)]
    pub created_at: Instant,
}

impl ApplicantRow {
    /// What tells it from every other.
    pub fn identity(&self) -> StoreResult<Identity> {
        let ogrn = self.ogrn.as_deref().map(Ogrn::parse).transpose();
        let ogrn = ogrn.map_err(|error| StoreError::Corrupt(error.to_string()))?;
        Identity::new(self.kind, self.inn, ogrn, self.passport())
            .map_err(|error| StoreError::Corrupt(error.to_string()))
    }

    /// The passport, where it has one.
    pub fn passport(&self) -> Option<Passport> {
        Some(Passport {
            number: self.passport_number.clone()?,
            issued_by: self.passport_issued_by.clone()?,
            issued_on: self.passport_issued_on?,
        })
    }

    /// Its subject, which leads to its office.
    pub fn subject(&self) -> StoreResult<SubjectCode> {
        subject(self.subject_code)
    }

    pub(crate) fn set_identity(&mut self, identity: &Identity) {
        let passport = identity.passport();
        self.kind = identity.kind();
        self.inn = identity.inn();
        self.ogrn = identity.ogrn().map(|ogrn| ogrn.to_string());
        self.passport_number = passport.map(|passport| passport.number.clone());
        self.passport_issued_by = passport.map(|passport| passport.issued_by.clone());
        self.passport_issued_on = passport.map(|passport| passport.issued_on);
    }
}

pub(crate) fn subject(stored: i32) -> StoreResult<SubjectCode> {
    SubjectCode::from_number(stored)
        .ok_or_else(|| StoreError::Corrupt(format!("no subject has the code {stored}")))
}

/// An applicant to enter.
#[derive(Debug, Clone)]
pub struct NewApplicant {
    /// What tells it from every other.
    pub identity: Identity,
    /// The full name.
    pub name: String,
    /// A short name.
    pub short_name: Option<String>,
    /// The address by the register.
    pub legal_address: String,
    /// Where replies go, if elsewhere.
    pub reply_address: Option<String>,
    /// Where replies go electronically.
    pub email: Option<String>,
    /// Its subject.
    pub subject: SubjectCode,
    /// For people.
    pub note: Option<String>,
}

/// What may change of an applicant; `None` leaves it, `Some(None)` empties it.
#[derive(Debug, Clone, Default)]
pub struct ApplicantChanges {
    /// Another kind.
    pub kind: Option<ApplicantKind>,
    /// Another ИНН.
    pub inn: Option<Option<Inn>>,
    /// Another ОГРН.
    pub ogrn: Option<Option<Ogrn>>,
    /// Another passport.
    pub passport: Option<Option<Passport>>,
    /// Another name.
    pub name: Option<String>,
    /// Another short name.
    pub short_name: Option<Option<String>>,
    /// Another address.
    pub legal_address: Option<String>,
    /// Another address for replies.
    pub reply_address: Option<Option<String>>,
    /// Another address for electronic replies.
    pub email: Option<Option<String>>,
    /// Another subject.
    pub subject: Option<SubjectCode>,
    /// Another note.
    pub note: Option<Option<String>>,
    /// Why it is used no more.
    pub withdrawn_because: Option<Option<String>>,
}

/// A person who signs for an applicant.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = schema::representatives, primary_key(client_id, id))]
#[diesel(treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct RepresentativeRow {
    /// Its client.
    #[diesel(serialize_as = Db<ClientId>)]
    pub client_id: ClientId,
    /// Its id.
    #[diesel(serialize_as = Db<RepresentativeId>)]
    pub id: RepresentativeId,
    /// The applicant.
    #[diesel(serialize_as = Db<ApplicantId>)]
    pub applicant_id: ApplicantId,
    /// Why the person may sign.
    #[diesel(serialize_as = Db<RepresentativeKind>)]
    pub kind: RepresentativeKind,
    /// The person's name.
    pub name: String,
    /// What the person is: a director, an advocate.
    pub position: Option<String>,
    /// A telephone number for questions.
    #[diesel(skip_update)]
    pub phone: Option<Phone>,
    /// An address for electronic mail.
    pub email: Option<String>,
    /// For people.
    pub note: Option<String>,
    /// Why the person signs no more.
    pub withdrawn_because: Option<String>,
    /// How often it was written.
    pub version: i32,
    /// The public part of the key it was entered with.
    pub author: String,
    /// When it was entered.
    #[diesel(serialize_as = Db<Instant>)]
    pub created_at: Instant,
}

/// A representative to enter.
#[derive(Debug, Clone)]
pub struct NewRepresentative {
    /// The applicant.
    pub applicant: ApplicantId,
    /// Why the person may sign.
    pub kind: RepresentativeKind,
    /// The person's name.
    pub name: String,
    /// What the person is.
    pub position: Option<String>,
    /// A telephone number for questions.
    pub phone: Option<Phone>,
    /// An address for electronic mail.
    pub email: Option<String>,
    /// For people.
    pub note: Option<String>,
}

/// What may change of a representative; `None` leaves it, `Some(None)` empties it.
#[derive(Debug, Clone, Default)]
pub struct RepresentativeChanges {
    /// Another name.
    pub name: Option<String>,
    /// Another position.
    pub position: Option<Option<String>>,
    /// Another telephone number.
    pub phone: Option<Option<Phone>>,
    /// Another address for electronic mail.
    pub email: Option<Option<String>>,
    /// Another note.
    pub note: Option<Option<String>>,
    /// Why the person signs no more.
    pub withdrawn_because: Option<Option<String>>,
}

/// A power of attorney.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::powers_of_attorney, treat_none_as_default_value = false)]
pub struct PowerRow {
    /// Its client.
    #[diesel(serialize_as = Db<ClientId>)]
    pub client_id: ClientId,
    /// Its id.
    #[diesel(serialize_as = Db<PowerId>)]
    pub id: PowerId,
    /// Whom it lets sign.
    #[diesel(serialize_as = Db<RepresentativeId>)]
    pub representative_id: RepresentativeId,
    /// Its number, where it has one.
    pub number: Option<String>,
    /// The day of its making, in days since 1970-01-01.
    pub issued_on: i32,
    /// Its last day, in days since 1970-01-01.
    pub expires_on: i32,
    /// What it lets do, in its own words.
    pub powers: String,
    /// The day it was revoked on, in days since 1970-01-01.
    pub revoked_on: Option<i32>,
    /// Why; given where the day is.
    pub revoked_because: Option<String>,
    /// The public part of the key it was entered with.
    pub author: String,
    /// When it was entered.
    #[diesel(serialize_as = Db<Instant>)]
    pub created_at: Instant,
}

impl PowerRow {
    /// When it holds.
    pub fn term(&self) -> Term {
        Term { from: self.issued_on, to: Some(self.expires_on), revoked_on: self.revoked_on }
    }
}

/// A power of attorney to enter.
#[derive(Debug, Clone)]
pub struct NewPower {
    /// Whom it lets sign.
    pub representative: RepresentativeId,
    /// Its number, where it has one.
    pub number: Option<String>,
    /// The day of its making, in days since 1970-01-01.
    pub issued_on: i32,
    /// Its last day, in days since 1970-01-01.
    pub expires_on: i32,
    /// What it lets do, in its own words.
    pub powers: String,
}

/// That a paper holds no more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revocation {
    /// The first day on which it does not hold, in days since 1970-01-01.
    pub on: i32,
    /// Why.
    pub because: String,
}

/// What an applicant consented to.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::consents, treat_none_as_default_value = false)]
pub struct ConsentRow {
    /// Its client.
    #[diesel(serialize_as = Db<ClientId>)]
    pub client_id: ClientId,
    /// Its id.
    #[diesel(serialize_as = Db<ConsentId>)]
    pub id: ConsentId,
    /// Who consented.
    #[diesel(serialize_as = Db<ApplicantId>)]
    pub applicant_id: ApplicantId,
    /// The one bait it speaks of; `None` for all of the applicant's.
    pub bait_id: Option<BaitId>,
    /// To what.
    #[diesel(serialize_as = Db<ConsentKind>)]
    pub kind: ConsentKind,
    /// Who signed it.
    pub given_by: String,
    /// The day of signing, in days since 1970-01-01.
    pub given_on: i32,
    /// Its last day, if it ends by itself.
    pub expires_on: Option<i32>,
    /// For people.
    pub note: Option<String>,
    /// The day it was revoked on, in days since 1970-01-01.
    pub revoked_on: Option<i32>,
    /// Why; given where the day is.
    pub revoked_because: Option<String>,
    /// The public part of the key it was entered with.
    pub author: String,
    /// When it was entered.
    #[diesel(serialize_as = Db<Instant>)]
    pub created_at: Instant,
}

impl ConsentRow {
    /// When it holds.
    pub fn term(&self) -> Term {
        Term { from: self.given_on, to: self.expires_on, revoked_on: self.revoked_on }
    }
}

/// A consent to enter.
#[derive(Debug, Clone)]
pub struct NewConsent {
    /// Who consented.
    pub applicant: ApplicantId,
    /// The one bait it speaks of; `None` for all of the applicant's.
    pub bait: Option<BaitId>,
    /// To what.
    pub kind: ConsentKind,
    /// Who signed it.
    pub given_by: String,
    /// The day of signing, in days since 1970-01-01.
    pub given_on: i32,
    /// Its last day, if it ends by itself.
    pub expires_on: Option<i32>,
    /// For people.
    pub note: Option<String>,
}

/// What the agency entered of a regional office beside the program's own list.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = schema::offices, primary_key(subject_code))]
#[diesel(treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct OfficeEntry {
    /// The code of its subject.
    pub subject_code: i32,
    /// Its full name, in the place of the list's.
    pub name: Option<String>,
    /// Its postal address.
    pub address: Option<String>,
    /// Its address for electronic mail.
    pub email: Option<String>,
    /// For people.
    pub note: Option<String>,
    /// How often it was written.
    pub version: i32,
    /// The public part of the key it was written with last.
    pub author: String,
    /// When it was written last.
    #[diesel(serialize_as = Db<Instant>)]
    pub updated_at: Instant,
}

/// What is to be kept of an office.
#[derive(Debug, Clone)]
pub struct NewOfficeEntry {
    /// Its full name, in the place of the list's.
    pub name: Option<String>,
    /// Its postal address.
    pub address: Option<String>,
    /// Its address for electronic mail.
    pub email: Option<String>,
    /// For people.
    pub note: Option<String>,
}
