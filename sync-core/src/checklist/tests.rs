//! What a checklist asks and when it is complete. Never how answers travel.

use serde_json::{Value, json};

use super::{ChecklistProblem, ChecklistTemplate, unanswered, validate};
use crate::document::OrderDocument;
use crate::ids::{EntryId, RecordId, UserId};
use crate::order::entry::{Answer, AnswerValue};
use crate::order::{Order, Workflows};
use crate::time::{TimeClaim, Timestamp};

const CHILLER: RecordId = RecordId::from_bytes([1; 16]);
const PUMP: RecordId = RecordId::from_bytes([2; 16]);

fn template(questions: Value) -> ChecklistTemplate {
    let name = json!({ "en": "Visit" });
    serde_json::from_value(json!({ "id": "visit", "version": 1, "name": name, "questions": questions }))
        .unwrap()
}

fn question(key: &str, answer: Value, more: Value) -> Value {
    let mut question = json!({ "key": key, "text": { "en": key }, "answer": answer, "required": true });
    question.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    question
}

fn yes_no(key: &str, more: Value) -> Value {
    question(key, json!({ "kind": "yes_no" }), more)
}

fn order(answers: &[(&str, AnswerValue)]) -> Order {
    let (mut order, _) = Order::read(&OrderDocument::new(), &Workflows::default());
    order.plan.equipment = [CHILLER, PUMP].into();
    for (key, value) in answers {
        let at = TimeClaim::by_server(Timestamp(1));
        let answer = Answer { value: value.clone(), by: UserId::from_bytes([3; 16]), at };
        order.checklist.insert((*key).to_owned(), answer);
    }
    order
}

#[test]
fn a_question_is_asked_when_its_condition_holds_and_once_for_each_piece_of_equipment() {
    let template = template(json!([
        yes_no("leak", json!({})),
        question(
            "where",
            json!({ "kind": "text" }),
            json!({ "when": { "question": "leak", "is": ["yes"] } })
        ),
        yes_no("runs", json!({ "per_equipment": true })),
        question(
            "noise",
            json!({ "kind": "choice", "choices": [{ "key": "low", "name": { "en": "Low" } }] }),
            json!({ "per_equipment": true, "when": { "question": "runs", "is": ["no"] } }),
        ),
    ]));
    assert_eq!(validate(&template), Ok(()));
    let (runs, noise) = (format!("runs@{CHILLER}"), format!("noise@{CHILLER}"));
    let other = format!("runs@{PUMP}");

    let open = |answers: &[(&str, AnswerValue)]| unanswered(&template, &order(answers));

    assert_eq!(open(&[]), ["leak", &runs, &other]);
    assert_eq!(open(&[("leak", AnswerValue::Yes)]), ["where", &runs, &other]);
    let answers = [("leak", AnswerValue::No), (runs.as_str(), AnswerValue::No), (&other, AnswerValue::Yes)];
    assert_eq!(open(&answers), [noise.as_str()]);
    let low = AnswerValue::Choice { value: "low".to_owned() };
    let loud = AnswerValue::Choice { value: "loud".to_owned() };
    assert_eq!(open(&[&answers[..], &[(noise.as_str(), loud)]].concat()), [noise.as_str()]);
    assert_eq!(open(&[&answers[..], &[(noise.as_str(), low)]].concat()), [""; 0]);
}

#[test]
fn a_photo_counts_only_when_the_order_has_it() {
    let template = template(json!([question("plate", json!({ "kind": "photo" }), json!({}))]));
    let missing = AnswerValue::Photo { photo: EntryId::from_bytes([9; 16]) };

    assert_eq!(unanswered(&template, &order(&[("plate", missing)])), ["plate"]);
    assert_eq!(unanswered(&template, &order(&[("plate", AnswerValue::NotApplicable)])), [""; 0]);
}

#[test]
fn a_number_beyond_its_limits_is_an_answer_that_is_marked() {
    let kind = json!({ "kind": "number", "unit": "bar", "min": "1.5", "max": "3" });
    let template = template(json!([question("pressure", kind, json!({}))]));
    let number = |value: &str| AnswerValue::Number { value: value.to_owned(), unit: None };

    for (value, is_beyond) in [("1.5", false), ("3.00", false), ("3.01", true), ("-2", true)] {
        assert_eq!(template.questions[0].answer.is_beyond_limits(&number(value)), is_beyond, "{value}");
        assert_eq!(unanswered(&template, &order(&[("pressure", number(value))])), [""; 0]);
    }
}

#[test]
fn every_problem_is_named_with_its_question() {
    let named = |question: &str| question.to_owned();
    let template = template(json!([
        yes_no("a", json!({})),
        yes_no("a", json!({ "when": { "question": "later", "is": ["yes"] } })),
        question("b", json!({ "kind": "number", "min": "5", "max": "4" }), json!({})),
        question("c", json!({ "kind": "choice", "choices": [] }), json!({})),
        yes_no("later", json!({ "when": { "question": "a", "is": ["maybe"] } })),
        yes_no("D!", json!({ "text": { "en": " " } })),
    ]));

    let problems = validate(&template).unwrap_err();

    assert_eq!(
        problems,
        [
            ChecklistProblem::DuplicateQuestion { question: named("a") },
            ChecklistProblem::ConditionUnknown { question: named("a"), names: named("later") },
            ChecklistProblem::LimitsMalformed { question: named("b") },
            ChecklistProblem::ChoiceCount { question: named("c") },
            ChecklistProblem::ConditionImpossible { question: named("later"), answer: named("maybe") },
            ChecklistProblem::KeyMalformed { key: named("D!") },
            ChecklistProblem::NameMalformed { question: Some(named("D!")) },
        ]
    );
}
