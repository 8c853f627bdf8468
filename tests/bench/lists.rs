//! Lists of 100,000 orders over HTTP: every filter with every sort, and what the server costs. Never through documents.
//!
//! The rows are written by the store's own functions, 2,000 orders in a transaction; the server is a process of its own.

mod filters;

use std::time::{Duration, Instant};

use campo::store::{DatabaseConfig, Store};
use harness::databases::{self, DatabaseKind, TestDatabase};
use harness::listed_orders::Population;
use serde_json::{Value, json};
use sqlx::Connection as _;
use sync_core::time::Timestamp;

use crate::live::kind_name;
use crate::process::ServerProcess;
use crate::report::{Report, percentile};
use crate::server::{ADMIN, PASSWORD, Server, text};
use crate::size::Size;
use filters::{Filter, filters};

const SORTS: [&str; 14] = [
    "listed",
    "-listed",
    "promised",
    "-promised",
    "window",
    "-window",
    "priority",
    "-priority",
    "number",
    "-number",
    "customer",
    "-customer",
    "status",
    "-status",
];
/// Other lists at the same size, by their paths.
const OTHER_LISTS: [(&str, &str); 20] = [
    ("counts", "/v1/orders/counts"),
    ("customers", "/v1/customers"),
    ("customers by word", "/v1/customers?q=padaria"),
    ("customers by nothing", "/v1/customers?q=zzzzz"),
    ("equipment", "/v1/equipment"),
    ("equipment by serial", "/v1/equipment?q=sn1000007"),
    ("sites", "/v1/sites"),
    ("sites by word", "/v1/sites?q=padaria"),
    ("contacts", "/v1/contacts"),
    ("catalogue", "/v1/catalogue-items"),
    ("catalogue by word", "/v1/catalogue-items?q=zzzzz"),
    ("expiring records", "/v1/expiring-records"),
    ("prescriptions", "/v1/prescriptions"),
    ("users", "/v1/users"),
    ("audit", "/v1/audit-entries"),
    ("audit of a kind", "/v1/audit-entries?action=customer"),
    ("jobs", "/v1/jobs"),
    ("imports", "/v1/imports"),
    ("held changes", "/v1/held-changes"),
    ("notifications", "/v1/notifications"),
];
/// Pages into a list before the one that is timed.
const PAGES_BEFORE: usize = 20;

/// A seeded database and the process that serves it.
struct Served {
    process: ServerProcess,
    population: Population,
    _database: TestDatabase,
}

/// One combination.
struct Timed {
    filter: &'static str,
    sort: &'static str,
    p50_ms: f64,
    p99_ms: f64,
}

pub async fn run(size: Size) -> Report {
    let mut report = Report::new("lists");
    for kind in [DatabaseKind::Sqlite, DatabaseKind::Postgres] {
        let repetitions = size.choose(15, 1);
        let small = Served::start(kind, size.choose(1_000, 50)).await;
        small.time_all(repetitions).await;
        let small_mb = small.process.resident_mb();
        let large = Served::start(kind, size.choose(100_000, 500)).await;
        let timed = large.time_all(repetitions).await;
        let large_mb = large.process.resident_mb();
        let worst = timed.iter().map(|timed| timed.p99_ms).fold(0.0, f64::max);
        for Timed { filter, sort, p50_ms, p99_ms } in timed {
            report.add(vec![
                ("database", kind_name(kind).into()),
                ("orders", large.population.orders.into()),
                ("customers", large.population.customers.into()),
                ("filter", filter.into()),
                ("sort", sort.into()),
                ("p50_ms", p50_ms.into()),
                ("p99_ms", p99_ms.into()),
                ("worst_p99_ms", worst.into()),
                ("start_ms", large.process.started_in_ms().into()),
                ("resident_mb", large_mb.into()),
                ("resident_mb_of_1000", small_mb.into()),
            ]);
        }
    }
    report
}

