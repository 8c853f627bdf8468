//! Starts and stops one node, the same way for `campo serve` and for tests. Never reads the environment.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::{Server, ServerHandle};
use actix_web::middleware::from_fn;
use actix_web::{HttpServer, web};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::sync::watch;

use crate::accounts::{follow_revocations, offer_set_up};
use crate::app::App;
use crate::backups::make_backups;
use crate::clock::Clock;
use crate::config::Config;
use crate::http::envelope::envelope;
use crate::http::node::NodeSlot;
use crate::jobs;
use crate::live::watch_heads;
use crate::refusal::Refusal;
use crate::routes::routes;
use crate::store::{Store, StoreError};

const SHUTDOWN_SECONDS: u64 = 25;
const OPEN_RETRY_FIRST: Duration = Duration::from_secs(1);
const OPEN_RETRY_MAX: Duration = Duration::from_secs(30);
const KEEP_ALIVE: Duration = Duration::from_secs(75);

/// Lets this process, and those it starts, keep as many connections as the system allows. Each is an open file, and a shell
/// allows 1,024 of them where the system allows far more.
///
/// # Errors
///
/// When the system refuses what it says it allows.
pub fn allow_many_connections() -> io::Result<()> {
    let allowed = getrlimit(Resource::Nofile);
    Ok(setrlimit(Resource::Nofile, Rlimit { current: allowed.maximum, ..allowed })?)
}

/// Why a node could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("cannot listen on {0}: {1}")]
    Listen(SocketAddr, std::io::Error),
    #[error("cannot open the database: {0}")]
    Open(Refusal),
    #[error("the server stopped: {0}")]
    Serve(std::io::Error),
}

/// A node that listens; `run` makes it serve.
pub struct Application {
    config: Config,
    clock: Clock,
    address: SocketAddr,
    server: Server,
    slot: web::Data<NodeSlot>,
    opened: watch::Sender<Option<Arc<App>>>,
}

impl Application {
    /// Binds the address of the configuration; port 0 lets the system choose.
    pub fn build(config: Config, clock: Clock) -> Result<Self, StartError> {
        let failed = |error| StartError::Listen(config.listen, error);
        let listener = TcpListener::bind(config.listen).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let slot = web::Data::new(NodeSlot::default());
        let slot_of_workers = slot.clone();
        let server = HttpServer::new(move || {
            actix_web::App::new().app_data(slot_of_workers.clone()).wrap(from_fn(envelope)).configure(routes)
        })
        .workers(config.worker_threads)
        .keep_alive(KEEP_ALIVE)
        .shutdown_timeout(SHUTDOWN_SECONDS)
        .disable_signals()
        .listen(listener)
        .map_err(failed)?
        .run();
        Ok(Self { config, clock, address, server, slot, opened: watch::Sender::new(None) })
    }

    /// Where the node listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops the node from elsewhere.
    pub fn stopper(&self) -> Stopper {
        Stopper { server: self.server.handle(), slot: self.slot.clone() }
    }

    /// Tells when the database is open and requests are served.
    pub fn opened(&self) -> Opened {
        Opened(self.opened.subscribe())
    }

    /// Serves until stopped. Waits for a database that cannot be reached yet; meanwhile `/live` says yes, `/ready` no.
    pub async fn run(self) -> Result<(), StartError> {
        let Self { config, clock, address: _, server, slot, opened } = self;
        let handle = server.handle();
        let opening = async move {
            let runs_jobs = config.runs_jobs;
            let app = open_patiently(config, clock).await.map_err(StartError::Open)?;
            slot.fill(Arc::clone(&app));
            let mut background = vec![
                tokio::spawn(follow_revocations(Arc::clone(&app))),
                tokio::spawn(watch_heads(app.store.clone(), app.orders.live().clone())),
            ];
            if runs_jobs {
                background.push(tokio::spawn(jobs::work(Arc::clone(&app))));
            }
            if let Some(backups) = app.config.backups.clone() {
                background.push(tokio::spawn(make_backups(Arc::clone(&app), backups)));
            }
            opened.send_replace(Some(app));
            Ok::<_, StartError>(background)
        };
        let mut server = std::pin::pin!(async move { server.await.map_err(StartError::Serve) });
        let background = tokio::select! {
            stopped = &mut server => return stopped,
            background = opening => background,
        };
        match background {
            Ok(background) => {
                let outcome = server.await;
                background.iter().for_each(tokio::task::JoinHandle::abort);
                outcome
            }
            Err(error) => {
                // A server stops only while somebody lets it run.
                let ((), _) = tokio::join!(handle.stop(false), server);
                Err(error)
            }
        }
    }
}

/// Waits for a node to open its database.
pub struct Opened(watch::Receiver<Option<Arc<App>>>);

impl Opened {
    /// The node, or `None` when it stopped before.
    pub async fn wait(mut self) -> Option<Arc<App>> {
        self.0.wait_for(Option::is_some).await.ok().and_then(|app| app.clone())
    }
}

/// Stops a node.
#[derive(Clone)]
pub struct Stopper {
    server: ServerHandle,
    slot: web::Data<NodeSlot>,
}

impl Stopper {
    /// Says no on `/ready` at once, takes no further connection and lets running requests end.
    pub async fn stop(&self) {
        if let Some(app) = self.slot.get() {
            app.begin_stopping();
        }
        self.server.stop(true).await;
    }
}

async fn open_patiently(config: Config, clock: Clock) -> Result<Arc<App>, Refusal> {
    let mut wait = OPEN_RETRY_FIRST;
    loop {
        match open(&config, &clock).await {
            Err(Refusal::Store(error @ (StoreError::Unavailable(_) | StoreError::ReadOnly))) => {
                tracing::warn!(%error, retry_after_s = wait.as_secs(), "the database cannot be opened yet");
            }
            outcome => return outcome,
        }
        tokio::time::sleep(wait).await;
        wait = (wait * 2).min(OPEN_RETRY_MAX);
    }
}

async fn open(config: &Config, clock: &Clock) -> Result<Arc<App>, Refusal> {
    let store = Store::open(&config.database).await?;
    App::open(config.clone(), clock.clone(), store).await
}

/// The link that makes the first organization, when there is none yet.
pub async fn set_up_link(app: &App, address: SocketAddr) -> Result<Option<String>, Refusal> {
    let base = app.config.public_url.clone().unwrap_or_else(|| format!("http://{address}"));
    Ok(offer_set_up(app).await?.map(|token| format!("{base}/setup#token={token}")))
}
