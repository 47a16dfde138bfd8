//! `/v1/limits`: every limit a caller can meet, as the very constant that
//! enforces it. A test finds the constants that are missing here.

use std::num::NonZeroU32;

use crate::routes::ServiceConfig;
use actix_web::{get, web};
use baitline_domain::complaint::MAX_ACTS;
use baitline_domain::instant::{MICROS_PER_SECOND, Span};
use baitline_domain::paper::MAX_TEMPLATE_BYTES;
use baitline_domain::trap::{MAX_RUN, TrapSettings};
use baitline_intake::{calls as intake, portability, profile, table};
use baitline_store::complaints::{
    MAX_COMPLAINED_CALLS, MAX_COMPLAINT_CALLS, MAX_DEADLINES, MAX_OBJECTIONS,
};
use baitline_store::erasures::MAX_OPEN_ERASURES;
use baitline_store::exports::MAX_PACKAGES;
use baitline_store::files::{MAX_RAW_BYTES, MAX_REJECTIONS, MAX_WAITING_FILES};
use baitline_store::inquiries::{MAX_INQUIRY_CALLS, MAX_PROPOSED_CALLS};
use baitline_store::kept_replies::KEPT_FOR;
use baitline_store::keys::MAX_KEY_CLIENTS;
use baitline_store::observations::{MAX_CORRECTIONS, MAX_REVISIONS_TOLD};
use baitline_store::operators::MAX_ENTRIES;
use baitline_store::papers::MAX_WAITING_PAPERS;
use baitline_store::replays::{MAX_DIFFERENCES, MAX_WAITING};
use baitline_store::statements::MAX_STATEMENT_CALLS;
use serde::Serialize;
use utoipa::ToSchema;

use super::attachments::MAX_ATTACHMENT_BYTES;
use super::calls::{BaitText, MAX_BULK_BODY_BYTES};
use super::complaint_views::MAX_FINE_KOPECKS;
use super::device_recordings::{MAX_DEVICE_BODY_BYTES, MAX_DEVICE_FILES};
use super::export_views::{MAX_CLIENTS, MAX_NUMBERS, PartBytes};
use super::file_views::{
    DismissalReason, MAX_CORRECTED_CELL_CHARS, MAX_CORRECTED_CELLS, RejectionCode,
};
use super::files::MAX_FILE_BYTES;
use super::label_bodies::{MAX_LABELS, MAX_LABELS_BODY_BYTES};
use super::label_views::MAX_SEGMENTS;
use super::listening::MAX_ASSIGNED;
use super::listening_views::ClaimSize;
use super::offender_page::{
    MAX_OFFENDER_CALLS, MAX_OFFENDER_ENTRIES, MAX_OFFENDER_LABELS, MAX_OFFENDER_LINES,
};
use super::operators::MAX_HOSTS;
use super::own_numbers::MAX_RANGE_NUMBERS;
use super::portability_files::MAX_OWNERS;
use super::preparations::MAX_FOUND_CONSENTS;
use super::previews::PreviewSize;
use super::protocols::{MAX_PROOFS, MAX_STEPS};
use super::recordings::{FileName, MAX_MEDIA_TYPE_BYTES, MAX_RECORDING_BYTES};
use super::replays::{MAX_REPLAY_PERIOD, MAX_TOUCHED};
use super::reports::{MAX_PERIOD, RegionName};
use super::sources::MAX_UNCERTAINTY;
use super::statements::MAX_STATEMENT_PERIOD;
use super::traps::{ExposureSeconds, MAX_EXPOSURES};
use super::{
    allow_list, applicants, attachments, attributions, baits, clients, competitors,
    complaint_life_views, complaint_objections, contaminations, correction_views, devices,
    erasures, inquiry_views, keys, label_views, legal_holds, listening, operators, own_numbers,
    portability_answers, powers_of_attorney, preparations, protocols, retention,
};
use crate::app::{App, AppData};
use crate::auth::Caller;
use crate::event_places::{MAX_EVENT_STREAMS, MAX_EVENT_STREAMS_OF_KEY};
use crate::extract::MAX_JSON_BODY_BYTES;
use crate::fields::{
    EARLIEST_SECOND, LATEST_SECOND, MAX_CLOCK_SECONDS, MAX_REFERENCE_CHARS, MAX_SLUG_BYTES,
    MAX_ZONE_BYTES, YEARS,
};
use crate::once::MAX_IDEMPOTENCY_KEY_BYTES;
use crate::paging;
use crate::permissions::AnyKey;
use crate::rates::RateSettings;
use crate::reporting::MAX_REPORTS_AT_ONCE;
use crate::server::HEAD_TIMEOUT;
use crate::tabular::MAX_FILE_LINES;
use crate::thresholds::Threshold;

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_limits);
}

