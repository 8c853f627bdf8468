//! Judges a checklist template before it is published. Never repairs one: every problem is told to its author.

use std::collections::BTreeSet;

use serde::Serialize;

use super::{AnswerKind, ChecklistTemplate, Condition, Question};
use crate::workflow::{is_well_formed_key, is_well_formed_name};

/// Questions one template may have.
pub const QUESTION_COUNT_MAX: usize = 300;
/// Choices one question may have.
pub const CHOICE_COUNT_MAX: usize = 50;
/// Characters in the text of a question in one language.
const TEXT_LENGTH_MAX: usize = 500;
/// Characters in a unit.
const UNIT_LENGTH_MAX: usize = 20;

/// Why a template cannot be used. `code` in its JSON is the key of the sentence people read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum ChecklistProblem {
    /// There are no questions.
    NoQuestions,
    /// There are more questions than [`QUESTION_COUNT_MAX`].
    TooManyQuestions { count: usize },
    /// The id, or a key of a question or choice, is empty, too long or holds other characters than `a-z 0-9 _ -`.
    KeyMalformed { key: String },
    /// A name or text has no English, or one language's text is too long; without a question, the template's own name.
    NameMalformed { question: Option<String> },
    /// Two questions share a key.
    DuplicateQuestion { question: String },
    /// Nothing or too much can be chosen.
    ChoiceCount { question: String },
    /// Two choices share a key.
    DuplicateChoice { question: String, choice: String },
    /// A limit is no decimal number, or the lowest is above the highest, or the unit is too long.
    LimitsMalformed { question: String },
    /// A condition names a question that does not come before.
    ConditionUnknown { question: String, names: String },
    /// A condition waits for an answer that the earlier question cannot have.
    ConditionImpossible { question: String, answer: String },
    /// A question asked once looks at one that is asked for each piece of equipment.
    ConditionAmbiguous { question: String, names: String },
}

/// Checks that every question can be asked and answered.
///
/// # Errors
///
/// Every problem found.
pub fn validate(template: &ChecklistTemplate) -> Result<(), Vec<ChecklistProblem>> {
    let count = template.questions.len();
    if count == 0 {
        return Err(vec![ChecklistProblem::NoQuestions]);
    }
    if count > QUESTION_COUNT_MAX {
        return Err(vec![ChecklistProblem::TooManyQuestions { count }]);
    }
    let mut problems = Vec::new();
    if !is_well_formed_key(&template.id) {
        problems.push(ChecklistProblem::KeyMalformed { key: template.id.clone() });
    }
    if !is_well_formed_name(&template.name) {
        problems.push(ChecklistProblem::NameMalformed { question: None });
    }
    let mut keys = BTreeSet::new();
    for (index, question) in template.questions.iter().enumerate() {
        if !keys.insert(&question.key) {
            problems.push(ChecklistProblem::DuplicateQuestion { question: question.key.clone() });
        }
        question_problems(question, &mut problems);
        if let Some(condition) = &question.when {
            problems.extend(condition_problem(question, condition, &template.questions[..index]));
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

fn question_problems(question: &Question, problems: &mut Vec<ChecklistProblem>) {
    let named = || question.key.clone();
    if !is_well_formed_key(&question.key) {
        problems.push(ChecklistProblem::KeyMalformed { key: named() });
    }
    let is_short = question.text.all().all(|text| text.chars().count() <= TEXT_LENGTH_MAX);
    if question.text.en.trim().is_empty() || !is_short {
        problems.push(ChecklistProblem::NameMalformed { question: Some(named()) });
    }
    match &question.answer {
        AnswerKind::Number { unit, min, max } => {
            let read = |text: &String| text.parse::<rust_decimal::Decimal>();
            let limits: Result<Vec<_>, _> = min.iter().chain(max).map(read).collect();
            let is_good = limits.is_ok_and(|limits| limits.is_sorted());
            let is_short = unit.as_ref().is_none_or(|unit| unit.chars().count() <= UNIT_LENGTH_MAX);
            if !is_good || !is_short {
                problems.push(ChecklistProblem::LimitsMalformed { question: named() });
            }
        }
        AnswerKind::Choice { choices } => {
            if choices.is_empty() || choices.len() > CHOICE_COUNT_MAX {
                problems.push(ChecklistProblem::ChoiceCount { question: named() });
            }
            let mut keys = BTreeSet::new();
            for choice in choices {
                if !is_well_formed_key(&choice.key) {
                    problems.push(ChecklistProblem::KeyMalformed { key: choice.key.clone() });
                }
                if !is_well_formed_name(&choice.name) {
                    problems.push(ChecklistProblem::NameMalformed { question: Some(named()) });
                }
                if !keys.insert(&choice.key) {
                    let choice = choice.key.clone();
                    problems.push(ChecklistProblem::DuplicateChoice { question: named(), choice });
                }
            }
        }
        AnswerKind::YesNo | AnswerKind::Text | AnswerKind::Photo | AnswerKind::Signature => {}
    }
}

fn condition_problem(
    question: &Question,
    condition: &Condition,
    before: &[Question],
) -> Option<ChecklistProblem> {
    let (named, names) = (question.key.clone(), condition.question.clone());
    let Some(earlier) = before.iter().find(|earlier| earlier.key == condition.question) else {
        return Some(ChecklistProblem::ConditionUnknown { question: named, names });
    };
    if earlier.per_equipment && !question.per_equipment {
        return Some(ChecklistProblem::ConditionAmbiguous { question: named, names });
    }
    let is_possible = |word: &str| match &earlier.answer {
        AnswerKind::YesNo => matches!(word, "yes" | "no" | "not_applicable"),
        AnswerKind::Choice { choices } => {
            word == "not_applicable" || choices.iter().any(|choice| choice.key == word)
        }
        AnswerKind::Number { .. } | AnswerKind::Text | AnswerKind::Photo | AnswerKind::Signature => {
            word == "not_applicable"
        }
    };
    let impossible = condition.is.iter().find(|word| !is_possible(word));
    let answer = impossible.cloned().or_else(|| condition.is.is_empty().then(String::new))?;
    Some(ChecklistProblem::ConditionImpossible { question: named, answer })
}
