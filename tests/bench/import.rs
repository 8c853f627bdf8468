//! Files of 100,000 rows through HTTP: rows a second, how often progress shows, and what others wait meanwhile.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use harness::databases;
use serde_json::Value;
use sync_core::workflow::Role;

use crate::live::kind_name;
use crate::report::{Report, percentile};
use crate::server::{Server, post, text};
use crate::size::Size;

/// Between two looks at an import, and between two requests of somebody who works meanwhile.
const LOOK_EVERY: Duration = Duration::from_millis(100);
const COLLEAGUE: &str = "/v1/customers?q=mercado";

struct Imported {
    check_s: f64,
    run_s: f64,
    steps_seen: usize,
    progress: Value,
    waited_ms: Vec<f64>,
}

pub async fn run(size: Size) -> Report {
    let mut report = Report::new("import");
    let rows = size.choose(100_000, 200);
    for database in databases::each_database() {
        let database_name = kind_name(database.kind());
        let mut server = Server::start(database).await;
        let token = server.person(Role::Dispatcher).await.token().to_owned();
        let office = Office { server: &server, token: &token, http: reqwest::Client::new() };
        let alone_p99_ms = office.alone().await;
        for (kind, file) in [
            ("customers", customers(rows)),
            ("sites", sites(rows)),
            ("equipment", equipment(rows)),
            ("catalogue_items", articles(rows)),
            ("orders", orders(rows / 50)),
        ] {
            let (bytes, count) = (file.len(), file.lines().count() - 1);
            let Imported { check_s, run_s, steps_seen, progress, waited_ms } =
                office.import(kind, file).await;
            assert_eq!(progress["created"].as_u64(), Some(count as u64), "{kind}: {progress}");
            #[expect(clippy::cast_precision_loss, reason = "a benchmark's rows are few")]
            let count_real = count as f64;
            report.add(vec![
                ("database", database_name.into()),
                ("kind", kind.into()),
                ("rows", (count as u64).into()),
                ("bytes", (bytes as u64).into()),
                ("check_s", check_s.into()),
                ("run_s", run_s.into()),
                ("rows_per_s", (count_real / run_s).into()),
                ("progress_steps", (steps_seen as u64).into()),
                ("others_p99_ms", percentile(&waited_ms, 99).into()),
                ("others_alone_p99_ms", alone_p99_ms.into()),
            ]);
        }
    }
    report
}

/// Somebody of the office.
struct Office<'a> {
    server: &'a Server,
    token: &'a str,
    http: reqwest::Client,
}

impl Office<'_> {
    async fn import(&self, kind: &str, file: String) -> Imported {
        let url = format!("http://{}/v1/imports", self.server.address());
        let begun = self.http.post(format!("{url}?kind={kind}")).bearer_auth(self.token);
        let begun =
            begun.header("content-type", "text/csv").body(file).send().await.expect("the node answers");
        let begun: Value = begun.json().await.expect("an import is JSON");
        let id = text(&begun["id"]);
        let (check_s, ..) = self.go(&format!("/v1/imports/{id}"), "check", "checked").await;
        let (run_s, steps, waited_ms, progress) = self.go(&format!("/v1/imports/{id}"), "run", "done").await;
        Imported { check_s, run_s, steps_seen: steps, progress, waited_ms }
    }

    /// Starts a step and looks until it is over, as a colleague works meanwhile.
    async fn go(&self, import: &str, step: &str, end: &str) -> (f64, usize, Vec<f64>, Value) {
        let began = Instant::now();
        let empty = serde_json::json!({});
        post(self.server.address(), &format!("{import}/{step}"), Some(self.token), &empty).await;
        let (mut seen, mut waited_ms) = (BTreeSet::new(), Vec::new());
        let mut pace = tokio::time::interval(LOOK_EVERY);
        loop {
            pace.tick().await;
            waited_ms.push(self.work().await);
            let look = self.get(import).await;
            seen.insert(look["progress"]["rows_done"].as_u64());
            if look["state"] == end {
                waited_ms.sort_by(f64::total_cmp);
                return (began.elapsed().as_secs_f64(), seen.len(), waited_ms, look["progress"].clone());
            }
            let state = text(&look["state"]);
            assert!(matches!(state.as_str(), "checking" | "running"), "{look}");
        }
    }

    async fn alone(&self) -> f64 {
        let mut waited_ms = Vec::new();
        for _ in 0..100 {
            waited_ms.push(self.work().await);
        }
        waited_ms.sort_by(f64::total_cmp);
        percentile(&waited_ms, 99)
    }

    /// What somebody waits for a search.
    async fn work(&self) -> f64 {
        let began = Instant::now();
        self.get(COLLEAGUE).await;
        began.elapsed().as_secs_f64() * 1e3
    }

    async fn get(&self, path: &str) -> Value {
        let url = format!("http://{}{path}", self.server.address());
        let answer = self.http.get(url).bearer_auth(self.token).send().await.expect("the node answers");
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        answer.json().await.expect("the answer is JSON")
    }
}

const NAMES: [&str; 6] = ["Padaria", "Mercado", "Hotel", "Escola", "Farmácia", "Oficina"];

fn name(number: u64) -> &'static str {
    NAMES[usize::try_from(number).unwrap_or_default() % NAMES.len()]
}

/// A file from its headings and a row for each number.
fn file(headings: &str, rows: u64, row: impl Fn(&mut String, u64)) -> String {
    let mut file = format!("{headings}\n");
    for number in 0..rows {
        row(&mut file, number);
        file.push('\n');
    }
    file
}

fn customers(rows: u64) -> String {
    file("external_id,name,legal_name,email,phone,notes", rows, |file, number| {
        let name = name(number);
        write!(
            file,
            "C{number},{name} {number},{name} {number} Ltda,c{number}@example.com,+5511{number:09},"
        )
        .expect("a text grows");
    })
}

fn sites(rows: u64) -> String {
    file("external_id,customer_id,name,street,number,city", rows, |file, number| {
        write!(file, "S{number},C{number},Loja {number},Rua {},{},São Paulo", number % 977, number % 3_000)
            .expect("a text grows");
    })
}

fn equipment(rows: u64) -> String {
    file("external_id,customer_id,site_id,name,serial", rows, |file, number| {
        write!(file, "E{number},C{number},S{number},Câmara fria {number},SN{number:07}")
            .expect("a text grows");
    })
}

fn articles(rows: u64) -> String {
    file("code,name,unit,price", rows, |file, number| {
        write!(file, "A{number},Peça {number},pc,{}.{:02}", number % 5_000, number % 100)
            .expect("a text grows");
    })
}

fn orders(rows: u64) -> String {
    file("external_id,customer,site,reason", rows, |file, number| {
        write!(file, "O{number},C{number},S{number},Não gela {number}").expect("a text grows");
    })
}
