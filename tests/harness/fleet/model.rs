//! The reference: which recorded work must be found, in the plainest form. Never looks at changes or heads.

use sync_core::ids::{ChangeHash, EntryId, OrderId};
use sync_core::order::Order;

/// Where a command leaves its trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trace {
    /// The order exists.
    Created,
    /// An entry of an area.
    Entry(Area, EntryId),
    /// A question has an answer.
    Answer(String),
}

/// The areas whose entries are followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Area {
    Notes,
    Materials,
    Services,
    Expenses,
    Payments,
    Visits,
    Status,
    Photos,
}

impl Trace {
    /// Whether an order shows the trace.
    pub fn is_in(&self, order: &Order) -> bool {
        match self {
            Self::Created => order.is_created(),
            Self::Answer(question) => order.checklist.contains_key(question),
            Self::Entry(Area::Notes, id) => order.notes.contains_key(id),
            Self::Entry(Area::Materials, id) => order.materials.contains_key(id),
            Self::Entry(Area::Services, id) => order.services.contains_key(id),
            Self::Entry(Area::Expenses, id) => order.expenses.contains_key(id),
            Self::Entry(Area::Payments, id) => order.payments.contains_key(id),
            Self::Entry(Area::Visits, id) => order.stamps.contains_key(id),
            Self::Entry(Area::Status, id) => order.status_events.contains_key(id),
            Self::Entry(Area::Photos, id) => order.photos.contains_key(id),
        }
    }

    /// How the command's JSON names it; unique within its order.
    pub fn text(&self) -> String {
        match self {
            Self::Created => "create_order".to_owned(),
            Self::Answer(question) => question.clone(),
            Self::Entry(_, id) => id.to_string(),
        }
    }
}

/// A command whose author was told that it is saved.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// The device, by its place in the world.
    pub device: usize,
    /// The order.
    pub order: OrderId,
    /// What must be found.
    pub trace: Trace,
    /// The first change that carried it.
    pub change: ChangeHash,
}

/// Everything that must be found at the end.
#[derive(Debug, Default)]
pub struct Model {
    /// Recorded and not lost with a device.
    pub recorded: Vec<Recorded>,
    /// Changes that some device was told are merged.
    pub acknowledged: std::collections::BTreeSet<(OrderId, ChangeHash)>,
}

impl Model {
    /// Forgets what nothing in the world holds any more, such as the storage of a phone that is gone.
    pub fn forget(&mut self, mut is_lost: impl FnMut(&Recorded) -> bool) {
        self.recorded.retain(|recorded| !is_lost(recorded));
    }
}
