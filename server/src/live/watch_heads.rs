//! Looks at the heads of listened scopes once a second, because other nodes write too. Never writes.

use std::time::Duration;

use crate::live::LiveScopes;
use crate::store::{Result, Store, feed};

/// How old a live reader's knowledge of another node's push may be.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Looks again and again, as long as the task lives; a database that is down is tried again at the next look.
pub async fn watch_heads(store: Store, live: LiveScopes) {
    let mut looks = tokio::time::interval(LOOK_EVERY);
    looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        looks.tick().await;
        if let Err(error) = look_once(&store, &live).await {
            tracing::warn!(%error, "the heads of live scopes could not be read");
        }
    }
}

async fn look_once(store: &Store, live: &LiveScopes) -> Result<()> {
    for (organization, scopes) in live.watched() {
        let mut tx = store.begin_read(organization).await?;
        for (scope, head) in feed::heads(&mut tx, &scopes).await? {
            live.advance(organization, scope, head.head);
        }
    }
    Ok(())
}
