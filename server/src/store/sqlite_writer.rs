//! The one SQLite writer: lends its connection in turn and commits neighbours together. Never commits half a member.
//!
//! A member works inside a savepoint. When it is done and others wait, it hands the open transaction on and queues
//! again behind them; whoever finds nobody waiting, or comes to its second turn first, commits for the whole group.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::time::Duration;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, SqliteConnection};
use tokio::runtime::Handle;
use tokio::sync::{Mutex, OwnedMutexGuard, watch};

use crate::store::error::{Result, StoreError, suspicion_count};

/// Beyond so many waiting writers a request is turned away at once.
pub const WAITING_WRITERS_MAX: usize = 64;
const GROUP_MEMBERS_MAX: usize = 64;
const TURN_TIMEOUT: Duration = Duration::from_secs(2);
const WITHIN_TRANSACTION: &str = "within a transaction";
/// SQLite's own ceiling, which stands for "no limit of ours".
const UNLIMITED_PAGES: u32 = 4_294_967_294;

pub(crate) struct SqliteWriter {
    desk: Arc<Mutex<Desk>>,
    waiting: Arc<AtomicUsize>,
    page_limit: Arc<AtomicU32>,
    runtime: Handle,
}

/// What the holder of the turn holds.
struct Desk {
    options: SqliteConnectOptions,
    connection: Option<SqliteConnection>,
    opened_at_suspicion: u64,
    page_limit_set: u32,
    group: Option<Group>,
    /// How far the present member got; anything but `Absent` at the next turn means its task was killed.
    member: Member,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Member {
    Absent,
    Opening,
    Open,
}

/// Members whose work waits, released but not committed, in the open transaction.
struct Group {
    members: usize,
    outcome: watch::Sender<Option<Result<()>>>,
}

/// The right to use the writer connection, inside a savepoint of one's own.
pub struct WriterTurn {
    desk: Option<OwnedMutexGuard<Desk>>,
    desks: Arc<Mutex<Desk>>,
    waiting: Arc<AtomicUsize>,
    runtime: Handle,
}

struct Waiting(Arc<AtomicUsize>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl SqliteWriter {
    pub(crate) fn new(options: SqliteConnectOptions, connection: SqliteConnection) -> Self {
        let desk = Desk {
            options,
            connection: Some(connection),
            opened_at_suspicion: suspicion_count(),
            page_limit_set: UNLIMITED_PAGES,
            group: None,
            member: Member::Absent,
        };
        Self {
            desk: Arc::new(Mutex::new(desk)),
            waiting: Arc::default(),
            page_limit: Arc::new(AtomicU32::new(UNLIMITED_PAGES)),
            runtime: Handle::current(),
        }
    }

    /// Limits the file to so many pages from the next group on; `None` lifts the limit.
    pub(crate) fn limit_pages(&self, pages_max: Option<u32>) {
        self.page_limit.store(pages_max.unwrap_or(UNLIMITED_PAGES), Ordering::SeqCst);
    }

    /// Waits for the turn and opens a savepoint.
    pub(crate) async fn begin(&self) -> Result<WriterTurn> {
        let waiting = Waiting(Arc::clone(&self.waiting));
        if self.waiting.fetch_add(1, Ordering::SeqCst) >= WAITING_WRITERS_MAX {
            return Err(StoreError::Overloaded);
        }
        let lock = Arc::clone(&self.desk).lock_owned();
        let desk = tokio::time::timeout(TURN_TIMEOUT, lock).await.map_err(|_| StoreError::Overloaded)?;
        drop(waiting);
        let mut turn = WriterTurn {
            desk: Some(desk),
            desks: Arc::clone(&self.desk),
            waiting: Arc::clone(&self.waiting),
            runtime: self.runtime.clone(),
        };
        let page_limit = self.page_limit.load(Ordering::SeqCst);
        turn.desk_mut().open_member(page_limit).await?;
        Ok(turn)
    }
}

impl WriterTurn {
    pub(crate) fn connection(&self) -> &SqliteConnection {
        let desk = self.desk.as_ref().expect("a turn holds the desk until it is finished");
        desk.connection.as_ref().expect("a member has an open connection")
    }

    pub(crate) fn connection_mut(&mut self) -> &mut SqliteConnection {
        self.desk_mut().connection.as_mut().expect("a member has an open connection")
    }

    fn desk_mut(&mut self) -> &mut Desk {
        self.desk.as_mut().expect("a turn holds the desk until it is finished")
    }

    /// Makes the member's work durable, together with that of its neighbours.
    pub(crate) async fn commit(mut self) -> Result<()> {
        let desk = self.desk.take().expect("a turn holds the desk until it is finished");
        let finishing = finish_member(desk, Arc::clone(&self.desks), Arc::clone(&self.waiting));
        match self.runtime.spawn(finishing).await {
            Ok(outcome) => outcome,
            Err(_) => Err(StoreError::unavailable("the commit was interrupted")),
        }
    }
}

impl Drop for WriterTurn {
    fn drop(&mut self) {
        if let Some(mut desk) = self.desk.take() {
            self.runtime.spawn(async move { desk.abandon_member().await });
        }
    }
}

/// Releases the member's savepoint, then commits the group or lets those who wait join it first.
async fn finish_member(
    mut desk: OwnedMutexGuard<Desk>,
    desks: Arc<Mutex<Desk>>,
    waiting: Arc<AtomicUsize>,
) -> Result<()> {
    let (members, group) = desk.release_member().await?;
    let mut outcome = group.clone();
    if waiting.load(Ordering::SeqCst) == 0 || members >= GROUP_MEMBERS_MAX {
        return desk.commit_group().await;
    }
    drop(desk);
    let settled = async { outcome.wait_for(Option::is_some).await.ok().and_then(|settled| settled.clone()) };
    tokio::select! {
        biased;
        settled = settled => settled.unwrap_or(Err(StoreError::unavailable("the commit group was lost"))),
        mut desk = desks.lock_owned() => desk.commit_if_open(&group).await,
    }
}

impl Desk {
    async fn open_member(&mut self, page_limit: u32) -> Result<()> {
        let was_lost = std::mem::replace(&mut self.member, Member::Opening) != Member::Absent;
        if was_lost || !self.is_usable().await {
            self.fail_group(StoreError::unavailable("an earlier writer was lost")).await;
        }
        if self.connection.is_none() {
            self.reopen().await?;
        }
        if self.group.is_none() {
            self.limit_pages(page_limit).await?;
            self.group = Some(Group { members: 0, outcome: watch::Sender::new(None) });
            self.execute("BEGIN IMMEDIATE").await?;
        }
        self.execute("SAVEPOINT member").await?;
        self.member = Member::Open;
        Ok(())
    }

    /// Ends the savepoint with its work kept; the receiver hears what becomes of the group.
    async fn release_member(&mut self) -> Result<(usize, watch::Receiver<Option<Result<()>>>)> {
        let released = match self.is_usable().await && self.group.is_some() {
            true => self.execute("RELEASE member").await,
            false => Err(StoreError::unavailable("the transaction did not survive an earlier error")),
        };
        self.member = Member::Absent;
        match (released, self.group.as_mut()) {
            (Ok(()), Some(group)) => {
                group.members += 1;
                Ok((group.members, group.outcome.subscribe()))
            }
            (released, _) => {
                let error = released.err().unwrap_or(StoreError::unavailable("no group is open"));
                self.fail_group(error.clone()).await;
                Err(error)
            }
        }
    }

    /// Undoes the member's work. Members who were released before it see to the commit themselves.
    async fn abandon_member(&mut self) {
        let undone = match (self.member, self.is_usable().await) {
            (Member::Open, true) => self.execute("ROLLBACK TO member; RELEASE member").await,
            (Member::Opening, true) => Ok(()),
            (Member::Absent, _) | (Member::Opening | Member::Open, false) => {
                Err(StoreError::unavailable("the transaction did not survive an earlier error"))
            }
        };
        self.member = Member::Absent;
        if let Err(error) = undone {
            return self.fail_group(error).await;
        }
        if self.group.as_ref().is_some_and(|group| group.members == 0)
            && let Err(error) = self.execute("ROLLBACK").await
        {
            return self.fail_group(error).await;
        }
        self.group.take_if(|group| group.members == 0);
    }

    /// Commits for a member whose second turn came before anybody else ended its group.
    async fn commit_if_open(&mut self, outcome: &watch::Receiver<Option<Result<()>>>) -> Result<()> {
        let settled = outcome.borrow().clone();
        match settled {
            Some(settled) => settled,
            None => self.commit_group().await,
        }
    }

    async fn commit_group(&mut self) -> Result<()> {
        fail::fail_point!("store.before_commit", |_| std::process::abort());
        let outcome = match self.execute("COMMIT").await {
            Ok(()) => {
                fail::fail_point!("store.after_commit", |_| std::process::abort());
                if let Some(group) = self.group.take() {
                    group.outcome.send_replace(Some(Ok(())));
                }
                return Ok(());
            }
            Err(error) => error,
        };
        self.fail_group(outcome.clone()).await;
        Err(outcome)
    }

    /// Tells every member that nothing was kept, and gives the connection up: what is open on it is rolled back.
    async fn fail_group(&mut self, error: StoreError) {
        if let Some(connection) = self.connection.take()
            && let Err(error) = connection.close().await
        {
            tracing::warn!(%error, "the SQLite writer could not be closed cleanly");
        }
        if let Some(group) = self.group.take() {
            group.outcome.send_replace(Some(Err(error)));
        }
    }

    /// Whether the group may go on, or another one may begin on this connection. After an error anywhere the group that
    /// was open goes on only when SQLite has not rolled it back, and no other one begins.
    async fn is_usable(&mut self) -> bool {
        if self.connection.is_none() || self.opened_at_suspicion == suspicion_count() {
            return self.connection.is_some();
        }
        // Within a transaction, and only there, SQLite refuses to begin one.
        self.group.is_some()
            && self.execute("BEGIN").await.is_err_and(|error| error.to_string().contains(WITHIN_TRANSACTION))
    }

    /// Opens the file again and looks at it before anybody writes.
    async fn reopen(&mut self) -> Result<()> {
        let opened_at_suspicion = suspicion_count();
        let mut connection = self.options.connect().await?;
        let verdict: String = sqlx::query_scalar("PRAGMA quick_check(1)").fetch_one(&mut connection).await?;
        if verdict != "ok" {
            tracing::error!(verdict, "the database file is damaged");
            return Err(StoreError::unavailable("the database file is damaged"));
        }
        self.connection = Some(connection);
        self.opened_at_suspicion = opened_at_suspicion;
        self.page_limit_set = UNLIMITED_PAGES;
        Ok(())
    }

    async fn limit_pages(&mut self, pages_max: u32) -> Result<()> {
        if self.page_limit_set == pages_max {
            return Ok(());
        }
        let connection = self.connection.as_mut().ok_or(StoreError::unavailable("no connection"))?;
        sqlx::raw_sql(crate::store::dialect::page_limit_sqlite(pages_max)).execute(connection).await?;
        self.page_limit_set = pages_max;
        Ok(())
    }

    async fn execute(&mut self, statement: &'static str) -> Result<()> {
        let connection = self.connection.as_mut().ok_or(StoreError::unavailable("no connection"))?;
        sqlx::raw_sql(statement).execute(connection).await?;
        Ok(())
    }
}
