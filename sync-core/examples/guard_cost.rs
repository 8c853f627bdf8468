//! Prints what each step of the ingest guard costs, for honest changes, the largest allowed one and bombs.
//!
//! `cargo run -p sync-core --example guard_cost`. Figures are medians; nothing is asserted.
#![expect(clippy::disallowed_methods, reason = "measuring time is the purpose of this program")]
#![expect(clippy::print_stdout, reason = "the figures are its output")]

#[path = "../tests/hostile/builder.rs"]
#[expect(dead_code, reason = "shared with the hostile matrix, of which this program needs little")]
mod builder;

use std::time::{Duration, Instant};

use automerge::transaction::{CommitOptions, Transactable};
use automerge::{ActorId, Automerge, Change, ROOT};
use sync_core::document::ingest_guard::{
    GuardedChange, Limits, apply_guarded, check_structure, parse, prescan, verify_loadable,
};
use sync_core::ids::ChangeHash;

const ROUNDS: usize = 101;

fn main() {
    println!(
        "{:<34}{:>9}{:>11}{:>12}{:>12}{:>12}{:>12}",
        "change", "bytes", "prescan", "parse", "structure", "apply", "verify"
    );
    for history in [0, 20, 200, 1_000] {
        let (document, change) = one_field_change_after(history);
        report(&format!("one field after {history} changes"), &document, &change);
    }
    let (document, change) = largest_change();
    report("10 000 operations", &document, &change);
    for (name, bytes) in bombs() {
        let cost = median(|| prescan(&bytes, &Limits::default()).map(|_header| ()));
        let code =
            prescan(&bytes, &Limits::default()).map_or_else(|refusal| refusal.code.as_str(), |_| "accepted");
        println!("{name:<34}{:>9}{:>11}  {code}", bytes.len(), micros(cost));
    }
}

fn report(name: &str, document: &Automerge, change: &Change) {
    let limits = Limits::default();
    let bytes = change.raw_bytes();
    let hash = ChangeHash::from_bytes(change.hash().0);
    let guarded: GuardedChange = parse(bytes, hash, &limits).expect("the change is honest");
    let applied = apply_guarded(document, &[&guarded]).expect("the change is honest");
    println!(
        "{name:<34}{:>9}{:>11}{:>12}{:>12}{:>12}{:>12}",
        bytes.len(),
        micros(median(|| prescan(bytes, &limits))),
        micros(median(|| parse(bytes, hash, &limits))),
        micros(median(|| check_structure(document, &guarded))),
        micros(median(|| apply_guarded(document, &[&guarded]))),
        micros(median(|| verify_loadable(&applied))),
    );
}

fn one_field_change_after(history: u64) -> (Automerge, Change) {
    let mut document = Automerge::new();
    for number in 0..history {
        let actor = u8::try_from(number % 4).expect("less than four") + 1;
        document.set_actor(ActorId::from([actor; 16]));
        put(&mut document, &format!("field-{}", number % 30), number);
    }
    let before = document.clone();
    put(&mut document, "field-1", history);
    let change = document.get_last_local_change().expect("just made");
    (before, change)
}

/// As many operations as the limits allow, made by a replica that has not seen the newest change.
fn largest_change() -> (Automerge, Change) {
    let (mut document, _change) = one_field_change_after(200);
    let mut author = document.clone().with_actor(ActorId::from([9; 16]));
    put(&mut document, "field-2", 1);
    let mut transaction = author.transaction();
    for number in 0..10_000_u64 {
        transaction.put(ROOT, format!("k{}", number % 1_000), number).expect("the root is a map");
    }
    let _hash = transaction.commit_with(CommitOptions::default().with_time(0));
    let change = author.get_last_local_change().expect("just made");
    (document, change)
}

fn put(document: &mut Automerge, key: &str, value: u64) {
    let mut transaction = document.transaction();
    transaction.put(ROOT, key, value).expect("the root is a map");
    let _hash = transaction.commit_with(CommitOptions::default().with_time(0));
}

fn bombs() -> Vec<(&'static str, Vec<u8>)> {
    use builder::{ACTION, Chunk, INSERT, KEY_TEXT, PREDECESSOR_COUNT, PUT, VALUE_META, prefixed, run, uleb};
    let puts = |count: i64, key: &[u8]| {
        let columns = vec![
            (KEY_TEXT, run(count, &prefixed(key))),
            (INSERT, uleb(count.unsigned_abs())),
            (ACTION, run(count, &uleb(PUT))),
            (VALUE_META, run(count, &uleb(0))),
            (PREDECESSOR_COUNT, run(count, &uleb(0))),
        ];
        let chunk = Chunk {
            chunk_type: 1,
            deps: vec![],
            actor: vec![1; 16],
            seq: uleb(1),
            start_op: 1,
            time: 0,
            message: vec![],
            other_actors: vec![],
            columns,
            extra: vec![],
        };
        chunk.bytes()
    };
    vec![
        ("8 M null puts", puts(8_000_000, b"k")),
        ("10 000 puts of a 60 000 byte key", puts(10_000, &[b'k'; 60_000])),
        ("a compressed chunk of 256 KiB", builder::seal(2, &[0; 256 * 1024 - 16])),
    ]
}

fn median<T>(mut work: impl FnMut() -> T) -> Duration {
    let mut samples: Vec<_> = (0..ROUNDS)
        .map(|_| {
            let begin = Instant::now();
            std::hint::black_box(work());
            begin.elapsed()
        })
        .collect();
    samples.sort_unstable();
    samples[ROUNDS / 2]
}

fn micros(duration: Duration) -> String {
    format!("{:.1} µs", duration.as_secs_f64() * 1e6)
}
