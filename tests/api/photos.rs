//! Photos of orders as people see them: on their way, here, upright, harmless. Never without the order.

use std::path::PathBuf;

use campo::clock::Clock;
use campo::config::Config;
use campo::evidence::blob_store::BlobError;
use campo::evidence::image_process::ImageProcess;
use campo::jobs::run_due_jobs;
use campo::orders::read_order::read_order;
use harness::databases::{TestDatabase, each_database};
use harness::process::campo_binary;
use reqwest::Method;
use serde_json::{Value, json};
use sync_core::evidence::Snapshot;
use sync_core::ids::OrderId;

use super::photo_samples::{
    BLUE, GREEN, RED, WHITE, is_near, jpeg, phone_photo, png, quarter_colors, quarters, read_picture, webp,
};
use super::support::{Admin, START, TestNode, config, each_node, start_with, text};
use super::upload_client::{hex_sha256, photo_like};

const PHOTO: &str = "0a0a0a0a-0a0a-0a0a-0a0a-0a0a0a0a0a0a";
const THUMBNAIL_BYTES_MAX: usize = 30_000;

/// A node that decodes images.
async fn node(database: &TestDatabase) -> (TestNode, Admin) {
    let config = Config { worker_program: Some(campo_binary().to_owned()), ..config(database) };
    let node = start_with(config, Clock::held_at(START)).await;
    let admin = node.set_up("ana@example.com").await;
    (node, admin)
}

/// An order with one photo; returns the photo's path.
async fn order_with(node: &TestNode, token: &str, photo: &[u8]) -> (String, Value) {
    let order = node.post(token, "/v1/orders", &json!({ "reason": "hums" })).await;
    let path = format!("/v1/orders/{}", text(&order.body["id"]));
    let command = json!({
        "command": "add_photo", "photo": PHOTO, "sha256": hex_sha256(photo), "size_bytes": photo.len(),
        "media_type": "image/jpeg", "stage": "before",
    });
    let added = node.post(token, &format!("{path}/commands"), &command).await;
    assert_eq!(added.status, 200, "{}", added.body);
    (path, added.body)
}

struct Served {
    status: u16,
    headers: reqwest::header::HeaderMap,
    bytes: Vec<u8>,
}

async fn get(node: &TestNode, token: &str, path: &str) -> Served {
    let response = node.request(Method::GET, path).bearer_auth(token).send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Served { status, headers, bytes: response.bytes().await.unwrap().to_vec() }
}

#[tokio::test]
async fn an_order_says_that_a_photo_is_on_its_way_and_then_shows_it() {
    for database in each_database() {
        let (node, admin) = node(&database).await;
        let photo = phone_photo(&quarters(2_000, 1_500), 1);
        let (order, before) = order_with(&node, &admin.token, &photo).await;
        let path = format!("{order}/photos/{PHOTO}");

        let early = node.get(&admin.token, &path).await;
        node.upload(&admin.token, &photo).await;
        run_due_jobs(&node.app).await.unwrap();
        let after = node.get(&admin.token, &order).await;
        let original = get(&node, &admin.token, &path).await;
        let thumbnail = get(&node, &admin.token, &format!("{path}/thumbnail")).await;
        let screen = get(&node, &admin.token, &format!("{path}/screen")).await;

        assert_eq!(before["photos"][PHOTO]["state"], "on_its_way");
        assert_eq!(before["sentences"]["photos"], "1 photo on its way.");
        assert_eq!((early.status.as_u16(), early.code()), (404, "not_found"));
        assert_eq!(early.body["current"], json!({ "state": "on_its_way" }));
        assert_eq!(after.body["photos"][PHOTO]["state"], "stored");
        assert_eq!(after.body["sentences"]["photos"], Value::Null);
        assert_eq!(
            (original.status, original.bytes == photo),
            (200, true),
            "the original is kept as it came"
        );
        assert_eq!(original.headers["content-type"], "image/jpeg");
        assert_eq!(original.headers["content-disposition"], "attachment; filename=\"photo.jpeg\"");
        for served in [&original, &thumbnail, &screen] {
            assert_eq!(served.headers["x-content-type-options"], "nosniff");
            assert_eq!(served.headers["content-security-policy"], "default-src 'none'; sandbox");
        }
        assert!(thumbnail.bytes.len() <= THUMBNAIL_BYTES_MAX, "{}", thumbnail.bytes.len());
        let (small, large) = (read_picture(&thumbnail.bytes), read_picture(&screen.bytes));
        assert_eq!((small.width(), small.height()), (320, 240));
        assert_eq!((large.width(), large.height()), (1_600, 1_200));
        let tag = original.headers["etag"].clone();
        let again = node.request(Method::GET, &path).bearer_auth(&admin.token);
        let again = again.header("if-none-match", tag).send().await.unwrap();
        assert_eq!(again.status(), 304);
    }
}

