//! `/v1/uploads` as a phone meets it: pieces, damage, duplicates, limits. Never looks into the database.

use futures_util::stream;
use reqwest::{Body, Method};
use serde_json::json;

use super::support::{START, config, each_node, start_with};
use super::upload_client::{checksum, files_in, metadata, photo_like};
use campo::clock::Clock;
use campo::jobs::run_due_jobs;
use harness::databases::each_database;

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

#[tokio::test]
async fn a_file_comes_in_pieces_and_is_there_when_its_hash_fits() {
    for (node, admin, database) in each_node().await {
        let photo = photo_like(700_000, 1);
        let (first, second) = photo.split_at(300_000);
        let begun = node.begin_upload(&admin.token, &photo).await;
        let path = begun.path();

        let half = node.send_piece(&admin.token, path, 0, first).await;
        let repeated = node.begin_upload(&admin.token, &photo).await;
        let seen = node.look_at_upload(&admin.token, path).await;
        let whole = node.send_piece(&admin.token, path, 300_000, second).await;
        let after = node.look_at_upload(&admin.token, path).await;

        assert_eq!((begun.status, begun.offset, begun.has_expiry), (201, Some(0), true));
        assert_eq!((half.status, half.offset, half.has_expiry), (204, Some(300_000), true), "{half:?}");
        assert_eq!((repeated.path(), repeated.offset), (path, Some(300_000)), "the first answer was lost");
        assert_eq!((seen.status, seen.offset), (200, Some(300_000)));
        assert_eq!((whole.status, whole.offset), (204, Some(700_000)), "{whole:?}");
        assert_eq!((after.status, after.offset), (200, Some(700_000)));
        assert_eq!(after.version.as_deref(), Some("1.0.0"));
        let files = files_in(&database.directory().join("blobs"));
        assert_eq!(files.len(), 1, "the parts are gone: {files:?}");
        assert_eq!(std::fs::read(&files[0]).unwrap(), photo);
    }
}

#[tokio::test]
async fn what_the_organization_has_is_complete_at_once_and_no_other_one_can_tell() {
    // covers: D5
    for (node, admin, database) in each_node().await {
        let photo = photo_like(50_000, 2);
        let (_, colleague) = node.add_user(&admin, "tech@example.com", "technician").await;
        let other = node.set_up_another("other@example.com").await;
        node.upload(&admin.token, &photo).await;

        let again = node.begin_upload(&colleague, &photo).await;
        let elsewhere = node.begin_upload(&other.token, &photo).await;
        let seen = node.look_at_upload(&colleague, again.path()).await;

        assert_eq!((again.status, again.offset), (201, Some(50_000)), "nothing is to be sent");
        assert_eq!((seen.status, seen.offset), (200, Some(50_000)));
        assert_eq!((elsewhere.status, elsewhere.offset), (201, Some(0)), "as if nobody had it");
        let sent = node.send_piece(&other.token, elsewhere.path(), 0, &photo).await;
        assert_eq!((sent.status, sent.offset), (204, Some(50_000)));
        assert_eq!(files_in(&database.directory().join("blobs")).len(), 2, "each organization has its own");
    }
}

#[tokio::test]
async fn damage_on_the_way_is_noticed_and_leaves_the_offset_where_it_was() {
    for (node, admin, _database) in each_node().await {
        let photo = photo_like(40_000, 3);
        let mut damaged = photo.clone();
        damaged[20_000] ^= 1;
        let begun = node.begin_upload(&admin.token, &photo).await;
        let path = begun.path();
        node.send_piece(&admin.token, path, 0, &photo[..10_000]).await;
        let sealed = |piece: &[u8]| {
            let request = node.append(&admin.token, path, 10_000).body(piece.to_vec());
            request.header("upload-checksum", checksum(&photo[10_000..]))
        };

        let refused = node.ask(sealed(&damaged[10_000..])).await;
        let seen = node.look_at_upload(&admin.token, path).await;
        let accepted = node.ask(sealed(&photo[10_000..])).await;

        assert_eq!(refused.code(), (460, "checksum_mismatch"));
        assert_eq!(refused.body["retryable"], true);
        assert_eq!(seen.offset, Some(10_000));
        assert_eq!((accepted.status, accepted.offset), (204, Some(40_000)), "{accepted:?}");
    }
}

