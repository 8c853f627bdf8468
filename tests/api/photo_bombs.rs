//! Images made to hurt: the server stays as small as it was, and alive. Never decodes one in this process.

use std::io::Write as _;

use bytes::Bytes;
use campo::clock::Clock;
use campo::evidence::blob_store::BlobError;
use campo::evidence::image_process::ImageProcess;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use harness::databases;
use harness::process::{CampoOptions, CampoProcess, campo_binary};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use reqwest::Method;
use serde_json::{Value, json};

use super::photo_samples::{jpeg, png, quarters, webp};
use super::support::{config, start_with, text};
use super::upload_client::{OFFSET_STREAM, hex_sha256, metadata};

/// What the server may have grown by when everything was looked at.
const GROWTH_KIB_MAX: u64 = 8 * 1024;
/// Damaged images in one run; `CAMPO_MUTANTS` asks for more.
const MUTANTS: u64 = 3_000;
const MUTANTS_AT_ONCE: usize = 2;
const PHOTO: &str = "0a0a0a0a-0a0a-0a0a-0a0a-0a0a0a0a0a0a";

/// A PNG of one color: small, and large when it is decoded.
fn flat_png(width: u32, height: u32, bits: u8) -> Vec<u8> {
    let header = [&width.to_be_bytes(), height.to_be_bytes().as_slice(), &[bits, 2, 0, 0, 0]].concat();
    let line_bytes = usize::try_from(width).unwrap() * 3 * usize::from(bits / 8) + 1;
    let mut pixels = ZlibEncoder::new(Vec::new(), Compression::best());
    let line = vec![0; line_bytes];
    for _ in 0..height {
        pixels.write_all(&line).unwrap();
    }
    let chunks =
        [chunk(b"IHDR", &header), chunk(b"IDAT", &pixels.finish().unwrap()), chunk(b"IEND", &[])].concat();
    [b"\x89PNG\r\n\x1a\n".as_slice(), &chunks].concat()
}

fn chunk(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let mut checksum = flate2::Crc::new();
    checksum.update(kind);
    checksum.update(content);
    let length = u32::try_from(content.len()).unwrap().to_be_bytes();
    [length.as_slice(), kind, content, &checksum.sum().to_be_bytes()].concat()
}

/// A WebP of fifty bytes that promises 16 000 × 12 000 pixels.
fn promising_webp() -> Vec<u8> {
    let size = (15_999_u32 | 11_999 << 14).to_le_bytes();
    [b"RIFF\x2a\0\0\0WEBPVP8L\x1d\0\0\0\x2f".as_slice(), &size, &[0; 25]].concat()
}

/// An animation on a canvas as large as is accepted.
fn animated_webp() -> Vec<u8> {
    let still = webp(&quarters(64, 64));
    let frame_data = &still[12..];
    let (width, height) = (9_999_u32.to_le_bytes(), 4_999_u32.to_le_bytes());
    let canvas = [&[2, 0, 0, 0], &width[..3], &height[..3]].concat();
    let frame = [[0; 6].as_slice(), &[63, 0, 0, 63, 0, 0, 100, 0, 0, 0], frame_data].concat();
    let mut content = riff(b"VP8X", &canvas);
    content.extend(riff(b"ANIM", &[0; 6]));
    for _ in 0..20 {
        content.extend(riff(b"ANMF", &frame));
    }
    let length = u32::try_from(content.len() + 4).unwrap().to_le_bytes();
    [b"RIFF".as_slice(), &length, b"WEBP", &content].concat()
}

fn riff(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap().to_le_bytes();
    let padding = &[0][..content.len() % 2];
    [kind, length.as_slice(), content, padding].concat()
}

#[tokio::test]
async fn a_decompression_bomb_leaves_the_server_as_small_as_it_was() {
    // covers: D2
    let database = databases::sqlite();
    let node = start_with(config(&database), Clock::system()).await;
    let token = node.set_up("ana@example.com").await.token;
    node.stop().await;
    let server = CampoOptions::new(&database, database.directory()).start().await;
    // The first photo pays for what is made once; then it is measured.
    store(&server, &token, &jpeg(&quarters(2_000, 1_500))).await;
    let before = server.resident_kib();

    let refused = [
        send(&server, &token, &flat_png(12_500, 13_000, 8)).await,
        send(&server, &token, &promising_webp()).await,
        send(&server, &token, &flat_png(13_000, 1, 8)).await,
    ];
    let mut states = Vec::new();
    // Within the limits of a header: 300 MB once decoded, a canvas of 200 MB, and 150 MB.
    for bomb in [flat_png(10_000, 5_000, 16), animated_webp(), flat_png(9_999, 5_000, 8)] {
        states.push(store(&server, &token, &bomb).await);
    }
    let after = server.resident_kib();

    assert_eq!(refused, [422, 422, 422]);
    assert_eq!(states[0], "unprocessable", "{states:?}");
    let grown = after.saturating_sub(before);
    assert!(grown <= GROWTH_KIB_MAX, "{before} KiB became {after} KiB");
    println!("resident memory before {before} KiB, after {after} KiB; {states:?}");
}

