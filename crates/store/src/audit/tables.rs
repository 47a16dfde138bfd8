//! Which tables are audited row by row, and which are not, and why. A test holds the
//! two lists against the schema, so that a new table is in one of them.

/// A table whose every change leaves a row.
#[derive(Debug, Clone, Copy)]
pub struct Audited {
    /// The table.
    pub table: &'static str,
    /// What its rows are called.
    pub noun: &'static str,
    /// The column that tells which one it is.
    pub id: &'static str,
    /// Columns whose change alone is none: leases, counts of progress, last use.
    pub ignored: &'static [&'static str],
}

const fn audited(table: &'static str, noun: &'static str) -> Audited {
    Audited { table, noun, id: "id", ignored: &[] }
}

/// The tables of evidence and of access to it.
pub const AUDITED: &[Audited] = &[
    Audited { id: "client_id", ..audited("clients", "client") },
    Audited { id: "key_id", ignored: &["last_used_at"], ..audited("api_keys", "key") },
    Audited { id: "key_id", ..audited("api_key_clients", "key_client") },
    audited("sources", "source"),
    audited("baits", "bait"),
    audited("own_numbers", "own_number"),
    audited("traps", "trap"),
    Audited { id: "observation_id", ..audited("recordings", "recording") },
    Audited { id: "observation_id", ..audited("waiting_recordings", "waiting_recording") },
    audited("labels", "label"),
    audited("observation_corrections", "correction"),
    audited("devices", "device"),
    audited("device_bindings", "device_binding"),
    audited("competitors", "competitor"),
    audited("attributions", "attribution"),
    audited("allow_list", "allowance"),
    audited("contaminations", "contamination"),
    audited("numbering_editions", "numbering_edition"),
    audited("operator_entries", "operator"),
    Audited {
        ignored: &[
            "attempts",
            "attempts_in_vain",
            "stamp_failures",
            "updated_at",
            "waits_for",
            "waits_until",
        ],
        ..audited("exports", "export")
    },
    audited("export_packages", "package"),
    Audited {
        ignored: &[
            "header",
            "lease_until",
            "attempts",
            "bytes_read",
            "rows_read",
            "accepted",
            "updated",
            "duplicate",
            "conflict",
            "rejected",
            "ignored",
            "open_rejections",
            "updated_at",
        ],
        ..audited("files", "file")
    },
    audited("applicants", "applicant"),
    audited("representatives", "representative"),
    audited("powers_of_attorney", "power_of_attorney"),
    audited("consents", "consent"),
    Audited { id: "subject_code", ..audited("offices", "office") },
    audited("attachments", "attachment"),
    Audited { id: "bait_id", ..audited("bait_preparations", "preparation") },
    Audited { id: "trap_id", ..audited("trap_protocols", "protocol") },
    audited("sim_assignments", "sim_assignment"),
    audited("inquiries", "inquiry"),
    Audited { id: "call_id", ..audited("inquiry_calls", "inquiry_call") },
    audited("operator_statements", "statement"),
    audited("complaints", "complaint"),
    Audited { id: "call_id", ..audited("complaint_calls", "complaint_call") },
    Audited { id: "observation_id", ..audited("complaint_holds", "complaint_hold") },
    Audited { id: "complaint_id", ..audited("complaint_acts", "complaint_act") },
    audited("complaint_deadlines", "deadline"),
    audited("complaint_objections", "objection"),
    Audited { ignored: &["attempts", "updated_at"], ..audited("papers", "paper") },
    Audited {
        id: "kind",
        ignored: &["attempts", "updated_at"],
        ..audited("paper_templates", "paper_template")
    },
    Audited {
        id: "fingerprint",
        ignored: &["last_seen_at"],
        ..audited("signing_keys", "signing_key")
    },
    Audited { id: "export_id", ..audited("export_files", "export_file") },
    Audited { id: "client_id", ..audited("retentions", "retention") },
    audited("legal_holds", "legal_hold"),
    // The number and the salt are to be forgotten.
    Audited { ignored: &["number", "salt", "place"], ..audited("erasures", "erasure") },
];

/// The other tables, and why their rows leave none.
pub const UNAUDITED: &[(&str, &str)] = &[
    ("observations", "reported in batches, each of which is noted; corrections are rows"),
    ("observation_revisions", "what observations were before a batch"),
    ("portability_answers", "entered in batches, each of which is noted"),
    ("numbering_ranges", "an edition's, whose file has a hash"),
    ("buckets", "work"),
    ("touched_buckets", "work"),
    ("changes", "work"),
    ("calls", "derived"),
    ("interception_tallies", "derived"),
    ("segments", "derived"),
    ("derived_days", "derived"),
    ("segment_ordinals", "derived"),
    ("sealings", "work"),
    ("replays", "a question, which changes nothing"),
    ("replay_differences", "an answer"),
    ("replay_touched", "an answer"),
    ("assignments", "who listens next; what was heard is a label"),
    ("file_rejections", "rows that gave no call; one that is mended is noted as a call"),
    ("kept_replies", "copies of answers"),
    ("erasure_days", "work"),
    ("erasure_commitments", "an erasure's, whose digest is in its row"),
    ("audit_waiting", "the audit itself"),
    ("audit_entries", "the audit itself"),
    ("audit_heads", "the audit itself"),
];
