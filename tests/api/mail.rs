//! Mails against a real mail server: what customers and people get, and what a server that misbehaves leaves in the log.

use std::time::Duration;

use campo::clock::Clock;
use campo::config::{Config, MailConfig};
use campo::jobs::run_due_jobs;
use campo::mail::{MailFailure, Mailer};
use harness::databases::each_database;
use harness::mail_sink::{MailSink, Manner, TakenMail};
use harness::process::campo_binary;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::support::{Admin, PASSWORD, START, TestKey, TestNode, config, start_with, text};

/// A node on each database with a mail server of its own.
pub async fn each_mailing_node(
    manner: impl Fn(usize) -> Manner + Clone + Send + Sync + 'static,
) -> Vec<(TestNode, Admin, MailSink, harness::databases::TestDatabase)> {
    let mut nodes = Vec::new();
    for database in each_database() {
        let sink = MailSink::start(manner.clone()).await;
        let mail = MailConfig { url: sink.url(), from: "os@campo.example".to_owned() };
        let public_url = Some("https://campo.example".to_owned());
        let config = Config { mail: Some(mail), public_url, ..config(&database) };
        let node = start_with(config, Clock::held_at(START)).await;
        let admin = node.set_up("ana@example.com").await;
        nodes.push((node, admin, sink, database));
    }
    nodes
}

/// An order of a customer, scheduled; the customer has a right to a mail about it.
async fn scheduled_order(node: &TestNode, admin: &Admin, email: &str) -> (String, String) {
    let customer = json!({ "name": "João & Filhos", "email": email, "language": "pt-BR" });
    let customer = node.post(&admin.token, "/v1/customers", &customer).await;
    let window = json!({ "start": 1_800_010_800_000_i64, "end": 1_800_014_400_000_i64 });
    let order = json!({ "reason": "hums", "customer": customer.body["id"] });
    let order = text(&node.post(&admin.token, "/v1/orders", &order).await.body["id"]);
    let body = json!({ "window": window });
    let done = node.post(&admin.token, &format!("/v1/orders/{order}/schedule"), &body).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.body);
    (order, text(&customer.body["id"]))
}

async fn log(node: &TestNode, admin: &Admin, order: &str) -> Vec<Value> {
    let log = node.get(&admin.token, &format!("/v1/orders/{order}/messages")).await;
    assert_eq!(log.status, StatusCode::OK, "{}", log.body);
    log.body["rows"].as_array().unwrap().clone()
}

fn opt_out_path(mail: &TakenMail) -> String {
    let unfolded = mail.text.replace("\r\n ", "");
    let header = unfolded.lines().find(|line| line.starts_with("List-Unsubscribe: ")).expect("a way out");
    header.trim_start_matches("List-Unsubscribe: <https://campo.example").trim_end_matches('>').to_owned()
}

/// The bodies of a mail as they read: quoted-printable undone.
pub fn readable(mail: &TakenMail) -> String {
    let joined = mail.text.replace("=\r\n", "");
    let mut bytes = Vec::new();
    let mut rest = joined.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let digits = (*first == b'=').then(|| after.get(..2)).flatten();
        let code = digits.and_then(|two| u8::from_str_radix(std::str::from_utf8(two).ok()?, 16).ok());
        bytes.push(code.unwrap_or(*first));
        rest = if code.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[tokio::test]
async fn a_customer_reads_of_the_visit_in_their_language_and_can_ask_for_no_more() {
    for (node, admin, mut sink, _database) in each_mailing_node(|_| Manner::Take).await {
        let (order, customer) = scheduled_order(&node, &admin, "joao@example.com").await;

        run_due_jobs(&node.app).await.unwrap();
        run_due_jobs(&node.app).await.unwrap();

        let mail = sink.taken().expect("one mail");
        assert_eq!(mail.to, ["joao@example.com"]);
        assert_eq!(mail.header("From"), Some("\"Boa Vista\" <os@campo.example>"));
        assert_eq!(mail.header("List-Unsubscribe-Post"), Some("List-Unsubscribe=One-Click"));
        let read = readable(&mail);
        assert!(read.contains("Sua ordem de serviço 1 foi agendada para 15/01/2027, 08:00–09:00."), "{read}");
        assert!(read.contains("João &amp; Filhos") && read.contains("Olá, João & Filhos,"), "{read}");
        assert!(sink.taken().is_none());
        let rows = log(&node, &admin, &order).await;
        assert_eq!((rows.len(), &rows[0]["state"]), (1, &json!("sent")));
        let path = opt_out_path(&mail);
        let page = node.send(node.request(Method::GET, &path)).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.body.as_str().unwrap().contains("method=\"post\""), "{}", page.body);
        let asked = node.send(node.request(Method::POST, &path).body("List-Unsubscribe=One-Click")).await;
        assert_eq!(asked.status, StatusCode::OK, "{}", asked.body);
        let forged = node.send(node.request(Method::POST, &format!("{path}x"))).await;
        assert_eq!(forged.status, StatusCode::NOT_FOUND);
        let cancel = json!({ "reason": "not needed" });
        node.post(&admin.token, &format!("/v1/orders/{order}/cancel"), &cancel).await;
        run_due_jobs(&node.app).await.unwrap();
        assert!(sink.taken().is_none());
        let log = node.get(&admin.token, &format!("/v1/customers/{customer}/messages")).await;
        assert_eq!(log.body["rows"][0]["reason"], "opted_out", "{}", log.body);
    }
}

