//! Jobs are done once they are due, by one worker at a time, and never by one that lost its lease.

use campo::jobs::{INSTALLATION, Job, enqueue, run_due_jobs};
use campo::store::Store;
use campo::store::job_rows::{self, JobEnd};
use harness::databases::each_database;
use sync_core::time::Timestamp;

use crate::store::support::open;

const NOW: Timestamp = Timestamp(1_000_000);

async fn add(store: &Store, cause: &str) {
    let mut tx = store.begin_write(INSTALLATION).await.unwrap();
    enqueue(&mut tx, &Job::ExpireSessions, cause, NOW).await.unwrap();
    tx.commit().await.unwrap();
}

async fn lease(store: &Store, now: Timestamp) -> Option<job_rows::LeasedJobRow> {
    let mut tx = store.begin_system_write().await.unwrap();
    let until = now.plus_millis(60_000);
    let mut leased = job_rows::lease(&mut tx, "house", 1, now, until).await.unwrap();
    tx.commit().await.unwrap();
    leased.pop()
}

async fn finish(store: &Store, row: &job_rows::LeasedJobRow) -> bool {
    let mut tx = store.begin_system_write().await.unwrap();
    let is_ours = job_rows::finish(&mut tx, row, JobEnd::Done, "", NOW).await.unwrap();
    tx.commit().await.unwrap();
    is_ours
}

// covers: E15
#[tokio::test]
async fn a_leased_job_is_nobody_elses_until_its_lease_ends_and_the_late_worker_cannot_finish_it() {
    for database in each_database() {
        let store = open(&database).await;
        add(&store, "once").await;
        add(&store, "once").await;

        let first = lease(&store, NOW).await.expect("the job is due");
        assert_eq!(lease(&store, NOW).await, None, "one cause is one job, and it is taken");
        let second = lease(&store, NOW.plus_millis(60_000)).await.expect("the lease ended");

        assert!(!finish(&store, &first).await);
        assert!(finish(&store, &second).await);
        assert_eq!(lease(&store, NOW.plus_millis(600_000)).await, None);
    }
}

#[tokio::test]
async fn due_jobs_are_run_and_then_done() {
    for (node, _admin, _database) in super::support::each_node().await {
        let mut tx = node.app.store.begin_write(INSTALLATION).await.unwrap();
        enqueue(&mut tx, &Job::ExpireSessions, "test", node.clock.now()).await.unwrap();
        tx.commit().await.unwrap();

        run_due_jobs(&node.app).await.unwrap();

        let mut tx = node.app.store.begin_system_read().await.unwrap();
        let counts = job_rows::count_by_state(&mut tx).await.unwrap();
        assert!(!counts.iter().any(|(state, _, _)| state == "dead"), "{counts:?}");
    }
}