#[tokio::test]
async fn a_whole_that_is_not_what_was_announced_begins_again() {
    for (node, admin, database) in each_node().await {
        let photo = photo_like(40_000, 4);
        let mut damaged = photo.clone();
        damaged[20_000] ^= 1;
        let begun = node.begin_upload(&admin.token, &photo).await;

        let refused = node.send_piece(&admin.token, begun.path(), 0, &damaged).await;
        let seen = node.look_at_upload(&admin.token, begun.path()).await;
        let kept = files_in(&database.directory().join("blobs"));
        let accepted = node.send_piece(&admin.token, begun.path(), 0, &photo).await;

        assert_eq!(refused.code(), (460, "checksum_mismatch"));
        assert_eq!((seen.status, seen.offset), (200, Some(0)));
        assert_eq!(kept.len(), 0, "{kept:?}");
        assert_eq!((accepted.status, accepted.offset), (204, Some(40_000)), "{accepted:?}");
    }
}

#[tokio::test]
async fn a_piece_for_another_place_is_told_where_the_upload_stands() {
    for (node, admin, _database) in each_node().await {
        let photo = photo_like(40_000, 5);
        let begun = node.begin_upload(&admin.token, &photo).await;
        node.send_piece(&admin.token, begun.path(), 0, &photo[..10_000]).await;

        for offset in [0, 9_999, 10_001, 40_000] {
            let refused = node.send_piece(&admin.token, begun.path(), offset, &photo[..100]).await;
            assert_eq!(refused.code(), (409, "offset_mismatch"));
            assert_eq!(refused.body["current"], json!({ "offset": 10_000 }));
        }
        let rest = node.send_piece(&admin.token, begun.path(), 10_000, &photo[10_000..]).await;
        let late = node.send_piece(&admin.token, begun.path(), 10_000, &photo[10_000..]).await;
        assert_eq!((rest.status, late.code()), (204, (409, "offset_mismatch")));
        assert_eq!(late.body["current"], json!({ "offset": 40_000 }));
    }
}

#[tokio::test]
async fn more_than_declared_or_allowed_is_refused_by_length_and_by_count() {
    // covers: D4
    for database in each_database() {
        let mut config = config(&database);
        config.upload_bytes_max = 100_000;
        config.user_quota_bytes = 150_000;
        let node = start_with(config, Clock::held_at(START)).await;
        let admin = node.set_up("ana@example.com").await;
        let (_, colleague) = node.add_user(&admin, "tech@example.com", "technician").await;
        let photo = photo_like(90_000, 6);
        let begun = node.begin_upload(&admin.token, &photo).await;

        let too_large = node.begin_upload(&admin.token, &photo_like(100_001, 7)).await;
        let without_length = node.tus(Method::POST, "/v1/uploads", &admin.token);
        let without_length = node.ask(without_length.header("upload-metadata", metadata(&photo))).await;
        let by_length = node.send_piece(&admin.token, begun.path(), 0, &photo_like(90_001, 6)).await;
        let pieces = (0..10).map(|_| Ok::<_, std::io::Error>(vec![0_u8; 10_000]));
        let endless = Body::wrap_stream(stream::iter(pieces));
        let by_count = node.ask(node.append(&admin.token, begun.path(), 0).body(endless)).await;
        let seen = node.look_at_upload(&admin.token, begun.path()).await;
        let over_quota = node.begin_upload(&admin.token, &photo_like(60_001, 8)).await;
        let colleagues = node.begin_upload(&colleague, &photo_like(60_001, 8)).await;

        assert_eq!(too_large.code(), (413, "too_large"));
        assert_eq!(without_length.code(), (422, "invalid"));
        assert_eq!(by_length.code(), (413, "too_large"));
        assert_eq!(by_count.code(), (413, "too_large"));
        assert_eq!(seen.offset, Some(0), "nothing of it counts");
        assert_eq!(over_quota.code(), (507, "quota"));
        assert_eq!(colleagues.status, 201, "the quota of one user is not that of another");
        let whole = node.send_piece(&admin.token, begun.path(), 0, &photo).await;
        assert_eq!((whole.status, whole.offset), (204, Some(90_000)));
    }
}

