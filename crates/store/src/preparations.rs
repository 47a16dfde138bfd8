//! Preparations of baits: whose contract, who uses the SIM, what was refused and
//! consented to. One row for a bait, replaced as a whole.

use std::collections::{BTreeSet, HashMap};

use baitline_domain::applicant::{ApplicantKind, ConsentKind};
use baitline_domain::ids::{ApplicantId, BaitId, ClientId};
use baitline_domain::instant::Instant;
use baitline_domain::office::SubjectCode;
use baitline_domain::preparation::PreparationFacts;
use diesel::dsl::min;
use diesel::prelude::*;

use crate::conn::{Conn, Reach, on};
use crate::error::StoreResult;
use crate::models::{ConsentRow, NewPreparation, PreparationRow};
use crate::schema::{
    applicants as applicants_table, bait_preparations as preparations, baits, consents, traps,
};
use crate::sql_types::{Db, db_all};
use crate::versions::{self, Expected};
use crate::{applicants, now, stored_text};

/// The version of a bait or trap of which nothing was entered.
pub const NOTHING_ENTERED: i32 = 0;
/// Applicants asked for in one statement.
const APPLICANTS_AT_A_TIME: usize = 1_000;

/// Puts a preparation in the place of the one there is. A bait of which nothing
/// was entered has the version 0.
pub fn put_preparation(
    conn: &mut Conn,
    client: ClientId,
    bait: BaitId,
    expected: &Expected,
    new: &NewPreparation,
    author: &str,
) -> StoreResult<PreparationRow> {
    lock_bait(conn, client, bait)?;
    let before = find_preparation(conn, client, bait)?;
    expected.assert(before.as_ref().map_or(NOTHING_ENTERED, |row| row.version))?;
    if let Some(applicant) = new.applicant {
        applicants::assert_known(conn, client, applicant)?;
    }
    let found = new.consents.as_deref().map(stored_text::write_found_consents).transpose()?;
    let row = PreparationRow {
        client_id: client,
        bait_id: bait,
        applicant_id: new.applicant,
        user_name: new.user_name.clone(),
        user_relation: new.user_relation,
        contract_number: new.contract_number.clone(),
        contract_on: new.contract_on,
        refusal_on: new.refusal_on,
        found_consents: found,
        previous_use: new.previous_use,
        previous_use_note: new.previous_use_note.clone(),
        quiet_since: new.quiet_since,
        note: new.note.clone(),
        version: before.as_ref().map_or(versions::FIRST, |row| row.version + 1),
        author: author.to_owned(),
        updated_at: now(),
    };
    if before.is_some() {
        on!(conn, c => diesel::update(preparations::table.find((Db(client), Db(bait))))
            .set((
                row.clone(),
                preparations::applicant_id.eq(row.applicant_id),
                preparations::user_relation.eq(row.user_relation),
                preparations::previous_use.eq(row.previous_use),
            ))
            .execute(c))?;
    } else {
        on!(conn, c => diesel::insert_into(preparations::table)
            .values(row.clone())
            .execute(c))?;
    }
    Ok(row)
}

/// What was entered of a bait, if anything was.
pub fn find_preparation(
    conn: &mut Conn,
    client: ClientId,
    bait: BaitId,
) -> StoreResult<Option<PreparationRow>> {
    Ok(on!(conn, c => preparations::table
        .find((Db(client), Db(bait)))
        .select(PreparationRow::as_select())
        .first(c)
        .optional())?)
}

/// When the run of a bait's first trap began.
pub fn first_trap_at(
    conn: &mut Conn,
    client: ClientId,
    bait: BaitId,
) -> StoreResult<Option<Instant>> {
    Ok(on!(conn, c => traps::table
        .filter(traps::client_id.eq(Db(client)))
        .filter(traps::bait_id.eq(Db(bait)))
        .select(min(traps::started_at))
        .first(c))?)
}

/// The consents of a bait's holder to disclosure that speak of this bait or of
/// all, in order of id.
pub fn disclosure_consents(conn: &mut Conn, row: &PreparationRow) -> StoreResult<Vec<ConsentRow>> {
    let Some(applicant) = row.applicant_id else { return Ok(Vec::new()) };
    Ok(on!(conn, c => consents::table
        .filter(consents::client_id.eq(Db(row.client_id)))
        .filter(consents::applicant_id.eq(Db(applicant)))
        .filter(consents::kind.eq(Db(ConsentKind::Disclosure)))
        .filter(consents::bait_id.is_null().or(consents::bait_id.eq(Some(row.bait_id))))
        .order(consents::id)
        .select(ConsentRow::as_select())
        .load(c))?)
}

