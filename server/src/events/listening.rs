//! Who of an organization listens for what, kept in memory under the version of its row. Never outlives that version.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use sync_core::ids::OrganizationId;

use crate::events::{Event, EventKind};
use crate::notifications::settings::NotificationSettings;
use crate::store::{Result, Tx, listeners, webhooks};

/// Organizations kept in memory; beyond, all are read again.
const ORGANIZATIONS_MAX: usize = 10_000;

/// What one organization listens for.
#[derive(Debug, Clone, Default)]
pub struct Listening {
    version: i64,
    /// The event types of each webhook that is on; an empty list means all.
    webhooks: Vec<Vec<EventKind>>,
    settings: NotificationSettings,
}

impl Listening {
    /// Reads it in the transaction that announces something.
    pub(crate) async fn load(tx: &mut Tx) -> Result<Self> {
        let Some(row) = listeners::get(tx).await? else { return Ok(Self::nobody(0)) };
        let webhooks = webhooks::list_enabled(tx).await?.into_iter().map(|row| row.event_types).collect();
        let settings = NotificationSettings::read(&row.settings);
        Ok(Self { version: row.version, webhooks, settings })
    }

    fn nobody(version: i64) -> Self {
        let settings = NotificationSettings::silent();
        Self { version, webhooks: Vec::new(), settings }
    }

    /// Whether anybody is to be told of an event.
    pub fn wants(&self, event: &Event) -> bool {
        let is_wanted = |types: &Vec<EventKind>| types.is_empty() || types.contains(&event.kind);
        let by_webhook = event.kind.is_for_webhooks() && self.webhooks.iter().any(is_wanted);
        by_webhook || self.settings.rules_for(event).next().is_some()
    }

    pub(crate) fn is_nobody(&self) -> bool {
        self.webhooks.is_empty() && self.settings.is_silent()
    }
}

/// What this node remembers of its organizations.
#[derive(Default)]
pub struct Listeners {
    kept: Mutex<BTreeMap<OrganizationId, Arc<Listening>>>,
}

impl Listeners {
    /// Whether working out the events of an organization may be worth while.
    pub(crate) fn may_listen(&self, organization: OrganizationId) -> bool {
        self.kept(organization).is_none_or(|listening| !listening.is_nobody())
    }

    /// Who listens at this version of the organization's row, 0 where it has none.
    pub(crate) async fn at_version(&self, tx: &mut Tx, version: i64) -> Result<Arc<Listening>> {
        let organization = tx.organization();
        if let Some(kept) = self.kept(organization).filter(|kept| kept.version == version) {
            return Ok(kept);
        }
        let listening =
            Arc::new(if version == 0 { Listening::nobody(0) } else { Listening::load(tx).await? });
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= ORGANIZATIONS_MAX {
            kept.clear();
        }
        kept.insert(organization, Arc::clone(&listening));
        Ok(listening)
    }

    fn kept(&self, organization: OrganizationId) -> Option<Arc<Listening>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).get(&organization).cloned()
    }
}
