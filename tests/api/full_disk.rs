//! Photos for a server whose disk for them is really full. Never half a photo, and orders go on.

use campo::clock::Clock;
use harness::databases::each_database;
use harness::process::{CampoOptions, CampoProcess};
use harness::small_disk::SmallDisk;
use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};

use super::support::{config, start_with};
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