/// The days of the written refusals of advertising of these baits, where there
/// is one.
pub fn refusals_of(
    conn: &mut Conn,
    client: ClientId,
    baits: &BTreeSet<BaitId>,
) -> StoreResult<HashMap<BaitId, i32>> {
    let rows: Vec<(BaitId, Option<i32>)> = on!(conn, c => preparations::table
        .filter(preparations::client_id.eq(Db(client)))
        .filter(preparations::bait_id.eq_any(db_all(baits)))
        .select((preparations::bait_id, preparations::refusal_on))
        .load(c))?;
    Ok(rows.into_iter().filter_map(|(bait, day)| Some((bait, day?))).collect())
}

/// The baits whose contract is held by an applicant of this subject: their complaints
/// go to its office.
pub fn baits_of_office(
    conn: &mut Conn,
    client: ClientId,
    subject: SubjectCode,
) -> StoreResult<BTreeSet<BaitId>> {
    let holders: Vec<ApplicantId> = on!(conn, c => applicants_table::table
        .filter(applicants_table::client_id.eq(Db(client)))
        .filter(applicants_table::subject_code.eq(subject.number()))
        .select(applicants_table::id)
        .load(c))?;
    let mut found = BTreeSet::new();
    for chunk in holders.chunks(APPLICANTS_AT_A_TIME) {
        let baits: Vec<BaitId> = on!(conn, c => preparations::table
            .filter(preparations::client_id.eq(Db(client)))
            .filter(preparations::applicant_id.assume_not_null().eq_any(db_all(chunk)))
            .select(preparations::bait_id)
            .load(c))?;
        found.extend(baits);
    }
    Ok(found)
}

/// What the rules need of a preparation.
#[derive(Debug, Clone)]
pub struct KnownPreparation {
    /// What was entered.
    pub row: PreparationRow,
    /// What the holder of the contract is.
    pub holder: Option<ApplicantKind>,
    /// The consents to disclosure that speak of the bait.
    pub disclosure: Vec<ConsentRow>,
    /// The consents that its accounts and contracts contain.
    pub found: Option<Vec<baitline_domain::preparation::FoundConsent>>,
}

/// What was entered of a bait with what it names, if anything was.
pub fn known_preparation(
    conn: &mut Conn,
    client: ClientId,
    bait: BaitId,
) -> StoreResult<Option<KnownPreparation>> {
    let Some(row) = find_preparation(conn, client, bait)? else { return Ok(None) };
    let holder = match row.applicant_id {
        Some(id) => Some(applicants::find_applicant(conn, Reach::Client(client), id)?.kind),
        None => None,
    };
    let disclosure = disclosure_consents(conn, &row)?;
    let found = row.consents()?;
    Ok(Some(KnownPreparation { row, holder, disclosure, found }))
}

impl KnownPreparation {
    /// As it stands on a day of the client's calendar.
    pub fn facts(&self, today: i32) -> PreparationFacts<'_> {
        let row = &self.row;
        PreparationFacts {
            holder: self.holder,
            user: row.user_name.as_ref().and(row.user_relation),
            contract: row.contract_number.is_some() && row.contract_on.is_some(),
            refusal: row.refusal_on.is_some(),
            consents: self.found.as_deref(),
            previous_use: row.previous_use.is_some(),
            quiet_since: row.quiet_since.is_some(),
            disclosure_consent: self.disclosure.iter().any(|one| one.term().holds_on(today)),
        }
    }
}

/// Two who enter the first preparation of one bait wait for each other here.
fn lock_bait(conn: &mut Conn, client: ClientId, bait: BaitId) -> StoreResult<()> {
    let query = baits::table.find((Db(client), Db(bait))).select(baits::id);
    let _: BaitId = match conn {
        Conn::Postgres(c) => query.for_no_key_update().first(c)?,
        Conn::Sqlite(c) => query.first(c)?,
    };
    Ok(())
}
