//! Which questions an order is asked, and which it has not answered. Never looks at who answered.

use super::{AnswerKind, ChecklistTemplate, Condition, Question};
use crate::ids::RecordId;
use crate::order::Order;
use crate::order::entry::AnswerValue;

/// Between the key of a question and the equipment it is asked for.
const FOR_EQUIPMENT: char = '@';

/// One question as an order is asked it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked<'a> {
    /// Under which the answer is kept: the question's key, or `<key>@<equipment>`.
    pub key: String,
    /// The question.
    pub question: &'a Question,
    /// Which equipment it is asked for.
    pub equipment: Option<RecordId>,
}

/// The questions of a template that apply to an order as it stands, in their order.
pub fn asked<'a>(template: &'a ChecklistTemplate, order: &Order) -> Vec<Asked<'a>> {
    let mut all = Vec::new();
    for question in &template.questions {
        let targets: Vec<_> = match question.per_equipment {
            true => order.plan.equipment.iter().copied().map(Some).collect(),
            false => vec![None],
        };
        for equipment in targets {
            if question.when.as_ref().is_none_or(|condition| holds(condition, template, order, equipment)) {
                all.push(Asked { key: answer_key(question, equipment), question, equipment });
            }
        }
    }
    all
}

/// The keys of required questions that have no answer of their kind.
pub fn unanswered(template: &ChecklistTemplate, order: &Order) -> Vec<String> {
    let is_open = |asked: &Asked<'_>| {
        let answer = order.checklist.get(&asked.key).map(|answer| &answer.value);
        asked.question.required && !answer.is_some_and(|value| fits(&asked.question.answer, value, order))
    };
    asked(template, order).into_iter().filter(is_open).map(|asked| asked.key).collect()
}

/// The question an answer's key names, and the equipment it was asked for.
pub fn question_of_key<'a>(
    template: &'a ChecklistTemplate,
    key: &str,
) -> Option<(&'a Question, Option<RecordId>)> {
    match key.split_once(FOR_EQUIPMENT) {
        None => Some((template.question(key)?, None)),
        Some((key, equipment)) => Some((template.question(key)?, Some(equipment.parse().ok()?))),
    }
}

fn answer_key(question: &Question, equipment: Option<RecordId>) -> String {
    match equipment {
        Some(equipment) => format!("{}{FOR_EQUIPMENT}{equipment}", question.key),
        None => question.key.clone(),
    }
}

/// A question for one piece of equipment looks at the answer for the same piece.
fn holds(
    condition: &Condition,
    template: &ChecklistTemplate,
    order: &Order,
    equipment: Option<RecordId>,
) -> bool {
    let Some(earlier) = template.question(&condition.question) else { return false };
    let key = answer_key(earlier, equipment.filter(|_| earlier.per_equipment));
    let word = match order.checklist.get(&key).map(|answer| &answer.value) {
        Some(AnswerValue::Yes) => "yes",
        Some(AnswerValue::No) => "no",
        Some(AnswerValue::NotApplicable) => "not_applicable",
        Some(AnswerValue::Choice { value }) => value,
        Some(
            AnswerValue::Number { .. }
            | AnswerValue::Text { .. }
            | AnswerValue::Photo { .. }
            | AnswerValue::Signature { .. },
        )
        | None => return false,
    };
    condition.is.iter().any(|wanted| wanted == word)
}

/// Whether a value is an answer to a question of this kind; what does not apply is one to every kind.
fn fits(kind: &AnswerKind, value: &AnswerValue, order: &Order) -> bool {
    match (kind, value) {
        (_, AnswerValue::NotApplicable)
        | (AnswerKind::YesNo, AnswerValue::Yes | AnswerValue::No)
        | (AnswerKind::Number { .. }, AnswerValue::Number { .. })
        | (AnswerKind::Text, AnswerValue::Text { .. }) => true,
        (AnswerKind::Choice { choices }, AnswerValue::Choice { value }) => {
            choices.iter().any(|choice| choice.key == *value)
        }
        (AnswerKind::Photo, AnswerValue::Photo { photo }) => {
            order.photos.get(photo).is_some_and(|photo| photo.removed.is_none())
        }
        (AnswerKind::Signature, AnswerValue::Signature { signature }) => {
            order.signatures.get(signature).is_some_and(|signature| signature.refusal.is_none())
        }
        (
            AnswerKind::YesNo
            | AnswerKind::Number { .. }
            | AnswerKind::Choice { .. }
            | AnswerKind::Text
            | AnswerKind::Photo
            | AnswerKind::Signature,
            _,
        ) => false,
    }
}
