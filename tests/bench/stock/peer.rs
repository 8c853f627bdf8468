//! One side of the stock protocol: documents in memory, a sync state for each, an SQLite file that has what memory has.

use std::collections::BTreeSet;

use automerge::sync::{Message, State, SyncDoc};
use automerge::{Automerge, Change};
use harness::databases::{self, TestDatabase};
use sqlx::{Connection, SqliteConnection};

use super::wire::Frame;
use crate::raw_inserts::open_durable_sqlite;

/// Commits once for all documents that a round changed.
pub struct Peer {
    documents: Vec<Automerge>,
    states: Vec<State>,
    connection: SqliteConnection,
    _database: TestDatabase,
}

impl Peer {
    pub async fn holding(saves: &[Vec<u8>]) -> Self {
        let database = databases::sqlite();
        let mut connection = open_durable_sqlite(&database).await;
        sqlx::query("CREATE TABLE documents (number INTEGER PRIMARY KEY, save BLOB NOT NULL)")
            .execute(&mut connection)
            .await
            .expect("the database is empty");
        let load = |save: &Vec<u8>| Automerge::load(save).expect("our own documents are whole");
        let documents: Vec<_> = saves.iter().map(load).collect();
        let states = documents.iter().map(|_| State::new()).collect();
        let all = (0..documents.len()).collect();
        let mut peer = Self { documents, states, connection, _database: database };
        peer.store(&all).await;
        peer
    }

    pub const fn count(&self) -> usize {
        self.documents.len()
    }

    pub fn document(&self, index: usize) -> &Automerge {
        &self.documents[index]
    }

    /// Forgets what belongs to a connection and keeps what is worth keeping of the last session.
    pub fn begin_session(&mut self) {
        for state in &mut self.states {
            *state = State::decode(&state.encode()).expect("a state reads what it wrote");
        }
    }

    pub async fn edit(&mut self, index: usize, change: Change) {
        self.documents[index].apply_changes([change]).expect("the change was made on this document");
        self.store(&BTreeSet::from([index])).await;
    }

    /// What this side has to say, over all documents.
    pub fn messages(&mut self) -> Frame {
        let mut frame = Frame::new();
        for (index, (document, state)) in self.documents.iter().zip(&mut self.states).enumerate() {
            if let Some(message) = document.generate_sync_message(state) {
                frame.push((u32::try_from(index).expect("far fewer documents"), message.encode()));
            }
        }
        frame
    }

    /// Takes in a round and stores every document it changed before anything else is said.
    pub async fn receive(&mut self, frame: Frame) {
        let mut changed = BTreeSet::new();
        for (number, bytes) in frame {
            let index = usize::try_from(number).expect("a u32 fits");
            let document = &mut self.documents[index];
            let before = document.get_heads();
            let message = Message::decode(&bytes).expect("the other side encodes properly");
            document.receive_sync_message(&mut self.states[index], message).expect("the changes are whole");
            if document.get_heads() != before {
                changed.insert(index);
            }
        }
        self.store(&changed).await;
    }

    async fn store(&mut self, changed: &BTreeSet<usize>) {
        if changed.is_empty() {
            return;
        }
        let mut transaction = self.connection.begin().await.expect("nobody else writes this file");
        for index in changed {
            sqlx::query("INSERT OR REPLACE INTO documents (number, save) VALUES (?, ?)")
                .bind(i64::try_from(*index).expect("far fewer documents"))
                .bind(self.documents[*index].save())
                .execute(&mut *transaction)
                .await
                .expect("the disk has room");
        }
        transaction.commit().await.expect("the disk has room");
    }
}
