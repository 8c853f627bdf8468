//! Jobs of two nodes, one of them killed again and again: what follows from an event is made once, and heard again only where a
//! node died while it told it. Never a job of the test's own process.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use harness::balancer::Balancer;
use harness::databases;
use harness::process::CampoProcess;
use harness::receiver::Receiver;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::kill::crew::{Crew, PASSWORD};

const KILLS: usize = 8;
const CLERKS: usize = 4;
const CUSTOMERS_BETWEEN: usize = 15;
/// Above the minute after which a dead node's job is taken up.
const PATIENCE: Duration = Duration::from_secs(240);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_job_is_done_twice_by_two_nodes_of_which_one_is_killed_again_and_again() {
    let mut receiver = Receiver::answering(204).await;
    let crew = Crew::gather(databases::postgres()).await;
    let inner = receiver.address.ip().to_string();
    let options = crew.another_node();
    let options = options.environment("CAMPO_JOBS", "on").environment("CAMPO_WEBHOOK_INNER_HOSTS", &inner);
    let (idle, crew) = crew.split();
    idle.kill().await.expect("a child can be killed");
    let mut nodes = vec![options.clone().start().await, options.start().await];
    let balancer = Balancer::start(nodes.iter().map(CampoProcess::address).collect()).await;
    let balancer = balancer.expect("loopback has a free port");
    let office = Office::sign_in(&balancer.url()).await;
    let hook = json!({ "url": receiver.url(), "event_types": ["customer.created"] });
    office.post("/v1/webhooks", &hook).await.expect("a webhook is made");

    let (added, mut seen) = watch::channel(BTreeSet::new());
    let mut clerks = JoinSet::new();
    for clerk in 0..CLERKS {
        clerks.spawn(add_customers(office.clone(), clerk, added.clone()));
    }
    for _ in 0..KILLS {
        let target = seen.borrow().len() + CUSTOMERS_BETWEEN;
        let reached = timeout(PATIENCE, seen.wait_for(|added| added.len() >= target)).await;
        drop(reached.expect("the nodes go on serving").expect("the clerks work"));
        let node = nodes.remove(0);
        nodes.push(node.kill_and_restart().await.expect("a child can be killed"));
    }
    clerks.abort_all();
    while clerks.join_next().await.is_some() {}
    let added = seen.borrow().clone();

    // Each of them, by the name of the event in every request that came.
    let mut heard: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let all_heard = timeout(PATIENCE, async {
        while !added.iter().all(|customer| heard.contains_key(customer)) {
            let received = receiver.next().await;
            let body: Value = serde_json::from_str(&received.body).expect("an event is JSON");
            let customer = body["data"]["customer_id"].as_str().expect("it names its customer").to_owned();
            heard.entry(customer).or_default().push(received.headers["webhook-id"].clone());
        }
    });
    let all_heard = all_heard.await;
    assert!(all_heard.is_ok(), "{} of {} are heard: {}", heard.len(), added.len(), nodes[0].logs());

    let is_one_event = |names: &Vec<String>| names.iter().collect::<BTreeSet<_>>().len() == 1;
    assert!(heard.values().all(is_one_event), "an event was made twice: {heard:?}");
    let repeats: usize = heard.values().map(|names| names.len() - 1).sum();
    assert!(repeats <= KILLS, "{repeats} were told again, more than nodes died");
    for node in nodes {
        node.kill().await.expect("a child can be killed");
    }
    drop(crew);
}

/// Adds one customer after the other; a request that a dying node cuts off is not counted and not repeated.
async fn add_customers(office: Office, clerk: usize, added: watch::Sender<BTreeSet<String>>) {
    for number in 0_usize.. {
        let customer = json!({ "name": format!("Customer {clerk}-{number}") });
        if let Some(made) = office.post("/v1/customers", &customer).await {
            let id = made["id"].as_str().expect("a customer has an id").to_owned();
            added.send_modify(|added| {
                added.insert(id);
            });
        }
    }
}

/// The administrator, behind the balancer.
#[derive(Clone)]
struct Office {
    url: String,
    token: String,
}

impl Office {
    async fn sign_in(url: &str) -> Self {
        let mut office = Self { url: url.to_owned(), token: String::new() };
        let sign_in = json!({ "email": "admin@example.com", "password": PASSWORD });
        let session = office.post("/v1/session", &sign_in).await.expect("an admin may sign in");
        session["access_token"].as_str().expect("a token is text").clone_into(&mut office.token);
        office
    }

    /// What was made; nothing where a node died, or asks for patience.
    async fn post(&self, path: &str, body: &Value) -> Option<Value> {
        // A connection of its own, so that the balancer chooses each time.
        let request = reqwest::Client::new().post(format!("{}{path}", self.url)).json(body);
        let reply = request.bearer_auth(&self.token).send().await.ok()?;
        match reply.status().as_u16() {
            200 | 201 => reply.json().await.ok(),
            503 => None,
            status => panic!("{path}: {status} {}", reply.text().await.unwrap_or_default()),
        }
    }
}