/// Sends content and returns the status of the last answer.
async fn send(server: &CampoProcess, token: &str, content: &[u8]) -> u16 {
    let begun = ask(server, token, Method::POST, "/v1/uploads");
    let begun = begun.header("upload-length", content.len()).header("upload-metadata", metadata(content));
    let begun = begun.send().await.unwrap();
    let path = begun.headers()["location"].to_str().unwrap().to_owned();
    let piece = ask(server, token, Method::PATCH, &path).header("upload-offset", 0);
    let piece = piece.header("content-type", OFFSET_STREAM).body(content.to_vec());
    piece.send().await.unwrap().status().as_u16()
}

fn ask(server: &CampoProcess, token: &str, method: Method, path: &str) -> reqwest::RequestBuilder {
    let request = reqwest::Client::new().request(method, format!("{}{path}", server.url()));
    request.bearer_auth(token).header("tus-resumable", "1.0.0")
}

/// Sends content as a photo of an order, waits until it was looked at and returns the state of the photo.
async fn store(server: &CampoProcess, token: &str, content: &[u8]) -> String {
    assert_eq!(send(server, token, content).await, 204);
    let order = ask(server, token, Method::POST, "/v1/orders").json(&json!({ "reason": "hums" }));
    let order: Value = order.send().await.unwrap().json().await.unwrap();
    let order = format!("/v1/orders/{}", text(&order["id"]));
    let command = json!({
        "command": "add_photo", "photo": PHOTO, "sha256": hex_sha256(content), "size_bytes": content.len(),
        "media_type": "image/png", "stage": "before",
    });
    let added = ask(server, token, Method::POST, &format!("{order}/commands")).json(&command);
    assert_eq!(added.send().await.unwrap().status(), 200);
    loop {
        let thumbnail = ask(server, token, Method::GET, &format!("{order}/photos/{PHOTO}/thumbnail"));
        if thumbnail.send().await.unwrap().status() == 200 {
            break;
        }
    }
    let view: Value = ask(server, token, Method::GET, &order).send().await.unwrap().json().await.unwrap();
    text(&view["photos"][PHOTO]["state"])
}

#[tokio::test]
async fn thousands_of_damaged_images_are_answered_one_by_one() {
    // covers: D3
    let images = ImageProcess::new(campo_binary().to_owned());
    let image = quarters(64, 48);
    let wholes = [jpeg(&image), png(&image), webp(&image)];
    let mut made = 0;
    let count = std::env::var("CAMPO_MUTANTS").ok().and_then(|count| count.parse().ok()).unwrap_or(MUTANTS);
    let numbers: Vec<u64> = (0..count).collect();
    for numbers in numbers.chunks(MUTANTS_AT_ONCE) {
        let answers = numbers.iter().map(|number| {
            let whole = &wholes[usize::try_from(*number).unwrap() % wholes.len()];
            let mutant = mutated(whole, *number);
            let size_bytes = mutant.len() as u64;
            let stream = futures_util::stream::once(async move { Ok::<_, BlobError>(Bytes::from(mutant)) });
            images.pictures_of(size_bytes, Box::pin(stream))
        });
        for answer in futures_util::future::join_all(answers).await {
            made += usize::from(answer.expect("a damaged image is an answer, not a failure").is_some());
        }
    }

    let size_bytes = wholes[0].len() as u64;
    let whole = Bytes::from(wholes[0].clone());
    let stream = futures_util::stream::once(async move { Ok::<_, BlobError>(whole) });
    let last = images.pictures_of(size_bytes, Box::pin(stream)).await.unwrap();
    assert!(last.is_some(), "the next image is decoded");
    println!("{count} damaged images, of which {made} could still be shown");
}

/// Some bytes changed, removed or repeated.
fn mutated(whole: &[u8], seed: u64) -> Vec<u8> {
    let mut dice = ChaCha8Rng::seed_from_u64(seed);
    let mut bytes = whole.to_vec();
    for _ in 0..dice.random_range(1..8) {
        let at = dice.random_range(0..bytes.len());
        match dice.random_range(0..4) {
            0 => bytes[at] ^= 1 << dice.random_range(0..8),
            1 => bytes[at] = dice.random(),
            2 => bytes.truncate(at.max(16)),
            _ => {
                let end = (at + dice.random_range(1..64)).min(bytes.len());
                let piece = bytes[at..end].to_vec();
                bytes.splice(at..at, piece);
            }
        }
    }
    bytes
}
