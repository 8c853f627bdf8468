//! What the people of an order are called on paper. Never says a name that is not stored.

use std::collections::{BTreeMap, BTreeSet};

use sync_core::ids::UserId;
use sync_core::order::Order;

use crate::store::{StoreError, Tx, users};

/// Names by person.
pub struct People(BTreeMap<UserId, String>);

impl People {
    /// Everybody who may stand on the paper of an order.
    pub async fn of(tx: &mut Tx, order: &Order) -> Result<Self, StoreError> {
        let mut names = BTreeMap::new();
        for person in everybody(order) {
            if let Some(user) = users::get(tx, person).await? {
                names.insert(person, user.name);
            }
        }
        Ok(Self(names))
    }

    pub fn name(&self, person: UserId) -> String {
        self.0.get(&person).cloned().unwrap_or_default()
    }
}

fn everybody(order: &Order) -> BTreeSet<UserId> {
    let lines = order.materials.values().chain(order.services.values());
    order
        .visits
        .values()
        .map(|visit| visit.technician)
        .chain(lines.map(|line| line.by))
        .chain(order.checklist.values().map(|answer| answer.by))
        .chain(order.notes.values().map(|note| note.by))
        .chain(order.expenses.values().map(|expense| expense.by))
        .chain(order.payments.values().map(|payment| payment.by))
        .chain(order.photos.values().map(|photo| photo.by))
        .collect()
}
