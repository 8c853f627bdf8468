//! Orders on paper over HTTP: who may print what, and which templates are stored. Never judges how a page looks.

use std::collections::BTreeMap;

use campo::clock::Clock;
use harness::databases::{TestDatabase, each_database};
use harness::process::campo_binary;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::support::{Admin, Answer, START, TestNode, config, start_with, text};

const TEMPLATE: &str = "/v1/document-templates/service-order";

/// Nodes that start the real program for what they do not do themselves.
pub async fn each_printing_node() -> Vec<(TestNode, Admin, TestDatabase)> {
    let mut nodes = Vec::new();
    for database in each_database() {
        nodes.push(printing_node(database).await);
    }
    nodes
}

async fn printing_node(database: TestDatabase) -> (TestNode, Admin, TestDatabase) {
    let mut config = config(&database);
    config.worker_program = Some(campo_binary().to_owned());
    let node = start_with(config, Clock::held_at(START)).await;
    let admin = node.set_up("ana@example.com").await;
    (node, admin, database)
}

/// What was answered to a request for paper.
struct Printed {
    status: StatusCode,
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

async fn print(node: &TestNode, token: &str, order: &Answer, query: &str) -> Printed {
    let path = format!("/v1/orders/{}/document.pdf{query}", text(&order.body["id"]));
    let response = node.request(Method::GET, &path).bearer_auth(token).send().await.unwrap();
    let headers = response.headers().iter();
    let headers =
        headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
    Printed { status: response.status(), headers, body: response.bytes().await.unwrap().to_vec() }
}

async fn new_order(node: &TestNode, admin: &Admin) -> Answer {
    let order = node.post(&admin.token, "/v1/orders", &json!({ "reason": "Ar não gela" })).await;
    assert_eq!(order.status, StatusCode::CREATED, "{}", order.body);
    order
}

async fn save(node: &TestNode, token: &str, etag: &str, source: &str) -> Answer {
    node.put(token, TEMPLATE, etag, &json!({ "source": source })).await
}

#[tokio::test]
async fn the_office_and_the_orders_technicians_print_it_and_nobody_else() {
    for (node, admin, _database) in each_printing_node().await {
        let (technician, token) = node.add_user(&admin, "tech@example.com", "technician").await;
        let (_, colleague) = node.add_user(&admin, "other@example.com", "technician").await;
        let stranger = node.set_up_another("other@example.org").await;
        let order = new_order(&node, &admin).await;
        let assign = format!("/v1/orders/{}/assign", text(&order.body["id"]));
        node.post(&admin.token, &assign, &json!({ "technician": technician })).await;

        let office = print(&node, &admin.token, &order, "?copy=company&style=compact&locale=ro").await;
        let technicians = print(&node, &token, &order, "?copy=company&style=compact&locale=ro").await;

        assert_eq!(
            (office.status, office.headers["content-type"].as_str()),
            (StatusCode::OK, "application/pdf")
        );
        assert!(office.headers["content-disposition"].starts_with("inline; filename=\""));
        assert!(office.body.starts_with(b"%PDF-") && office.body == technicians.body);
        for token in [&colleague, &stranger.token] {
            assert_eq!(print(&node, token, &order, "").await.status, StatusCode::NOT_FOUND);
        }
        for query in ["?copy=both", "?style=loud", "?locale=de"] {
            let refused = print(&node, &admin.token, &order, query).await;
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{query}");
        }
    }
}

#[tokio::test]
async fn the_same_order_gives_the_same_paper_and_its_equipment_is_on_it() {
    for (node, admin, _database) in each_printing_node().await {
        let customer = node.post(&admin.token, "/v1/customers", &json!({ "name": "Hospital" })).await;
        let chiller = json!({ "customer_id": customer.body["id"], "name": "Chiller 2", "serial": "4419" });
        let chiller = node.post(&admin.token, "/v1/equipment", &chiller).await;
        let order = new_order(&node, &admin).await;
        // The paper is of this equipment and of nothing else.
        save(&node, &admin.token, "\"0\"", "#for it in sys.inputs.equipment [#it.name, #it.details]").await;

        let without = print(&node, &admin.token, &order, "").await;
        let again = print(&node, &admin.token, &order, "").await;
        let include =
            json!({ "command": "set_equipment", "equipment": chiller.body["id"], "is_included": true });
        let commands = format!("/v1/orders/{}/commands", text(&order.body["id"]));
        let included = node.post(&admin.token, &commands, &include).await;
        let with = print(&node, &admin.token, &order, "").await;

        assert_eq!(included.status, StatusCode::OK, "{}", included.body);
        assert_eq!((without.status, with.status), (StatusCode::OK, StatusCode::OK));
        assert!(without.body == again.body, "the same bytes");
        assert!(!without.body.windows(5).any(|part| part == b"/Font"), "nothing is on it");
        assert!(with.body.windows(5).any(|part| part == b"/Font"), "something is written on it");
        assert!(!with.headers.contains_key("campo-template-failed"), "{:?}", with.headers);
    }
}

#[tokio::test]
async fn a_template_of_ones_own_is_used_until_it_is_taken_back() {
    for (node, admin, _database) in each_printing_node().await {
        let order = new_order(&node, &admin).await;
        let ours = print(&node, &admin.token, &order, "").await;

        let saved = save(&node, &admin.token, "\"0\"", "= #sys.inputs.title").await;
        let own = print(&node, &admin.token, &order, "").await;
        let stale = save(&node, &admin.token, "\"0\"", "= Late").await;
        let deleted = node.delete(&admin.token, TEMPLATE, "\"1\"").await;
        let again = print(&node, &admin.token, &order, "").await;

        assert_eq!(saved.status, StatusCode::OK, "{}", saved.body);
        assert_eq!((&saved.body["is_own"], saved.etag.as_deref()), (&json!(true), Some("\"1\"")));
        assert_eq!((stale.status.as_u16(), stale.code()), (409, "stale"));
        assert_eq!(deleted.status, StatusCode::NO_CONTENT);
        assert!(own.body.starts_with(b"%PDF-") && own.body != ours.body);
        assert!(again.body == ours.body);
    }
}

#[tokio::test]
async fn a_template_with_a_mistake_is_told_by_line_and_not_stored() {
    for (node, admin, _database) in each_printing_node().await {
        let (_, dispatcher) = node.add_user(&admin, "disp@example.com", "dispatcher").await;

        let syntax = save(&node, &admin.token, "\"0\"", "= Hello\n#let x = (1,").await;
        let field = save(&node, &admin.token, "\"0\"", "= Hello\n\n#sys.inputs.order.numbr").await;
        let file = save(&node, &admin.token, "\"0\"", "#read(\"/etc/passwd\")").await;
        let forbidden = save(&node, &dispatcher, "\"0\"", "= Hello").await;
        let unknown = node.get(&admin.token, "/v1/document-templates/receipt").await;

        for (refused, line) in [(&syntax, 2), (&field, 3), (&file, 1)] {
            assert_eq!((refused.status.as_u16(), refused.code()), (422, "invalid"), "{}", refused.body);
            assert_eq!(
                (&refused.body["field"], &refused.body["problems"][0]["line"]),
                (&json!("source"), &json!(line))
            );
            assert!(refused.body["problems"][0]["message"].is_string());
        }
        assert_eq!(forbidden.status, StatusCode::FORBIDDEN);
        assert_eq!(unknown.status, StatusCode::NOT_FOUND);
        assert_eq!(node.get(&admin.token, TEMPLATE).await.body["is_own"], json!(false));
    }
}

#[tokio::test]
async fn a_template_that_never_ends_or_eats_memory_is_refused_and_the_server_goes_on() {
    let database = each_database().into_iter().next().unwrap();
    let (node, admin, _database) = printing_node(database).await;
    let order = new_order(&node, &admin).await;
    let endless =
        "#for a in range(9999) { for b in range(9999) { for c in range(9999) { let x = a * b * c } } }";
    let greedy = "#let x = \"0123456789abcdef\"\n#for i in range(40) { x = x + x }\n#x";

    let (slow, large) =
        tokio::join!(save(&node, &admin.token, "\"0\"", endless), save(&node, &admin.token, "\"0\"", greedy));

    for (refused, why) in [(&slow, "too long"), (&large, "too much memory")] {
        assert_eq!((refused.status.as_u16(), refused.code()), (422, "invalid"), "{}", refused.body);
        let message = text(&refused.body["problems"][0]["message"]);
        assert!(message.contains(why), "{message}");
        assert_eq!(refused.body["problems"][0]["line"], Value::Null);
    }
    assert_eq!(print(&node, &admin.token, &order, "").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_question_is_printed_in_its_words_and_a_kind_by_its_name() {
    for (node, admin, _database) in each_printing_node().await {
        let question = json!({ "key": "runs", "text": { "en": "Does it run?", "pt-BR": "Funciona?" },
            "answer": { "kind": "yes_no" } });
        let template =
            json!({ "template": { "id": "bench", "name": { "en": "Bench" }, "questions": [question] } });
        node.post(&admin.token, "/v1/checklist-templates", &template).await;
        let kind =
            json!({ "key": "repair", "name": { "en": "Repair", "pt-BR": "Reparo" }, "checklist": "bench@1" });
        node.post(&admin.token, "/v1/order-kinds", &kind).await;
        let order = node.post(&admin.token, "/v1/orders", &json!({ "kind": "repair" })).await;
        let commands = format!("/v1/orders/{}/commands", text(&order.body["id"]));
        let answer = json!({ "command": "answer_question", "question": "runs", "answer": { "kind": "yes" } });
        node.post(&admin.token, &commands, &answer).await;
        // Something is written exactly when the words are there.
        let source = "#if sys.inputs.order.kind == \"Reparo\" [#for it in sys.inputs.checklist [#if it.question == \"Funciona?\" [yes]]]";
        let saved = save(&node, &admin.token, "\"0\"", source).await;

        let portuguese = print(&node, &admin.token, &order, "?locale=pt-BR").await;
        let english = print(&node, &admin.token, &order, "?locale=en").await;

        assert_eq!(saved.status, StatusCode::OK, "{}", saved.body);
        let has_text = |printed: &Printed| printed.body.windows(5).any(|part| part == b"/Font");
        assert_eq!((has_text(&portuguese), has_text(&english)), (true, false));
    }
}
