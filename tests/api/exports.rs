//! Lists as files. Never looks into how they are made.

use std::io::Cursor;

use calamine::{Data, Reader as _, Xlsx};
use campo::jobs::run_due_jobs;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::support::{Admin, TestNode, each_node, text};

async fn file(node: &TestNode, token: &str, path: &str) -> (StatusCode, String, Vec<u8>) {
    let response = node.request(Method::GET, path).bearer_auth(token).send().await.unwrap();
    let media_type = response.headers()["content-type"].to_str().unwrap().to_owned();
    (response.status(), media_type, response.bytes().await.unwrap().to_vec())
}

async fn create(node: &TestNode, admin: &Admin, path: &str, body: &Value) -> String {
    let made = node.post(&admin.token, path, body).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    text(&made.body["id"])
}

/// The admin again, in Portuguese.
async fn in_portuguese(node: &TestNode, admin: &Admin) -> String {
    let path = format!("/v1/users/{}", admin.user_id);
    let user = node.get(&admin.token, &path).await;
    let body = json!({
        "email": admin.email, "name": "Ana", "role": "admin", "language": "pt-BR", "phone": "", "disabled": false,
    });
    let updated = node.put(&admin.token, &path, user.etag.as_deref().unwrap(), &body).await;
    assert_eq!(updated.status, StatusCode::OK, "{}", updated.body);
    text(&node.sign_in(&admin.email, super::support::PASSWORD).await.body["access_token"])
}

#[tokio::test]
async fn a_list_becomes_a_file_of_its_readers_language_without_formulas() {
    for (node, admin, _database) in each_node().await {
        create(&node, &admin, "/v1/orders", &json!({ "reason": "=HYPERLINK(\"x\")" })).await;
        create(&node, &admin, "/v1/orders", &json!({ "reason": "não liga; chia" })).await;
        let portuguese = in_portuguese(&node, &admin).await;

        let (status, media_type, english) =
            file(&node, &admin.token, "/v1/orders/export?format=csv&sort=number&headers=stable").await;
        let (_, _, local) = file(&node, &portuguese, "/v1/orders/export?format=csv&sort=number").await;
        let (_, _, found) = file(&node, &admin.token, "/v1/orders/export?format=csv&q=chia").await;

        assert_eq!((status, media_type.as_str()), (StatusCode::OK, "text/csv; charset=utf-8"));
        let english = String::from_utf8(english).unwrap();
        assert!(english.starts_with("number,state,kind,"), "{english}");
        assert!(english.contains("\"'=HYPERLINK(\"\"x\"\")\""), "{english}");
        let local = String::from_utf8(local).unwrap();
        assert!(local.starts_with("\u{feff}Número;Status;Tipo;"), "{local}");
        assert!(local.contains("\"não liga; chia\""), "{local}");
        assert_eq!(String::from_utf8(found).unwrap().lines().count(), 2);
    }
}

