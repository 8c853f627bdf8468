//! Tells live readers that a scope has advanced. Never carries data: readers fetch by their cursor.

mod watch_heads;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use sync_core::ids::OrganizationId;
use tokio::sync::watch;

use crate::store::feed::ScopeId;

pub use watch_heads::watch_heads;

type Heads = HashMap<(OrganizationId, ScopeId), watch::Sender<u64>>;

/// The scopes that somebody on this node listens to. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct LiveScopes {
    heads: Arc<Mutex<Heads>>,
}

impl LiveScopes {
    /// Listens to a scope whose feed is known to reach `head`.
    pub fn subscribe(&self, organization: OrganizationId, scope: ScopeId, head: u64) -> watch::Receiver<u64> {
        let mut heads = self.heads.lock().unwrap_or_else(PoisonError::into_inner);
        let sender = heads.entry((organization, scope)).or_insert_with(|| watch::Sender::new(head));
        raise(sender, head);
        sender.subscribe()
    }

    /// Tells those who listen to a scope that its feed reaches `head`.
    pub fn advance(&self, organization: OrganizationId, scope: ScopeId, head: u64) {
        let heads = self.heads.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = heads.get(&(organization, scope)) {
            raise(sender, head);
        }
    }

    /// The scopes somebody listens to, by organization; forgets those nobody does.
    pub fn watched(&self) -> BTreeMap<OrganizationId, Vec<ScopeId>> {
        let mut heads = self.heads.lock().unwrap_or_else(PoisonError::into_inner);
        heads.retain(|_, sender| sender.receiver_count() > 0);
        let mut watched = BTreeMap::<OrganizationId, Vec<ScopeId>>::new();
        for (organization, scope) in heads.keys() {
            watched.entry(*organization).or_default().push(*scope);
        }
        watched
    }
}

/// A feed only grows: an older report changes nothing.
fn raise(sender: &watch::Sender<u64>, head: u64) {
    sender.send_if_modified(|known| {
        let is_newer = head > *known;
        if is_newer {
            *known = head;
        }
        is_newer
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORGANIZATION: OrganizationId = OrganizationId::from_bytes([1; 16]);
    const SCOPE: ScopeId = [2; 16];

    #[test]
    fn listeners_hear_of_the_newest_head_only() {
        let live = LiveScopes::default();
        let mut listener = live.subscribe(ORGANIZATION, SCOPE, 3);

        live.advance(ORGANIZATION, SCOPE, 9);
        live.advance(ORGANIZATION, SCOPE, 5);

        assert!(listener.has_changed().unwrap());
        assert_eq!(*listener.borrow_and_update(), 9);
    }

    #[test]
    fn scopes_without_listeners_are_forgotten() {
        let live = LiveScopes::default();
        let listener = live.subscribe(ORGANIZATION, SCOPE, 3);
        assert_eq!(live.watched(), BTreeMap::from([(ORGANIZATION, vec![SCOPE])]));

        drop(listener);

        assert!(live.watched().is_empty());
    }
}
