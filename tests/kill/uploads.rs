//! The server dies at each step of an upload, and the phone goes on where the server says. Never a half photo.

use campo::clock::Clock;
use harness::databases::each_database;
use harness::process::{CampoOptions, CampoProcess};
use reqwest::{Method, RequestBuilder};

use crate::api::support::{config, start_with};
use crate::api::upload_client::{files_in, metadata, photo_like};

const POINTS: [&str; 4] =
    ["upload.after_write", "upload.after_fsync", "upload.after_rename", "upload.after_db"];
const SIZE: u64 = 900_000;

#[tokio::test]
async fn an_upload_survives_the_death_of_the_server_at_every_step() {
    for (number, point) in (1..).zip(POINTS) {
        for database in each_database() {
            for pieces in [1, 2] {
                let photo = photo_like(SIZE.try_into().unwrap(), number);
                let node = start_with(config(&database), Clock::system()).await;
                let token = if pieces == 1 {
                    node.set_up("ana@example.com").await.token
                } else {
                    let session = node.sign_in("ana@example.com", crate::api::support::PASSWORD).await;
                    crate::api::support::text(&session.body["access_token"])
                };
                node.stop().await;
                let options = CampoOptions::new(&database, database.directory());
                // With two pieces, the parts are joined first; the content is another's, so that nothing is here yet.
                let photo =
                    if pieces == 1 { photo } else { photo_like(SIZE.try_into().unwrap(), 100 + number) };
                // The first of two pieces is written, too.
                let is_second = pieces == 2 && point == "upload.after_write";
                let arming = format!("{point}={}return", if is_second { "1*off->" } else { "" });
                let doomed = options.clone().fail_points(&arming).start().await;
                let path = begin(&doomed, &token, &photo).await;
                let mut sent = 0;
                if pieces == 2 {
                    sent = 400_000;
                    let first = append(&doomed, &token, &path, 0, &photo[..400_000]).send().await;
                    assert!(first.is_ok_and(|answer| answer.status() == 204), "{point}");
                }

                let lost = append(&doomed, &token, &path, sent, &photo[usize::try_from(sent).unwrap()..])
                    .send()
                    .await;
                let (status, _) = doomed.ended().await.unwrap();
                let next = options.start().await;
                let offset = finish(&next, &token, &path, &photo).await;

                assert!(lost.is_err() && !status.success(), "{point}: {lost:?}");
                assert_eq!(offset, SIZE, "{point}, {pieces} pieces");
                let files = files_in(&database.directory().join("blobs"));
                let whole = files.iter().filter(|file| std::fs::read(file).unwrap() == photo).count();
                assert_eq!(whole, 1, "{point}: stored once: {files:?}");
                let is_swept_later = pieces == 2 && point == "upload.after_db";
                assert!(files.len() == pieces || is_swept_later, "{point}: nothing else is kept: {files:?}");
                let again = begin(&next, &token, &photo).await;
                assert_eq!(look(&next, &token, &again).await, SIZE, "{point}: the row knows it");
            }
        }
    }
}

fn request(process: &CampoProcess, method: Method, path: &str, token: &str) -> RequestBuilder {
    let request = reqwest::Client::new().request(method, format!("{}{path}", process.url()));
    request.bearer_auth(token).header("tus-resumable", "1.0.0")
}

async fn begin(process: &CampoProcess, token: &str, photo: &[u8]) -> String {
    let request = request(process, Method::POST, "/v1/uploads", token).header("upload-length", photo.len());
    let answer = request.header("upload-metadata", metadata(photo)).send().await.unwrap();
    answer.headers()["location"].to_str().unwrap().to_owned()
}

fn append(process: &CampoProcess, token: &str, path: &str, offset: u64, piece: &[u8]) -> RequestBuilder {
    let request = request(process, Method::PATCH, path, token).header("upload-offset", offset);
    request.header("content-type", "application/offset+octet-stream").body(piece.to_vec())
}

async fn look(process: &CampoProcess, token: &str, path: &str) -> u64 {
    let answer = request(process, Method::HEAD, path, token).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    answer.headers()["upload-offset"].to_str().unwrap().parse().unwrap()
}

/// Asks where the upload stands and sends the rest.
async fn finish(process: &CampoProcess, token: &str, path: &str, photo: &[u8]) -> u64 {
    let offset = look(process, token, path).await;
    if offset == SIZE {
        return offset;
    }
    let rest = append(process, token, path, offset, &photo[usize::try_from(offset).unwrap()..]);
    let answer = rest.send().await.unwrap();
    assert_eq!(answer.status(), 204, "{}", answer.text().await.unwrap());
    look(process, token, path).await
}
