//! Reads what is stored of the orders that several pushes are about, on one state of the database. Never decides.

use std::collections::{BTreeMap, BTreeSet};

use sync_core::ids::{OrderId, OrganizationId};

use crate::store::Result;
use crate::sync::Orders;
use crate::sync::order_state::StoredOrder;
use crate::sync::rounds::Round;

/// Orders read together; a push that is about more is alone in its round.
const ORDERS_MAX: usize = 256;

/// Reads orders for several pushes at once.
pub(crate) struct LoadRound {
    orders: Orders,
}

impl LoadRound {
    pub(crate) fn new(orders: &Orders) -> Self {
        Self { orders: orders.clone() }
    }

    async fn load(
        &self,
        organization: OrganizationId,
        wanted: &[OrderId],
    ) -> Result<BTreeMap<OrderId, StoredOrder>> {
        let mut tx = self.orders.store().begin_read(organization).await?;
        let stored = StoredOrder::load_all(&mut tx, self.orders.documents(), wanted).await?;
        tx.commit().await?;
        Ok(stored)
    }
}

impl Round for LoadRound {
    type Job = Vec<OrderId>;
    type Outcome = BTreeMap<OrderId, StoredOrder>;

    fn has_room(round: &[Self::Job], job: &Self::Job) -> bool {
        round.iter().map(Vec::len).sum::<usize>() + job.len() <= ORDERS_MAX
    }

    async fn run(&self, organization: OrganizationId, jobs: Vec<Self::Job>) -> Vec<Result<Self::Outcome>> {
        let wanted: BTreeSet<_> = jobs.iter().flatten().copied().collect();
        let wanted: Vec<_> = wanted.into_iter().collect();
        let loaded = self.load(organization, &wanted).await;
        let of_job = |job: Vec<OrderId>| match &loaded {
            Ok(loaded) => Ok(job.iter().map(|order| (*order, loaded[order].clone())).collect()),
            Err(error) => Err(error.clone()),
        };
        jobs.into_iter().map(of_job).collect()
    }
}