/// What a limit counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LimitUnit {
    /// Bytes.
    Bytes,
    /// Unicode characters.
    Characters,
    /// Items of a list.
    Items,
    /// Objects and arrays inside each other.
    Levels,
    /// Telephone numbers.
    Numbers,
    /// Seconds.
    Seconds,
    /// So many in each second, and ten seconds' worth at once.
    PerSecond,
    /// Hours.
    Hours,
    /// Days.
    Days,
    /// Seconds since 1970-01-01T00:00:00Z.
    UnixSeconds,
    /// Years of the calendar.
    Years,
    /// Counts that a threshold compares.
    Counts,
}

/// One limit.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Limit)]
pub(crate) struct LimitView {
    /// What is limited; stable.
    #[schema(value_type = String)]
    name: &'static str,
    /// What is counted.
    unit: LimitUnit,
    /// The least accepted; null where only the most is limited.
    minimum: Option<i64>,
    /// The most accepted.
    maximum: i64,
}

/// Every limit.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({"limits": [
    {"name": "recording", "unit": "bytes", "minimum": null, "maximum": 209715200},
    {"name": "client_window", "unit": "hours", "minimum": 24, "maximum": 72}
]})))]
pub(crate) struct LimitList {
    /// In no order that means anything.
    limits: Vec<LimitView>,
}

/// List limits
///
/// What exceeds one is refused: a body with 413, a value with 422, a parameter
/// with 400, a record of a bulk body with its receipt.
#[utoipa::path(
    tag = "service",
    security(("bearer" = [])),
    responses((status = 200, description = "Every limit.", body = LimitList)),
)]
#[get("/v1/limits")]
async fn list_limits(app: AppData, _: Caller<AnyKey>) -> web::Json<LimitList> {
    let limits = [
        rates(&app),
        vec![most("event_stream", LimitUnit::Seconds, app.events_for.as_secs())],
        bodies(),
        lists(),
        answers(),
        periods(),
        texts(),
        texts_of_lists(),
        call_fields(),
        profiles(),
        cases(),
    ]
    .into_iter()
    .flatten();
    web::Json(LimitList { limits: limits.collect() })
}

/// What each key may send, where that is measured.
fn rates(app: &App) -> Vec<LimitView> {
    let RateSettings { requests_per_second, call_requests_per_second } = app.rates.settings();
    let told = |name, rate: Option<NonZeroU32>| {
        rate.map(|rate| most(name, LimitUnit::PerSecond, rate.get()))
    };
    let rates = [
        told("requests_of_a_key", requests_per_second),
        told("call_requests_of_a_key", call_requests_per_second),
    ];
    rates.into_iter().flatten().collect()
}

fn bodies() -> Vec<LimitView> {
    vec![
        most("json_body", LimitUnit::Bytes, MAX_JSON_BODY_BYTES),
        most("calls_json_body", LimitUnit::Bytes, intake::MAX_JSON_BODY_BYTES),
        most("calls_json_body_items", LimitUnit::Items, intake::MAX_JSON_ITEMS),
        most("calls_bulk_body", LimitUnit::Bytes, MAX_BULK_BODY_BYTES),
        most("call_record", LimitUnit::Bytes, intake::MAX_RECORD_BYTES),
        most("file", LimitUnit::Bytes, MAX_FILE_BYTES),
        most("file_rejections", LimitUnit::Items, MAX_REJECTIONS),
        most("file_rejection_text", LimitUnit::Bytes, MAX_RAW_BYTES),
        most("portability_file", LimitUnit::Bytes, portability::MAX_FILE_BYTES),
        most("portability_file_rows", LimitUnit::Items, portability::MAX_ROWS),
        most("portability_file_owners", LimitUnit::Items, MAX_OWNERS),
        most("labels_body", LimitUnit::Bytes, MAX_LABELS_BODY_BYTES),
        most("labels_body_items", LimitUnit::Items, MAX_LABELS),
        most("import_table", LimitUnit::Bytes, table::MAX_TABLE_BYTES),
        most("import_table_rows", LimitUnit::Items, table::MAX_TABLE_ROWS),
        most("import_workbook_columns", LimitUnit::Items, table::MAX_COLUMNS),
        most("import_workbook_shared_texts", LimitUnit::Items, table::MAX_STRINGS),
        most("import_workbook_unfolded", LimitUnit::Bytes, table::MAX_UNPACKED_BYTES),
        most("recording", LimitUnit::Bytes, MAX_RECORDING_BYTES),
        most("attachment", LimitUnit::Bytes, MAX_ATTACHMENT_BYTES),
        most("template", LimitUnit::Bytes, MAX_TEMPLATE_BYTES),
        most("recording_media_type", LimitUnit::Bytes, MAX_MEDIA_TYPE_BYTES),
        most("device_body", LimitUnit::Bytes, MAX_DEVICE_BODY_BYTES),
        most("device_files", LimitUnit::Items, MAX_DEVICE_FILES),
        most("idempotency_key", LimitUnit::Bytes, MAX_IDEMPOTENCY_KEY_BYTES),
        seconds("idempotency_key_kept", KEPT_FOR),
        most("request_head_time", LimitUnit::Seconds, HEAD_TIMEOUT.as_secs()),
    ]
}

