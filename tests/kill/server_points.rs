//! The server dies at every named point of a push, again and again. Never loses or doubles what it acknowledged.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use harness::databases::{self, TestDatabase};
use sync_core::ids::ChangeHash;

use super::crew::Crew;

/// What the points of a push mean for the push that reaches them.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reached {
    BeforeCommit,
    AfterCommit,
}

const POINTS: [(&str, Reached); 3] = [
    ("push.after_validate", Reached::BeforeCommit),
    ("push.before_commit", Reached::BeforeCommit),
    ("push.after_commit", Reached::AfterCommit),
];
/// Inside the commit that several pushes share; SQLite only.
const SHARED_COMMIT_POINTS: [(&str, Reached); 2] =
    [("store.before_commit", Reached::BeforeCommit), ("store.after_commit", Reached::AfterCommit)];

/// A restarted server first answers every phone's repeated push, and its check, without dying.
const SURVIVED_MIN: usize = 12;
const SURVIVED_SPREAD: usize = 5;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_killed_anywhere_in_a_push_loses_nothing_it_acknowledged_on_sqlite() {
    // covers: B1 B2 R3
    let points = [POINTS.as_slice(), SHARED_COMMIT_POINTS.as_slice()].concat();

    kill_at(databases::sqlite(), &points, 170).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_killed_anywhere_in_a_push_loses_nothing_it_acknowledged_on_postgresql() {
    // covers: B1 B2 R3
    kill_at(databases::postgres(), &POINTS, 42).await;
}

/// Changes whose push reached a point while nobody else spoke: the next server must say what became of them.
struct Doubt {
    hand: usize,
    changes: BTreeSet<ChangeHash>,
    reached: Reached,
}

impl Doubt {
    fn assert_settled(&self, crew: &Crew) {
        let ledger = &crew.hands[self.hand].ledger;
        let was_stored = |hash| match self.reached {
            Reached::BeforeCommit => ledger.was_applied_when_asked(hash),
            Reached::AfterCommit => !ledger.was_applied_when_asked(hash),
        };
        assert!(self.changes.iter().all(was_stored), "stored exactly when it was committed");
    }
}

async fn kill_at(database: TestDatabase, points: &[(&str, Reached)], kills: usize) {
    let mut crew = Crew::gather(database).await.stopped().await;
    let mut doubt: Option<Doubt> = None;
    for kill in 0..kills {
        let (point, reached) = points[kill % points.len()];
        let survived = SURVIVED_MIN + kill % SURVIVED_SPREAD;
        crew.start(&format!("{point}={survived}*off->return")).await;
        crew.recover().await;
        if let Some(doubt) = doubt.take() {
            doubt.assert_settled(&crew);
        }
        if kill % 2 == 0 {
            let hand = kill / 2 % crew.hands.len();
            crew.hands[hand].work_until_cut(|| {}).await;
            let changes = crew.hands[hand].ledger.unanswered();
            assert_eq!(changes.len(), 1, "the push that reached the point was not answered");
            doubt = Some(Doubt { hand, changes, reached });
        } else {
            join_all(crew.hands.iter_mut().map(|hand| hand.work_until_cut(|| {}))).await;
        }
        crew = crew.server_died().await;
    }
    crew.start("").await;
    crew.recover().await;
    crew.assert_nothing_is_lost().await;
}