#[tokio::test]
async fn a_photo_is_seen_by_those_who_see_the_order_and_by_nobody_else() {
    for database in each_database() {
        let (node, admin) = node(&database).await;
        let (technician, crew) = node.add_user(&admin, "crew@example.com", "technician").await;
        let (_, colleague) = node.add_user(&admin, "tech@example.com", "technician").await;
        let (_, viewer) = node.add_user(&admin, "viewer@example.com", "viewer").await;
        let other = node.set_up_another("other@example.com").await;
        let photo = jpeg(&quarters(400, 300));
        let (order, _) = order_with(&node, &admin.token, &photo).await;
        node.post(&admin.token, &format!("{order}/assign"), &json!({ "technician": technician })).await;
        node.upload(&admin.token, &photo).await;
        node.upload(&other.token, &photo).await;
        run_due_jobs(&node.app).await.unwrap();
        let path = format!("{order}/photos/{PHOTO}");
        let unknown = node.get(&admin.token, &format!("{order}/photos/{}", PHOTO.replace('a', "b"))).await;

        for token in [&colleague, &other.token] {
            for ending in ["", "/thumbnail", "/screen"] {
                let hidden = node.get(token, &format!("{path}{ending}")).await;
                assert_eq!(hidden.status, 404);
                assert_eq!(hidden.without_request_id(), unknown.without_request_id());
            }
        }
        assert_eq!(get(&node, &crew, &path).await.bytes, photo);
        assert_eq!(node.get(&viewer, &path).await.code(), "role_forbidden", "originals are evidence");
        assert_eq!(get(&node, &viewer, &format!("{path}/thumbnail")).await.status, 200);
    }
}

#[tokio::test]
async fn pictures_are_upright_whatever_the_phone_noted_and_carry_nothing_else() {
    // covers: D9
    let images = ImageProcess::new(campo_binary().to_owned());
    let turned = [
        (1, (400, 300), [RED, GREEN, BLUE, WHITE]),
        (3, (400, 300), [WHITE, BLUE, GREEN, RED]),
        (6, (300, 400), [BLUE, RED, WHITE, GREEN]),
        (8, (300, 400), [GREEN, WHITE, RED, BLUE]),
    ];
    for (orientation, size, colors) in turned {
        let pictures = pictures_of(&images, phone_photo(&quarters(400, 300), orientation)).await.unwrap();

        let screen = read_picture(&pictures.screen);
        assert_eq!((screen.width(), screen.height()), size, "{orientation}");
        for picture in [screen, read_picture(&pictures.thumbnail)] {
            for (found, expected) in quarter_colors(&picture).into_iter().zip(colors) {
                assert!(is_near(found, expected), "{orientation}: {found:?} is not {expected:?}");
            }
        }
    }
}

#[tokio::test]
async fn every_accepted_kind_of_image_becomes_pictures() {
    let images = ImageProcess::new(campo_binary().to_owned());
    let image = quarters(700, 500);
    for bytes in [jpeg(&image), png(&image), webp(&image)] {
        let pictures = pictures_of(&images, bytes).await.unwrap();

        assert!(pictures.thumbnail.len() <= THUMBNAIL_BYTES_MAX);
        assert_eq!(read_picture(&pictures.screen).width(), 700, "nothing is made larger");
        assert!(is_near(quarter_colors(&read_picture(&pictures.thumbnail))[0], RED));
    }
}

/// Photos of real phones, where somebody has put some beside the checkout.
#[tokio::test]
async fn photos_of_real_phones_come_out_upright_small_and_bare() {
    let Ok(photos) = std::fs::read_dir(sample_directory()) else { return };
    let images = ImageProcess::new(campo_binary().to_owned());
    for path in photos.map(|entry| entry.unwrap().path()) {
        if path.extension().is_none_or(|extension| extension != "jpg") {
            continue;
        }
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let pictures = pictures_of(&images, std::fs::read(&path).unwrap()).await.expect(&name);

        assert!(pictures.thumbnail.len() <= THUMBNAIL_BYTES_MAX, "{name}: {}", pictures.thumbnail.len());
        let (small, large) = (read_picture(&pictures.thumbnail), read_picture(&pictures.screen));
        let is_portrait = large.height() > large.width();
        assert_eq!(is_portrait, name.starts_with("portrait"), "{name}");
        assert_eq!(small.height() > small.width(), is_portrait, "{name}");
        assert!(large.width().max(large.height()) <= 1_600, "{name}");
    }
}