fn lists() -> Vec<LimitView> {
    vec![
        between("page", LimitUnit::Items, paging::Limit::BOUNDS),
        most("report_file_lines", LimitUnit::Items, MAX_FILE_LINES),
        most("export_numbers", LimitUnit::Items, MAX_NUMBERS),
        most("export_batch_clients", LimitUnit::Items, MAX_CLIENTS),
        between("export_part", LimitUnit::Bytes, PartBytes::BOUNDS),
        most("export_packages", LimitUnit::Items, MAX_PACKAGES),
        most("event_streams_at_once", LimitUnit::Items, MAX_EVENT_STREAMS),
        most("event_streams_of_a_key", LimitUnit::Items, MAX_EVENT_STREAMS_OF_KEY),
        between("listening_claim", LimitUnit::Items, ClaimSize::BOUNDS),
        most("listening_calls", LimitUnit::Items, MAX_ASSIGNED),
        most("label_segments", LimitUnit::Items, MAX_SEGMENTS),
        most("statement_calls", LimitUnit::Items, MAX_STATEMENT_CALLS),
        most("inquiry_batch_calls", LimitUnit::Items, MAX_PROPOSED_CALLS),
        most("inquiry_calls", LimitUnit::Items, MAX_INQUIRY_CALLS),
        most("complaint_batch_calls", LimitUnit::Items, MAX_COMPLAINED_CALLS),
        most("complaint_calls", LimitUnit::Items, MAX_COMPLAINT_CALLS),
        most("complaint_acts", LimitUnit::Items, MAX_ACTS),
        most("complaint_deadlines", LimitUnit::Items, MAX_DEADLINES),
        most("complaint_objections", LimitUnit::Items, MAX_OBJECTIONS),
        most("objection_defences", LimitUnit::Items, complaint_objections::MAX_DEFENCES),
        most("fine_kopecks", LimitUnit::Counts, MAX_FINE_KOPECKS),
        most("complaint_missing", LimitUnit::Items, complaint_life_views::MAX_MISSING),
        most("found_consents", LimitUnit::Items, MAX_FOUND_CONSENTS),
        most("protocol_steps", LimitUnit::Items, MAX_STEPS),
        most("protocol_step_proofs", LimitUnit::Items, MAX_PROOFS),
        most("trap_exposures", LimitUnit::Items, MAX_EXPOSURES),
        most("observation_corrections", LimitUnit::Items, MAX_CORRECTIONS),
        most("observation_revisions_told", LimitUnit::Items, MAX_REVISIONS_TOLD),
        most("operator_entries", LimitUnit::Items, MAX_ENTRIES),
        most("operator_hosts", LimitUnit::Items, MAX_HOSTS),
        most("key_clients", LimitUnit::Items, MAX_KEY_CLIENTS),
        most("own_number_range", LimitUnit::Numbers, MAX_RANGE_NUMBERS),
        between("offender_threshold", LimitUnit::Counts, Threshold::BOUNDS),
    ]
}

fn answers() -> Vec<LimitView> {
    vec![
        most("offender_calls", LimitUnit::Items, MAX_OFFENDER_CALLS),
        most("offender_labels", LimitUnit::Items, MAX_OFFENDER_LABELS),
        most("offender_lines", LimitUnit::Items, MAX_OFFENDER_LINES as u64),
        most("offender_entries", LimitUnit::Items, MAX_OFFENDER_ENTRIES),
        most("files_waiting", LimitUnit::Items, MAX_WAITING_FILES),
        most("papers_waiting", LimitUnit::Items, MAX_WAITING_PAPERS),
        most("erasures_at_work", LimitUnit::Items, MAX_OPEN_ERASURES),
        most("corrected_cells", LimitUnit::Items, MAX_CORRECTED_CELLS),
        most("corrected_cell", LimitUnit::Characters, MAX_CORRECTED_CELL_CHARS),
        most("replays_waiting", LimitUnit::Items, MAX_WAITING),
        most("replay_differences", LimitUnit::Items, MAX_DIFFERENCES),
        most("replay_touched", LimitUnit::Items, MAX_TOUCHED),
    ]
}