#[tokio::test]
async fn an_upload_nobody_continues_is_gone_after_thirty_days_and_not_before() {
    // covers: D8
    for (node, admin, database) in each_node().await {
        let photo = photo_like(40_000, 9);
        let begun = node.begin_upload(&admin.token, &photo).await;
        node.clock.advance_ms(29 * DAY_MS);
        let token = fresh_token(&node, &admin.email).await;
        let late = node.send_piece(&token, begun.path(), 0, &photo[..10_000]).await;
        node.clock.advance_ms(29 * DAY_MS);
        run_due_jobs(&node.app).await.unwrap();
        let token = fresh_token(&node, &admin.email).await;
        let later = node.look_at_upload(&token, begun.path()).await;
        node.clock.advance_ms(2 * DAY_MS);
        let token = fresh_token(&node, &admin.email).await;

        let expired = node.look_at_upload(&token, begun.path()).await;
        let refused = node.send_piece(&token, begun.path(), 10_000, &photo[10_000..]).await;
        campo::evidence::expire_uploads::expire_uploads(&node.app.evidence).await.unwrap();
        let after = node.send_piece(&token, begun.path(), 10_000, &photo[10_000..]).await;
        let again = node.upload(&token, &photo).await;

        assert_eq!((late.status, later.status, later.offset), (204, 200, Some(10_000)));
        assert_eq!(expired.status, 410);
        assert_eq!((refused.code(), after.code()), ((410, "gone"), (410, "gone")));
        assert_eq!((again.status, again.offset), (204, Some(40_000)), "again from the file");
        assert_eq!(files_in(&database.directory().join("blobs")).len(), 1);
    }
}

async fn fresh_token(node: &super::support::TestNode, email: &str) -> String {
    let session = node.sign_in(email, super::support::PASSWORD).await;
    super::support::text(&session.body["access_token"])
}

#[tokio::test]
async fn an_upload_of_others_does_not_exist() {
    for (node, admin, _database) in each_node().await {
        let photo = photo_like(40_000, 10);
        let (_, colleague) = node.add_user(&admin, "tech@example.com", "technician").await;
        let other = node.set_up_another("other@example.com").await;
        let begun = node.begin_upload(&admin.token, &photo).await;
        let unknown = "/v1/uploads/00000000-0000-4000-8000-000000000000";

        for token in [&colleague, &other.token] {
            for method in [Method::HEAD, Method::PATCH, Method::DELETE] {
                let request = |path| {
                    let request = node.tus(method.clone(), path, token);
                    request
                        .header("content-type", "application/offset+octet-stream")
                        .header("upload-offset", 0)
                };
                let mut foreign = node.ask(request(begun.path())).await;
                let mut missing = node.ask(request(unknown)).await;
                for answer in [&mut foreign, &mut missing] {
                    answer.body["request_id"] = json!(null);
                }
                assert_eq!(foreign.status, 404);
                assert_eq!(foreign, missing, "{method}");
            }
        }
        let rest = node.send_piece(&admin.token, begun.path(), 0, &photo).await;
        assert_eq!(rest.status, 204, "nobody touched it");
    }
}

#[tokio::test]
async fn content_that_is_no_photo_and_no_paper_is_refused_and_not_kept() {
    // covers: D1
    for (node, admin, database) in each_node().await {
        let html = b"<html><script>alert(1)</script></html>".to_vec();
        let svg = b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>".to_vec();
        let bomb = [b"RIFF\x2a\0\0\0WEBPVP8L\x1e\0\0\0\x2f\x7f\xfe\xb7\x0b".as_slice(), &[0; 25]].concat();
        for (content, code) in [
            (html, (415, "unsupported_type")),
            (svg, (415, "unsupported_type")),
            (bomb, (422, "image_too_big")),
        ] {
            let begun = node.begin_upload(&admin.token, &content).await;

            let refused = node.send_piece(&admin.token, begun.path(), 0, &content).await;
            let seen = node.look_at_upload(&admin.token, begun.path()).await;

            assert_eq!(refused.code(), code);
            assert_eq!(seen.status, code.0, "the answer stays the same when it was lost");
        }
        let kept = files_in(&database.directory().join("blobs"));
        assert_eq!(kept.len(), 0, "{kept:?}");
    }
}

