//! What workflows and checklist templates have in common: numbered versions, and problems told all at once.

use serde::Serialize;
use serde_json::{Value, json};

use crate::reference::ReferenceFields;
use crate::refusal::Refusal;
use crate::store::{Tx, records};

/// The number after the newest published one. Two who publish at once get the same, and the second is refused.
pub async fn next_version<F: ReferenceFields>(
    tx: &mut Tx,
    newest: u32,
    published: impl Fn(&F) -> Option<u32> + Send,
) -> Result<u32, Refusal> {
    let all = records::all::<F>(tx).await?;
    Ok(all.iter().filter_map(|record| published(&record.fields)).max().unwrap_or(0).max(newest) + 1)
}

/// Refuses with every problem, each with its code and its place.
pub fn problems_of<P: Serialize>(
    field: &'static str,
    unknown: &[String],
    judged: Result<(), Vec<P>>,
) -> Result<(), Refusal> {
    let mut problems: Vec<Value> =
        unknown.iter().map(|place| json!({ "code": "unknown_word", "place": place })).collect();
    for problem in judged.err().into_iter().flatten() {
        problems.push(serde_json::to_value(problem).map_err(|error| Refusal::internal(&error.to_string()))?);
    }
    if problems.is_empty() { Ok(()) } else { Err(Refusal::Definition { field, problems }) }
}