fn periods() -> Vec<LimitView> {
    let clock_seconds = MAX_CLOCK_SECONDS as i64;
    let (trap, (_, longest)) = (TrapSettings::default(), ExposureSeconds::BOUNDS);
    vec![
        LimitView {
            name: "time",
            unit: LimitUnit::UnixSeconds,
            minimum: Some(EARLIEST_SECOND),
            maximum: LATEST_SECOND - 1,
        },
        LimitView {
            name: "day",
            unit: LimitUnit::Years,
            minimum: Some(i64::from(*YEARS.start())),
            maximum: i64::from(*YEARS.end()),
        },
        seconds("report_period", MAX_PERIOD),
        seconds("statement_period", MAX_STATEMENT_PERIOD),
        most("reports_at_once", LimitUnit::Items, MAX_REPORTS_AT_ONCE),
        seconds("replay_period", MAX_REPLAY_PERIOD),
        between("client_window", LimitUnit::Hours, clients::WindowHours::BOUNDS),
        between("client_retention", LimitUnit::Days, retention::RetentionDays::BOUNDS),
        seconds("trap_run", MAX_RUN),
        between("trap_exposure", LimitUnit::Seconds, ExposureSeconds::BOUNDS),
        // What counts toward a complete trap; shorter ones are kept all the same.
        between("trap_site_visit", LimitUnit::Seconds, (trap.min_site_visit_seconds, longest)),
        between("trap_connected_time", LimitUnit::Seconds, (trap.min_connected_seconds, longest)),
        LimitView {
            name: "source_clock_offset",
            unit: LimitUnit::Seconds,
            minimum: Some(-clock_seconds),
            maximum: clock_seconds,
        },
        seconds("source_uncertainty", MAX_UNCERTAINTY),
        seconds("call_ahead_of_clock", intake::MAX_AHEAD),
        most("call_connected", LimitUnit::Seconds, intake::MAX_CONNECTED_SECONDS),
    ]
}

fn texts() -> Vec<LimitView> {
    vec![
        most("client_name", LimitUnit::Characters, clients::Name::MAX_CHARS),
        most("key_name", LimitUnit::Characters, keys::Name::MAX_CHARS),
        most("source_name", LimitUnit::Bytes, MAX_SLUG_BYTES),
        most("operator_group", LimitUnit::Bytes, MAX_SLUG_BYTES),
        most("time_zone", LimitUnit::Bytes, MAX_ZONE_BYTES),
        most("device_name", LimitUnit::Characters, devices::DeviceName::MAX_CHARS),
        most("recording_file_name", LimitUnit::Characters, FileName::MAX_CHARS),
        most("bait_reference", LimitUnit::Characters, MAX_REFERENCE_CHARS),
        most("bait_region", LimitUnit::Characters, baits::Region::MAX_CHARS),
        most("report_region", LimitUnit::Characters, RegionName::MAX_CHARS),
        most("bait_note", LimitUnit::Characters, baits::Note::MAX_CHARS),
        most("bait_retirement", LimitUnit::Characters, baits::Retirement::MAX_CHARS),
        most("own_number_vendor", LimitUnit::Characters, own_numbers::Vendor::MAX_CHARS),
        most("own_number_note", LimitUnit::Characters, own_numbers::Note::MAX_CHARS),
        most("label_transcript", LimitUnit::Characters, label_views::Transcript::MAX_CHARS),
        most("label_company", LimitUnit::Characters, label_views::Statement::MAX_CHARS),
        most("label_number_origin", LimitUnit::Characters, label_views::Statement::MAX_CHARS),
        most("label_segment_text", LimitUnit::Characters, label_views::SegmentText::MAX_CHARS),
        most("listener_name", LimitUnit::Characters, listening::PersonName::MAX_CHARS),
        most("label_site", LimitUnit::Characters, label_views::Site::MAX_CHARS),
    ]
}

