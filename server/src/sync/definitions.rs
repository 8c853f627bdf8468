//! What orders name and never changes once published: workflows and checklist templates, as this node has read them.
//!
//! A node can only lack a version, never hold an old one. It reads again when an order names one that it lacks, so nobody
//! has to tell it. Never the truth: dropping everything costs one read.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use sync_core::ids::OrganizationId;
use sync_core::order::{Named, Workflows};

use crate::reference::{ChecklistTemplateFields, WorkflowFields};
use crate::store::{Result, Store, Tx, records};

/// Organizations whose own definitions are kept; beyond that all are read again.
const ORGANIZATIONS_MAX: usize = 1_000;

/// The definitions this node has read, by organization.
pub struct Definitions {
    store: Store,
    built_in: Arc<Workflows>,
    known: Mutex<HashMap<OrganizationId, Arc<Workflows>>>,
}

impl Definitions {
    pub fn new(store: Store) -> Self {
        Self { store, built_in: Arc::default(), known: Mutex::default() }
    }

    /// What is known without asking the database.
    pub fn known(&self, organization: OrganizationId) -> Arc<Workflows> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&organization).unwrap_or(&self.built_in).clone()
    }

    /// The definitions of an organization with what is named, if it exists.
    ///
    /// # Errors
    ///
    /// Fails when the database does.
    pub async fn with(&self, organization: OrganizationId, named: &[Named]) -> Result<Arc<Workflows>> {
        let known = self.known(organization);
        if !named.iter().any(|named| known.lack(named)) {
            return Ok(known);
        }
        let mut tx = self.store.begin_read(organization).await?;
        let read = self.within(&mut tx, named).await?;
        tx.commit().await?;
        Ok(read)
    }

    /// The same inside a transaction.
    ///
    /// # Errors
    ///
    /// Fails when the database does.
    pub async fn within(&self, tx: &mut Tx, named: &[Named]) -> Result<Arc<Workflows>> {
        let organization = tx.organization();
        let known = self.known(organization);
        if !named.iter().any(|named| known.lack(named)) {
            return Ok(known);
        }
        let read = Arc::new(read_all(tx).await?);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= ORGANIZATIONS_MAX {
            known.clear();
        }
        known.insert(organization, read.clone());
        Ok(read)
    }
}

/// Every version the organization has published.
pub async fn read_all(tx: &mut Tx) -> Result<Workflows> {
    let workflows = records::all::<WorkflowFields>(tx).await?;
    let templates = records::all::<ChecklistTemplateFields>(tx).await?;
    Ok(Workflows::new(workflows.into_iter().map(|record| record.fields.workflow.value))
        .with_checklists(templates.into_iter().map(|record| record.fields.template.value)))
}
