//! SQL types of our own, so that one `schema.rs` serves both databases and the
//! words of the domain go in and out of rows without a second set of types.
//!
//! | type | PostgreSQL | SQLite |
//! |---|---|---|
//! | `Id` | uuid | 16-byte blob |
//! | `Instant` | timestamptz | integer, UTC microseconds |
//! | `Number` | bigint, E.164 without plus | integer |
//! | `Inn` | bigint | integer |
//! | `Word` | text, the snake_case word of an enum | text |

use std::io::Write as _;

use baitline_domain::ids;
use baitline_domain::instant::Instant as Moment;
use baitline_domain::operator::Inn as TaxNumber;
use baitline_domain::phone::Phone;
use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, Queryable};
use diesel::expression::AsExpression;
// Diesel's own derive names this path; the derive itself cannot be used on the
// domain's types, which know nothing of databases.
use diesel::internal::derives::as_expression::Bound;
use diesel::pg::{Pg, PgValue};
use diesel::query_builder::QueryId;
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{BigInt, Binary, SqlOrd, SqlType, Text};
use diesel::sqlite::{Sqlite, SqliteValue};
use uuid::Uuid;

/// See the module.
#[derive(Debug, Clone, Copy, Default, SqlType, QueryId)]
#[diesel(postgres_type(oid = 2950, array_oid = 2951))]
#[diesel(sqlite_type(name = "Binary"))]
pub struct Id;

/// See the module.
#[derive(Debug, Clone, Copy, Default, SqlType, QueryId)]
#[diesel(postgres_type(oid = 1184, array_oid = 1185))]
#[diesel(sqlite_type(name = "Long"))]
pub struct Instant;

/// See the module.
#[derive(Debug, Clone, Copy, Default, SqlType, QueryId)]
#[diesel(postgres_type(oid = 20, array_oid = 1016))]
#[diesel(sqlite_type(name = "Long"))]
pub struct Number;

/// See the module.
#[derive(Debug, Clone, Copy, Default, SqlType, QueryId)]
#[diesel(postgres_type(oid = 20, array_oid = 1016))]
#[diesel(sqlite_type(name = "Long"))]
pub struct Inn;

/// See the module.
#[derive(Debug, Clone, Copy, Default, SqlType, QueryId)]
#[diesel(postgres_type(oid = 25, array_oid = 1009))]
#[diesel(sqlite_type(name = "Text"))]
pub struct Word;

impl SqlOrd for Id {}
impl SqlOrd for Instant {}
impl SqlOrd for Number {}

/// A domain value in a query. The wrapper is ours, since Rust forbids giving
/// the domain's own types Diesel's `AsExpression` from here; reading needs none.
#[derive(Debug, Clone, Copy)]
pub struct Db<T>(pub T);

/// Wraps every one, for `eq_any`.
pub(crate) fn db_all<'a, T: Copy + 'a>(values: impl IntoIterator<Item = &'a T>) -> Vec<Db<T>> {
    values.into_iter().copied().map(Db).collect()
}

impl<T> From<T> for Db<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl<T, ST, DB> ToSql<ST, DB> for Db<T>
where
    T: ToSql<ST, DB> + std::fmt::Debug,
    DB: Backend,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
        self.0.to_sql(out)
    }
}

macro_rules! expression {
    ($($sql:ty),*) => {$(
        impl<T> AsExpression<$sql> for Db<T> {
            type Expression = Bound<$sql, Self>;
            fn as_expression(self) -> Self::Expression {
                Bound::new(self)
            }
        }

        impl<'a, T> AsExpression<$sql> for &'a Db<T> {
            type Expression = Bound<$sql, Self>;
            fn as_expression(self) -> Self::Expression {
                Bound::new(self)
            }
        }
    )*};
}

expression!(Id, Instant, Number, Inn, Word);

/// Lets a column of SQL type `$sql` be read as `$rust`.
macro_rules! readable {
    ($rust:ty, $sql:ty) => {
        impl<DB> Queryable<$sql, DB> for $rust
        where
            DB: Backend,
            $rust: FromSql<$sql, DB>,
        {
            type Row = Self;
            fn build(row: Self) -> deserialize::Result<Self> {
                Ok(row)
            }
        }
    };
}

macro_rules! id {
    ($($rust:ty),* $(,)?) => {$(
        readable!($rust, Id);

        impl ToSql<Id, Pg> for $rust {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
                out.write_all(self.0.as_bytes())?;
                Ok(IsNull::No)
            }
        }

        impl ToSql<Id, Sqlite> for $rust {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
                out.set_value(self.0.as_bytes().as_slice());
                Ok(IsNull::No)
            }
        }

        impl FromSql<Id, Pg> for $rust {
            fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
                Ok(Self(Uuid::from_slice(value.as_bytes())?))
            }
        }

        impl FromSql<Id, Sqlite> for $rust {
            fn from_sql(value: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
                let bytes = <Vec<u8> as FromSql<Binary, Sqlite>>::from_sql(value)?;
                Ok(Self(Uuid::from_slice(&bytes)?))
            }
        }
    )*};
}

id!(
    ids::ClientId,
    ids::BaitId,
    ids::TrapId,
    ids::SourceId,
    ids::DeviceId,
    ids::DeviceBindingId,
    ids::ObservationId,
    ids::CorrectionId,
    ids::OwnNumberId,
    ids::AllowEntryId,
    ids::CompetitorId,
    ids::AttributionId,
    ids::ContaminationId,
    ids::PortabilityAnswerId,
    ids::OperatorEntryId,
    ids::LabelId,
    ids::EditionId,
    ids::ExportId,
    ids::PackageId,
    ids::PaperId,
    ids::ReplayId,
    ids::FileId,
    ids::RejectionId,
    ids::SegmentId,
    ids::ApplicantId,
    ids::RepresentativeId,
    ids::PowerId,
    ids::ConsentId,
    ids::AttachmentId,
    ids::InquiryId,
    ids::ComplaintId,
    ids::DeadlineId,
    ids::ObjectionId,
    ids::StatementId,
    ids::SimAssignmentId,
    ids::LegalHoldId,
    ids::ErasureId,
    RowId,
);

