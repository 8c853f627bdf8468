//! A node that has no database, a node that stops, and what operators read.

use campo::clock::Clock;
use campo::config::Config;
use campo::startup::Application;
use harness::databases;
use reqwest::Method;

use super::support::{each_node, start, text};

// covers: E5
#[tokio::test]
async fn without_its_database_a_node_is_alive_and_says_it_is_starting() {
    let nowhere = "postgres://campo@127.0.0.1:1/campo";
    let variables = [("CAMPO_LISTEN", "127.0.0.1:0"), ("DATABASE_URL", nowhere)];
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let config = Config::from_variables(variables.into()).unwrap();
    let application = Application::build(config, Clock::system()).unwrap();
    let (base, stopper) = (format!("http://{}", application.address()), application.stopper());
    let running = tokio::spawn(application.run());

    let live = reqwest::get(format!("{base}/live")).await.unwrap();
    let ready = reqwest::get(format!("{base}/ready")).await.unwrap();

    assert_eq!((live.status().as_u16(), ready.status().as_u16()), (200, 503));
    assert!(ready.headers().contains_key("retry-after"));
    assert!(ready.text().await.unwrap().contains("\"code\":\"starting\""));
    stopper.stop().await;
    running.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_stopping_node_says_it_is_not_ready_and_ends_by_itself() {
    let database = databases::sqlite();
    let node = start(&database).await;
    assert_eq!(node.send(node.request(Method::GET, "/ready")).await.status.as_u16(), 200);

    node.app.begin_stopping();

    assert_eq!(node.send(node.request(Method::GET, "/ready")).await.status.as_u16(), 503);
    node.stop().await;
}

#[tokio::test]
async fn figures_name_routes_and_never_an_identifier() {
    for (node, admin, _database) in each_node().await {
        let body = serde_json::json!({ "name": "Canary" });
        let id = text(&node.post(&admin.token, "/v1/customers", &body).await.body["id"]);
        node.get(&admin.token, &format!("/v1/customers/{id}")).await;

        let figures = node.send(node.request(Method::GET, "/metrics")).await;

        let figures = text(&figures.body);
        assert!(figures.contains("route=\"/v1/customers/{id}\",status=\"200\"} 1"), "{figures}");
        assert!(!figures.contains(&id) && !figures.contains("Canary"));
    }
}

/// Alerts and dashboards on a figure that nobody serves would stay silent for ever.
#[tokio::test]
async fn every_figure_that_alerts_and_the_dashboard_name_is_served() {
    let database = databases::sqlite();
    let node = start(&database).await;
    node.send(node.request(Method::GET, "/ready")).await;
    node.app.metrics.jobs.with_label_values(&["dead", "any"]).set(0);
    let served = text(&node.send(node.request(Method::GET, "/metrics")).await.body);

    for file in ["prometheus-rules.yaml", "grafana-dashboard.json"] {
        let path = format!("{}/../deploy/{file}", env!("CARGO_MANIFEST_DIR"));
        let named = std::fs::read_to_string(path).unwrap();
        let figures: Vec<&str> = named
            .split(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_'))
            .filter(|word| word.starts_with("campo_"))
            .collect();

        assert!(!figures.is_empty(), "{file}");
        for figure in figures {
            assert!(served.contains(figure), "{file} names {figure}: {served}");
        }
    }
}