#[tokio::test]
async fn a_viewer_brings_nothing_and_an_upload_that_was_given_up_is_gone() {
    for (node, admin, database) in each_node().await {
        let photo = photo_like(40_000, 11);
        let (_, viewer) = node.add_user(&admin, "viewer@example.com", "viewer").await;
        let begun = node.begin_upload(&admin.token, &photo).await;
        node.send_piece(&admin.token, begun.path(), 0, &photo[..10_000]).await;

        let forbidden = node.begin_upload(&viewer, &photo).await;
        let ended = node.ask(node.tus(Method::DELETE, begun.path(), &admin.token)).await;
        let kept = files_in(&database.directory().join("blobs"));
        let after = node.send_piece(&admin.token, begun.path(), 10_000, &photo[10_000..]).await;

        assert_eq!(forbidden.code(), (403, "role_forbidden"));
        assert_eq!((ended.status, after.code()), (204, (410, "gone")));
        assert_eq!(kept.len(), 0, "{kept:?}");
    }
}

#[tokio::test]
async fn two_uploads_of_one_file_at_once_store_it_once() {
    for (node, admin, database) in each_node().await {
        let photo = photo_like(2_000_000, 12);
        let (_, colleague) = node.add_user(&admin, "tech@example.com", "technician").await;
        let first = node.begin_upload(&admin.token, &photo).await;
        let second = node.begin_upload(&colleague, &photo).await;

        let (first, second) = tokio::join!(
            node.send_piece(&admin.token, first.path(), 0, &photo),
            node.send_piece(&colleague, second.path(), 0, &photo),
        );

        assert_eq!((first.status, first.offset), (204, Some(2_000_000)), "{first:?}");
        assert_eq!((second.status, second.offset), (204, Some(2_000_000)), "{second:?}");
        let files = files_in(&database.directory().join("blobs"));
        assert_eq!(files.len(), 1, "{files:?}");
        assert_eq!(std::fs::read(&files[0]).unwrap(), photo);
    }
}

#[tokio::test]
async fn requests_of_another_version_or_type_are_refused_before_anything_happens() {
    for (node, admin, _database) in each_node().await {
        let photo = photo_like(1_000, 13);
        let begun = node.begin_upload(&admin.token, &photo).await;

        let options = node.request(Method::OPTIONS, "/v1/uploads").send().await.unwrap();
        let old = node.request(Method::HEAD, begun.path()).bearer_auth(&admin.token);
        let old = node.ask(old.header("tus-resumable", "0.2.2")).await;
        let typed = node.tus(Method::PATCH, begun.path(), &admin.token).header("upload-offset", 0);
        let typed = node.ask(typed.header("content-type", "image/jpeg").body(photo.clone())).await;
        let unsigned = node.request(Method::HEAD, begun.path()).header("tus-resumable", "1.0.0");
        let unsigned = node.ask(unsigned).await;
        let metadata = node.tus(Method::POST, "/v1/uploads", &admin.token).header("upload-length", 5);
        let metadata = node.ask(metadata.header("upload-metadata", "sha256 bm90IGhleA==")).await;

        assert_eq!(options.status(), 204);
        assert_eq!(options.headers()["tus-extension"], "creation,checksum,expiration,termination");
        assert_eq!(options.headers()["tus-version"], "1.0.0");
        assert_eq!((old.status, unsigned.status), (412, 401));
        assert_eq!(typed.code(), (415, "unsupported_type"));
        assert_eq!(metadata.code(), (422, "invalid"));
    }
}