/// The id of a row that is nobody's noun: ledger and change rows, and ids that
/// point to different tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowId(pub Uuid);

/// PostgreSQL counts time from 2000-01-01.
const POSTGRES_EPOCH_MICROS: i64 = 946_684_800_000_000;

readable!(Moment, Instant);

impl ToSql<Instant, Pg> for Moment {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        out.write_all(&(self.0 - POSTGRES_EPOCH_MICROS).to_be_bytes())?;
        Ok(IsNull::No)
    }
}

impl FromSql<Instant, Pg> for Moment {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        let micros = <i64 as FromSql<BigInt, Pg>>::from_sql(value)?;
        Ok(Self(micros + POSTGRES_EPOCH_MICROS))
    }
}

impl ToSql<Instant, Sqlite> for Moment {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.0);
        Ok(IsNull::No)
    }
}

impl FromSql<Instant, Sqlite> for Moment {
    fn from_sql(value: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
        Ok(Self(<i64 as FromSql<BigInt, Sqlite>>::from_sql(value)?))
    }
}

/// A whole number of the domain kept as a bigint.
macro_rules! whole_number {
    ($rust:ty, $sql:ty, $get:expr, $make:expr) => {
        readable!($rust, $sql);

        impl ToSql<$sql, Pg> for $rust {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
                out.write_all(&i64::try_from($get(self))?.to_be_bytes())?;
                Ok(IsNull::No)
            }
        }

        impl ToSql<$sql, Sqlite> for $rust {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
                out.set_value(i64::try_from($get(self))?);
                Ok(IsNull::No)
            }
        }

        impl<DB> FromSql<$sql, DB> for $rust
        where
            DB: Backend,
            i64: FromSql<BigInt, DB>,
        {
            fn from_sql(value: DB::RawValue<'_>) -> deserialize::Result<Self> {
                let stored = u64::try_from(<i64 as FromSql<BigInt, DB>>::from_sql(value)?)?;
                $make(stored).ok_or_else(|| format!("{stored} is out of range").into())
            }
        }
    };
}

whole_number!(Phone, Number, |phone: &Phone| phone.digits(), Phone::from_digits);
whole_number!(TaxNumber, Inn, |inn: &TaxNumber| inn.value(), TaxNumber::from_value);

/// An enum of the domain kept as its snake_case word.
macro_rules! word {
    ($($rust:ty),* $(,)?) => {$(
        readable!($rust, Word);

        impl ToSql<Word, Pg> for $rust {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
                out.write_all(self.as_str().as_bytes())?;
                Ok(IsNull::No)
            }
        }

        impl ToSql<Word, Sqlite> for $rust {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
                out.set_value(self.as_str());
                Ok(IsNull::No)
            }
        }

        impl<DB> FromSql<Word, DB> for $rust
        where
            DB: Backend,
            String: FromSql<Text, DB>,
        {
            fn from_sql(value: DB::RawValue<'_>) -> deserialize::Result<Self> {
                let word = <String as FromSql<Text, DB>>::from_sql(value)?;
                <$rust>::parse(&word).ok_or_else(|| format!("unknown word {word:?}").into())
            }
        }
    )*};
}

word!(
    baitline_domain::applicant::ApplicantKind,
    baitline_domain::applicant::ConsentKind,
    baitline_domain::applicant::RepresentativeKind,
    baitline_domain::attachment::AttachmentSubject,
    baitline_domain::audit::AuditChange,
    baitline_domain::competitor::AttributionRole,
    baitline_domain::complaint::ActKind,
    baitline_domain::complaint::AppealKind,
    baitline_domain::complaint::ComplaintState,
    baitline_domain::complaint::DeadlineKind,
    baitline_domain::complaint::FilingChannel,
    baitline_domain::complaint::FinedParty,
    baitline_domain::complaint::Grouping,
    baitline_domain::complaint::Outcome,
    baitline_domain::erasure::ErasureGround,
    baitline_domain::erasure::ErasureState,
    baitline_domain::inquiry::InquiryState,
    baitline_domain::inquiry::Permission,
    baitline_domain::inquiry::SendingChannel,
    baitline_domain::label::LabelKind,
    baitline_domain::numbering::NumberingFile,
    baitline_domain::observation::Channel,
    baitline_domain::observation::Direction,
    baitline_domain::operator::StandingKind,
    baitline_domain::own_number::OwnNumberKind,
    baitline_domain::paper::PaperKind,
    baitline_domain::phone::PartyKind,
    baitline_domain::preparation::PreviousUse,
    baitline_domain::preparation::UserRelation,
    baitline_domain::tally::Hearing,
    baitline_domain::verdict::Verdict,
    crate::models::ChangeKind,
    crate::models::ContaminationKind,
    crate::models::CorrectionKind,
    crate::models::DurationMissing,
    crate::models::ExportState,
    crate::models::FileFormat,
    crate::models::FileState,
    crate::models::OrdinalKind,
    crate::models::PackageState,
    crate::models::PaperState,
    crate::models::RejectionState,
    crate::models::ReplayOutcome,
    crate::models::ReplayState,
    crate::models::SourceKind,
    crate::models::TemplateState,
    crate::models::TouchedKind,
    crate::models::WaitingReason,
);
