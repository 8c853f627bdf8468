//! Who is told what: inboxes, the matrix, what people turn off, links into WhatsApp. Mails are in `mail.rs`.

use campo::events::{self, Event};
use campo::jobs::run_due_jobs;
use campo::store::job_rows::{self, NewJobRow};
use reqwest::StatusCode;
use serde_json::{Value, json};
use sync_core::ids::RecordId;

use super::support::{Admin, TestNode, each_node, text};

async fn inbox(node: &TestNode, token: &str) -> Vec<String> {
    run_due_jobs(&node.app).await.unwrap();
    let page = node.get(token, "/v1/notifications").await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    page.body["rows"].as_array().unwrap().iter().map(|row| text(&row["text"])).collect()
}

async fn assigned_order(node: &TestNode, admin: &Admin, technician: &str, customer: &Value) -> String {
    let customer = node.post(&admin.token, "/v1/customers", customer).await;
    let order = json!({ "reason": "hums", "customer": customer.body["id"] });
    let order = text(&node.post(&admin.token, "/v1/orders", &order).await.body["id"]);
    let body = json!({ "technician": technician });
    let assigned = node.post(&admin.token, &format!("/v1/orders/{order}/assign"), &body).await;
    assert_eq!(assigned.status, StatusCode::OK, "{}", assigned.body);
    order
}

#[tokio::test]
async fn an_assignment_is_in_the_technicians_inbox_once_and_in_their_language() {
    for (node, admin, _database) in each_node().await {
        let (technician, token) = node.add_user(&admin, "tech@example.com", "technician").await;
        let (_, other) = node.add_user(&admin, "other@example.com", "technician").await;
        assigned_order(&node, &admin, &technician, &json!({ "name": "Padaria" })).await;

        let told = inbox(&node, &token).await;

        assert_eq!(told, ["tech@example.com was assigned to service order 1 · Padaria."]);
        assert!(inbox(&node, &other).await.is_empty());
        let page = node.get(&token, "/v1/notifications?unread=true").await;
        assert_eq!(page.body["unread_count"], 1);
        let id = text(&page.body["rows"][0]["id"]);
        let foreign = node.post(&other, &format!("/v1/notifications/{id}/read"), &json!({})).await;
        assert_eq!(foreign.status, StatusCode::NOT_FOUND);
        let read = node.post(&token, &format!("/v1/notifications/{id}/read"), &json!({})).await;
        assert_eq!(read.status, StatusCode::NO_CONTENT);
        let page = node.get(&token, "/v1/notifications?unread=true").await;
        assert_eq!(
            (page.body["unread_count"].as_i64(), page.body["rows"].as_array().unwrap().len()),
            (Some(0), 0)
        );
    }
}

#[tokio::test]
async fn whoever_may_take_an_order_hears_of_it_once_and_nobody_hears_of_one_that_is_taken() {
    for (node, admin, _database) in each_node().await {
        let (technician, token) = node.add_user(&admin, "tech@example.com", "technician").await;
        let (other, of_other) = node.add_user(&admin, "other@example.com", "technician").await;
        let (late, of_late) = node.add_user(&admin, "late@example.com", "technician").await;
        let order =
            text(&node.post(&admin.token, "/v1/orders", &json!({ "reason": "hums" })).await.body["id"]);
        let path = format!("/v1/orders/{order}");
        let offer = async |to: &[&String]| {
            let offered =
                node.post(&admin.token, &format!("{path}/offer"), &json!({ "technicians": to })).await;
            assert_eq!(offered.status, StatusCode::OK, "{}", offered.body);
        };

        offer(&[&technician]).await;
        offer(&[&technician, &other]).await;
        let told = (inbox(&node, &token).await, inbox(&node, &of_other).await);
        let taken = node.post(&token, &format!("{path}/take"), &json!({})).await;
        assert_eq!(taken.status, StatusCode::OK, "{}", taken.body);

        assert_eq!(told.0, ["tech@example.com may take service order 1."]);
        assert_eq!(told.1, ["other@example.com may take service order 1."]);
        let after = inbox(&node, &token).await;
        assert_eq!(after[0], "tech@example.com was assigned to service order 1.", "{after:?}");
        assert_eq!(after.len(), 2);
        assert_eq!(inbox(&node, &of_other).await.len(), 1);
        assert!(inbox(&node, &of_late).await.is_empty(), "{late}");
    }
}

#[tokio::test]
async fn what_a_person_turned_off_does_not_come() {
    for (node, admin, _database) in each_node().await {
        let (technician, token) = node.add_user(&admin, "tech@example.com", "technician").await;
        let off = json!({ "turned_off": [{ "event": "order.assigned", "channel": "inbox" }] });
        let before = node.get(&token, "/v1/notification-preferences").await;

        let saved =
            node.put(&token, "/v1/notification-preferences", &before.etag.clone().unwrap(), &off).await;
        let stale = node.put(&token, "/v1/notification-preferences", &before.etag.unwrap(), &off).await;
        assigned_order(&node, &admin, &technician, &json!({ "name": "Padaria" })).await;

        assert_eq!(saved.status, StatusCode::OK, "{}", saved.body);
        assert_eq!(stale.status, StatusCode::CONFLICT);
        assert!(inbox(&node, &token).await.is_empty());
    }
}

