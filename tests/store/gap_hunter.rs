//! Hunts for gaps in a feed while many write to it at once. Never through HTTP, which would only slow the hunt.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use campo::store::feed::{self, FeedEntry, FeedKind, FeedStretch, ScopeEntries, ScopeId};
use campo::store::{Store, StoreError};
use harness::databases::{self, DatabaseKind};
use harness::timing::dawdle;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use sync_core::ids::OrderId;
use sync_core::message::Digest;

use super::support::{ORGANIZATION, OTHER, open};

const SCOPE: ScopeId = [4; 16];
const WRITERS: u64 = 64;
const PUSHES_EACH: u64 = 6;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn readers_meet_every_entry_in_order_whoever_else_is_writing() {
    // covers: T20
    for database in databases::each_database() {
        let store = open(&database).await;
        let mut foreign = match database.kind() {
            // SQLite has one writer, who would keep all others waiting.
            DatabaseKind::Sqlite => store.begin_read(OTHER).await.unwrap(),
            DatabaseKind::Postgres => store.begin_write(OTHER).await.unwrap(),
        };
        feed::head(&mut foreign, SCOPE).await.unwrap();
        if database.kind() == DatabaseKind::Postgres {
            feed::append(&mut foreign, &[additions(vec![entry(0)])]).await.unwrap();
        }
        let is_over = Arc::new(AtomicBool::new(false));
        let readers: Vec<_> =
            (0..4).map(|_| tokio::spawn(hunt(store.clone(), Arc::clone(&is_over)))).collect();
        let next = Arc::new(AtomicU64::new(1));

        let writers = (0..WRITERS).map(|seed| tokio::spawn(write(store.clone(), seed, Arc::clone(&next))));
        let written: u64 =
            futures_util::future::join_all(writers).await.into_iter().map(|written| written.unwrap()).sum();
        is_over.store(true, Ordering::SeqCst);

        for reader in readers {
            assert_eq!(reader.await.unwrap(), written, "{:?}", database.kind());
        }
        drop(foreign);
    }
}

/// Pushes some entries several times, dawdling before each commit and giving up now and then.
async fn write(store: Store, seed: u64, next: Arc<AtomicU64>) -> u64 {
    let mut dice = ChaCha8Rng::seed_from_u64(seed);
    let mut written = 0;
    for _ in 0..PUSHES_EACH {
        let mut tx = loop {
            match store.begin_write(ORGANIZATION).await {
                Ok(tx) => break tx,
                Err(StoreError::Overloaded | StoreError::Unavailable(_)) => tokio::task::yield_now().await,
                Err(error) => panic!("{error}"),
            }
        };
        let count = 1 + dice.next_u64() % 3;
        let entries: Vec<_> = (0..count).map(|_| entry(next.fetch_add(1, Ordering::SeqCst))).collect();
        feed::append(&mut tx, &[additions(entries)]).await.unwrap();
        dawdle(Duration::from_millis(dice.next_u64() % 20)).await;
        if dice.next_u64() % 5 == 0 {
            drop(tx);
        } else {
            tx.commit().await.unwrap();
            written += count;
        }
    }
    written
}

/// Reads the feed again and again until the writers are done, and returns how many entries it met.
async fn hunt(store: Store, is_over: Arc<AtomicBool>) -> u64 {
    let mut seen = 0;
    loop {
        let was_over = is_over.load(Ordering::SeqCst);
        let Ok(mut tx) = store.begin_read(ORGANIZATION).await else { continue };
        let head = feed::head(&mut tx, SCOPE).await.unwrap().head;
        let stretch = FeedStretch { scope: SCOPE, base: 0, after: seen, until: head };
        let met = feed::orders_met(&mut tx, &stretch, seen, u32::MAX).await.unwrap();
        tx.commit().await.unwrap();
        for (seq, _) in met {
            assert_eq!(seq, seen + 1, "an entry is missing");
            seen = seq;
        }
        assert_eq!(seen, head, "the head is ahead of its entries");
        if was_over {
            return seen;
        }
    }
}

fn additions(entries: Vec<FeedEntry>) -> ScopeEntries {
    ScopeEntries { scope: SCOPE, entries, gained: Digest::default() }
}

fn entry(number: u64) -> FeedEntry {
    let mut order = [1; 16];
    order[..8].copy_from_slice(&number.to_be_bytes());
    FeedEntry {
        order: OrderId::from_bytes(order),
        kind: FeedKind::Change,
        first_position: 1,
        last_position: 1,
    }
}
