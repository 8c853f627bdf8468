//! What a push may cost the database: statements, whatever the number of orders. Never how long they take.

use std::cell::Cell;
use std::fmt;
use std::sync::Once;

use campo::sync::Orders;
use harness::databases;
use sync_core::ids::OrderId;
use sync_core::workflow::Role;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use super::phone::Phone;
use super::support::{ORGANIZATION, open};

/// To read what is stored of the orders, to commit, to read the page. PostgreSQL only: the driver runs SQLite's
/// statements in a thread of its own; their texts are the same.
const STATEMENTS_OF_A_PUSH: usize = 15;

#[tokio::test]
async fn a_push_takes_as_many_statements_for_sixteen_orders_as_for_one() {
    count_statements();
    let database = databases::postgres();
    let orders = Orders::open(open(&database).await).await.unwrap();
    let ids: Vec<_> = (0..16).map(|number| OrderId::from_bytes([number + 1; 16])).collect();
    let mut office = Phone::new(ORGANIZATION, 1, Role::Dispatcher, 101);
    let mut ana = Phone::new(ORGANIZATION, 2, Role::Technician, 102);
    for id in &ids {
        office.create(*id, &[2]);
    }
    office.sync(&orders).await;
    ana.sync(&orders).await;
    for id in &ids {
        ana.note(*id, 0);
    }
    ana.sync(&orders).await;

    ana.note(ids[0], 1);
    let of_one = statements_of_a_sync(&mut ana, &orders).await;
    for id in &ids {
        ana.note(*id, 2);
    }
    let of_sixteen = statements_of_a_sync(&mut ana, &orders).await;

    assert_eq!((of_one, of_sixteen), (STATEMENTS_OF_A_PUSH, STATEMENTS_OF_A_PUSH));
}

async fn statements_of_a_sync(phone: &mut Phone, orders: &Orders) -> usize {
    let before = STATEMENTS.get();
    let heard = phone.sync(orders).await;
    assert_eq!(heard.requests, 1);
    assert!(phone.unsent.is_empty(), "{:?}", heard.outcomes);
    STATEMENTS.get() - before
}

thread_local! {
    /// What the database driver said it ran in this thread, which is this test's alone.
    static STATEMENTS: Cell<usize> = const { Cell::new(0) };
}

/// Counts in every thread of the process from here on: who listens to the driver never changes while a test counts.
fn count_statements() {
    static COUNTING: Once = Once::new();
    COUNTING.call_once(|| {
        tracing::subscriber::set_global_default(StatementCounter).expect("no other test listens");
    });
}

struct StatementCounter;

impl Subscriber for StatementCounter {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "sqlx::query"
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut asks_a_session = AsksASession(false);
        event.record(&mut asks_a_session);
        STATEMENTS.set(STATEMENTS.get() + usize::from(!asks_a_session.0));
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// Whether a statement asks a session that is given back whether it can be used again: nobody waits for that, and when it
/// runs is not up to the push.
struct AsksASession(bool);

impl Visit for AsksASession {
    fn record_debug(&mut self, _: &Field, value: &dyn fmt::Debug) {
        self.0 |= format!("{value:?}").contains("transaction_read_only");
    }
}
