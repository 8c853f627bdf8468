//! Under which `Idempotency-Key` the request at hand makes something: whatever it commits says so in the same transaction.
//!
//! A node that dies after that commit, before it kept its answer, leaves a key that says: made.

use sync_core::time::Timestamp;

use crate::store::idempotency_keys::KeyName;

/// The key of a request, as it was claimed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MadeUnder {
    pub key: KeyName,
    pub claimed_at: Timestamp,
}

tokio::task_local! {
    static MADE_UNDER: MadeUnder;
}

impl MadeUnder {
    /// The key of the request that this task works for.
    pub fn current() -> Option<Self> {
        MADE_UNDER.try_with(Clone::clone).ok()
    }

    /// Does work for the request of this key.
    pub async fn scope<T>(self, work: impl Future<Output = T>) -> T {
        MADE_UNDER.scope(self, work).await
    }
}
