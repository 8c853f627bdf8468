//! Organizations, people and tokens by command, and a list as a file. Never a password as an argument.

use harness::databases::each_database;
use harness::process::{CampoOptions, Said};
use reqwest::StatusCode;
use serde_json::json;

pub const PASSWORD: &str = "a long enough sentence";
pub const INIT: &[&str] = &[
    "init",
    "--organization",
    "Frio Certo",
    "--email",
    "ana@example.com",
    "--name",
    "Ana",
    "--currency",
    "BRL",
    "--zone",
    "America/Sao_Paulo",
    "--language",
    "pt-BR",
];

async fn done(options: &CampoOptions, arguments: &[&str], input: &str) -> String {
    let Said { success, out, err } = options.command(arguments, input).await;
    assert!(success, "{arguments:?}: {err}");
    out
}

async fn refused(options: &CampoOptions, arguments: &[&str], input: &str) -> String {
    let Said { success, out, err } = options.command(arguments, input).await;
    assert!(!success, "{arguments:?}: {out}");
    err.lines().last().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn an_organization_is_made_and_run_by_command_and_people_sign_in() {
    for database in each_database() {
        let options = CampoOptions::new(&database, database.directory());
        let none = refused(&options, &["user", "list"], "").await;
        let weak = refused(&options, INIT, "short\n").await;

        let made = done(&options, INIT, &format!("{PASSWORD}\n")).await;
        let again = refused(&options, INIT, &format!("{PASSWORD}\n")).await;
        let add = ["user", "add", "Ion@Example.com", "--name", "Ion", "--role", "technician"];
        let added = done(&options, &add, &format!("{PASSWORD}\n")).await;
        let taken = refused(&options, &add, &format!("{PASSWORD}\n")).await;
        let nobody = refused(&options, &["user", "disable", "nobody@example.com"], "").await;

        assert!(none.contains("`campo init` makes one"), "{none}");
        assert_eq!(weak, "campo: The field password needs at least ten characters.");
        assert!(
            made.starts_with("organization Frio Certo (") && made.contains("admin ana@example.com ("),
            "{made}"
        );
        assert!(again.contains("there is an organization already"), "{again}");
        assert!(added.contains("Ion <ion@example.com> technician"), "{added}");
        assert!(taken.contains("email"), "{taken}");
        assert!(nobody.contains("nobody here signs in as nobody@example.com"), "{nobody}");
        let server = options.clone().start().await;
        assert_eq!(sign_in(&server.url(), "ion@example.com", PASSWORD).await, StatusCode::OK);

        done(&options, &["user", "password", "ion@example.com"], "another long sentence\n").await;
        assert_ne!(sign_in(&server.url(), "ion@example.com", PASSWORD).await, StatusCode::OK);
        assert_eq!(sign_in(&server.url(), "ion@example.com", "another long sentence").await, StatusCode::OK);
        done(&options, &["user", "disable", "ion@example.com"], "").await;
        assert_ne!(sign_in(&server.url(), "ion@example.com", "another long sentence").await, StatusCode::OK);
        let listed = done(&options, &["user", "list"], "").await;
        assert!(
            listed.lines().any(|line| line.ends_with("Ion <ion@example.com> technician, disabled")),
            "{listed}"
        );
        let last = refused(&options, &["user", "disable", "ana@example.com"], "").await;
        assert!(!last.is_empty(), "an organization keeps one admin");
        server.kill().await.unwrap();
    }
}

async fn sign_in(url: &str, email: &str, password: &str) -> StatusCode {
    let body = json!({ "email": email, "password": password });
    reqwest::Client::new().post(format!("{url}/v1/session")).json(&body).send().await.unwrap().status()
}

#[tokio::test]
async fn a_token_works_from_when_it_is_printed_until_it_is_revoked_and_lists_become_files() {
    for database in each_database() {
        let options = CampoOptions::new(&database, database.directory());
        done(&options, INIT, &format!("{PASSWORD}\n")).await;
        let server = options.clone().start().await;
        let create =
            ["token", "create", "--name", "ERP", "--role", "dispatcher", "--scope", "customers:write"];
        let wrong = refused(&options, &[&create[..7], &["customers:steal"]].concat(), "").await;

        let token = done(&options, &create, "").await;
        let customer = json!({ "name": "Padaria Aurora" });
        let post = |token: String| {
            let request = reqwest::Client::new().post(format!("{}/v1/customers", server.url()));
            request.bearer_auth(token.trim()).json(&customer).send()
        };
        let made = post(token.clone()).await.unwrap();

        assert!(wrong.contains("orders:read") || !wrong.is_empty(), "{wrong}");
        assert_eq!(made.status(), StatusCode::CREATED, "{}", made.text().await.unwrap());
        let file = database.directory().join("customers.csv");
        done(&options, &["export", "customers", "--stable-headers", "--out", file.to_str().unwrap()], "")
            .await;
        let written = std::fs::read_to_string(&file).unwrap();
        assert_eq!(written.lines().count(), 2, "{written}");
        assert!(written.contains("Padaria Aurora"), "{written}");
        let no_map = refused(&options, &["export", "customers", "--format", "geojson"], "").await;
        assert!(no_map.contains("only orders have a place on a map"), "{no_map}");

        let listed = done(&options, &["token", "list"], "").await;
        let id = listed.split(' ').next().unwrap();
        assert!(
            listed.contains("\"ERP\" dispatcher customers:write") && !listed.contains(token.trim()),
            "{listed}"
        );
        done(&options, &["token", "revoke", id], "").await;
        assert_eq!(post(token).await.unwrap().status(), StatusCode::UNAUTHORIZED);
        server.kill().await.unwrap();
    }
}

#[tokio::test]
async fn what_is_kept_of_somebody_is_copied_and_lists_are_made_again_by_command() {
    for database in each_database() {
        let options = CampoOptions::new(&database, database.directory());
        done(&options, INIT, &format!("{PASSWORD}\n")).await;
        let add = ["user", "add", "ion@example.com", "--name", "Ion", "--role", "technician"];
        let added = done(&options, &add, &format!("{PASSWORD}\n")).await;
        let id = added.split_whitespace().find(|word| word.len() == 36).unwrap_or_default().to_owned();

        let copy = done(&options, &["person", "copy", "--user", &id], "").await;
        let nobody = refused(&options, &["person", "copy"], "").await;
        let rebuilt = done(&options, &["rebuild-projections"], "").await;
        let checked = options.command(&["rebuild-projections", "--check"], "").await;

        let copy: serde_json::Value = serde_json::from_str(&copy).unwrap();
        assert_eq!(copy["user"]["email"], "ion@example.com", "{added}");
        assert!(nobody.contains("--customer") || nobody.contains("--help"), "{nobody}");
        assert!(!rebuilt.is_empty());
        assert!(checked.success, "{checked:?}");
    }
}
