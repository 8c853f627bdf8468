//! An organization's own workflow and checklist, worked through by the real client without a network. Never a built-in one.

use campo::projection::rebuild::{RebuildMode, rebuild_all};
use harness::databases::{DatabaseKind, each_database};
use harness::phone::NOWHERE;
use harness::temp::TemporaryDirectory;
use mobile_ffi::{Client, ClientError, fresh_id};
use reqwest::Method;
use serde_json::{Value, json};
use sync_core::ids::{EntryId, OrderId};
use sync_core::order::OrderCommand;
use sync_core::order::command::NewOrder;
use sync_core::order::entry::AnswerValue;
use sync_core::workflow::{StateKey, StatusCategory};

use super::phones_and_server::{Office, config_asked_only, start};

fn repair(states: &[(&str, &str)]) -> Value {
    let named = |(index, (key, category)): (usize, &(&str, &str))| json!({ "key": key, "name": { "en": key }, "category": category, "rank": index * 10 });
    let step = |pair: &[(&str, &str)]| {
        let guards = if pair[1].0 == "tested" { json!(["checklist_complete"]) } else { json!([]) };
        json!({ "from": pair[0].0, "to": pair[1].0, "roles": ["admin", "technician"], "guards": guards })
    };
    json!({ "workflow": {
        "id": "repair",
        "name": { "en": "Repair" },
        "initial": states[0].0,
        "states": states.iter().enumerate().map(named).collect::<Vec<_>>(),
        "transitions": states.windows(2).map(step).collect::<Vec<_>>(),
    } })
}

fn template() -> Value {
    json!({ "template": {
        "id": "bench",
        "name": { "en": "Bench test" },
        "questions": [
            { "key": "runs", "text": { "en": "Does it run?" }, "answer": { "kind": "yes_no" }, "required": true },
            { "key": "why", "text": { "en": "Why not?" }, "answer": { "kind": "text" }, "required": true,
              "when": { "question": "runs", "is": ["no"] } },
        ],
    } })
}

fn kind(workflow: &str) -> Value {
    json!({ "key": "repair", "name": { "en": "Repair", "pt-BR": "Reparo" }, "workflow": workflow,
        "checklist": "bench@1", "priority": "high", "duration_minutes": 90 })
}

async fn new_order(office: &Office) -> (OrderId, Value) {
    let id = OrderId::from_bytes(fresh_id());
    let assignees = json!([{ "technician": office.technician, "role": "lead" }]);
    let body = json!({ "id": id, "kind": "repair", "reason": "no cooling", "assignees": assignees });
    (id, office.send(Method::POST, "/v1/orders", Some(body)).await)
}

fn step(to: &str) -> OrderCommand {
    OrderCommand::ChangeStatus { event: EntryId::from_bytes(fresh_id()), to: StateKey::new(to), reason: None }
}

fn answer(question: &str, answer: AnswerValue) -> OrderCommand {
    OrderCommand::AnswerQuestion { question: question.to_owned(), answer }
}

#[tokio::test]
async fn an_order_keeps_the_workflow_and_checklist_it_began_with_on_the_phone_and_on_every_node() {
    for database in each_database() {
        let office = Office::open(&database).await;
        // A node that has never read a definition of this organization.
        let other = match database.kind() {
            DatabaseKind::Postgres => Some(start(&database).await),
            DatabaseKind::Sqlite => None,
        };
        let elsewhere = other.as_ref().map_or(office.url.clone(), |(_, url, ..)| url.clone());
        let first =
            repair(&[("received", "new"), ("bench", "working"), ("tested", "done"), ("filed", "closed")]);
        office.send(Method::POST, "/v1/workflows", Some(first)).await;
        office.send(Method::POST, "/v1/checklist-templates", Some(template())).await;
        let made = office.send(Method::POST, "/v1/order-kinds", Some(kind("repair@1"))).await;
        let (order, begun) = new_order(&office).await;
        assert_eq!(
            (&begun["status"]["state"], &begun["plan"]["priority"]),
            (&json!("received"), &json!("high"))
        );

        let files = TemporaryDirectory::create("phone");
        office.phone(files.path()).await.sync_now().await.unwrap();
        let offline = Client::open(config_asked_only(files.path(), NOWHERE)).unwrap();
        offline.execute(order, step("bench")).await.unwrap();
        let too_early = offline.execute(order, step("tested")).await;
        offline.execute(order, answer("runs", AnswerValue::No)).await.unwrap();
        let unexplained = offline.order(order).await.unwrap().unwrap().order.unanswered;
        let text = AnswerValue::Text { value: "burnt".to_owned() };
        offline.execute(order, answer("why", text)).await.unwrap();
        offline.execute(order, step("tested")).await.unwrap();
        let in_field = OrderId::from_bytes(fresh_id());
        let new = NewOrder { kind: Some("repair".to_owned()), ..NewOrder::default() };
        offline.execute(in_field, OrderCommand::CreateOrder(Box::new(new))).await.unwrap();
        // Taken in first, and it names nothing that a node has to read.
        let plain = OrderId::from_bytes([0; 16]);
        offline.execute(plain, OrderCommand::CreateOrder(Box::default())).await.unwrap();
        drop(offline);

        assert!(
            matches!(&too_early, Err(ClientError::Rejected { code }) if code == "guards_unmet"),
            "{too_early:?}"
        );
        assert_eq!(unexplained, Some(vec!["why".to_owned()]));
        let second =
            repair(&[("desk", "new"), ("bench", "working"), ("tested", "done"), ("filed", "closed")]);
        let second = office.send(Method::POST, "/v1/workflows", Some(second)).await;
        assert_eq!(second["workflow"]["version"], json!(2));
        office
            .put(&format!("/v1/order-kinds/{}", made["id"].as_str().unwrap()), "\"1\"", &kind("repair@2"))
            .await;

        let online = Client::open(config_asked_only(files.path(), &elsewhere)).unwrap();
        online.sync_now().await.unwrap();
        let (_, newer) = new_order(&office).await;

        for (order, state) in [(order, "tested"), (in_field, "received")] {
            let on_phone = online.order(order).await.unwrap().unwrap().order;
            assert_eq!(on_phone.plan.workflow.as_deref(), Some("repair@1"));
            assert_eq!(on_phone.plan.checklist.as_deref(), Some("bench@1"));
            assert_eq!(on_phone.status.state, StateKey::new(state));
            let on_server = office.get(&format!("/v1/orders/{order}")).await;
            assert_eq!(on_server["status"]["state"], json!(state));
            assert_eq!(on_server["attention"], json!([]));
        }
        let worked = online.order(order).await.unwrap().unwrap().order;
        assert_eq!(worked.status.category, StatusCategory::Done);
        let pinned = (&newer["plan"]["workflow"], &newer["status"]["state"]);
        assert_eq!(pinned, (&json!("repair@2"), &json!("desk")));
        let store = office.app.store.clone();
        assert_eq!(rebuild_all(&store, RebuildMode::Check).await.unwrap().difference, None);
        if let Some((_, _, _, stopper)) = other {
            stopper.stop().await;
        }
        office.close().await;
    }
}
