//! Remembers how busy orders stood when this node last stored something of them, so that a push need not read it again.
//!
//! Never trusted: the commit locks the order and compares its row, and whatever is not merged is decided anew on rows.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use sync_core::ids::{OrderId, OrganizationId};

use crate::sync::documents::DocumentCache;
use crate::sync::order_state::StoredOrder;

/// Orders remembered at once, some 2 KiB each; beyond that memory begins anew.
const ORDERS_MAX: usize = 8_192;

/// Orders without their documents, which the document cache keeps.
#[derive(Debug, Default)]
pub(crate) struct KnownOrders {
    known: Mutex<HashMap<(OrganizationId, OrderId), StoredOrder>>,
}

impl KnownOrders {
    /// How all of these orders stood; `None` when one of them has to be read.
    pub(crate) fn of(
        &self,
        organization: OrganizationId,
        orders: &[OrderId],
        documents: &DocumentCache,
    ) -> Option<BTreeMap<OrderId, StoredOrder>> {
        let known = self.lock();
        let of_one = |order: &OrderId| {
            let stored = known.get(&(organization, *order))?;
            Some((*order, stored.with_kept(organization, *order, documents)?))
        };
        orders.iter().map(of_one).collect()
    }

    /// Notes how an order stands that was committed, or that it has to be read again.
    pub(crate) fn note(&self, organization: OrganizationId, order: OrderId, stored: Option<StoredOrder>) {
        let mut known = self.lock();
        let Some(stored) = stored else {
            known.remove(&(organization, order));
            return;
        };
        if known.len() >= ORDERS_MAX {
            known.clear();
        }
        known.insert((organization, order), stored);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<(OrganizationId, OrderId), StoredOrder>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
