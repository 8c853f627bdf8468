//! The one SQLite writer under crowds, dropped futures and a full disk. Never on PostgreSQL, which has no such writer.

use campo::store::{StoreError, WAITING_WRITERS_MAX, reference_rows};
use futures_util::future::join_all;
use harness::alone::is_alone;
use harness::databases;

use super::support::{ORGANIZATION, open, open_sqlite, publish_one, record, row_count};

// covers: E3
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn five_hundred_writers_at_once_are_served_or_told_to_wait_and_none_sees_a_locked_database() {
    for database in databases::each_database() {
        let store = open(&database).await;

        let writes = (0..500_u64).map(|number| {
            let store = store.clone();
            tokio::spawn(async move { publish_one(&store, number, "{}").await })
        });
        let outcomes: Vec<_> = join_all(writes).await.into_iter().map(Result::unwrap).collect();

        let kept = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
        for error in outcomes.iter().filter_map(|outcome| outcome.as_ref().err()) {
            assert!(is_told_to_wait(error), "{error:?}");
        }
        assert!(kept >= 1);
        assert_eq!(row_count(&store, ORGANIZATION).await, kept);
    }
}

/// The queue was full, or the turn did not come within the time limit.
fn is_told_to_wait(error: &StoreError) -> bool {
    matches!(error, StoreError::Overloaded)
        || matches!(error, StoreError::Unavailable(text) if text.contains("pool timed out"))
}

#[tokio::test]
async fn positions_have_no_gap_however_many_share_a_commit() {
    let (store, _database) = open_sqlite().await;

    let writes = (0..WAITING_WRITERS_MAX as u64).map(|number| publish_one(&store, number, "{}"));
    let mut heads: Vec<i64> = join_all(writes).await.into_iter().map(Result::unwrap).collect();

    heads.sort_unstable();
    assert_eq!(heads, (1..=WAITING_WRITERS_MAX as i64).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_member_that_gives_up_takes_nothing_of_its_neighbours_with_it() {
    let (store, _database) = open_sqlite().await;

    let writes = (0..60_u64).map(|number| {
        let store = store.clone();
        async move {
            let mut tx = store.begin_write(ORGANIZATION).await.unwrap();
            let row = ("test", record(number), "{}", false);
            reference_rows::publish(&mut tx, &[row]).await.unwrap();
            if number % 3 != 0 {
                tx.commit().await.unwrap();
            }
        }
    });
    join_all(writes).await;

    assert_eq!(row_count(&store, ORGANIZATION).await, 40);
}

// covers: E4
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dropped_requests_leave_no_open_transaction_behind() {
    for database in databases::each_database() {
        let store = open(&database).await;

        let mut tasks = Vec::new();
        for number in 0..2_000_u64 {
            let store = store.clone();
            let task = tokio::spawn(async move { publish_one(&store, number, "{}").await });
            for _ in 0..number % 7 {
                tokio::task::yield_now().await;
            }
            if number % 40 == 0 {
                let _ = task.await;
            } else {
                task.abort();
                tasks.push(task);
            }
        }
        join_all(tasks).await;

        let before = row_count(&store, ORGANIZATION).await;
        publish_one(&store, 9_999, "{}").await.unwrap();
        assert!(row_count(&store, ORGANIZATION).await > before);
        let mut tx = store.begin_read(ORGANIZATION).await.unwrap();
        let head = reference_rows::head(&mut tx).await.unwrap();
        let rows = reference_rows::list_after(&mut tx, 0, i64::MAX, 100_000).await.unwrap();
        assert_eq!(rows.len() as i64, head, "every position that was taken is a row");
    }
}

// covers: E1
#[tokio::test]
async fn a_full_disk_refuses_writes_keeps_what_was_acknowledged_and_heals_without_a_restart() {
    // After a full disk the whole process opens its databases again, in the midst of what other tests write.
    if !is_alone(
        "store::group_commit::a_full_disk_refuses_writes_keeps_what_was_acknowledged_and_heals_without_a_restart",
    ) {
        return;
    }
    let (store, _database) = open_sqlite().await;
    let body = "x".repeat(20_000);
    publish_one(&store, 0, &body).await.unwrap();
    let pages_max = 200;

    store.limit_pages(Some(pages_max));
    let mut kept = 1;
    let refusal = loop {
        match publish_one(&store, kept, &body).await {
            Ok(_) => kept += 1,
            Err(error) => break error,
        }
    };

    assert!(matches!(refusal, StoreError::StorageFull), "{refusal:?}");
    assert_eq!(row_count(&store, ORGANIZATION).await as u64, kept, "reading goes on");
    let again = publish_one(&store, kept, &body).await;
    assert!(matches!(again, Err(StoreError::StorageFull)), "{again:?}");
    store.limit_pages(None);
    publish_one(&store, kept, &body).await.unwrap();
    assert_eq!(row_count(&store, ORGANIZATION).await as u64, kept + 1);
}

#[tokio::test]
async fn a_reader_sees_one_state_while_others_write() {
    for database in databases::each_database() {
        let store = open(&database).await;
        publish_one(&store, 1, "{}").await.unwrap();

        let mut tx = store.begin_read(ORGANIZATION).await.unwrap();
        let before = reference_rows::head(&mut tx).await.unwrap();
        publish_one(&store, 2, "{}").await.unwrap();

        assert_eq!(reference_rows::head(&mut tx).await.unwrap(), before);
    }
}
