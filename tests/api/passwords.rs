//! Links to choose a password, as the person reads them in a mail. Never a look at how they are made.

use campo::jobs::run_due_jobs;
use reqwest::{Method, StatusCode};
use serde_json::json;

use super::mail::{each_mailing_node, readable};
use super::support::{Answer, PASSWORD, TestNode, each_node, text};
use harness::mail_sink::{MailSink, Manner};

const CHOSEN: &str = "four words to remember";

/// The path of the link in the only mail that is there, and whom it was sent to.
async fn mailed_link(node: &TestNode, sink: &mut MailSink) -> (String, String) {
    run_due_jobs(&node.app).await.unwrap();
    let mail = sink.taken().expect("one mail");
    assert!(sink.taken().is_none(), "no second one");
    let read = readable(&mail);
    let from = read.find("https://campo.example/password/").expect("a link") + "https://campo.example".len();
    let link: String = read[from..].chars().take_while(|letter| !letter.is_whitespace()).collect();
    (link, mail.to.join(","))
}

async fn ask(node: &TestNode, email: &str) -> Answer {
    node.send(node.request(Method::POST, "/v1/password-links").json(&json!({ "email": email }))).await
}

async fn choose(node: &TestNode, link: &str, password: &str, again: &str) -> Answer {
    let [password, again] = [password, again].map(|text| text.replace(' ', "+"));
    let form = format!("password={password}&again={again}");
    let request = node.request(Method::POST, link).header("accept-language", "pt-BR");
    node.send(request.header("content-type", "application/x-www-form-urlencoded").body(form)).await
}

#[tokio::test]
async fn who_forgot_a_password_chooses_another_once_and_is_signed_out_everywhere() {
    for (node, admin, mut sink, _database) in each_mailing_node(|_| Manner::Take).await {
        let asked = ask(&node, " Ana@Example.com ").await;
        let again = ask(&node, "ana@example.com").await;
        let of_nobody = ask(&node, "nobody@example.com").await;
        let (link, to) = mailed_link(&node, &mut sink).await;
        let page = node.send(node.request(Method::GET, &link)).await;
        let weak = choose(&node, &link, "short", "short").await;
        let different = choose(&node, &link, CHOSEN, "four words to forget").await;
        let old = node.sign_in("ana@example.com", PASSWORD).await;

        let done = choose(&node, &link, CHOSEN, CHOSEN).await;

        for answer in [&asked, &again, &of_nobody] {
            assert_eq!((answer.status, &answer.body), (StatusCode::ACCEPTED, &json!("")));
        }
        assert_eq!(to, "ana@example.com");
        assert!(page.body.as_str().unwrap().contains("ana@example.com"), "{}", page.body);
        assert_eq!(weak.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(weak.body.as_str().unwrap().contains("10 a 200 caracteres"), "{}", weak.body);
        assert!(different.body.as_str().unwrap().contains("são diferentes"), "{}", different.body);
        assert_eq!(old.status, StatusCode::OK, "until then the old one works");
        assert_eq!(done.status, StatusCode::OK, "{}", done.body);
        assert_eq!(node.get(&admin.token, "/v1/me").await.code(), "session_revoked");
        assert_eq!(node.sign_in("ana@example.com", PASSWORD).await.status, StatusCode::UNAUTHORIZED);
        assert_eq!(node.sign_in("ana@example.com", CHOSEN).await.status, StatusCode::OK);
        assert_eq!(choose(&node, &link, PASSWORD, PASSWORD).await.status, StatusCode::NOT_FOUND);
        assert_eq!(node.send(node.request(Method::GET, &link)).await.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn an_invited_person_chooses_the_first_password_and_no_link_outlives_its_time_or_its_person() {
    for (node, admin, mut sink, _database) in each_mailing_node(|_| Manner::Take).await {
        let new =
            json!({ "email": "bia@example.com", "name": "Bia", "role": "technician", "language": "pt-BR" });
        let made = node.post(&admin.token, "/v1/users", &new).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
        let (link, to) = mailed_link(&node, &mut sink).await;
        let before = node.sign_in("bia@example.com", "").await;
        // One letter of the code is another one, whichever it was.
        let (rest, last) = link.split_at(link.len() - 1);
        let forged = format!("{rest}{}", if last == "A" { "Q" } else { "A" });
        let forged = choose(&node, &forged, CHOSEN, CHOSEN).await;

        let done = choose(&node, &link, CHOSEN, CHOSEN).await;

        assert_eq!(to, "bia@example.com");
        assert_eq!(before.status, StatusCode::UNAUTHORIZED);
        assert_eq!(forged.status, StatusCode::NOT_FOUND);
        assert_eq!(done.status, StatusCode::OK, "{}", done.body);
        assert_eq!(node.sign_in("bia@example.com", CHOSEN).await.status, StatusCode::OK);

        ask(&node, "bia@example.com").await;
        let (late, _) = mailed_link(&node, &mut sink).await;
        node.clock.advance_ms(24 * 3_600_000);
        assert_eq!(choose(&node, &late, PASSWORD, PASSWORD).await.status, StatusCode::NOT_FOUND);

        ask(&node, "bia@example.com").await;
        let (of_disabled, _) = mailed_link(&node, &mut sink).await;
        let admin = text(&node.sign_in(&admin.email, PASSWORD).await.body["access_token"]);
        let path = format!("/v1/users/{}", text(&made.body["id"]));
        let etag = node.get(&admin, &path).await.etag.unwrap();
        let disabled = json!({
            "email": "bia@example.com", "name": "Bia", "role": "technician", "language": "pt-BR", "disabled": true,
        });
        assert_eq!(node.put(&admin, &path, &etag, &disabled).await.status, StatusCode::OK);
        assert_eq!(choose(&node, &of_disabled, PASSWORD, PASSWORD).await.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn without_a_mail_server_nobody_is_added_without_a_password() {
    for (node, admin, _database) in each_node().await {
        let new = json!({ "email": "bia@example.com", "name": "Bia", "role": "technician" });

        let refused = node.post(&admin.token, "/v1/users", &new).await;
        let can_mail = node.send(node.request(Method::GET, "/v1/capabilities")).await;

        assert_eq!((refused.status.as_u16(), refused.body["field"].as_str()), (422, Some("password")));
        assert_eq!(can_mail.body["password_links"], false);
    }
}
