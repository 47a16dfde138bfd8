//! What a client has beside its calls, for the matrix of isolation.

use serde_json::json;

use crate::service::{Service, Stock};

/// One thing of each kind, with `mark` in its texts; `month` is when the SIM is the
/// client's, since clients of one number take turns.
pub(crate) fn furnish(
    service: &Service,
    stock: &Stock,
    mark: &str,
    month: u32,
) -> Vec<(&'static str, String)> {
    let key = &stock.tenant.key;
    let applicant = json!({
        "kind": "legal_entity", "name": mark, "inn": "7743895280", "ogrn": "1027700132195",
        "legal_address": mark, "subject_code": "77",
    });
    let applicant = service.create(key, "/v1/applicants", &applicant);
    let person = json!({"applicant_id": applicant, "kind": "attorney", "name": mark});
    let person = service.create(key, "/v1/representatives", &person);
    let power = json!({
        "representative_id": person, "issued_on": "2026-09-01", "expires_on": "2027-08-31",
        "powers": mark,
    });
    let consent = json!({
        "applicant_id": applicant, "kind": "disclosure", "given_by": mark, "given_on": "2026-09-01",
    });
    let prepared = json!({"applicant_id": applicant, "refusal_on": "2026-10-01"});
    let path = format!("/v1/baits/{}/preparation", stock.bait);
    service.json("PUT", key, &path, &prepared).expect(200);
    service.execute("UPDATE calls SET label = 'advertising'");
    let period = json!({"from": "2026-10-01T00:00:00Z", "to": "2026-11-01T00:00:00Z"});
    let inquiries = service.json("POST", key, "/v1/inquiries", &period).expect(201);
    let all = json!({"from": period["from"], "to": period["to"], "grouping": "call"});
    let complaints = service.json("POST", key, "/v1/complaints", &all).expect(201);
    let complaint = complaints.text("/complaints/0/id");
    let path = format!("/v1/complaints/{complaint}");
    service.json("PATCH", key, &path, &json!({"note": mark})).expect(200);
    let deadline = json!({"kind": "request", "due_on": "2026-12-01", "note": mark});
    let deadline = service.create(key, &format!("{path}/deadlines"), &deadline);
    let objection = json!({
        "received_on": "2026-12-01", "from_whom": mark, "defences": ["other"], "words": mark,
    });
    let objection =
        service.create(key, &format!("/v1/complaints/{complaint}/objections"), &objection);
    let path = format!("/v1/attachments?subject_kind=bait&subject_id={}&title={mark}", stock.bait);
    let scan = service.typed("POST", key, &path, "application/pdf", b"%PDF-1.7\n").expect(201);
    let source = json!({"name": "operator", "kind": "operator_statement", "time_zone": "UTC"});
    let statement = json!({
        "bait_id": stock.bait, "source_id": service.create(key, "/v1/sources", &source),
        "number": mark, "from": "2026-10-02T00:00:00Z", "to": "2026-10-03T00:00:00Z",
    });
    let assignment = json!({
        "client_id": stock.tenant.id, "bait_id": stock.bait, "note": mark,
        "valid_from": format!("2026-{month:02}-01T00:00:00Z"),
        "valid_to": format!("2026-{month:02}-20T00:00:00Z"),
    });
    let inquiry = inquiries.text("/inquiries/0/id");
    let hold = json!({"client_id": stock.tenant.id, "caller": "+79160000001", "reason": mark});
    let erasure = json!({"client_id": stock.tenant.id, "number": "+79160000009", "reason": mark});
    let erasure = service.json("POST", &service.agency_key, "/v1/erasures", &erasure).expect(201);
    let paper = json!({"kind": "operator_inquiry", "subject_id": inquiry});
    let paper = service.json("POST", key, "/v1/papers", &paper).expect(202);
    let template = format!("# {mark}\n");
    let path = "/v1/templates/transcript";
    service.typed("PUT", key, path, "text/markdown", template.as_bytes()).expect(202);
    vec![
        ("papers", paper.text("/id")),
        ("legal-holds", service.create(&service.agency_key, "/v1/legal-holds", &hold)),
        ("erasures", erasure.text("/items/0/id")),
        ("powers-of-attorney", service.create(key, "/v1/powers-of-attorney", &power)),
        ("consents", service.create(key, "/v1/consents", &consent)),
        ("statements", service.create(key, "/v1/statements", &statement)),
        (
            "sim-assignments",
            service.create(&service.agency_key, "/v1/sim-assignments", &assignment),
        ),
        ("applicants", applicant),
        ("representatives", person),
        ("complaints", complaint),
        ("deadlines", deadline),
        ("objections", objection),
        ("inquiries", inquiry),
        ("attachments", scan.text("/id")),
    ]
}
