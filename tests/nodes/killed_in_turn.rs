//! Two nodes behind a balancer, one of them killed again and again under load. Never loses what was acknowledged.

use std::collections::BTreeSet;

use harness::balancer::Balancer;
use harness::databases;
use harness::process::CampoProcess;

use super::shift::work_while;
use crate::kill::crew::Crew;

const KILLS: usize = 12;
const ROUNDS_BETWEEN: usize = 24;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_killed_in_turn_behind_a_balancer_cost_devices_nothing_but_time() {
    let crew = Crew::gather(databases::postgres()).await;
    let second = crew.another_node().start().await;
    let (first, mut crew) = crew.split();
    let mut nodes = vec![first, second];
    let addresses = nodes.iter().map(CampoProcess::address).collect();
    let balancer = Balancer::start(addresses).await.expect("loopback has a free port");
    crew.hands.iter_mut().for_each(|hand| hand.move_to(&balancer.url()));

    let (mut nodes, tally) = work_while(&mut crew.hands, async |shift| {
        for _ in 0..KILLS {
            shift.sent(ROUNDS_BETWEEN).await;
            let node = nodes.remove(0);
            nodes.push(node.kill_and_restart().await.expect("a child can be killed"));
        }
        shift.sent(ROUNDS_BETWEEN).await;
        nodes
    })
    .await;

    assert!(tally.cut > 0, "some requests were under way when a node died: {tally:?}");
    // A node that starts takes connections and asks for patience until its database is open.
    let statuses: BTreeSet<u16> =
        crew.hands.iter().flat_map(|hand| hand.ledger.statuses().keys().copied()).collect();
    assert!(statuses.is_subset(&BTreeSet::from([200, 503])), "{statuses:?}");
    nodes.remove(1).kill().await.expect("a child can be killed");
    let mut crew = crew.with(nodes.remove(0).kill().await.expect("a child can be killed"));
    crew.start("").await;
    crew.recover().await;
    crew.assert_nothing_is_lost().await;
}
