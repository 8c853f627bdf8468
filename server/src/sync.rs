//! The exchange of orders with devices: takes in changes, serves what happened. Knows no HTTP and no SQL.

pub mod accept_changes;
pub mod admission;
mod announcing;
pub mod answer_sync;
mod audit_rows;
pub(crate) mod commit_round;
pub(crate) mod definitions;
pub mod documents;
mod feed_entries;
pub(crate) mod known_orders;
mod load_round;
pub(crate) mod order_state;
pub mod orphan_limit;
mod pull_windows;
pub mod read_page;
mod rounds;
pub(crate) mod store_intake;
mod vouchers;

pub use vouchers::VoucherKey;

use std::sync::Arc;

use sha2::{Digest as _, Sha256};
use sync_core::document::ingest_guard::Limits;
use sync_core::ids::{ActorId, OrderId, OrganizationId, UserId};
use sync_core::intake::{IntakeContext, NOTHING_VOUCHED};
use sync_core::order::{Named, SYSTEM_USER, Workflows};
use sync_core::rules::policy::OrganizationRules;
use sync_core::time::Timestamp;
use sync_core::workflow::Role;

use crate::events::listening::Listeners;
use crate::live::LiveScopes;
use crate::store::feed::ScopeId;
use crate::store::{Result, Store, Tx, exchange_state};
use admission::Admission;
use commit_round::CommitRound;
use definitions::Definitions;
use documents::DocumentCache;
use known_orders::KnownOrders;
use load_round::LoadRound;
use orphan_limit::OrphanLimit;
use pull_windows::PullWindows;
use read_page::PageRound;
use rounds::Rounds;

/// Everything that handlers of orders share. Cheap to clone; nothing in it is truth.
#[derive(Clone)]
pub struct Orders {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    documents: DocumentCache,
    known: KnownOrders,
    live: LiveScopes,
    listeners: Listeners,
    admission: Admission,
    pulls: PullWindows,
    orphans: OrphanLimit,
    loads: Rounds<LoadRound>,
    commits: Rounds<CommitRound>,
    pages: Rounds<PageRound>,
    actor_secret: [u8; 32],
    definitions: Definitions,
    rules: OrganizationRules,
    voucher_key: Option<VoucherKey>,
}

impl Orders {
    /// Prepares the exchange over an opened store.
    ///
    /// # Errors
    ///
    /// Fails only when the database does.
    pub async fn open(store: Store) -> Result<Self> {
        Self::open_with(store, None).await
    }

    /// The same, vouching for what it serves where there is a key.
    ///
    /// # Errors
    ///
    /// Fails only when the database does.
    pub async fn open_with(store: Store, voucher_key: Option<VoucherKey>) -> Result<Self> {
        let actor_secret = exchange_state::actor_secret(&store).await?;
        let inner = Inner {
            definitions: Definitions::new(store.clone()),
            store,
            documents: DocumentCache::default(),
            known: KnownOrders::default(),
            live: LiveScopes::default(),
            listeners: Listeners::default(),
            admission: Admission::default(),
            pulls: PullWindows::default(),
            orphans: OrphanLimit::default(),
            loads: Rounds::default(),
            commits: Rounds::default(),
            pages: Rounds::default(),
            actor_secret,
            rules: OrganizationRules::default(),
            voucher_key,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The store underneath.
    pub fn store(&self) -> &Store {
        &self.inner.store
    }

    /// The documents kept in memory, and the count of those that were read.
    pub fn documents(&self) -> &DocumentCache {
        &self.inner.documents
    }

    /// How busy orders stood.
    pub(crate) fn known(&self) -> &KnownOrders {
        &self.inner.known
    }

    /// Those who listen to scopes.
    pub fn live(&self) -> &LiveScopes {
        &self.inner.live
    }

    /// Those who are told afterwards what happened.
    pub(crate) fn listeners(&self) -> &Listeners {
        &self.inner.listeners
    }

    /// The workflows and checklist templates of the organization, with those an order names.
    ///
    /// # Errors
    ///
    /// Fails when the database does.
    pub async fn workflows(&self, tx: &mut Tx, named: &Named) -> Result<Arc<Workflows>> {
        self.inner.definitions.within(tx, std::slice::from_ref(named)).await
    }

    /// The same for several orders.
    pub(crate) fn definitions(&self) -> &Definitions {
        &self.inner.definitions
    }

    /// The turns of this node.
    pub(crate) fn admission(&self) -> &Admission {
        &self.inner.admission
    }

    /// What keeps floods of orphans away.
    pub fn orphans(&self) -> &OrphanLimit {
        &self.inner.orphans
    }

    /// Where pushes wait to be read for.
    pub(crate) fn loads(&self) -> &Rounds<LoadRound> {
        &self.inner.loads
    }

    /// Where decided pushes wait to be committed.
    pub(crate) fn commits(&self) -> &Rounds<CommitRound> {
        &self.inner.commits
    }

    /// Where devices wait for their pages.
    pub(crate) fn pages(&self) -> &Rounds<PageRound> {
        &self.inner.pages
    }

    pub(crate) fn pulls(&self) -> &PullWindows {
        &self.inner.pulls
    }

    pub(crate) fn voucher_key(&self) -> Option<&VoucherKey> {
        self.inner.voucher_key.as_ref()
    }

    /// What the decision about changes of one order needs besides the order.
    pub(crate) fn intake_context<'a>(
        &self,
        workflows: &'a Workflows,
        order: OrderId,
        now: Timestamp,
    ) -> IntakeContext<'a> {
        IntakeContext {
            order,
            now,
            workflows,
            rules: self.inner.rules,
            system_actor: self.server_actor(order, SYSTEM_USER),
            limits: Limits::default(),
            vouched: &NOTHING_VOUCHED,
        }
    }

    /// The pen with which the server writes into an order in a user's name, the same on every node.
    pub(crate) fn server_actor(&self, order: OrderId, user: UserId) -> ActorId {
        let mut hash = Sha256::new();
        hash.update(self.inner.actor_secret);
        hash.update(order.as_bytes());
        hash.update(user.as_bytes());
        let bytes: [u8; 32] = hash.finalize().into();
        ActorId::from_slice(&bytes[..16]).expect("half of a SHA-256 is sixteen bytes")
    }
}

/// Whether a role reads every order of its organization, and not only those it works on.
pub const fn reads_every_order(role: Role) -> bool {
    match role {
        Role::Admin | Role::Dispatcher | Role::Viewer | Role::System => true,
        Role::Technician | Role::Customer => false,
    }
}

/// The scope whose feed a person reads: the organization's office, or one's own.
pub fn scope_of(organization: OrganizationId, user: UserId, role: Role) -> ScopeId {
    if reads_every_order(role) { *organization.as_bytes() } else { *user.as_bytes() }
}
