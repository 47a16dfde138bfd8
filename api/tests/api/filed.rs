//! What a complaint said when it was filed, and what stands otherwise since.

use baitline_testkit::on_both;
use serde_json::{Value, json};

use crate::complaints::{Scene, id, scene};
use crate::service::Service;

#[test]
fn what_was_filed_stays_and_what_differs_later_is_told() {
    on_both(|database| {
        let service = Service::start(database);
        let scene = scene(&service, "Окна");
        let complaint = id(&scene.make(&service, "number")[0]);
        scene.prove(&service);
        Scene::settle(&service);
        let differences = || {
            let listed = service.get(scene.key(), "/v1/filed-differences").expect(200).json();
            listed["items"].as_array().unwrap().clone()
        };
        for act in [
            json!({"kind": "complete", "on": "2026-11-14"}),
            json!({"kind": "file", "on": "2026-11-15", "channel": "email"}),
        ] {
            assert_eq!(differences(), Vec::<Value>::new());
            scene.act(&service, &complaint, &act).expect(200);
        }
        assert_eq!(differences(), Vec::<Value>::new());
        service.execute(
            "UPDATE calls SET caller_region = 'Тверская обл.', rule_version = 2 \
             WHERE started_at = (SELECT max(started_at) FROM calls)",
        );
        let [told] = &differences()[..] else { panic!("{:?}", differences()) };
        assert_eq!(told["differs"], json!(["caller_region", "rule_version"]));
        assert_eq!(told["complaint_id"], complaint);
        assert_eq!(
            (&told["filed"]["rule_version"], &told["now"]["rule_version"]),
            (&json!(1), &json!(2))
        );
        let path = format!("/v1/complaints/{complaint}/calls");
        let listed = service.get(scene.key(), &path).expect(200).json();
        let differs: Vec<&Value> =
            listed["items"].as_array().unwrap().iter().map(|call| &call["differs"]).collect();
        assert_eq!(differs, [&json!([]), &told["differs"]]);
        service.execute("UPDATE calls SET attempt = TRUE");
        let gone = differences();
        assert_eq!(gone.len(), 2);
        assert!(
            gone.iter()
                .all(|one| one["now"].is_null() && one["differs"] == json!(["interception"]))
        );
        // Released by the office, it is nobody's concern any more.
        let returned = json!({"kind": "return", "on": "2026-11-20", "missing": ["sim_authority"]});
        scene.act(&service, &complaint, &returned).expect(200);
        assert_eq!(differences(), Vec::<Value>::new());
    });
}
