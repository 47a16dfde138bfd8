//! A bait's number under another name would count against somebody: as an own
//! number it arms traps, as a competitor's it charges a company.

use baitline_testkit::on_both;
use serde_json::json;

use crate::service::Service;

const BAIT: &str = "+79001234567";

#[test]
fn a_bait_is_neither_an_own_number_nor_a_competitors() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        let key = &stock.tenant.key;
        let own = json!({"number": BAIT, "kind": "staff"});
        let refused = service.json("POST", key, "/v1/own-numbers", &own).expect(409);
        assert_eq!(refused.code(), "number_of_a_bait");
        assert_eq!(refused.text("/errors/0/pointer"), "/number");
        let competitor = service.create(key, "/v1/competitors", &json!({"name": "Комфорт"}));
        let attribution = json!({
            "competitor_id": competitor, "number": BAIT, "role": "own_line", "ground": "site"
        });
        let refused = service.json("POST", key, "/v1/attributions", &attribution).expect(409);
        assert_eq!(refused.code(), "number_of_a_bait");
        let range = json!({"first": "+79001234500", "last": "+79001234599", "kind": "staff"});
        service.json("POST", key, "/v1/own-numbers", &range).expect(201);
        let table = format!("number,kind\n{BAIT},staff\n+79001234568,staff\n");
        let path = "/v1/own-numbers/imports";
        let answer = service.typed("POST", key, path, "text/csv", table.as_bytes()).expect(200);
        assert_eq!(answer.text("/receipts/0/error/code"), "number_of_a_bait");
        assert_eq!(answer.text("/receipts/1/status"), "accepted");
        let other = service.client("Двери");
        service.json("POST", &other.key, "/v1/own-numbers", &own).expect(201);
    });
}
