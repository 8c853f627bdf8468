//! What every request and every job of one node shares. Nothing in it is the only copy of a fact.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use tokio::runtime::Handle;

use crate::accounts::{PasswordGate, Revocations, SignInLimiter, TokenKeys};
use crate::clock::{Clock, fresh_id};
use crate::config::Config;
use crate::documents::Printer;
use crate::evidence::Evidence;
use crate::geocoder::Geocoder;
use crate::mail::{self, Mailer};
use crate::metrics::Metrics;
use crate::proof::ProofKeys;
use crate::refusal::Refusal;
use crate::store::{Store, installation};
use crate::sync::{Orders, VoucherKey};
use crate::traffic::{Sockets, Traffic};
use crate::webhooks::Receivers;
use crate::webhooks::receivers::{SystemLookup, TIME_MAX};

/// In the data directory and not in the database: a restore of the database must not take it back.
pub const VOUCHER_KEY_FILE: &str = "voucher.key";

/// One node of the server.
pub struct App {
    pub config: Config,
    pub clock: Clock,
    pub store: Store,
    /// Names this installation in tokens and device seals; the same on every node.
    pub server_id: String,
    pub tokens: TokenKeys,
    /// Keys of evidence files and verification links.
    pub proof: ProofKeys,
    pub revocations: Revocations,
    pub passwords: PasswordGate,
    pub sign_in_limiter: SignInLimiter,
    pub traffic: Traffic,
    pub sockets: Sockets,
    pub metrics: Metrics,
    /// Orders, what is kept of them in memory, and those who listen to them.
    pub orders: Orders,
    /// Photos and other bytes that orders refer to.
    pub evidence: Evidence,
    /// Renders documents in children.
    pub printer: Printer,
    /// The way to the mail server, where there is one.
    pub mailer: Option<Mailer>,
    /// The way to a geocoder, where there is one.
    pub geocoder: Option<Geocoder>,
    /// The way out to receivers of webhooks.
    pub receivers: Receivers,
    /// Where operations run to their end, whatever becomes of the request.
    pub runtime: Handle,
    stopping: AtomicBool,
    hour: AtomicI64,
}

impl App {
    /// Reads what the nodes share from the database, making it up on the first start.
    pub async fn open(config: Config, clock: Clock, store: Store) -> Result<Arc<Self>, Refusal> {
        let server_id = settle_server_id(&store).await?;
        let tokens = TokenKeys::open(&store, &server_id, clock.now()).await?;
        let proof = ProofKeys::open(&store).await?;
        let sign_in_limiter = SignInLimiter::per_minute(config.sign_ins_per_minute);
        let orders = Orders::open_with(store.clone(), voucher_key(&config)).await?;
        let traffic = Traffic::per_minute(config.requests_per_minute, config.requests_per_minute_and_address);
        let sockets = Sockets::per_address(config.sockets_per_address);
        let evidence = Evidence::open(&config, store.clone(), clock.clone())
            .map_err(|error| Refusal::internal(&error.to_string()))?;
        let program = config.program_of_workers().map_err(|error| Refusal::internal(&error.to_string()))?;
        let receivers = Receivers::new(&config.webhook_inner_hosts, Arc::new(SystemLookup), TIME_MAX)?;
        let mailer = config.mail.as_ref().map(|mail| Mailer::open(mail, mail::TIME_MAX)).transpose()?;
        let geocoder = config.geocoder_url.as_deref().map(Geocoder::new).transpose()?;
        let metrics = Metrics::new();
        metrics.register(Box::new(orders.documents().deserialized_counter()));
        Ok(Arc::new(Self {
            printer: Printer::new(program),
            config,
            clock,
            store,
            server_id,
            tokens,
            proof,
            revocations: Revocations::default(),
            passwords: PasswordGate::default(),
            sign_in_limiter,
            traffic,
            sockets,
            metrics,
            orders,
            evidence,
            geocoder,
            receivers,
            mailer,
            runtime: Handle::current(),
            stopping: AtomicBool::new(false),
            hour: AtomicI64::new(i64::MIN),
        }))
    }

    /// The address people reach this server at, for links.
    pub fn base_url(&self) -> String {
        self.config.public_url.clone().unwrap_or_else(|| format!("http://{}", self.config.listen))
    }

    /// From here on `/ready` says no; requests that are in are still served.
    pub fn begin_stopping(&self) {
        self.stopping.store(true, Ordering::SeqCst);
    }

    /// Whether this node has not seen this hour yet; true once for each.
    pub(crate) fn begin_hour(&self, hour: i64) -> bool {
        self.hour.swap(hour, Ordering::SeqCst) != hour
    }

    pub fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }
}

/// Without the key everything works but one thing: a restored server gets back only what devices wrote themselves.
fn voucher_key(config: &Config) -> Option<VoucherKey> {
    let path = config.data_directory.join(VOUCHER_KEY_FILE);
    match VoucherKey::of_file(&path) {
        Ok(key) => Some(key),
        Err(error) => {
            tracing::warn!(%error, path = %path.display(), "no vouchers are given: their key cannot be used");
            None
        }
    }
}

async fn settle_server_id(store: &Store) -> Result<String, Refusal> {
    let mut tx = store.begin_system_write().await?;
    let offered = uuid::Uuid::from_bytes(fresh_id()).to_string();
    let settled = installation::settle(&mut tx, "server_id", offered.as_bytes()).await?;
    tx.commit().await?;
    String::from_utf8(settled).map_err(|_| Refusal::internal("the stored server id is no text"))
}
