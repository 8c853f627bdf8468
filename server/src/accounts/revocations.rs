//! Sessions that were ended while their access tokens are still in date. Never the truth: the database is.

use std::collections::BTreeMap;
use std::sync::RwLock;
use std::time::Duration;

use sync_core::time::Timestamp;

use crate::accounts::ACCESS_TOKEN_SECONDS;
use crate::app::App;
use crate::store::sessions::{self, FamilyId};
use crate::store::{Store, StoreError};

/// How often a node looks for sessions that other nodes ended.
const POLL: Duration = Duration::from_millis(500);
/// Tokens outlive their session by at most this; twice their lifetime covers leeway and clocks that differ.
const REMEMBER_MS: i64 = 2 * ACCESS_TOKEN_SECONDS * 1_000;

/// The sessions whose access tokens are refused before they expire.
#[derive(Default)]
pub struct Revocations {
    families: RwLock<BTreeMap<FamilyId, Timestamp>>,
}

impl Revocations {
    pub fn contains(&self, family: &FamilyId) -> bool {
        self.families.read().expect("no holder of this lock panics").contains_key(family)
    }

    /// Refuses these sessions on this node from now on.
    pub fn add(&self, families: &[FamilyId], at: Timestamp) {
        let mut known = self.families.write().expect("no holder of this lock panics");
        known.extend(families.iter().map(|family| (*family, at)));
    }

    /// Learns what other nodes ended and forgets what no token can name any more.
    pub async fn refresh(&self, store: &Store, now: Timestamp) -> Result<(), StoreError> {
        let since = now.plus_millis(-REMEMBER_MS);
        let mut tx = store.begin_system_read().await?;
        let revoked = sessions::list_revoked_since(&mut tx, since).await?;
        let mut known = self.families.write().expect("no holder of this lock panics");
        known.retain(|_, at| *at >= since);
        known.extend(revoked);
        Ok(())
    }
}

/// Keeps this node's list and token keys in step with the database for as long as the task lives.
pub async fn follow_revocations(app: std::sync::Arc<App>) {
    const KEYS_EVERY: u32 = 20;
    let mut interval = tokio::time::interval(POLL);
    interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    for tick in 0_u32.. {
        interval.tick().await;
        if let Err(error) = app.revocations.refresh(&app.store, app.clock.now()).await {
            tracing::warn!(%error, "ended sessions could not be read; the last list stays in force");
        }
        if tick % KEYS_EVERY == 0
            && let Err(error) = app.tokens.reload(&app.store).await
        {
            tracing::warn!(%error, "token keys could not be read; the last ones stay in force");
        }
        app.sign_in_limiter.forget_idle();
        app.traffic.forget_idle();
    }
}
