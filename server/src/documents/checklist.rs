//! The answers of an order in the words of its checklist, in the order they were asked. Never hides an answer it cannot place.

use std::collections::BTreeMap;

use campo_documents::data;
use sync_core::checklist::{AnswerKind, ChecklistTemplate, question_of_key};
use sync_core::ids::RecordId;
use sync_core::order::entry::{Answer, AnswerValue};
use sync_core::order::{Order, Workflows};

use crate::documents::moments::moment;
use crate::documents::people::People;
use crate::messages::Language;
use crate::reference::{EquipmentFields, ReferenceFields};
use crate::store::{Result, Tx};

pub async fn checklist(
    tx: &mut Tx,
    order: &Order,
    workflows: &Workflows,
    (people, language): (&People, Language),
) -> Result<Vec<data::Answer>> {
    let template = order.plan.checklist.as_ref().and_then(|reference| workflows.checklist(reference));
    let Some(template) = template else {
        return Ok(order
            .checklist
            .iter()
            .map(|(key, answer)| told(key.clone(), None, answer, people))
            .collect());
    };
    let names = equipment_names(tx, order).await?;
    let mut placed: Vec<_> =
        order.checklist.iter().map(|(key, answer)| (place(template, key), key, answer)).collect();
    placed.sort_by(|one, other| (one.0, one.1).cmp(&(other.0, other.1)));
    let told = placed.into_iter().map(|(_, key, answer)| {
        let Some((question, equipment)) = question_of_key(template, key) else {
            return told(key.clone(), None, answer, people);
        };
        let words = question.text.in_language(language.as_str());
        let words = match equipment {
            Some(id) => format!("{} – {words}", names.get(&id).map_or("?", String::as_str)),
            None => words.to_owned(),
        };
        told(words, Some((&question.answer, language)), answer, people)
    });
    Ok(told.collect())
}

/// Where a question stands; what the template does not ask comes last.
fn place(template: &ChecklistTemplate, key: &str) -> usize {
    let asked = question_of_key(template, key).map(|(question, _)| &question.key);
    template.questions.iter().position(|question| Some(&question.key) == asked).unwrap_or(usize::MAX)
}

fn told(
    question: String,
    kind: Option<(&AnswerKind, Language)>,
    answer: &Answer,
    people: &People,
) -> data::Answer {
    let chosen = |key: &str| {
        kind.and_then(|(kind, language)| kind.choice_name(key, language.as_str())).unwrap_or(key).to_owned()
    };
    let value = match answer.value.clone() {
        AnswerValue::Yes => data::AnswerValue::Yes,
        AnswerValue::No => data::AnswerValue::No,
        AnswerValue::NotApplicable => data::AnswerValue::NotApplicable,
        AnswerValue::Number { value, unit } => {
            data::AnswerValue::Number { value, unit: unit.unwrap_or_default() }
        }
        AnswerValue::Choice { value } => data::AnswerValue::Text { value: chosen(&value) },
        AnswerValue::Text { value } => data::AnswerValue::Text { value },
        AnswerValue::Photo { .. } => data::AnswerValue::Photo,
        AnswerValue::Signature { .. } => data::AnswerValue::Signature,
    };
    data::Answer { question, value, by: people.name(answer.by), at: moment(&answer.at) }
}

async fn equipment_names(tx: &mut Tx, order: &Order) -> Result<BTreeMap<RecordId, String>> {
    let mut names = BTreeMap::new();
    for id in &order.plan.equipment {
        if let Some(record) = EquipmentFields::get(tx, *id).await? {
            names.insert(*id, record.fields.name);
        }
    }
    Ok(names)
}
