//! Workflows an organization can begin with: those that come with every order, and more to copy. Never saved by itself.

use std::sync::OnceLock;

use sync_core::workflow::Workflow;

const SOURCES: [&str; 4] = [
    include_str!("starters/optical_shop.json"),
    include_str!("starters/delivery.json"),
    include_str!("starters/internal.json"),
    include_str!("starters/maintenance.json"),
];

/// Every starter, the built-in ones first.
pub fn starter_workflows() -> &'static [Workflow] {
    static STARTERS: OnceLock<Vec<Workflow>> = OnceLock::new();
    STARTERS.get_or_init(|| {
        let ours = SOURCES.iter().map(|source| serde_json::from_str(source));
        let ours = ours.map(|starter| starter.expect("a test reads and validates every starter"));
        Workflow::builtins().iter().cloned().chain(ours).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_starter_can_be_published_as_it_is() {
        let ids: Vec<_> = starter_workflows().iter().map(|workflow| workflow.id.as_str()).collect();

        assert_eq!(ids, ["field-service", "workshop", "optical-shop", "delivery", "internal", "maintenance"]);
        for starter in starter_workflows() {
            assert_eq!(sync_core::workflow::validate(starter), Ok(()), "{}", starter.id);
            let names = starter.states.iter().map(|state| &state.name).chain([&starter.name]);
            for name in names {
                assert_eq!(name.all().count(), 4, "{}: {} in four languages", starter.id, name.en);
            }
        }
    }
}
