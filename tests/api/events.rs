//! What happens is told once, whoever brings it and by whichever way. Never where nobody listens.

use campo::jobs::run_due_jobs;
use harness::receiver::Receiver;
use serde_json::{Value, json};
use sync_core::ids::{EntryId, OrderId};
use sync_core::order::OrderCommand;
use sync_core::order::command::VisitStamp;
use sync_core::workflow::Role;

use super::support::{Admin, TestNode, each_node, text};
use crate::store::phone::Phone;

async fn listen(node: &TestNode, admin: &Admin, receiver: &Receiver) {
    let hook = node.post(&admin.token, "/v1/webhooks", &json!({ "url": receiver.url() })).await;
    assert_eq!(hook.status.as_u16(), 201, "{}", hook.body);
}

/// The types of what came, in order.
async fn told(node: &TestNode, receiver: &mut Receiver) -> Vec<String> {
    run_due_jobs(&node.app).await.unwrap();
    std::iter::from_fn(|| receiver.waiting())
        .map(|received| text(&serde_json::from_str::<Value>(&received.body).unwrap()["type"]))
        .collect()
}

#[tokio::test]
async fn the_course_of_an_order_is_told_step_by_step() {
    for (node, admin, _database) in each_node().await {
        let mut receiver = Receiver::answering(200).await;
        let (technician, _) = node.add_user(&admin, "tech@example.com", "technician").await;
        listen(&node, &admin, &receiver).await;
        let customer = node.post(&admin.token, "/v1/customers", &json!({ "name": "Padaria" })).await;
        let order = json!({ "reason": "hums", "customer": customer.body["id"] });
        let order = text(&node.post(&admin.token, "/v1/orders", &order).await.body["id"]);
        let window = json!({ "start": 1_800_000_000_000_i64, "end": 1_800_003_600_000_i64 });
        for (verb, body) in [
            ("assign", json!({ "technician": technician })),
            ("schedule", json!({ "window": window })),
            ("schedule", json!({ "window": window })),
            ("notes", json!({ "text": "bring a ladder" })),
            ("status", json!({ "to": "scheduled" })),
            ("cancel", json!({ "reason": "not needed" })),
        ] {
            let done = node.post(&admin.token, &format!("/v1/orders/{order}/{verb}"), &body).await;
            assert_eq!(done.status.as_u16(), 200, "{}", done.body);
        }

        let told = told(&node, &mut receiver).await;

        assert_eq!(
            told,
            [
                "customer.created",
                "order.created",
                "order.assigned",
                "order.scheduled",
                "order.status_changed",
                "order.status_changed",
                "order.cancelled"
            ]
        );
    }
}

#[tokio::test]
async fn what_a_phone_brings_is_told_once_however_often_it_comes() {
    for (node, admin, _database) in each_node().await {
        let mut receiver = Receiver::answering(200).await;
        listen(&node, &admin, &receiver).await;
        let order = OrderId::from_bytes([7; 16]);
        let mut ana = Phone::new(admin.organization, 2, Role::Technician, 102);
        ana.create(order, &[2]);
        let visit = EntryId::from_bytes([3; 16]);
        let stamp = EntryId::from_bytes([4; 16]);
        let check_in =
            OrderCommand::CheckIn(VisitStamp { visit, stamp, position: None, reason: None, then: None });
        ana.command(order, &check_in);
        let again = ana.unsent.clone();

        ana.sync(&node.app.orders).await;
        let first = told(&node, &mut receiver).await;
        ana.unsent = again;
        ana.sync(&node.app.orders).await;
        let second = told(&node, &mut receiver).await;

        assert_eq!(first, ["order.created", "order.assigned", "visit.checked_in"]);
        assert!(second.is_empty(), "{second:?}");
    }
}

#[tokio::test]
async fn where_nobody_listens_nothing_is_written() {
    for (node, admin, _database) in each_node().await {
        let mut ana = Phone::new(admin.organization, 2, Role::Dispatcher, 102);
        let order = OrderId::from_bytes([7; 16]);
        ana.create(order, &[]);
        ana.note(order, 1);

        ana.sync(&node.app.orders).await;

        assert_eq!(run_due_jobs(&node.app).await.unwrap(), 0);
    }
}

#[tokio::test]
async fn who_begins_to_listen_on_one_node_is_heard_by_the_next_push_on_another() {
    for (node, admin, database) in each_node().await {
        let other = super::support::start(&database).await;
        let mut receiver = Receiver::answering(200).await;
        let mut ana = Phone::new(admin.organization, 2, Role::Dispatcher, 102);
        ana.create(OrderId::from_bytes([7; 16]), &[]);
        ana.sync(&other.app.orders).await;
        listen(&node, &admin, &receiver).await;
        ana.create(OrderId::from_bytes([8; 16]), &[]);

        ana.sync(&other.app.orders).await;

        assert_eq!(told(&node, &mut receiver).await, ["order.created"]);
    }
}
