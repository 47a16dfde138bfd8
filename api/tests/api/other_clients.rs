//! How many other clients a number has called: told from so many on, never whose.

use baitline_testkit::on_both;
use serde_json::{Value, json};

use crate::offender_page::count;
use crate::service::{Service, Stock};

const CALLER: &str = "+79160000001";

fn others(service: &Service, key: &str, query: &str) -> Value {
    let path = format!("/v1/offenders/{}{query}", CALLER.replace('+', "%2B"));
    service.get(key, &path).expect(200).json()["other_clients"].clone()
}

fn called(service: &Service, name: &str) -> Stock {
    let stock = service.stock(name);
    service.call(&stock, CALLER, "2026-10-02T10:00:00Z");
    count(service, &stock);
    stock
}

#[test]
fn others_are_counted_from_three_on_and_only_for_a_client() {
    on_both(|database| {
        let service = Service::start(database);
        let own = called(&service, "Окна");
        // Somebody whose baits it has not called sees the same as others do.
        let bystander = service.client("Полы");
        for (name, told) in [("Двери", 0), ("Крыши", 0), ("Заборы", 3), ("Ворота", 4)]
        {
            called(&service, name);
            let expected = if told == 0 { Value::Null } else { json!(told) };
            assert_eq!(others(&service, &own.tenant.key, ""), expected, "{name}");
        }
        assert_eq!(others(&service, &bystander.key, ""), json!(5));
        assert_eq!(others(&service, &service.agency_key, ""), Value::Null, "it sees them all");
        let narrowed = format!("?client_id={}", own.tenant.id);
        assert_eq!(others(&service, &service.agency_key, &narrowed), json!(4));
        let page =
            service.get(&own.tenant.key, &format!("/v1/offenders/{}", CALLER.replace('+', "%2B")));
        let text = String::from_utf8(page.expect(200).bytes).unwrap();
        assert!(!text.contains("Ворота"));
    });
}
