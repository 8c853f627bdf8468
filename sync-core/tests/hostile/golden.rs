//! One honest change, damaged in every place.

use crate::base;
use crate::builder::{Chunk, Op, body_of, hash_of, seal, sleb, uleb};
use crate::fuzzed::is_refused_or_sound;
use crate::pipeline::{Outcome, ingest};

/// A second office change with every kind of value and operation that orders use.
fn golden() -> Vec<u8> {
    let value = |key: &str, meta: u64, raw: &[u8]| Op {
        value: (meta, raw.to_vec()),
        ..Op::put(Some((1, 0)), key, "")
    };
    let made = base::OFFICE_OPERATIONS + 1;
    let ops = [
        Op::put(Some((1, 0)), "address", "").with_action(crate::builder::MAKE_MAP),
        Op::put(Some((made, 0)), "city", "Timișoara"),
        Op::put(Some((1, 0)), "number", "2026-18").replacing(&[(3, 0)]),
        Op::put(Some((1, 0)), "number", "").with_action(crate::builder::DELETE).replacing(&[(made + 2, 0)]),
        value("urgent", 2, &[]),
        value("price", 2 << 4 | 4, &[0xd0, 0x0f]),
        value("promised", 6 << 4 | 9, &sleb(1_790_000_000_000)),
        value("photo", 3 << 4 | 7, &[1, 2, 3]),
        value("nothing", 0, &[]),
        value("nothing", 0, &[]).replacing(&[(made + 8, 0)]),
    ];
    let chunk =
        Chunk { actor: base::OFFICE.to_vec(), seq: uleb(2), other_actors: vec![], ..base::template() };
    chunk.with_ops(&ops).bytes()
}

#[test]
fn the_golden_change_is_accepted() {
    let bytes = golden();

    let outcome = ingest(&mut base::document(), &bytes, hash_of(&bytes));

    assert_eq!(outcome, Outcome::Applied { operations: 10 });
    assert!(is_refused_or_sound(&bytes));
}

#[test]
fn every_truncation_is_refused() {
    let bytes = golden();
    for length in 0..bytes.len() {
        let outcome = ingest(&mut base::document(), &bytes[..length], hash_of(&bytes));

        assert!(matches!(outcome, Outcome::Refused(_)), "{length} bytes: {outcome:?}");
    }
}

#[test]
fn every_bit_flip_is_refused() {
    let bytes = golden();
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);

        let outcome = ingest(&mut base::document(), &flipped, hash_of(&bytes));

        assert!(matches!(outcome, Outcome::Refused(_)), "bit {bit}: {outcome:?}");
    }
}

#[test]
fn every_truncation_with_a_repaired_checksum_is_refused() {
    let bytes = golden();
    let body = body_of(&bytes);
    for length in 0..body.len() {
        let sealed = seal(1, &body[..length]);

        let outcome = ingest(&mut base::document(), &sealed, hash_of(&sealed));

        assert!(matches!(outcome, Outcome::Refused(_)), "{length} bytes: {outcome:?}");
    }
}

#[test]
fn every_bit_flip_with_a_repaired_checksum_is_refused_or_sound() {
    let bytes = golden();
    let body = body_of(&bytes);
    for bit in 0..body.len() * 8 {
        let mut flipped = body.to_vec();
        flipped[bit / 8] ^= 1 << (bit % 8);

        assert!(is_refused_or_sound(&seal(1, &flipped)), "bit {bit}");
    }
}