fn sample_directory() -> PathBuf {
    let workspace = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    workspace.ancestors().nth(2).expect("a crate lies in a workspace").join("shared").join("photos")
}

#[tokio::test]
async fn a_photo_that_cannot_be_decoded_keeps_its_original_and_blocks_nothing() {
    for database in each_database() {
        let (node, admin) = node(&database).await;
        let whole = jpeg(&quarters(400, 300));
        let broken = photo_like(5_000, 41);
        let cut = png(&quarters(400, 300))[..100].to_vec();
        for photo in [broken, cut, [whole.as_slice(), b"<script>alert(1)</script>"].concat()] {
            let (order, _) = order_with(&node, &admin.token, &photo).await;
            node.upload(&admin.token, &photo).await;
            run_due_jobs(&node.app).await.unwrap();
            let path = format!("{order}/photos/{PHOTO}");

            let view = node.get(&admin.token, &order).await;
            let original = get(&node, &admin.token, &path).await;
            let thumbnail = get(&node, &admin.token, &format!("{path}/thumbnail")).await;
            let noted =
                node.post(&admin.token, &format!("{order}/notes"), &json!({ "text": "goes on" })).await;

            let is_polyglot = photo.starts_with(&whole);
            let state = if is_polyglot { "stored" } else { "unprocessable" };
            assert_eq!(view.body["photos"][PHOTO]["state"], state);
            assert_eq!((original.status, original.bytes == photo), (200, true));
            assert_eq!(thumbnail.status, 200);
            let kind = if is_polyglot { "image/jpeg" } else { "image/png" };
            assert_eq!(thumbnail.headers["content-type"], kind, "a placeholder where there is no picture");
            assert!(!String::from_utf8_lossy(&thumbnail.bytes).contains("script"));
            assert_eq!(noted.status, 200);
        }
    }
}

#[tokio::test]
async fn the_strokes_of_a_signature_are_served_as_data_to_those_who_see_the_order() {
    for (node, admin, _database) in each_node().await {
        let (_, colleague) = node.add_user(&admin, "tech@example.com", "technician").await;
        let strokes = br#"{"campo_strokes":1,"width":300,"height":100,"strokes":[[[1,2,0,500]]]}"#;
        let order = node.post(&admin.token, "/v1/orders", &json!({ "reason": "hums" })).await;
        let id: OrderId = text(&order.body["id"]).parse().unwrap();
        let order = format!("/v1/orders/{id}");
        let shown = read_order(&node.app.orders, admin.caller(), id).await.unwrap().order;
        let command = json!({
            "command": "sign", "signature": PHOTO, "signer_name": "Rosa", "strokes": hex_sha256(strokes), "heads": "",
            "snapshot": Snapshot::of(&shown, id, "pt-BR", "Aceito.").to_text(),
        });
        let signed = node.post(&admin.token, &format!("{order}/commands"), &command).await;
        let path = format!("{order}/signatures/{PHOTO}/strokes");

        let early = node.get(&admin.token, &path).await;
        node.upload(&admin.token, strokes).await;
        let served = get(&node, &admin.token, &path).await;
        let drawing = get(&node, &admin.token, &format!("{order}/signatures/{PHOTO}/drawing")).await;
        let hidden = node.get(&colleague, &path).await;

        assert_eq!(signed.status, 200, "{}", signed.body);
        assert_eq!(early.body["current"], json!({ "state": "on_its_way" }));
        assert_eq!((served.status, served.bytes == strokes), (200, true));
        assert_eq!(served.headers["content-type"], "application/vnd.campo.strokes+json");
        assert_eq!(drawing.headers["content-type"], "image/svg+xml");
        assert!(String::from_utf8_lossy(&drawing.bytes).contains("<path d=\"M1 2L1 2\"/>"));
        assert!(drawing.headers["content-security-policy"].to_str().unwrap().contains("sandbox"));
        assert_eq!(hidden.code(), "not_found");
    }
}

async fn pictures_of(
    images: &ImageProcess,
    bytes: Vec<u8>,
) -> Option<campo::evidence::image_worker::Pictures> {
    let size_bytes = bytes.len() as u64;
    let stream = futures_util::stream::once(async move { Ok::<_, BlobError>(bytes.into()) });
    images.pictures_of(size_bytes, Box::pin(stream)).await.unwrap()
}
