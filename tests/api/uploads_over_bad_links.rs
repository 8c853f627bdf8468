//! Uploads over a link that breaks, damages bytes, and ends at a server that dies. Never more than a little is sent twice.

use std::time::Duration;

use harness::databases::each_database;
use harness::process::{CampoOptions, CampoProcess};
use harness::proxy::{Direction, FaultProxy};
use reqwest::{Method, RequestBuilder};

use super::support::{config, each_node, start_with};
use super::upload_client::{OFFSET_STREAM, checksum, files_in, metadata, photo_like};
use campo::clock::Clock;

const MEGABYTE: u64 = 1_000_000;
const PHOTO_BYTES: u64 = 12 * MEGABYTE;
const CUT_EVERY_BYTES: u64 = MEGABYTE / 2;
/// For each 16 KiB: about three megabytes a second.
const LINK_DELAY: Duration = Duration::from_millis(5);
/// The server dies while it receives in these attempts.
const DEADLY_ATTEMPTS: [u32; 2] = [7, 15];
const ATTEMPTS_MAX: u32 = 60;

fn request(base: &str, token: &str, method: Method, path: &str) -> RequestBuilder {
    // Each request has a connection of its own, as after a change of the network.
    let client = reqwest::Client::builder().pool_max_idle_per_host(0).build().unwrap();
    client.request(method, format!("{base}{path}")).bearer_auth(token).header("tus-resumable", "1.0.0")
}

fn append(base: &str, token: &str, path: &str, offset: u64, photo: &[u8]) -> RequestBuilder {
    let rest = photo[usize::try_from(offset).unwrap()..].to_vec();
    let request = request(base, token, Method::PATCH, path).header("upload-offset", offset);
    request.header("content-type", OFFSET_STREAM).body(rest)
}

async fn offset_of(base: &str, token: &str, path: &str) -> u64 {
    let answer = request(base, token, Method::HEAD, path).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    answer.headers()["upload-offset"].to_str().unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_photo_over_a_link_that_breaks_to_a_server_that_dies_is_hardly_sent_twice() {
    for database in each_database() {
        let node = start_with(config(&database), Clock::system()).await;
        let token = node.set_up("ana@example.com").await.token;
        node.stop().await;
        let photo = photo_like(usize::try_from(PHOTO_BYTES).unwrap(), 51);
        let options = CampoOptions::new(&database, database.directory());
        let mut server = Some(options.start().await);
        let proxy = FaultProxy::start(server.as_ref().map(CampoProcess::address).unwrap()).await.unwrap();
        let (base, mut offset, mut attempts) = (proxy.url(), 0, 0);
        let begun = request(&base, &token, Method::POST, "/v1/uploads").header("upload-length", PHOTO_BYTES);
        let begun = begun.header("upload-metadata", metadata(&photo)).send().await.unwrap();
        let path = begun.headers()["location"].to_str().unwrap().to_owned();
        proxy.delay(LINK_DELAY);

        while offset < PHOTO_BYTES {
            attempts += 1;
            assert!(attempts <= ATTEMPTS_MAX, "only {offset} bytes came");
            let before = proxy.traffic().to_server_bytes;
            let sending = tokio::spawn(append(&base, &token, &path, offset, &photo).send());
            if DEADLY_ATTEMPTS.contains(&attempts) {
                while proxy.traffic().to_server_bytes < before + CUT_EVERY_BYTES / 2 {
                    tokio::task::yield_now().await;
                }
                server = Some(server.take().unwrap().kill_and_restart().await.unwrap());
            } else {
                proxy.cut_after_bytes(Direction::ToServer, CUT_EVERY_BYTES);
            }
            sending.await.unwrap().ok();
            offset = offset_of(&base, &token, &path).await;
        }

        let sent = proxy.traffic().to_server_bytes;
        let surplus = sent.saturating_sub(PHOTO_BYTES) as f64 / PHOTO_BYTES as f64;
        println!("{:?}: {attempts} attempts, {sent} bytes, {:.1} % more", database.kind(), surplus * 100.0);
        assert!(surplus <= 0.05, "{sent} bytes were sent for {PHOTO_BYTES}");
        let files = files_in(&database.directory().join("blobs"));
        assert_eq!(files.len(), 1, "stored once: {files:?}");
        assert_eq!(std::fs::read(&files[0]).unwrap(), photo);
    }
}

#[tokio::test]
async fn a_bit_that_flips_on_the_way_never_gets_into_a_photo() {
    // covers: D6
    for (node, admin, database) in each_node().await {
        let address = node.base.strip_prefix("http://").unwrap().parse().unwrap();
        let proxy = FaultProxy::start(address).await.unwrap();
        let photo = photo_like(60_000, 52);
        let begun = node.begin_upload(&admin.token, &photo).await;
        let path = begun.path();

        proxy.flip_bit_after_bytes(Direction::ToServer, 30_000);
        let sealed = append(&proxy.url(), &admin.token, path, 0, &photo);
        let sealed = sealed.header("upload-checksum", checksum(&photo)).send().await.unwrap();
        let after_sealed = node.look_at_upload(&admin.token, path).await;
        proxy.flip_bit_after_bytes(Direction::ToServer, 30_000);
        let whole = append(&proxy.url(), &admin.token, path, 0, &photo).send().await.unwrap();
        let after_whole = node.look_at_upload(&admin.token, path).await;
        let clean = append(&proxy.url(), &admin.token, path, 0, &photo).send().await.unwrap();

        assert_eq!((sealed.status().as_u16(), after_sealed.offset), (460, Some(0)));
        assert_eq!((whole.status().as_u16(), after_whole.offset), (460, Some(0)));
        assert_eq!(clean.status(), 204);
        let files = files_in(&database.directory().join("blobs"));
        assert_eq!(files.len(), 1, "{files:?}");
        assert_eq!(std::fs::read(&files[0]).unwrap(), photo);
    }
}
