//! What the ingest guard costs for honest changes and for hostile ones. Never asks who may write what.

use std::fs;
use std::path::Path;
use std::time::Instant;

use sha2::{Digest, Sha256};
use sync_core::document::ingest_guard::{Limits, parse};
use sync_core::document::{Examined, OrderDocument};
use sync_core::ids::ChangeHash;
use sync_core::message::PushedChange;
use sync_core::workflow::Role;

use crate::orders::{self, Author};
use crate::report::{Report, Spread};
use crate::size::Size;

/// Bodies of hostile changes, without header and checksum; the tests of the guard keep them.
const CORPUS: &str = "fuzz/corpus/changes";
/// One call is shorter than two readings of the clock are exact.
const CALLS_PER_SAMPLE: u32 = 20;

pub fn run(size: Size) -> Report {
    let mut report = Report::new("guard");
    for history in [0, 20, 200, 1_000] {
        let history = size.choose(history, history.min(20));
        let (document, change) = honest(history);
        assert!(admit(&document, &change).is_some(), "the guard lets honest changes pass");
        report.add(vec![
            ("changes", format!("one field after {history} changes").as_str().into()),
            ("bytes", change.bytes.len().into()),
            ("us", micros(size, || admit(&document, &change)).into()),
        ]);
    }
    add_hostile(size, &mut report);
    report
}

fn add_hostile(size: Size, report: &mut Report) {
    let (document, _) = honest(20);
    let hostile = hostile();
    let cost = |change: &PushedChange| micros(size, || admit(&document, change));
    let costs: Vec<Spread> = hostile.iter().map(|(_, change)| cost(change)).collect();
    let typical = costs.iter().map(|cost| cost.median());
    let bytes: usize = hostile.iter().map(|(_, change)| change.bytes.len()).sum();
    report.add(vec![
        ("changes", format!("{} hostile ones", hostile.len()).as_str().into()),
        ("bytes", bytes.into()),
        ("us", Spread::of(typical).into()),
    ]);
    let by_cost = costs.iter().zip(&hostile).max_by(|a, b| a.0.median().total_cmp(&b.0.median()));
    let (cost, (name, change)) = by_cost.expect("the corpus holds changes");
    report.add(vec![
        ("changes", format!("the worst: {name}").as_str().into()),
        ("bytes", change.bytes.len().into()),
        ("us", (*cost).into()),
    ]);
}

/// Every step the server takes before a change becomes part of an order; nothing when one of them refuses it.
fn admit(document: &OrderDocument, change: &PushedChange) -> Option<Vec<u8>> {
    let guarded = parse(&change.bytes, change.hash, &Limits::default()).ok()?;
    let Examined::Fits(_) = document.examine(&guarded) else { return None };
    document.with_change(&guarded)?.verified_save()
}

/// An order with so many edits, and a change of one field on top of it.
fn honest(history: u64) -> (OrderDocument, PushedChange) {
    let authors = [
        Author::imagined(1, Role::Dispatcher),
        Author::imagined(2, Role::Technician),
        Author::imagined(3, Role::Technician),
        Author::imagined(4, Role::Technician),
    ];
    let built = orders::build(0, &authors, history);
    let edit = orders::one_field(0, history);
    let change = authors[1].perform(built.order, &mut built.document.clone(), &edit);
    (built.document, change)
}

fn hostile() -> Vec<(String, PushedChange)> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join(CORPUS);
    let files = fs::read_dir(&directory).expect("the corpus is committed").map(|entry| {
        let path = entry.expect("the corpus is readable").path();
        let name = path.file_name().map(|name| name.to_string_lossy().replace('-', " ")).unwrap_or_default();
        (name, sealed(&fs::read(&path).expect("the corpus is readable")))
    });
    let mut hostile: Vec<_> = files.collect();
    hostile.sort_by(|a, b| a.0.cmp(&b.0));
    hostile
}

/// A change chunk with a right checksum around a body.
fn sealed(body: &[u8]) -> PushedChange {
    let mut content = vec![1];
    let mut length = body.len();
    while length >= 0x80 {
        content.push(u8::try_from(length & 0x7f).expect("seven bits") | 0x80);
        length >>= 7;
    }
    content.push(u8::try_from(length).expect("seven bits"));
    content.extend(body);
    let hash: [u8; 32] = Sha256::digest(&content).into();
    let bytes = [&[0x85, 0x6f, 0x4a, 0x83], &hash[..4], &content].concat();
    PushedChange { hash: ChangeHash::from_bytes(hash), bytes, voucher: None }
}

/// Microseconds of one call, measured over several.
fn micros<T>(size: Size, work: impl Fn() -> T) -> Spread {
    let sample = || {
        let began = Instant::now();
        for _ in 0..CALLS_PER_SAMPLE {
            std::hint::black_box(work());
        }
        began.elapsed().as_secs_f64() * 1e6 / f64::from(CALLS_PER_SAMPLE)
    };
    sample();
    Spread::of((0..size.choose(21, 1)).map(|_| sample()))
}