impl Served {
    async fn start(kind: DatabaseKind, orders: u64) -> Self {
        let database = match kind {
            DatabaseKind::Sqlite => databases::sqlite(),
            DatabaseKind::Postgres => databases::postgres(),
        };
        let server = Server::start(database).await;
        let now = Timestamp(1_790_000_000_000);
        let population =
            Population { orders, customers: orders / 5, equipment: orders * 3 / 10, technicians: 60, now };
        let config =
            DatabaseConfig::from_url(server.database_url()).expect("the harness gives a known address");
        let store = Store::open(&config).await.expect("the database can be opened");
        let began = Instant::now();
        population.store(&store, server.organization()).await.expect("the rows can be written");
        store.close().await;
        eprintln!("    lists: {orders} orders in {} seeded in {:.1?}", kind_name(kind), began.elapsed());
        let database = server.into_database().await;
        // What a running server's autovacuum does in its own time.
        vacuum(&database).await;
        let process = ServerProcess::start(database.url()).await;
        Self { process, population, _database: database }
    }

    async fn time_all(&self, repetitions: usize) -> Vec<Timed> {
        let client = reqwest::Client::new();
        let mut timed = Vec::new();
        for Filter { name, query } in filters(self.population) {
            // An access token is short-lived.
            let token = sign_in(&client, &self.process.url()).await;
            for sort in SORTS {
                let path = format!("/v1/orders?sort={sort}&{query}");
                timed.push(self.time((&client, &token), (name, sort), &path, repetitions).await);
            }
        }
        let token = sign_in(&client, &self.process.url()).await;
        for sort in SORTS {
            let path = self.later_page((&client, &token), sort).await;
            timed.push(self.time((&client, &token), ("none, a later page", sort), &path, repetitions).await);
        }
        for (name, path) in OTHER_LISTS {
            timed.push(self.time((&client, &token), (name, ""), path, repetitions).await);
        }
        timed
    }

    /// The path of a page far behind the first one; of the last one where there are not so many.
    async fn later_page(&self, (client, token): (&reqwest::Client, &str), sort: &str) -> String {
        let first = format!("/v1/orders?sort={sort}");
        let mut path = first.clone();
        for _ in 0..PAGES_BEFORE {
            let request = client.get(format!("{}{path}", self.process.url())).bearer_auth(token);
            let answer = request.send().await.expect("the server answers");
            let answer: Value = answer.json().await.expect("a list is JSON");
            let Some(next) = answer["next_page"].as_str() else { break };
            path = format!("{first}&page={next}");
        }
        path
    }

    async fn time(
        &self,
        (client, token): (&reqwest::Client, &str),
        (filter, sort): (&'static str, &'static str),
        path: &str,
        repetitions: usize,
    ) -> Timed {
        let mut elapsed = Vec::new();
        // The first one does not count: it reads pages nobody had read yet.
        for _ in 0..=repetitions {
            let began = Instant::now();
            let request = client.get(format!("{}{path}", self.process.url())).bearer_auth(token);
            let response = request.send().await.expect("the server answers");
            let status = response.status();
            let body = response.bytes().await.expect("the answer is whole");
            elapsed.push(began.elapsed());
            assert!(status.is_success(), "{path}: {status} {}", String::from_utf8_lossy(&body));
        }
        let mut sorted: Vec<f64> = elapsed[1..].iter().map(Duration::as_secs_f64).map(|s| s * 1e3).collect();
        sorted.sort_by(f64::total_cmp);
        Timed { filter, sort, p50_ms: percentile(&sorted, 50), p99_ms: percentile(&sorted, 99) }
    }
}

async fn sign_in(client: &reqwest::Client, url: &str) -> String {
    let body = json!({ "email": ADMIN, "password": PASSWORD });
    let answer = client.post(format!("{url}/v1/session")).json(&body).send().await;
    let answer: Value = answer.expect("the server answers").json().await.expect("a session is JSON");
    text(&answer["access_token"])
}

async fn vacuum(database: &TestDatabase) {
    if database.kind() == DatabaseKind::Postgres {
        let connection = sqlx::PgConnection::connect(&database.superuser_url()).await;
        let mut connection = connection.expect("the superuser may connect");
        sqlx::query("VACUUM ANALYZE").execute(&mut connection).await.expect("the superuser may vacuum");
    }
}