#[tokio::test]
async fn of_a_cancellation_the_customer_hears_once() {
    for (node, admin, mut sink, _database) in each_mailing_node(|_| Manner::Take).await {
        let (order, _) = scheduled_order(&node, &admin, "joao@example.com").await;
        let status = json!({ "to": "scheduled" });
        node.post(&admin.token, &format!("/v1/orders/{order}/status"), &status).await;
        let cancel = json!({ "reason": "not needed" });
        node.post(&admin.token, &format!("/v1/orders/{order}/cancel"), &cancel).await;

        run_due_jobs(&node.app).await.unwrap();

        let mails: Vec<_> = std::iter::from_fn(|| sink.taken()).map(|mail| readable(&mail)).collect();
        assert_eq!(mails.len(), 2, "the window and the cancellation: {mails:?}");
        assert!(mails.iter().any(|mail| mail.contains("foi cancelada")));
    }
}

#[tokio::test]
async fn a_refusal_for_now_is_tried_again_and_one_for_good_is_not() {
    let manner = |number| match number {
        0 => Manner::Refuse(451),
        1 => Manner::BreakOff,
        2 => Manner::Take,
        _ => Manner::Refuse(550),
    };
    for (node, admin, mut sink, _database) in each_mailing_node(manner).await {
        let (order, _) = scheduled_order(&node, &admin, "joao@example.com").await;

        run_due_jobs(&node.app).await.unwrap();
        let waiting = log(&node, &admin, &order).await;
        node.clock.advance_ms(60_000);
        run_due_jobs(&node.app).await.unwrap();
        let broken_off = log(&node, &admin, &order).await;
        node.clock.advance_ms(5 * 60_000);
        run_due_jobs(&node.app).await.unwrap();
        let sent = log(&node, &admin, &order).await;
        let cancel = json!({ "reason": "not needed" });
        node.post(&admin.token, &format!("/v1/orders/{order}/cancel"), &cancel).await;
        run_due_jobs(&node.app).await.unwrap();
        let bounced = log(&node, &admin, &order).await;

        assert_eq!((&waiting[0]["state"], &waiting[0]["attempts"]), (&json!("waiting"), &json!(1)));
        assert!(waiting[0]["reason"].as_str().unwrap().contains("not this one"), "{waiting:?}");
        assert_eq!((&broken_off[0]["state"], &broken_off[0]["attempts"]), (&json!("waiting"), &json!(2)));
        assert_eq!((&sent[0]["state"], &sent[0]["attempts"]), (&json!("sent"), &json!(3)));
        assert!(sink.taken().is_some() && sink.taken().is_none());
        let states: Vec<_> = bounced.iter().map(|row| row["state"].as_str().unwrap()).collect();
        assert_eq!(states, ["bounced", "sent"]);
    }
}

#[tokio::test]
async fn a_server_that_hangs_or_is_not_there_fails_for_now() {
    let sink = MailSink::start(|_| Manner::Hang).await;
    let away = MailConfig { url: "smtp://127.0.0.1:1".to_owned(), from: "os@campo.example".to_owned() };
    for config in [MailConfig { url: sink.url(), ..away.clone() }, away] {
        let mailer = Mailer::open(&config, Duration::from_millis(200)).unwrap();
        let mail = lettre::Message::builder()
            .from("os@campo.example".parse().unwrap())
            .to("joao@example.com".parse().unwrap())
            .body("x".to_owned())
            .unwrap();

        let failure = mailer.send(mail).await.unwrap_err();

        assert!(matches!(failure, MailFailure::Temporary(_)), "{failure:?}");
    }
}