#[tokio::test]
async fn a_list_becomes_a_workbook_and_a_map() {
    for (node, admin, _database) in each_node().await {
        let customer = create(&node, &admin, "/v1/customers", &json!({ "name": "Padaria" })).await;
        let site = json!({ "customer_id": customer, "name": "Loja", "latitude": -23.5, "longitude": -46.6 });
        let site = create(&node, &admin, "/v1/sites", &site).await;
        let order = json!({ "reason": "forno", "customer": customer, "site": site });
        create(&node, &admin, "/v1/orders", &order).await;
        create(&node, &admin, "/v1/orders", &json!({ "reason": "somewhere" })).await;

        let accept = node.request(Method::GET, "/v1/orders/export").bearer_auth(&admin.token);
        let workbook =
            accept.header("accept", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet");
        let workbook = workbook.send().await.unwrap().bytes().await.unwrap();
        let (_, _, map) = file(&node, &admin.token, "/v1/orders/export?format=geojson").await;
        let (_, _, customers) =
            file(&node, &admin.token, "/v1/customers/export?format=csv&headers=stable").await;
        let none = node.get(&admin.token, "/v1/orders/export").await;

        let mut workbook = Xlsx::new(Cursor::new(workbook)).unwrap();
        let sheet = workbook.worksheet_range_at(0).unwrap().unwrap();
        let reason = (0..sheet.width()).find(|column| sheet[(0, *column)] == "Reason").unwrap();
        let mut reasons: Vec<_> = (1..sheet.height()).map(|row| sheet[(row, reason)].clone()).collect();
        // Both were made in the same moment of the test's clock.
        reasons.sort_by_key(ToString::to_string);
        assert_eq!(reasons, ["forno", "somewhere"].map(|reason| Data::String(reason.to_owned())));
        let map: Value = serde_json::from_slice(&map).unwrap();
        assert_eq!(map["type"], "FeatureCollection");
        assert_eq!(map["features"].as_array().unwrap().len(), 1);
        assert_eq!(map["features"][0]["geometry"]["coordinates"], json!([-46.6, -23.5]));
        let customers = String::from_utf8(customers).unwrap();
        assert!(customers.lines().next().unwrap().split(',').any(|column| column == "tax_id"), "{customers}");
        assert!(customers.contains("Padaria"), "{customers}");
        assert_eq!((none.status.as_u16(), none.body["field"].as_str()), (422, Some("format")));
    }
}

#[tokio::test]
async fn each_export_has_an_audit_row_and_an_hour_has_an_end() {
    for (node, admin, _database) in each_node().await {
        create(&node, &admin, "/v1/orders", &json!({ "reason": "one" })).await;
        file(&node, &admin.token, "/v1/orders/export?format=csv").await;
        let hour = node.clock.now().0.div_euclid(3_600_000);
        let mut tx = node.app.store.begin_write(admin.organization).await.unwrap();
        let user = admin.user_id.parse().unwrap();
        let used_up = campo::exports::EXPORT_ROWS_PER_HOUR;
        campo::store::export_budgets::add(&mut tx, user, hour, used_up).await.unwrap();
        tx.commit().await.unwrap();

        let refused = node.get(&admin.token, "/v1/orders/export?format=csv").await;

        assert_eq!((refused.status.as_u16(), refused.code()), (429, "rate_limited"));
        let mut tx = node.app.store.begin_read(admin.organization).await.unwrap();
        let rows = campo::store::audit_rows::list_after(&mut tx, 0, 1_000).await.unwrap();
        let actions: Vec<_> = rows.iter().map(|row| row.action.as_str()).collect();
        assert!(
            actions.contains(&"order.export") && actions.contains(&"order.export_refused"),
            "{actions:?}"
        );
    }
}

#[tokio::test]
async fn people_devices_and_what_they_did_become_files() {
    for (node, admin, _database) in each_node().await {
        let (_, technician) = node.add_user(&admin, "bruno@example.com", "technician").await;
        create(&node, &admin, "/v1/customers", &json!({ "name": "Padaria" })).await;
        let portuguese = in_portuguese(&node, &admin).await;

        let (_, _, users) = file(&node, &admin.token, "/v1/users/export?format=csv&headers=stable").await;
        let (_, _, devices) = file(&node, &admin.token, "/v1/devices/export?format=csv&headers=stable").await;
        let kind = "/v1/audit-entries/export?format=csv&headers=stable&action=customer";
        let (_, _, deeds) = file(&node, &admin.token, kind).await;
        let (_, _, local) = file(&node, &portuguese, "/v1/users/export?format=csv").await;
        let refused = node.get(&technician, "/v1/audit-entries/export?format=csv").await;
        let no_map = node.get(&admin.token, "/v1/users/export?format=geojson").await;

        let users = String::from_utf8(users).unwrap();
        assert!(users.lines().next().unwrap().split(',').any(|column| column == "email"), "{users}");
        assert!(users.contains(&admin.email) && !users.contains("argon2"), "{users}");
        let devices = String::from_utf8(devices).unwrap();
        assert!(devices.lines().next().unwrap().contains("platform"), "{devices}");
        let deeds = String::from_utf8(deeds).unwrap();
        assert_eq!(deeds.lines().count(), 2, "{deeds}");
        assert!(deeds.contains("customer.create"), "{deeds}");
        let local = String::from_utf8(local).unwrap();
        assert!(local.lines().next().unwrap().contains("Idioma"), "{local}");
        assert_eq!((refused.status.as_u16(), refused.code()), (403, "role_forbidden"));
        assert_eq!((no_map.status.as_u16(), no_map.body["field"].as_str()), (422, Some("format")));
    }
}

#[tokio::test]
async fn every_other_list_becomes_a_file_for_those_who_may_read_it() {
    for (node, admin, _database) in each_node().await {
        let (technician, token) = node.add_user(&admin, "bruno@example.com", "technician").await;
        let customer = create(&node, &admin, "/v1/customers", &json!({ "name": "Padaria" })).await;
        create(&node, &admin, "/v1/legal-holds", &json!({ "customer_id": customer, "reason": "Lawsuit 9" }))
            .await;
        create(&node, &admin, "/v1/order-kinds", &json!({ "key": "repair", "name": { "en": "Repair" } }))
            .await;
        let tokens = json!({ "name": "Robot", "role": "viewer", "scopes": ["orders:read"] });
        create(&node, &admin, "/v1/api-tokens", &tokens).await;
        create(&node, &admin, "/v1/saved-views", &json!({ "name": "Mine" })).await;
        create(&node, &admin, "/v1/calendar-feeds", &json!({ "technician": technician })).await;
        let hook = json!({ "url": "https://example.com/hook", "event_types": ["order.created"] });
        let hook = create(&node, &admin, "/v1/webhooks", &hook).await;
        let test = node.post(&admin.token, &format!("/v1/webhooks/{hook}/test"), &Value::Null).await;
        assert_eq!(test.status, StatusCode::ACCEPTED, "{}", test.body);
        let import = node.request(Method::POST, "/v1/imports?kind=customers").bearer_auth(&admin.token);
        node.send(import.header("content-type", "text/csv").body("id,name\n1,Ana\n")).await;
        let assignees = json!([{ "technician": technician, "role": "lead" }]);
        let order = json!({ "reason": "hums", "customer": customer, "assignees": assignees });
        let order = create(&node, &admin, "/v1/orders", &order).await;
        let window = json!({ "window": { "start": 1_800_010_800_000_i64, "end": 1_800_014_400_000_i64 } });
        node.post(&admin.token, &format!("/v1/orders/{order}/schedule"), &window).await;
        run_due_jobs(&node.app).await.unwrap();

        let lists = [
            ("workflows", "workflow", 0),
            ("checklist-templates", "template", 0),
            ("order-kinds", "repair", 1),
            ("legal-holds", "Lawsuit 9", 1),
            ("api-tokens", "Robot", 1),
            ("saved-views", "Mine", 1),
            ("calendar-feeds", technician.as_str(), 1),
            ("webhooks", "https://example.com/hook", 1),
            (&format!("webhooks/{hook}/deliveries"), "test", 1),
            ("imports", "customers", 1),
            ("jobs", "deliver_webhook", 1),
            ("held-changes", "reason", 0),
            (&format!("orders/{order}/messages"), "order.scheduled", 1),
            (&format!("customers/{customer}/messages"), "order.scheduled", 1),
        ];
        for (list, content, rows_min) in lists {
            let path = format!("/v1/{list}/export?format=csv&headers=stable");
            let (status, _, written) = file(&node, &admin.token, &path).await;
            let written = String::from_utf8(written).unwrap();
            assert_eq!(status, StatusCode::OK, "{list}: {written}");
            assert!(written.contains(content), "{list}: {written}");
            assert!(written.lines().count() > rows_min, "{list}: {written}");
        }
        let (_, _, inbox) = file(&node, &token, "/v1/notifications/export?format=csv").await;
        assert!(String::from_utf8(inbox).unwrap().contains("bruno@example.com was assigned"));
        let refused = node.get(&token, "/v1/jobs/export?format=csv").await;
        assert_eq!((refused.status.as_u16(), refused.code()), (403, "role_forbidden"));
    }
}
