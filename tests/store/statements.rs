//! What a push may cost the database: statements, whatever the number of orders. Never how long they take.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use campo::sync::Orders;
use harness::databases;
use sync_core::ids::OrderId;
use sync_core::workflow::Role;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use super::phone::Phone;
use super::support::{ORGANIZATION, open};

/// To read what is stored of the orders, to commit, to read the page. PostgreSQL only: the driver runs SQLite's
/// statements in a thread of its own; their texts are the same.
const STATEMENTS_OF_A_PUSH: usize = 26;

#[tokio::test]
async fn a_push_takes_as_many_statements_for_sixteen_orders_as_for_one() {
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
    let count = Arc::new(AtomicUsize::new(0));
    let counting = tracing::subscriber::set_default(StatementCounter(Arc::clone(&count)));
    let heard = phone.sync(orders).await;
    drop(counting);
    assert_eq!(heard.requests, 1);
    assert!(phone.unsent.is_empty(), "{:?}", heard.outcomes);
    count.load(Ordering::SeqCst)
}

/// Counts what the database driver says it ran in this thread.
struct StatementCounter(Arc<AtomicUsize>);

impl Subscriber for StatementCounter {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "sqlx::query"
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, _: &Event<'_>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}