#[tokio::test]
async fn without_a_mail_server_and_without_an_address_the_log_says_why() {
    for (node, admin, _database) in super::support::each_node().await {
        let (order, _) = scheduled_order(&node, &admin, "joao@example.com").await;
        let (other, _) = scheduled_order(&node, &admin, "").await;

        run_due_jobs(&node.app).await.unwrap();

        assert_eq!(log(&node, &admin, &order).await[0]["reason"], "no_mail_server");
        assert_eq!(log(&node, &admin, &other).await[0]["reason"], "no_address");
        assert!(log(&node, &admin, &order).await.iter().all(|row| row["state"] == "not_sent"));
    }
}

#[tokio::test]
async fn a_mail_of_the_night_waits_for_the_morning() {
    for (node, admin, mut sink, _database) in each_mailing_node(|_| Manner::Take).await {
        let path = "/v1/notification-settings";
        let mut settings = node.get(&admin.token, path).await;
        let etag = settings.etag.take().unwrap();
        let body = settings.body.as_object_mut().unwrap();
        body.remove("version");
        // It is 05:00 in São Paulo.
        body.insert("quiet_hours".to_owned(), json!({ "from_minutes": 21 * 60, "until_minutes": 7 * 60 }));
        let saved = node.put(&admin.token, path, &etag, &settings.body).await;
        assert_eq!(saved.status, StatusCode::OK, "{}", saved.body);
        scheduled_order(&node, &admin, "joao@example.com").await;

        run_due_jobs(&node.app).await.unwrap();
        let by_night = sink.taken();
        node.clock.advance_ms(2 * 3_600_000);
        run_due_jobs(&node.app).await.unwrap();

        assert!(by_night.is_none());
        assert!(sink.taken().is_some());
    }
}

#[tokio::test]
async fn the_mail_about_finished_work_carries_the_order_on_paper() {
    for database in each_database() {
        let mut sink = MailSink::start(|_| Manner::Take).await;
        let mail = MailConfig { url: sink.url(), from: "os@campo.example".to_owned() };
        let worker_program = Some(campo_binary().to_owned());
        let config = Config { mail: Some(mail), worker_program, ..config(&database) };
        let node = start_with(config, Clock::held_at(START)).await;
        let admin = node.set_up("ana@example.com").await;
        let (order, _) = scheduled_order(&node, &admin, "joao@example.com").await;
        for to in ["on_site", "done"] {
            let path = format!("/v1/orders/{order}/status");
            let done = node.post(&admin.token, &path, &json!({ "to": to })).await;
            assert_eq!(done.status, StatusCode::OK, "{}", done.body);
        }

        run_due_jobs(&node.app).await.unwrap();

        let mails: Vec<_> = std::iter::from_fn(|| sink.taken()).collect();
        let finished = mails.iter().find(|mail| mail.text.contains("filename=\"1.pdf\""));
        assert_eq!(mails.len(), 2, "the window and the end");
        assert!(finished.is_some_and(|mail| mail.text.contains("JVBERi0")), "base64 of a PDF");
    }
}

#[tokio::test]
async fn a_person_hears_of_a_new_device_and_a_mail_is_sent_again_by_hand() {
    for (node, admin, mut sink, _database) in each_mailing_node(|number| match number {
        1 => Manner::Refuse(550),
        _ => Manner::Take,
    })
    .await
    {
        node.enroll(&admin.token, &TestKey::new(7)).await;
        run_due_jobs(&node.app).await.unwrap();
        let about_device = sink.taken().expect("a mail to the person");
        let token = text(&node.sign_in(&admin.email, PASSWORD).await.body["access_token"]);
        let admin = Admin { token, ..admin };
        let (order, _) = scheduled_order(&node, &admin, "joao@example.com").await;
        run_due_jobs(&node.app).await.unwrap();
        let bounced = log(&node, &admin, &order).await;
        let path = format!("/v1/messages/{}/resend", text(&bounced[0]["id"]));

        let asked = node.post(&admin.token, &path, &json!({})).await;
        run_due_jobs(&node.app).await.unwrap();

        assert_eq!(about_device.to, ["ana@example.com"]);
        assert!(readable(&about_device).contains("A new device was signed in to your account: phone."));
        assert_eq!((&bounced[0]["state"], asked.status), (&json!("bounced"), StatusCode::ACCEPTED));
        assert_eq!(log(&node, &admin, &order).await[0]["state"], "sent");
        assert!(sink.taken().is_some());
    }
}