#[tokio::test]
async fn the_matrix_says_who_is_told_and_only_admins_write_it() {
    for (node, admin, _database) in each_node().await {
        let (_, dispatcher) = node.add_user(&admin, "disp@example.com", "dispatcher").await;
        let path = "/v1/notification-settings";
        let before = node.get(&dispatcher, path).await;
        let rule = |audience: &str, channel: &str| json!({ "rules": [{ "event": "order.created", "audience": audience, "channels": [channel] }] });
        let etag = before.etag.unwrap();

        let forbidden = node.put(&dispatcher, path, &etag, &rule("dispatchers", "inbox")).await;
        let impossible = node.put(&admin.token, path, &etag, &rule("customer", "inbox")).await;
        let saved = node.put(&admin.token, path, &etag, &rule("dispatchers", "inbox")).await;
        node.post(&admin.token, "/v1/orders", &json!({ "reason": "hums" })).await;

        assert_eq!(forbidden.status, StatusCode::FORBIDDEN);
        assert_eq!(impossible.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(saved.status, StatusCode::OK, "{}", saved.body);
        assert_eq!(inbox(&node, &dispatcher).await, ["Service order 1 was created."]);
        assert!(inbox(&node, &admin.token).await.is_empty());
    }
}

#[tokio::test]
async fn an_alert_of_a_record_is_told_once_for_each_stage() {
    for (node, admin, _database) in each_node().await {
        let (_, dispatcher) = node.add_user(&admin, "disp@example.com", "dispatcher").await;
        let record = RecordId::from_bytes([5; 16]);
        let now = node.clock.now();
        for stage in ["30 days", "30 days", "7 days"] {
            let event = Event::record_expiring(record, "Certificate NR-10", "2027-02-01", stage, now);
            let mut tx = node.app.store.begin_write(admin.organization).await.unwrap();
            events::announce(&mut tx, vec![event]).await.unwrap();
            tx.commit().await.unwrap();
        }

        let told = inbox(&node, &dispatcher).await;

        assert_eq!(told, ["Certificate NR-10 expires on 2027-02-01."; 2]);
    }
}

#[tokio::test]
async fn a_job_that_was_given_up_is_told_to_admins_who_let_it_run_again() {
    for (node, admin, _database) in each_node().await {
        let unknown = NewJobRow {
            id: [9; 16],
            kind: "tomorrow",
            lane: "house",
            payload: "{}".to_owned(),
            cause: "test".to_owned(),
            run_at: node.clock.now(),
        };
        let mut tx = node.app.store.begin_write(admin.organization).await.unwrap();
        job_rows::insert(&mut tx, &[unknown]).await.unwrap();
        tx.commit().await.unwrap();
        for _ in 0..12 {
            run_due_jobs(&node.app).await.unwrap();
            node.clock.advance_ms(6 * 3_600_000);
        }
        let token = text(&node.sign_in(&admin.email, super::support::PASSWORD).await.body["access_token"]);

        let told = inbox(&node, &token).await;

        assert_eq!(told, ["A task of the server was given up after many attempts: tomorrow."]);
        let jobs = node.get(&token, "/v1/jobs?state=dead").await;
        let row = &jobs.body["rows"][0];
        assert_eq!(
            (row["attempts"].as_i64(), row["state"].as_str()),
            (Some(12), Some("dead")),
            "{}",
            jobs.body
        );
        assert!(row["last_error"].as_str().unwrap().contains("unknown kind"), "{row}");
        let retry = format!("/v1/jobs/{}/retry", text(&row["id"]));
        let retried = node.post(&token, &retry, &json!({})).await;
        let again = node.post(&token, &retry, &json!({})).await;
        assert_eq!(
            (retried.status, again.status),
            (StatusCode::NO_CONTENT, StatusCode::UNPROCESSABLE_ENTITY)
        );
        let (_, dispatcher) = node.add_user_with(&token, "disp@example.com", "dispatcher").await;
        assert_eq!(node.get(&dispatcher, "/v1/jobs").await.status, StatusCode::FORBIDDEN);
    }
}

#[tokio::test]
async fn a_link_opens_whatsapp_with_the_message_and_the_log_says_no_more_than_opened() {
    for (node, admin, _database) in each_node().await {
        let (technician, token) = node.add_user(&admin, "tech@example.com", "technician").await;
        let (_, other) = node.add_user(&admin, "other@example.com", "technician").await;
        let customer = json!({ "name": "João", "phone": "+55 (11) 98765-4321", "language": "pt-BR" });
        let order = assigned_order(&node, &admin, &technician, &customer).await;
        let path = format!("/v1/orders/{order}/whatsapp-link?message=on_the_way");

        let link = node.get(&token, &path).await;
        let opened = node
            .post(&token, &format!("/v1/orders/{order}/whatsapp-opened"), &json!({ "message": "on_the_way" }))
            .await;

        assert_eq!(link.status, StatusCode::OK, "{}", link.body);
        assert_eq!(
            link.body["text"],
            "Olá, João, aqui é da Boa Vista. Nosso técnico está a caminho para a ordem de serviço 1."
        );
        let url = text(&link.body["url"]);
        assert!(
            url.starts_with("https://wa.me/5511987654321?text=Ol%C3%A1%2C%20Jo%C3%A3o%2C%20aqui"),
            "{url}"
        );
        assert_eq!((opened.status, &opened.body["state"]), (StatusCode::CREATED, &json!("opened")));
        let log = node.get(&admin.token, &format!("/v1/orders/{order}/messages")).await;
        assert_eq!(log.body["rows"].as_array().unwrap().len(), 1, "{}", log.body);
        assert_eq!(node.get(&other, &path).await.status, StatusCode::NOT_FOUND);
    }
}
