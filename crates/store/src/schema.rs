//! The tables as Diesel sees them, once for both databases. A test compares
//! this with both migrations.

diesel::table! {
    use diesel::sql_types::*;
    use crate::sql_types::*;

    clients (client_id) {
        client_id -> Id,
        name -> Text,
        time_zone -> Text,
        window_hours -> Integer,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::sql_types::*;

    api_keys (key_id) {
        key_id -> Text,
        name -> Text,
        secret_sha256 -> Binary,
        created_at -> Instant,
        expires_at -> Nullable<Instant>,
        revoked_at -> Nullable<Instant>,
        reach -> Text,
        scopes -> Text,
        line_id -> Text,
        last_used_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::sql_types::*;

    api_key_clients (client_id, key_id) {
        client_id -> Id,
        key_id -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::sql_types::*;

    sources (client_id, id) {
        client_id -> Id,
        id -> Id,
        name -> Text,
        kind -> Word,
        time_zone -> Text,
        clock_offset_micros -> BigInt,
        uncertainty_micros -> BigInt,
        created_at -> Instant,
        profile -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::sql_types::*;

    baits (client_id, id) {
        client_id -> Id,
        id -> Id,
        number -> Number,
        reference -> Nullable<Text>,
        operator -> Nullable<Inn>,
        region -> Nullable<Text>,
        note -> Nullable<Text>,
        created_at -> Instant,
        retired_at -> Nullable<Instant>,
        retired_because -> Nullable<Text>,
        by_assignment -> Bool,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::sql_types::*;

    own_numbers (client_id, id) {
        client_id -> Id,
        id -> Id,
        first_number -> Number,
        last_number -> Number,
        kind -> Word,
        valid_from -> Nullable<Instant>,
        valid_to -> Nullable<Instant>,
        vendor -> Nullable<Text>,
        note -> Nullable<Text>,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::sql_types::*;

    traps (client_id, id) {
        client_id -> Id,
        id -> Id,
        bait_id -> Id,
        started_at -> Instant,
        run_ends_at -> Instant,
        recorder_tested_at -> Nullable<Instant>,
        logged_exposures -> Text,
        window_hours -> Integer,
        min_site_visit_seconds -> Integer,
        min_connected_seconds -> Integer,
        exposures -> Nullable<Text>,
        missing -> Nullable<Text>,
        window_from -> Nullable<Instant>,
        window_to -> Nullable<Instant>,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::sql_types::*;

    observations (client_id, id) {
        client_id -> Id,
        id -> Id,
        source_id -> Id,
        external_id -> Nullable<Text>,
        revision -> BigInt,
        named_bait -> Nullable<Text>,
        named_direction -> Nullable<Word>,
        caller_raw -> Nullable<Text>,
        called_raw -> Nullable<Text>,
        channel -> Word,
        reported_at -> Instant,
        reported_at_raw -> Text,
        connected_seconds -> Nullable<Integer>,
        answered -> Bool,
        roaming -> Bool,
        screen_label -> Nullable<Text>,
        extra -> Nullable<Text>,
        received_at -> Instant,
        occurred_at -> Instant,
        bait_id -> Nullable<Id>,
        direction -> Nullable<Word>,
        party_kind -> Nullable<Word>,
        party_number -> Nullable<Number>,
        amended -> Nullable<Text>,
        voided -> Bool,
        derived -> Bool,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::sql_types::*;

    observation_revisions (client_id, observation_id, revision) {
        client_id -> Id,
        observation_id -> Id,
        revision -> BigInt,
        content -> Text,
        received_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::sql_types::*;

    recordings (client_id, observation_id) {
        client_id -> Id,
        observation_id -> Id,
        sha256 -> Binary,
        bytes -> BigInt,
        media_type -> Text,
        received_at -> Instant,
        sniffed_type -> Text,
        original_name -> Nullable<Text>,
        duration_milliseconds -> Nullable<BigInt>,
        duration_missing -> Nullable<Word>,
        derived -> Bool,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::sql_types::*;

    labels (client_id, id) {
        client_id -> Id,
        id -> Id,
        observation_id -> Id,
        kind -> Word,
        robot -> Nullable<Bool>,
        consent_given -> Bool,
        stop_demanded -> Bool,
        company -> Nullable<Text>,
        callback_number -> Nullable<Number>,
        site -> Nullable<Text>,
        number_origin -> Nullable<Text>,
        transcript -> Nullable<Text>,
        labelled_at -> Instant,
        labelled_by -> Text,
        segments -> Nullable<Text>,
        listener -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::sql_types::*;

    numbering_editions (id) {
        id -> Id,
        file -> Word,
        in_force_from -> Instant,
        ranges -> Integer,
        sha256 -> Binary,
        imported_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::sql_types::*;

    numbering_ranges (edition_id, first_number) {
        edition_id -> Id,
        first_number -> Number,
        last_number -> Number,
        operator -> Nullable<Inn>,
        operator_name -> Text,
        region -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::sql_types::*;

    buckets (client_id, day) {
        client_id -> Id,
        day -> Integer,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::sql_types::*;

    touched_buckets (client_id, day, id) {
        client_id -> Id,
        day -> Integer,
        id -> Id,
        baits -> Nullable<Binary>,
        since -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::sql_types::*;

    changes (client_id, id) {
        client_id -> Id,
        id -> Id,
        kind -> Word,
        subject_id -> Nullable<Id>,
        party_number -> Nullable<Number>,
        from_at -> Nullable<Instant>,
        to_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::sql_types::*;

    calls (client_id, started_at, id) {
        client_id -> Id,
        id -> Id,
        bait_id -> Id,
        direction -> Word,
        party_kind -> Word,
        party_number -> Nullable<Number>,
        party_text -> Nullable<Text>,
        channel -> Word,
        started_at -> Instant,
        uncertainty_micros -> BigInt,
        connected_seconds -> Integer,
        answered -> Bool,
        roaming -> Bool,
        observations -> Binary,
        reasons -> Text,
        rule_version -> Integer,
        trap_id -> Nullable<Id>,
        verdict -> Nullable<Word>,
        attempt -> Bool,
        prior_contact -> Bool,
        exposures_done -> Nullable<Text>,
        caller_operator -> Nullable<Inn>,
        edition_id -> Nullable<Id>,
        label -> Nullable<Word>,
        recordings -> Integer,
        caller_region -> Nullable<Text>,
        competitors -> Binary,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::sql_types::*;

    interception_tallies (client_id, day, ordinal) {
        client_id -> Id,
        day -> Integer,
        ordinal -> Integer,
        caller -> Nullable<Number>,
        operator -> Nullable<Inn>,
        region -> Nullable<Text>,
        competitors -> Binary,
        bait_id -> Id,
        bait_operator -> Nullable<Inn>,
        trap_id -> Id,
        verdict -> Word,
        attempt -> Bool,
        hearing -> Word,
        prior_contact -> Bool,
        local_day -> Integer,
        calls -> Integer,
        first_at -> Instant,
        last_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::sql_types::*;

    exports (client_id, id) {
        client_id -> Id,
        id -> Id,
        state -> Word,
        request -> Text,
        problem -> Nullable<Text>,
        attempts -> Integer,
        created_at -> Instant,
        updated_at -> Instant,
        planned_at -> Nullable<Instant>,
        attempts_in_vain -> Integer,
        stamp_failures -> Integer,
        waits_until -> Nullable<Instant>,
        waits_for -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::sql_types::*;

    export_packages (client_id, id) {
        client_id -> Id,
        id -> Id,
        export_id -> Id,
        caller -> Number,
        state -> Word,
        sealed_at -> Instant,
        interceptions -> Integer,
        missing -> Text,
        bytes -> Nullable<BigInt>,
        sha256 -> Nullable<Binary>,
        problem -> Nullable<Text>,
        signed_by -> Nullable<Text>,
        crc32 -> Nullable<BigInt>,
        audit_sequence -> Nullable<BigInt>,
        audit_hash -> Nullable<Binary>,
        time_stamp -> Nullable<Binary>,
        stamped_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::sql_types::*;

    export_files (client_id, export_id, name) {
        client_id -> Id,
        export_id -> Id,
        name -> Text,
        bytes -> BigInt,
        sha256 -> Binary,
        crc32 -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::sql_types::*;

    signing_keys (fingerprint) {
        fingerprint -> Text,
        public_pem -> Text,
        first_seen_at -> Instant,
        last_seen_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::sql_types::*;

    competitors (client_id, id) {
        client_id -> Id,
        id -> Id,
        name -> Text,
        inn -> Nullable<Inn>,
        ogrn -> Nullable<Text>,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::sql_types::*;

    attributions (client_id, id) {
        client_id -> Id,
        id -> Id,
        competitor_id -> Id,
        number -> Number,
        role -> Word,
        ground -> Text,
        valid_from -> Nullable<Instant>,
        valid_to -> Nullable<Instant>,
        author -> Text,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::sql_types::*;

    allow_list (client_id, id) {
        client_id -> Id,
        id -> Id,
        number -> Number,
        reason -> Text,
        author -> Text,
        since -> Instant,
        until -> Nullable<Instant>,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::sql_types::*;

    contaminations (client_id, id) {
        client_id -> Id,
        id -> Id,
        bait_id -> Id,
        kind -> Word,
        occurred_at -> Instant,
        number -> Nullable<Number>,
        competitor_id -> Nullable<Id>,
        note -> Nullable<Text>,
        author -> Text,
        withdrawn_because -> Nullable<Text>,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::sql_types::*;

    portability_answers (client_id, id) {
        client_id -> Id,
        id -> Id,
        number -> Number,
        operator -> Inn,
        source -> Text,
        looked_up_at -> Instant,
        ported_at -> Nullable<Instant>,
        author -> Text,
        withdrawn_because -> Nullable<Text>,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::sql_types::*;

    replays (client_id, id) {
        client_id -> Id,
        id -> Id,
        state -> Word,
        from_at -> Instant,
        to_at -> Instant,
        rule_version -> Nullable<Integer>,
        edition_id -> Nullable<Id>,
        problem -> Nullable<Text>,
        attempts -> Integer,
        days_total -> Integer,
        days_done -> Integer,
        last_day -> Nullable<Integer>,
        pending_days -> Integer,
        calls -> BigInt,
        differences -> BigInt,
        transitions -> Text,
        created_at -> Instant,
        updated_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::sql_types::*;

    replay_differences (client_id, replay_id, started_at, call_id) {
        client_id -> Id,
        replay_id -> Id,
        started_at -> Instant,
        call_id -> Id,
        bait_id -> Id,
        caller -> Nullable<Number>,
        outcome_before -> Word,
        outcome_after -> Word,
        reasons_before -> Text,
        reasons_after -> Text,
        operator_before -> Nullable<Inn>,
        operator_after -> Nullable<Inn>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::sql_types::*;

    replay_touched (client_id, replay_id, kind, subject_id) {
        client_id -> Id,
        replay_id -> Id,
        kind -> Word,
        subject_id -> Id,
        calls -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::sql_types::*;

    assignments (client_id, observation_id) {
        client_id -> Id,
        observation_id -> Id,
        assignee -> Text,
        since -> Instant,
        until -> Nullable<Instant>,
        assigned_by -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::sql_types::*;

    observation_corrections (client_id, id) {
        client_id -> Id,
        id -> Id,
        observation_id -> Id,
        ordinal -> Integer,
        kind -> Word,
        changes -> Nullable<Text>,
        withdraws -> Nullable<Id>,
        reason -> Text,
        author -> Text,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::sql_types::*;

    devices (client_id, id) {
        client_id -> Id,
        id -> Id,
        name -> Text,
        source_id -> Id,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::sql_types::*;

    device_bindings (client_id, id) {
        client_id -> Id,
        id -> Id,
        device_id -> Id,
        bait_id -> Id,
        valid_from -> Nullable<Instant>,
        valid_to -> Nullable<Instant>,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::sql_types::*;

    waiting_recordings (client_id, observation_id) {
        client_id -> Id,
        observation_id -> Id,
        source_id -> Id,
        external_id -> Text,
        device_id -> Nullable<Id>,
        reason -> Word,
        sha256 -> Binary,
        bytes -> BigInt,
        media_type -> Text,
        sniffed_type -> Text,
        original_name -> Nullable<Text>,
        duration_milliseconds -> Nullable<BigInt>,
        duration_missing -> Nullable<Word>,
        received_at -> Instant,
        assigned_to -> Nullable<Id>,
        assigned_at -> Nullable<Instant>,
        assigned_by -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::sql_types::*;

    operator_entries (id) {
        id -> Id,
        inn -> Inn,
        name -> Text,
        brand -> Nullable<Text>,
        standing -> Word,
        operator_group -> Nullable<Text>,
        hosts -> Text,
        source -> Text,
        since -> Nullable<Instant>,
        author -> Text,
        withdrawn_because -> Nullable<Text>,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::sql_types::*;

    files (client_id, id) {
        client_id -> Id,
        id -> Id,
        source_id -> Nullable<Id>,
        format -> Word,
        state -> Word,
        original_name -> Nullable<Text>,
        sha256 -> Binary,
        bytes -> BigInt,
        profile -> Nullable<Text>,
        header -> Nullable<Text>,
        lease_until -> Nullable<Instant>,
        attempts -> Integer,
        bytes_read -> BigInt,
        rows_read -> BigInt,
        accepted -> BigInt,
        updated -> BigInt,
        duplicate -> BigInt,
        conflict -> BigInt,
        rejected -> BigInt,
        ignored -> BigInt,
        open_rejections -> BigInt,
        problem_code -> Nullable<Text>,
        problem_detail -> Nullable<Text>,
        problem_line -> Nullable<BigInt>,
        uploaded_by -> Text,
        created_at -> Instant,
        started_at -> Nullable<Instant>,
        ended_at -> Nullable<Instant>,
        updated_at -> Instant,
        erased_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::sql_types::*;

    file_rejections (client_id, id) {
        client_id -> Id,
        id -> Id,
        file_id -> Id,
        place -> BigInt,
        raw -> Nullable<Text>,
        cells -> Nullable<Text>,
        raw_cut -> Bool,
        code -> Text,
        pointer -> Nullable<Text>,
        detail -> Text,
        state -> Word,
        observation_id -> Nullable<Id>,
        reason -> Nullable<Text>,
        settled_by -> Nullable<Text>,
        settled_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::sql_types::*;

    segments (client_id, id) {
        client_id -> Id,
        id -> Id,
        month -> Integer,
        sha256 -> Binary,
        bytes -> BigInt,
        interceptions -> BigInt,
        sealed_at -> Instant,
        dropped_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::sql_types::*;

    derived_days (client_id, day) {
        client_id -> Id,
        day -> Integer,
        month -> Integer,
        version -> Id,
        derived_at -> Instant,
        interceptions -> BigInt,
        segment_id -> Nullable<Id>,
        unsealed -> Bool,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::sql_types::*;

    segment_ordinals (client_id, kind, subject_id) {
        client_id -> Id,
        kind -> Word,
        subject_id -> Id,
        ordinal -> Integer,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::sql_types::*;

    sealings (client_id) {
        client_id -> Id,
        held_by -> Id,
        held_until -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::sql_types::*;

    applicants (client_id, id) {
        client_id -> Id,
        id -> Id,
        kind -> Word,
        name -> Text,
        short_name -> Nullable<Text>,
        inn -> Nullable<Inn>,
        ogrn -> Nullable<Text>,
        passport_number -> Nullable<Text>,
        passport_issued_by -> Nullable<Text>,
        passport_issued_on -> Nullable<Integer>,
        legal_address -> Text,
        reply_address -> Nullable<Text>,
        email -> Nullable<Text>,
        subject_code -> Integer,
        note -> Nullable<Text>,
        withdrawn_because -> Nullable<Text>,
        version -> Integer,
        author -> Text,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::sql_types::*;

    representatives (client_id, id) {
        client_id -> Id,
        id -> Id,
        applicant_id -> Id,
        kind -> Word,
        name -> Text,
        position -> Nullable<Text>,
        phone -> Nullable<Number>,
        email -> Nullable<Text>,
        note -> Nullable<Text>,
        withdrawn_because -> Nullable<Text>,
        version -> Integer,
        author -> Text,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::sql_types::*;

    powers_of_attorney (client_id, id) {
        client_id -> Id,
        id -> Id,
        representative_id -> Id,
        number -> Nullable<Text>,
        issued_on -> Integer,
        expires_on -> Integer,
        powers -> Text,
        revoked_on -> Nullable<Integer>,
        revoked_because -> Nullable<Text>,
        author -> Text,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::sql_types::*;

    consents (client_id, id) {
        client_id -> Id,
        id -> Id,
        applicant_id -> Id,
        bait_id -> Nullable<Id>,
        kind -> Word,
        given_by -> Text,
        given_on -> Integer,
        expires_on -> Nullable<Integer>,
        note -> Nullable<Text>,
        revoked_on -> Nullable<Integer>,
        revoked_because -> Nullable<Text>,
        author -> Text,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::sql_types::*;

    offices (subject_code) {
        subject_code -> Integer,
        name -> Nullable<Text>,
        address -> Nullable<Text>,
        email -> Nullable<Text>,
        note -> Nullable<Text>,
        version -> Integer,
        author -> Text,
        updated_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::sql_types::*;

    attachments (client_id, id) {
        client_id -> Id,
        id -> Id,
        subject_kind -> Word,
        subject_id -> Id,
        title -> Text,
        original_name -> Nullable<Text>,
        media_type -> Text,
        sha256 -> Binary,
        bytes -> BigInt,
        withdrawn_because -> Nullable<Text>,
        version -> Integer,
        author -> Text,
        received_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::sql_types::*;

    bait_preparations (client_id, bait_id) {
        client_id -> Id,
        bait_id -> Id,
        applicant_id -> Nullable<Id>,
        user_name -> Nullable<Text>,
        user_relation -> Nullable<Word>,
        contract_number -> Nullable<Text>,
        contract_on -> Nullable<Integer>,
        refusal_on -> Nullable<Integer>,
        found_consents -> Nullable<Text>,
        previous_use -> Nullable<Word>,
        previous_use_note -> Nullable<Text>,
        quiet_since -> Nullable<Integer>,
        note -> Nullable<Text>,
        version -> Integer,
        author -> Text,
        updated_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::sql_types::*;

    trap_protocols (client_id, trap_id) {
        client_id -> Id,
        trap_id -> Id,
        performed_by -> Nullable<Text>,
        device -> Nullable<Text>,
        steps -> Text,
        note -> Nullable<Text>,
        version -> Integer,
        author -> Text,
        updated_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::sql_types::*;

    sim_assignments (client_id, id) {
        client_id -> Id,
        id -> Id,
        bait_id -> Id,
        valid_from -> Instant,
        valid_to -> Nullable<Instant>,
        note -> Nullable<Text>,
        author -> Text,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::sql_types::*;

    inquiries (client_id, id) {
        client_id -> Id,
        id -> Id,
        applicant_id -> Id,
        operator -> Inn,
        state -> Word,
        number -> Nullable<Text>,
        sent_on -> Nullable<Integer>,
        channel -> Nullable<Word>,
        tracking_number -> Nullable<Text>,
        remind_on -> Nullable<Integer>,
        answered_on -> Nullable<Integer>,
        reply_number -> Nullable<Text>,
        reply_dated_on -> Nullable<Integer>,
        unanswered_on -> Nullable<Integer>,
        because -> Nullable<Text>,
        note -> Nullable<Text>,
        version -> Integer,
        author -> Text,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::sql_types::*;

    inquiry_calls (client_id, inquiry_id, call_id) {
        client_id -> Id,
        inquiry_id -> Id,
        call_id -> Id,
        bait_id -> Id,
        started_at -> Instant,
        caller -> Nullable<Number>,
        released -> Bool,
        permission -> Nullable<Word>,
        contract -> Nullable<Text>,
        special_number -> Nullable<Bool>,
        consent_claimed -> Nullable<Bool>,
        note -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::sql_types::*;

    operator_statements (client_id, id) {
        client_id -> Id,
        id -> Id,
        bait_id -> Id,
        source_id -> Id,
        from_at -> Instant,
        to_at -> Instant,
        number -> Nullable<Text>,
        issued_on -> Nullable<Integer>,
        note -> Nullable<Text>,
        withdrawn_because -> Nullable<Text>,
        version -> Integer,
        author -> Text,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::sql_types::*;

    kept_replies (client_id, key_sha256) {
        client_id -> Id,
        key_sha256 -> Binary,
        request_sha256 -> Binary,
        status -> Integer,
        location -> Nullable<Text>,
        body -> Binary,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::sql_types::*;

    complaints (client_id, id) {
        client_id -> Id,
        id -> Id,
        applicant_id -> Id,
        representative_id -> Nullable<Id>,
        power_id -> Nullable<Id>,
        subject_code -> Integer,
        grouping_by -> Word,
        number -> Nullable<Number>,
        competitor_id -> Nullable<Id>,
        state -> Word,
        advertising_case -> Nullable<Text>,
        administrative_case -> Nullable<Text>,
        outcome -> Nullable<Word>,
        filed_on -> Nullable<Integer>,
        channel -> Nullable<Word>,
        tracking_number -> Nullable<Text>,
        incoming_number -> Nullable<Text>,
        limit_on -> Integer,
        note -> Nullable<Text>,
        version -> Integer,
        author -> Text,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::sql_types::*;

    complaint_calls (client_id, complaint_id, call_id) {
        client_id -> Id,
        complaint_id -> Id,
        call_id -> Id,
        bait_id -> Id,
        started_at -> Instant,
        caller -> Number,
        removed -> Bool,
        released -> Bool,
        decision -> Nullable<Word>,
        fine_kopecks -> Nullable<BigInt>,
        fined_party -> Nullable<Word>,
        fine_paid_on -> Nullable<Integer>,
        filed_as -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::sql_types::*;

    complaint_holds (client_id, complaint_id, observation_id) {
        client_id -> Id,
        complaint_id -> Id,
        observation_id -> Id,
        call_id -> Id,
        released -> Bool,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::sql_types::*;

    complaint_acts (client_id, complaint_id, place) {
        client_id -> Id,
        complaint_id -> Id,
        place -> Integer,
        kind -> Word,
        on_day -> Integer,
        case_number -> Nullable<Text>,
        outcome -> Nullable<Word>,
        appeal -> Nullable<Word>,
        channel -> Nullable<Word>,
        tracking_number -> Nullable<Text>,
        incoming_number -> Nullable<Text>,
        missing -> Nullable<Text>,
        note -> Nullable<Text>,
        author -> Text,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::sql_types::*;

    complaint_deadlines (client_id, id) {
        client_id -> Id,
        id -> Id,
        complaint_id -> Id,
        kind -> Word,
        due_on -> Integer,
        done_on -> Nullable<Integer>,
        note -> Nullable<Text>,
        version -> Integer,
        author -> Text,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::sql_types::*;

    complaint_objections (client_id, id) {
        client_id -> Id,
        id -> Id,
        complaint_id -> Id,
        received_on -> Integer,
        from_whom -> Text,
        defences -> Text,
        words -> Text,
        settled_on -> Nullable<Integer>,
        settled_because -> Nullable<Text>,
        version -> Integer,
        author -> Text,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::sql_types::*;

    paper_templates (client_id, kind, version) {
        client_id -> Id,
        kind -> Word,
        version -> Integer,
        state -> Word,
        content -> Text,
        problem -> Nullable<Text>,
        problem_line -> Nullable<Integer>,
        withdrawn -> Bool,
        attempts -> Integer,
        author -> Text,
        created_at -> Instant,
        updated_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::sql_types::*;

    papers (client_id, id) {
        client_id -> Id,
        id -> Id,
        kind -> Word,
        subject_id -> Id,
        bait_id -> Nullable<Id>,
        state -> Word,
        problem -> Nullable<Text>,
        template_version -> Nullable<Integer>,
        pdf_sha256 -> Nullable<Binary>,
        pdf_bytes -> Nullable<BigInt>,
        docx_sha256 -> Nullable<Binary>,
        docx_bytes -> Nullable<BigInt>,
        attempts -> Integer,
        author -> Text,
        created_at -> Instant,
        updated_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::sql_types::*;

    audit_waiting (client_id, id) {
        client_id -> Id,
        id -> Id,
        occurred_at -> Instant,
        actor -> Text,
        act -> Text,
        noun -> Text,
        subject -> Text,
        change -> Word,
        items -> BigInt,
        salt -> Binary,
        digest -> Binary,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::sql_types::*;

    audit_entries (client_id, sequence) {
        client_id -> Id,
        sequence -> BigInt,
        occurred_at -> Instant,
        actor -> Text,
        act -> Text,
        noun -> Text,
        subject -> Text,
        change -> Text,
        items -> BigInt,
        salt -> Binary,
        digest -> Binary,
        hash -> Binary,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::sql_types::*;

    audit_heads (client_id) {
        client_id -> Id,
        sequence -> BigInt,
        hash -> Binary,
        sealed_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::sql_types::*;

    retentions (client_id) {
        client_id -> Id,
        days -> Nullable<Integer>,
        author -> Text,
        updated_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::sql_types::*;

    legal_holds (client_id, id) {
        client_id -> Id,
        id -> Id,
        bait_id -> Nullable<Id>,
        caller -> Nullable<Number>,
        reason -> Text,
        author -> Text,
        created_at -> Instant,
        ended_at -> Nullable<Instant>,
        ended_because -> Nullable<Text>,
        ended_by -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::sql_types::*;

    erasures (client_id, id) {
        client_id -> Id,
        id -> Id,
        ground -> Word,
        state -> Word,
        number -> Nullable<Number>,
        before_at -> Nullable<Instant>,
        reason -> Text,
        author -> Text,
        salt -> Nullable<Binary>,
        counts -> Text,
        held -> Text,
        place -> Nullable<Text>,
        digest -> Nullable<Binary>,
        requested_at -> Instant,
        rows_gone_at -> Nullable<Instant>,
        ended_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::sql_types::*;

    erasure_days (client_id, erasure_id, day) {
        client_id -> Id,
        erasure_id -> Id,
        day -> Integer,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::sql_types::*;

    erasure_commitments (client_id, erasure_id, commitment) {
        client_id -> Id,
        erasure_id -> Id,
        commitment -> Binary,
    }
}

diesel::allow_tables_to_appear_in_same_query!(
    clients,
    api_keys,
    api_key_clients,
    sources,
    baits,
    own_numbers,
    traps,
    observations,
    observation_revisions,
    recordings,
    labels,
    numbering_editions,
    numbering_ranges,
    buckets,
    touched_buckets,
    changes,
    calls,
    interception_tallies,
    exports,
    export_packages,
    export_files,
    signing_keys,
    competitors,
    attributions,
    allow_list,
    contaminations,
    portability_answers,
    replays,
    replay_differences,
    replay_touched,
    assignments,
    observation_corrections,
    devices,
    device_bindings,
    waiting_recordings,
    operator_entries,
    files,
    file_rejections,
    segments,
    derived_days,
    segment_ordinals,
    sealings,
    applicants,
    representatives,
    powers_of_attorney,
    consents,
    offices,
    attachments,
    bait_preparations,
    trap_protocols,
    sim_assignments,
    complaint_acts,
    complaint_calls,
    complaint_deadlines,
    complaint_holds,
    complaint_objections,
    complaints,
    inquiries,
    inquiry_calls,
    operator_statements,
    paper_templates,
    papers,
    retentions,
    legal_holds,
    erasures,
    erasure_days,
    erasure_commitments,
    kept_replies,
    audit_waiting,
    audit_entries,
    audit_heads,
);
