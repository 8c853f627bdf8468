//! The workflows that come with Campo, compiled in. Never reads a file at run time.

use std::sync::OnceLock;

use super::Workflow;

const SOURCES: [&str; 2] = [include_str!("field_service.json"), include_str!("workshop.json")];

/// Parses the compiled-in workflows once.
pub fn workflows() -> &'static [Workflow] {
    static WORKFLOWS: OnceLock<Vec<Workflow>> = OnceLock::new();
    WORKFLOWS.get_or_init(|| SOURCES.iter().map(|source| parse(source)).collect())
}

fn parse(source: &str) -> Workflow {
    serde_json::from_str(source).expect("a test parses and validates every built-in workflow")
}
