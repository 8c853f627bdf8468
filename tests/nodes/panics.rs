//! Handlers that panic in a real node. Never takes anybody else's request along.

use harness::databases;
use harness::process::CampoOptions;
use harness::temp::TemporaryDirectory;
use serde_json::Value;

const PANICS: usize = 50;

// covers: E12
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_handler_that_panics_is_one_500_with_a_request_id() {
    let (database, files) = (databases::sqlite(), TemporaryDirectory::create("panics"));
    let points = format!("http.handler/v1/capabilities={PANICS}*panic->off");
    let node = CampoOptions::new(&database, files.path()).fail_points(&points).start().await;
    let client = reqwest::Client::new();
    let ask = || client.get(format!("{}/v1/capabilities", node.url())).send();

    for _ in 0..PANICS {
        let reply = ask().await.expect("the node answers");
        assert_eq!(reply.status(), 500);
        let body: Value = reply.json().await.expect("the answer is JSON");
        assert_eq!((&body["code"], &body["retryable"]), (&"internal".into(), &true.into()));
        assert!(body["request_id"].as_str().is_some_and(|id| id.len() == 32), "{body}");
    }
    assert_eq!(ask().await.expect("the node answers").status(), 200, "and the node goes on");
    node.kill().await.expect("a child can be killed");
}
