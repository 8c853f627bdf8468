//! Reads the pages of several devices on one state of the database. Never lets one page fail for another.

use sync_core::ids::OrganizationId;

use crate::store::Result;
use crate::sync::Orders;
use crate::sync::rounds::Round;

use super::content::Met;
use super::{Page, Pull, Reader, begin, complete, read_ground};

/// Pages read one after the other.
const PAGES_MAX: usize = 16;

/// Reads several devices' pages at once.
pub(crate) struct PageRound {
    orders: Orders,
}

impl PageRound {
    pub(crate) fn new(orders: &Orders) -> Self {
        Self { orders: orders.clone() }
    }

    async fn read(&self, organization: OrganizationId, jobs: &[(Reader, Pull)]) -> Result<Vec<Page>> {
        let mut tx = self.orders.store().begin_read(organization).await?;
        let ground = read_ground(&mut tx, jobs.iter().map(|(reader, _)| *reader)).await?;
        let mut begun = Vec::with_capacity(jobs.len());
        for (reader, pull) in jobs {
            begun.push(begin(&mut tx, &self.orders, &ground, (*reader, pull)).await?);
        }
        let stretches: Vec<_> = begun.iter().map(|begun| (begun.stretch, begun.end.head)).collect();
        let met = Met::read(&mut tx, &stretches).await?;
        let mut pages = Vec::with_capacity(jobs.len());
        for (number, begun) in begun.into_iter().enumerate() {
            pages.push(complete(&mut tx, &self.orders, &ground, begun, met.news(number)).await?);
        }
        tx.commit().await?;
        Ok(pages)
    }
}

impl Round for PageRound {
    type Job = (Reader, Pull);
    type Outcome = Page;

    fn has_room(round: &[Self::Job], _: &Self::Job) -> bool {
        round.len() < PAGES_MAX
    }

    async fn run(&self, organization: OrganizationId, jobs: Vec<Self::Job>) -> Vec<Result<Page>> {
        let error = match self.read(organization, &jobs).await {
            Ok(pages) => return pages.into_iter().map(Ok).collect(),
            Err(error) => error,
        };
        if !error.may_be_of_one() {
            return jobs.iter().map(|_| Err(error.clone())).collect();
        }
        let mut outcomes = Vec::with_capacity(jobs.len());
        for job in &jobs {
            let alone = self.read(organization, std::slice::from_ref(job)).await;
            outcomes.push(alone.and_then(|mut pages| {
                pages.pop().ok_or_else(|| crate::store::StoreError::internal("a page was lost"))
            }));
        }
        outcomes
    }
}
