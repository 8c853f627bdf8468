//! How fast a photo gets in: the whole way by HTTP, hash and rows included, against a plain streamed write with fsync
//! on the same disk. Never counts an upload whose hash the server did not confirm.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use harness::databases;
use harness::temp::TemporaryDirectory;
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use sha2::{Digest as _, Sha256};
use sync_core::workflow::Role;

use crate::device::Device;
use crate::live::kind_name;
use crate::report::{Report, Spread};
use crate::server::Server;
use crate::size::Size;

/// What a plain program would read and write at a time.
const WRITE_BYTES: usize = 64 * 1024;
const MEBIBYTE: usize = 1024 * 1024;

pub async fn run(size: Size) -> Report {
    let mut report = Report::new("upload");
    let disk = TemporaryDirectory::create("plain");
    for database in databases::each_database() {
        let kind = database.kind();
        let mut server = Server::start(database).await;
        let device = server.person(Role::Technician).await;
        let address = format!("http://{}", server.address());
        for (way, (mebibytes, pieces)) in [(1, 1), (12, 1), (12, 24)].into_iter().enumerate() {
            let mebibytes = size.choose(mebibytes, 1);
            let mut times = Vec::new();
            // The first time warms both sides up.
            for number in 0..=size.repetitions() {
                let paper = paper(mebibytes * MEBIBYTE, number + way * 1_000);
                let plain = write_plain(&disk.join("plain"), &paper);
                times.push((upload(&address, &device, &paper, pieces).await, plain));
            }
            let rate = |time: &Duration| mebibytes as f64 / time.as_secs_f64();
            let times = &times[1..];
            report.add(vec![
                ("database", kind_name(kind).into()),
                ("mebibytes", mebibytes.into()),
                ("requests", pieces.into()),
                ("upload_mib_per_s", Spread::of(times.iter().map(|(ours, _)| rate(ours))).into()),
                ("plain_write_mib_per_s", Spread::of(times.iter().map(|(_, plain)| rate(plain))).into()),
                (
                    "ratio",
                    Spread::of(times.iter().map(|(ours, plain)| plain.as_secs_f64() / ours.as_secs_f64()))
                        .into(),
                ),
            ]);
        }
    }
    report
}

/// Bytes that nobody can compress, different for each number, of a type without pictures to be made.
fn paper(size_bytes: usize, number: usize) -> Vec<u8> {
    let mut state = (number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let noise = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    });
    b"%PDF-1.7".iter().copied().chain(noise.flatten()).take(size_bytes).collect()
}

/// A file written as it comes, and its place in the directory, both durable.
fn write_plain(path: &Path, bytes: &[u8]) -> Duration {
    let began = Instant::now();
    let mut file = File::create(path).expect("a temporary directory takes files");
    for run in bytes.chunks(WRITE_BYTES) {
        file.write_all(run).expect("the disk has space");
    }
    file.sync_all().expect("the disk writes");
    let directory = path.parent().expect("a file lies in a directory");
    File::open(directory)
        .and_then(|directory| directory.sync_all())
        .expect("a directory can be made durable");
    began.elapsed()
}

async fn upload(address: &str, device: &Device, bytes: &[u8], pieces: usize) -> Duration {
    let client = Client::new();
    let hash: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    let request = |method, path: &str| -> RequestBuilder {
        let request = client.request(method, format!("{address}{path}")).bearer_auth(device.token());
        request.header("tus-resumable", "1.0.0")
    };
    let bodies: Vec<Vec<u8>> = bytes.chunks(bytes.len().div_ceil(pieces)).map(<[u8]>::to_vec).collect();
    let began = Instant::now();
    let begun = request(Method::POST, "/v1/uploads").header("upload-length", bytes.len());
    let begun = begun.header("upload-metadata", format!("sha256 {}", STANDARD.encode(hash)));
    let begun = begun.send().await.expect("the node answers");
    let path = begun.headers()["location"].to_str().expect("an address is text").to_owned();
    let mut offset = 0;
    for body in bodies {
        let length = body.len();
        let piece = request(Method::PATCH, &path).header("upload-offset", offset).body(body);
        let piece = piece.header("content-type", "application/offset+octet-stream").send().await;
        let piece = piece.expect("the node answers");
        assert_eq!(piece.status(), StatusCode::NO_CONTENT, "{:?}", piece.text().await);
        offset += length;
    }
    assert_eq!(offset, bytes.len());
    began.elapsed()
}
