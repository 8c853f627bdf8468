//! The client engine as a phone runs it: every batch it wants stored is committed to an SQLite file with full
//! durability before it goes on. Never sends anything until it is told to.
//!
//! Not `mobile_ffi::Client`, whose requests nobody outside sees: the benchmark counts the bodies of each one.

use std::collections::VecDeque;
use std::time::Instant;

use harness::databases::{self, TestDatabase};
use sqlx::{Connection, SqliteConnection};
use sync_core::document::OrderDocument;
use sync_core::ids::OrderId;
use sync_core::order::OrderCommand;
use sync_core::replica::{MemoryStore, StoreBatch};
use sync_core::session::{Effect, Event, Failure, Identity, Outgoing, Setup, SyncSession};
use sync_core::time::{ClockReading, Timestamp};

use crate::device::{Device, SCHEMA};
use crate::raw_inserts::open_durable_sqlite;

/// Some Monday; the benchmarks only need the clock to run.
const WALL_MS: i64 = 1_790_000_000_000;

/// A session, what it reads (in memory) and what it writes (in the file and in memory).
pub struct Phone {
    pub device: Device,
    session: SyncSession,
    store: MemoryStore,
    connection: SqliteConnection,
    outgoing: Option<Outgoing>,
    switched_on: Instant,
    _database: TestDatabase,
}

impl Phone {
    /// The app of somebody who just signed in on a device.
    pub async fn of(device: Device) -> Self {
        let database = databases::sqlite();
        let mut connection = open_durable_sqlite(&database).await;
        let create = "CREATE TABLE rows (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID";
        sqlx::query(create).execute(&mut connection).await.expect("the file is empty");
        let store = MemoryStore::default();
        let setup = Setup { install: rand::random(), schema: SCHEMA, app_version: "bench".to_owned() };
        let (session, _) = SyncSession::open(setup, reading(0), &store).expect("memory can be read");
        let author = device.author;
        let switched_on = Instant::now();
        let mut phone =
            Self { device, session, store, connection, outgoing: None, switched_on, _database: database };
        let identity = Identity { device: author.device, user: author.user, role: author.role };
        phone.happens(Event::SignedIn(identity)).await;
        phone.stay_offline().await;
        phone
    }

    /// Performs a command without a connection.
    pub async fn command(&mut self, order: OrderId, command: OrderCommand) {
        self.happens(Event::CommandGiven { ticket: 0, order, command: Box::new(command) }).await;
        self.stay_offline().await;
    }

    /// Sends and fetches until both sides are done.
    pub async fn sync(&mut self) {
        self.happens(Event::SyncAsked).await;
        while let Some(Outgoing { id, request, .. }) = self.outgoing.take() {
            let reply = self.device.send(&request).await;
            self.happens(Event::ReplyArrived { request: id, reply: Box::new(reply) }).await;
        }
        assert_eq!(self.session.unsent_count(), 0, "the server has everything");
    }

    pub fn document(&mut self, order: OrderId) -> Option<OrderDocument> {
        self.session.document(order, &self.store).expect("memory can be read")
    }

    async fn stay_offline(&mut self) {
        if let Some(outgoing) = self.outgoing.take() {
            let failure = Failure::NoConnection;
            self.happens(Event::ReplyFailed { request: outgoing.id, failure }).await;
        }
    }

    async fn happens(&mut self, event: Event) {
        let mut events = VecDeque::from([event]);
        while let Some(event) = events.pop_front() {
            let elapsed_ms = self.switched_on.elapsed().as_millis();
            let now = reading(i64::try_from(elapsed_ms).expect("no benchmark runs for centuries"));
            let effects = self.session.handle(now, event, &self.store).expect("memory can be read");
            for effect in effects {
                match effect {
                    Effect::Store(batch) => {
                        self.commit(&batch).await;
                        events.push_back(Event::Stored { batch: batch.id });
                    }
                    Effect::Send(outgoing) => self.outgoing = Some(*outgoing),
                    Effect::Answer { result, .. } => drop(result.expect("the command is allowed")),
                    Effect::Schedule { .. } | Effect::Notify(_) => {}
                }
            }
        }
    }

    async fn commit(&mut self, batch: &StoreBatch) {
        let mut transaction = self.connection.begin().await.expect("nobody else writes this file");
        for (key, value) in &batch.writes {
            let statement = match value {
                Some(value) => sqlx::query("INSERT OR REPLACE INTO rows (key, value) VALUES (?, ?)")
                    .bind(key.as_slice())
                    .bind(value.as_slice()),
                None => sqlx::query("DELETE FROM rows WHERE key = ?").bind(key.as_slice()),
            };
            statement.execute(&mut *transaction).await.expect("the disk has room");
        }
        transaction.commit().await.expect("the disk has room");
        self.store.commit(batch);
    }
}

fn reading(monotonic_ms: i64) -> ClockReading {
    ClockReading { wall: Timestamp(WALL_MS + monotonic_ms), monotonic_ms, boot: 1 }
}