fn texts_of_lists() -> Vec<LimitView> {
    let most = |name, chars: usize| most(name, LimitUnit::Characters, chars);
    vec![
        most("allowance_reason", allow_list::AllowReason::MAX_CHARS),
        most("legal_hold_reason", legal_holds::HoldReason::MAX_CHARS),
        most("erasure_reason", erasures::ErasureReason::MAX_CHARS),
        most("competitor_name", competitors::CompetitorName::MAX_CHARS),
        most("attribution_ground", attributions::Ground::MAX_CHARS),
        most("contamination_note", contaminations::ContaminationNote::MAX_CHARS),
        most("withdrawal_reason", contaminations::Withdrawal::MAX_CHARS),
        most("correction_reason", correction_views::CorrectionReason::MAX_CHARS),
        most("dismissal_reason", DismissalReason::MAX_CHARS),
        most("rejection_code", RejectionCode::MAX_CHARS),
        most("operator_name", operators::OperatorName::MAX_CHARS),
        most("operator_brand", operators::Brand::MAX_CHARS),
        most("operator_source", operators::EntrySource::MAX_CHARS),
        most("portability_source", portability_answers::LookUpSource::MAX_CHARS),
    ]
}

fn call_fields() -> Vec<LimitView> {
    vec![
        most("call_source", LimitUnit::Characters, intake::MAX_SOURCE_CHARS),
        most("call_external_id", LimitUnit::Characters, intake::MAX_EXTERNAL_ID_CHARS),
        most("call_bait", LimitUnit::Characters, intake::MAX_BAIT_CHARS),
        most("call_caller_or_called", LimitUnit::Characters, intake::MAX_END_CHARS),
        most("call_occurred_at", LimitUnit::Characters, intake::MAX_TIME_CHARS),
        most("call_screen_label", LimitUnit::Characters, intake::MAX_SCREEN_LABEL_CHARS),
        most("call_extra", LimitUnit::Bytes, intake::MAX_EXTRA_BYTES),
        most("call_extra_depth", LimitUnit::Levels, intake::MAX_EXTRA_DEPTH),
    ]
}

fn profiles() -> Vec<LimitView> {
    use LimitUnit::{Characters, Items};
    vec![
        most("call_workbook_rows", Items, profile::MAX_WORKBOOK_ROWS),
        most("file_bait", Characters, BaitText::MAX_CHARS),
        between("preview_rows", Items, PreviewSize::BOUNDS),
        most("profile_column_name", Characters, profile::MAX_COLUMN_NAME_CHARS),
        between("profile_column_position", Items, (1, profile::MAX_POSITION)),
        most("profile_skipped_rows", Items, profile::MAX_SKIPPED_ROWS),
        most("profile_ignored_last_rows", Items, profile::MAX_IGNORED_LAST_ROWS),
        most("profile_time_formats", Items, profile::MAX_TIME_FORMATS),
        most("profile_words", Items, profile::MAX_PROFILE_WORDS),
        most("profile_word", Characters, profile::MAX_PROFILE_WORD_CHARS),
        most("profile_number_prefixes", Items, profile::MAX_PROFILE_PREFIXES),
        most("profile_extra_columns", Items, profile::MAX_EXTRA_COLUMNS),
    ]
}

fn cases() -> Vec<LimitView> {
    let most = |name, chars: usize| most(name, LimitUnit::Characters, chars);
    vec![
        most("applicant_name", applicants::ApplicantName::MAX_CHARS),
        most("applicant_address", applicants::Address::MAX_CHARS),
        most("applicant_email", applicants::Email::MAX_CHARS),
        most("applicant_passport", applicants::PassportNumber::MAX_CHARS),
        most("applicant_note", applicants::ApplicantNote::MAX_CHARS),
        most("paper_number", powers_of_attorney::PaperNumber::MAX_CHARS),
        most("attachment_title", attachments::AttachmentTitle::MAX_CHARS),
        most("found_consent_place", preparations::ConsentPlace::MAX_CHARS),
        most("found_consent_wording", preparations::ConsentWording::MAX_CHARS),
        most("protocol_step_note", protocols::StepNote::MAX_CHARS),
        most("tracking_number", inquiry_views::TrackingNumber::MAX_CHARS),
        most("reply_note", inquiry_views::ReplyNote::MAX_CHARS),
        most("reply_contract", inquiry_views::ContractName::MAX_CHARS),
        most("power_of_attorney_powers", powers_of_attorney::PowersText::MAX_CHARS),
    ]
}

/// A limit of which only the most is one.
fn most(name: &'static str, unit: LimitUnit, maximum: impl TryInto<i64>) -> LimitView {
    LimitView { name, unit, minimum: None, maximum: maximum.try_into().unwrap_or(i64::MAX) }
}

fn between(name: &'static str, unit: LimitUnit, (minimum, maximum): (u32, u32)) -> LimitView {
    LimitView { name, unit, minimum: Some(minimum.into()), maximum: maximum.into() }
}

fn seconds(name: &'static str, maximum: Span) -> LimitView {
    most(name, LimitUnit::Seconds, maximum.0 / MICROS_PER_SECOND)
}
