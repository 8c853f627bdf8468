//! Workflows, checklist templates and order kinds: published by the office, judged whole, never changed afterwards.

use serde_json::{Value, json};

use super::support::{Admin, TestNode, each_node, text};

async fn starter(node: &TestNode, admin: &Admin, id: &str) -> Value {
    let starters = node.get(&admin.token, "/v1/workflows/starters").await;
    let rows = starters.body["rows"].as_array().unwrap();
    rows.iter().find(|row| row["id"] == json!(id)).unwrap().clone()
}

fn template(questions: &Value) -> Value {
    json!({ "template": { "id": "visit", "name": { "en": "Visit" }, "questions": questions } })
}

#[tokio::test]
async fn a_starter_is_published_as_a_version_of_ones_own_and_only_by_admins() {
    for (node, admin, _database) in each_node().await {
        let (_, dispatcher) = node.add_user(&admin, "duda@example.com", "dispatcher").await;
        let body = json!({ "workflow": starter(&node, &admin, "optical-shop").await });

        let refused = node.post(&dispatcher, "/v1/workflows", &body).await;
        let first = node.post(&admin.token, "/v1/workflows", &body).await;
        let second = node.post(&admin.token, "/v1/workflows", &body).await;
        let ours = json!({ "workflow": starter(&node, &admin, "workshop").await });
        let beyond_ours = node.post(&admin.token, "/v1/workflows", &ours).await;
        let one = format!("/v1/workflows/{}", text(&first.body["id"]));
        let changed = node.put(&admin.token, &one, "\"1\"", &body).await;
        let retired = node.delete(&admin.token, &one, "\"1\"").await;

        assert_eq!(refused.code(), "role_forbidden");
        for (published, version) in [(&first, 1), (&second, 2), (&beyond_ours, 2)] {
            assert_eq!(
                (published.status.as_u16(), &published.body["workflow"]["version"]),
                (201, &json!(version))
            );
        }
        assert_eq!((changed.status.as_u16(), changed.code()), (405, "method_not_allowed"));
        assert_eq!((retired.status.as_u16(), &retired.body["archived"]), (200, &json!(true)));
    }
}

#[tokio::test]
async fn every_problem_of_a_workflow_is_named_with_its_place_and_nothing_is_saved() {
    for (node, admin, _database) in each_node().await {
        let mut workflow = starter(&node, &admin, "internal").await;
        workflow["states"][1]["rank"] = workflow["states"][0]["rank"].clone();
        workflow["transitions"][0]["to"] = json!("nowhere");
        workflow["transitions"][1]["guards"] = json!(["checklist_compleet"]);
        workflow["colour"] = json!("red");

        let refused = node.post(&admin.token, "/v1/workflows", &json!({ "workflow": workflow })).await;

        assert_eq!((refused.status.as_u16(), &refused.body["field"]), (422, &json!("workflow")));
        assert_eq!(
            refused.body["problems"],
            json!([
                { "code": "unknown_word", "place": "colour" },
                { "code": "unknown_word", "place": "transitions[1].guards" },
                { "code": "duplicate_rank", "state": "created", "other": "scheduled" },
                { "code": "transition_end_missing", "from": "created", "to": "nowhere", "missing": "nowhere" },
            ])
        );
        assert_eq!(node.get(&admin.token, "/v1/workflows").await.body["rows"], json!([]));
    }
}

#[tokio::test]
async fn a_template_that_cannot_be_answered_is_refused_question_by_question() {
    for (node, admin, _database) in each_node().await {
        let yes_no = json!({ "kind": "yes_no" });
        let bad = template(&json!([
            { "key": "a", "text": { "en": "A?" }, "answer": yes_no, "requird": true },
            { "key": "b", "text": { "en": "B?" }, "answer": yes_no, "when": { "question": "c", "is": ["yes"] } },
        ]));
        let good = template(&json!([{ "key": "a", "text": { "en": "A?" }, "answer": yes_no }]));

        let refused = node.post(&admin.token, "/v1/checklist-templates", &bad).await;
        let first = node.post(&admin.token, "/v1/checklist-templates", &good).await;
        let second = node.post(&admin.token, "/v1/checklist-templates", &good).await;

        assert_eq!(
            refused.body["problems"],
            json!([
                { "code": "unknown_word", "place": "questions[0].requird" },
                { "code": "condition_unknown", "question": "b", "names": "c" },
            ])
        );
        let versions = [&first, &second].map(|answer| answer.body["template"]["version"].clone());
        assert_eq!(versions, [json!(1), json!(2)]);
    }
}

#[tokio::test]
async fn a_kind_names_what_exists_and_a_retired_one_begins_no_order() {
    for (node, admin, _database) in each_node().await {
        let kind =
            |workflow: &str| json!({ "key": "repair", "name": { "en": "Repair" }, "workflow": workflow });
        for (body, field) in [
            (kind("repair@1"), "workflow"),
            (json!({ "key": "Re pair", "name": { "en": "Repair" } }), "key"),
            (json!({ "key": "repair", "name": { "en": "Repair" }, "checklist": "x@1" }), "checklist"),
            (json!({ "key": "repair", "name": { "en": "Repair" }, "colour": "red" }), "body"),
        ] {
            let refused = node.post(&admin.token, "/v1/order-kinds", &body).await;
            assert_eq!(
                (refused.status.as_u16(), refused.body["field"].as_str()),
                (422, Some(field)),
                "{body}"
            );
        }

        let made = node.post(&admin.token, "/v1/order-kinds", &kind("workshop@1")).await;
        let order = node.post(&admin.token, "/v1/orders", &json!({ "kind": "repair" })).await;
        let one = format!("/v1/order-kinds/{}", text(&made.body["id"]));
        let retired = node.delete(&admin.token, &one, "\"1\"").await;
        let late = node.post(&admin.token, "/v1/orders", &json!({ "kind": "repair" })).await;
        let word = node.post(&admin.token, "/v1/orders", &json!({ "kind": "a word" })).await;

        assert_eq!((order.status.as_u16(), &order.body["status"]["state"]), (201, &json!("received")));
        assert_eq!(retired.status.as_u16(), 200);
        assert_eq!((late.status.as_u16(), word.status.as_u16()), (422, 201), "{}", late.body);
        assert_eq!(node.get(&admin.token, &one).await.body["name"]["en"], json!("Repair"));
    }
}
