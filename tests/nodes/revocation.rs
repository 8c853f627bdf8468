//! Somebody's access ends at one node and is felt at every other one. Never asks a node to look.

use std::time::{Duration, Instant};

use campo::clock::Clock;
use harness::alone::is_alone;
use harness::databases::each_database;
use serde_json::json;
use tokio::time::timeout;

use crate::api::support::{config, start_with};

/// What the product promises.
const FELT_WITHIN: Duration = Duration::from_secs(1);
const PATIENCE: Duration = Duration::from_secs(20);
const ROUNDS: usize = 5;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_access_that_ends_at_one_node_has_ended_at_the_other_within_a_second() {
    // Other tests would make the nodes wait for their turn.
    let name = "nodes::revocation::an_access_that_ends_at_one_node_has_ended_at_the_other_within_a_second";
    if !is_alone(name) {
        return;
    }
    for database in each_database() {
        let node = start_with(config(&database), Clock::system()).await;
        let admin = node.set_up("ana@example.com").await;
        let other = start_with(config(&database), Clock::system()).await;
        for round in 0..ROUNDS {
            let email = format!("person{round}@example.com");
            let (user, token) = node.add_user(&admin, &email, "technician").await;
            let path = format!("/v1/users/{user}");
            assert_eq!(other.get(&token, &path).await.status.as_u16(), 200);
            let disabled = json!({ "email": email, "name": "Gone", "role": "technician", "language": "en", "disabled": true });

            let ended = node.put(&admin.token, &path, "\"1\"", &disabled).await;
            let began = Instant::now();
            let felt = timeout(PATIENCE, async {
                while other.get(&token, &path).await.code() != "session_revoked" {
                    tokio::task::yield_now().await;
                }
                began.elapsed()
            });
            let felt = felt.await.expect("the other node hears of it");

            assert_eq!(ended.status.as_u16(), 200, "{}", ended.body);
            assert!(felt <= FELT_WITHIN, "{:?}, round {round}: {felt:?}", database.kind());
        }
        node.stop().await;
        other.stop().await;
    }
}
