//! Photos for a server whose disk for them is really full. Never half a photo, and orders go on.

use campo::clock::Clock;
use harness::databases::each_database;
use harness::process::{CampoOptions, CampoProcess};
use harness::small_disk::SmallDisk;
use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};

use super::support::{config, start_with, text};
use super::upload_client::{OFFSET_STREAM, files_in, metadata, photo_like};

const PHOTO_BYTES: usize = 1_000_000;
/// Enough for the beginning of the photo.
const LEFT_BYTES: u64 = 400 * 1024;

fn ask(server: &CampoProcess, token: &str, method: Method, path: &str) -> RequestBuilder {
    let request = reqwest::Client::new().request(method, format!("{}{path}", server.url()));
    request.bearer_auth(token).header("tus-resumable", "1.0.0")
}

async fn append(server: &CampoProcess, token: &str, path: &str, photo: &[u8]) -> Response {
    let asked = ask(server, token, Method::HEAD, path).send().await.unwrap();
    let offset: usize = asked.headers()["upload-offset"].to_str().unwrap().parse().unwrap();
    let request = ask(server, token, Method::PATCH, path).header("upload-offset", offset);
    let request = request.header("content-type", OFFSET_STREAM);
    request.body(photo[offset..].to_vec()).send().await.unwrap()
}

#[tokio::test]
async fn a_photo_for_a_full_disk_is_refused_with_its_code_and_goes_on_once_there_is_space() {
    for database in each_database() {
        let node = start_with(config(&database), Clock::system()).await;
        let token = node.set_up("ana@example.com").await.token;
        node.stop().await;
        let disk = SmallDisk::mount();
        let blobs = disk.path().join("blobs");
        let server = CampoOptions::new(&database, database.directory())
            .environment("CAMPO_BLOBS", blobs.to_str().expect("temporary directories have plain names"))
            .start()
            .await;
        let photo = photo_like(PHOTO_BYTES, 71);
        let begun = ask(&server, &token, Method::POST, "/v1/uploads").header("upload-length", PHOTO_BYTES);
        let begun = begun.header("upload-metadata", metadata(&photo)).send().await.unwrap();
        let path = begun.headers()["location"].to_str().unwrap().to_owned();
        let filler = disk.fill();
        filler.leave_free(LEFT_BYTES);

        let refused = append(&server, &token, &path, &photo).await;
        let (status, retry_after) =
            (refused.status().as_u16(), refused.headers().contains_key("retry-after"));
        let problem: Value = refused.json().await.unwrap();
        let order = ask(&server, &token, Method::POST, "/v1/orders").json(&json!({ "reason": "hums" }));
        let order = order.send().await.unwrap().status();
        filler.remove();
        let resumed = append(&server, &token, &path, &photo).await;

        assert_eq!((status, problem["code"].as_str(), retry_after), (507, Some("storage_full"), true));
        assert_eq!(order, 201, "orders do not need that disk");
        assert_eq!(resumed.status(), 204);
        let files = files_in(&blobs);
        assert_eq!(files.len(), 1, "stored once, and nothing else is left: {files:?}");
        assert_eq!(std::fs::read(&files[0]).unwrap(), photo);
    }
}

/// Above what the log of the database still holds when the disk is full.
const WRITES_MAX: usize = 1_000;

// covers: E1
#[tokio::test]
async fn on_a_full_disk_whoever_is_signed_in_reads_on_and_writes_again_once_there_is_space() {
    let (disk, database) = (SmallDisk::mount(), harness::databases::sqlite());
    let url = format!("sqlite://{}", disk.path().join("campo.db").display());
    let options = CampoOptions::new(&database, disk.path()).environment("DATABASE_URL", &url);
    let server = options.environment("CAMPO_JOBS", "off").start().await;
    let token = server.says("/setup#token=").await;
    let set_up = super::support::set_up_body(token.trim(), "ana@example.com");
    let done = ask(&server, "", Method::POST, "/v1/setup").json(&set_up).send().await.unwrap();
    let done: Value = done.json().await.unwrap();
    let session = &done["session"];
    let (token, refresh) = (text(&session["access_token"]), text(&session["refresh_token"]));
    let add = async |number: usize| {
        let customer = json!({ "name": format!("C{number}"), "notes": "x".repeat(1_900) });
        let added = ask(&server, &token, Method::POST, "/v1/customers").json(&customer).send().await.unwrap();
        let status = added.status().as_u16();
        (status, added.json::<Value>().await.unwrap()["code"].clone())
    };
    let refreshed = async |refresh: &str| {
        let body = json!({ "refresh_token": refresh });
        let answer = ask(&server, "", Method::POST, "/v1/session/refresh").json(&body).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 200);
        answer.json::<Value>().await.unwrap()
    };

    let filler = disk.fill();
    let mut acknowledged = 0;
    let refused = loop {
        assert!(acknowledged < WRITES_MAX, "the disk takes customers without an end");
        match add(acknowledged).await {
            (201, _) => acknowledged += 1,
            refused => break refused,
        }
    };
    let went_on = refreshed(&refresh).await;
    let read_on = text(&went_on["access_token"]);
    let list = ask(&server, &read_on, Method::GET, "/v1/customers?limit=200").send().await.unwrap();
    let listed = list.json::<Value>().await.unwrap()["rows"].as_array().map(Vec::len);
    filler.remove();
    let (status, _) = add(acknowledged).await;
    let traded = refreshed(&refresh).await;

    assert_eq!((refused.0, refused.1.as_str()), (507, Some("storage_full")));
    assert_eq!(went_on["refresh_token"], refresh.as_str(), "nothing could be written: it stays the same");
    assert_eq!(listed, Some(acknowledged.min(200)));
    assert_eq!(status, 201, "without a restart");
    assert_ne!(traded["refresh_token"], refresh.as_str());
    server.kill().await.unwrap();
}
