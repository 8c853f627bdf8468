//! PostgreSQL stops, comes back, and fails over to its standby under load. Never restarts a node of Campo.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use harness::databases::{PostgresPair, TestDatabase};
use harness::proxy::FaultProxy;
use serde_json::Value;

use super::shift::work_while;
use crate::kill::crew::Crew;

const ROUNDS: usize = 24;
/// How long an outage lasts at least.
const OUTAGE: Duration = Duration::from_secs(60);
/// Refused attempts between two looks at the clock, each after the node waited for a connection.
const REFUSALS: usize = 8;
/// Failovers in one run of the tests; `CAMPO_FAILOVERS` asks for more.
const FAILOVERS: usize = 3;

// covers: E5
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_stops_for_a_minute_is_answered_with_503_until_it_is_back() {
    let mut pair = PostgresPair::start().await;
    let database = TestDatabase::of_pair(pair.primary());
    let (server, mut crew) = Crew::gather(database).await.split();
    let url = server.url();

    let ((alive, ready, list), tally) = work_while(&mut crew.hands, async |shift| {
        shift.sent(ROUNDS).await;
        pair.stop_primary().await;
        let stopped = Instant::now();
        while stopped.elapsed() < OUTAGE {
            shift.refused(REFUSALS).await;
        }
        let told = (ask(&url, "/live").await, ask(&url, "/ready").await, ask(&url, "/v1/capabilities").await);
        pair.start_primary().await;
        shift.sent(ROUNDS).await;
        told
    })
    .await;

    assert_eq!((alive.0, list.0), (200, 200), "the process lives and says what it can do");
    assert_eq!(
        (ready.0, &ready.1["code"], &ready.1["retryable"]),
        (503, &"db_unavailable".into(), &true.into())
    );
    assert!(ready.2, "it says when to come back");
    assert!(tally.refused >= REFUSALS, "{tally:?}");
    let statuses: BTreeSet<u16> =
        crew.hands.iter().flat_map(|hand| hand.ledger.statuses().keys().copied()).collect();
    assert_eq!(statuses, BTreeSet::from([200, 503]), "nothing but success and patience");
    let mut crew = crew.with(server.kill().await.expect("a child can be killed"));
    crew.start("").await;
    crew.recover().await;
    crew.assert_nothing_is_lost().await;
}

// covers: E6
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_follow_a_failover_without_a_restart_and_lose_nothing() {
    let mut pair = PostgresPair::start().await;
    let proxy = FaultProxy::start(pair.primary()).await.expect("loopback has a free port");
    let database = TestDatabase::of_pair(proxy.address());
    let (server, mut crew) = Crew::gather(database).await.split();

    let failovers = std::env::var("CAMPO_FAILOVERS").ok().and_then(|count| count.parse().ok());

    let ((), tally) = work_while(&mut crew.hands, async |shift| {
        for _ in 0..failovers.unwrap_or(FAILOVERS) {
            shift.sent(ROUNDS).await;
            pair.stop_primary().await;
            proxy.cut();
            pair.promote().await;
            proxy.set_target(pair.primary());
            proxy.restore();
            shift.sent(ROUNDS).await;
            pair.rejoin().await;
        }
    })
    .await;

    assert_eq!(tally.cut, 0, "every request is answered: {tally:?}");
    let statuses: BTreeSet<u16> =
        crew.hands.iter().flat_map(|hand| hand.ledger.statuses().keys().copied()).collect();
    assert!(statuses.is_subset(&BTreeSet::from([200, 503])), "{statuses:?}: {}", server.logs());
    let mut crew = crew.with(server.kill().await.expect("a child can be killed"));
    crew.start("").await;
    crew.recover().await;
    crew.assert_nothing_is_lost().await;
}

/// The status, the body, and whether a `Retry-After` came with it.
async fn ask(url: &str, path: &str) -> (u16, Value, bool) {
    let reply = reqwest::get(format!("{url}{path}")).await.expect("the node answers");
    let (status, has_retry_after) = (reply.status().as_u16(), reply.headers().contains_key("retry-after"));
    let text = reply.text().await.expect("the answer is whole");
    (status, serde_json::from_str(&text).unwrap_or(Value::String(text)), has_retry_after)
}
