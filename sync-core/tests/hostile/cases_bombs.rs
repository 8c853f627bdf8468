//! Few bytes that expand to much.

use std::io::Write;

use flate2::Compression;
use flate2::write::DeflateEncoder;
use sync_core::document::ingest_guard::RefusalCode::{
    ChunkType, NotCanonical, Structure, TooLarge, TooManyOps,
};

use crate::builder::*;
use crate::case::Case;
use crate::ground::Ground;

pub fn cases(ground: &Ground) -> Vec<Case> {
    [operations, predecessors, texts, deflated].into_iter().flat_map(|kind| kind(ground)).collect()
}

/// So many null puts of one key, every column one run.
fn equal_puts(ground: &Ground, count: i64, key: &[u8]) -> Chunk {
    let rows = count.unsigned_abs();
    let columns = vec![
        (KEY_TEXT, run(count, &prefixed(key))),
        (INSERT, uleb(rows)),
        (ACTION, run(count, &uleb(PUT))),
        (VALUE_META, run(count, &uleb(0))),
        (PREDECESSOR_COUNT, run(count, &uleb(0))),
    ];
    Chunk { columns, other_actors: vec![], ..ground.template() }
}

/// So many nulls appended to a list one after the other.
fn list_splice(ground: &Ground, count: i64) -> Chunk {
    let rows = count.unsigned_abs();
    let first = i64::try_from(ground.template().start_op).expect("the template begins low");
    let columns = vec![
        (OBJECT_ACTOR, run(count, &uleb(ground.list.1))),
        (OBJECT_COUNTER, run(count, &uleb(ground.list.0))),
        (KEY_ACTOR, [nulls(1), run(count - 1, &uleb(0))].concat()),
        (KEY_COUNTER, [literal(&[sleb(0), sleb(first)]), run(count - 2, &sleb(1))].concat()),
        (INSERT, [uleb(0), uleb(rows)].concat()),
        (ACTION, run(count, &uleb(PUT))),
        (VALUE_META, run(count, &uleb(0))),
        (PREDECESSOR_COUNT, run(count, &uleb(0))),
    ];
    Chunk { columns, ..ground.template() }
}

fn operations(ground: &Ground) -> Vec<Case> {
    let template = || ground.template();
    let action_only = |count: i64| template().with_column(ACTION, run(count, &uleb(PUT)));
    vec![
        Case::refused("10 001 null puts", TooManyOps, &equal_puts(ground, 10_001, b"k")),
        Case::refused("1 M null puts", TooManyOps, &equal_puts(ground, 1_000_000, b"k")),
        Case::refused("8 M null puts", TooManyOps, &equal_puts(ground, 8_000_000, b"k")),
        Case::refused("130 M null puts", TooManyOps, &equal_puts(ground, 130_000_000, b"k")),
        Case::refused("i64::MAX null puts", TooManyOps, &equal_puts(ground, i64::MAX, b"k")),
        Case::refused("a list splice of 1 M nulls", TooManyOps, &list_splice(ground, 1_000_000)),
        Case::refused("a list splice of 5 M nulls", TooManyOps, &list_splice(ground, 5_000_000)),
        Case::refused("8 M actions beside short columns", TooManyOps, &action_only(8_000_000)),
        Case::refused("i64::MAX actions twice", TooManyOps, &{
            let endless = run(i64::MAX, &uleb(PUT));
            template().with_column(ACTION, [endless.clone(), endless].concat())
        }),
        Case::refused("8 M nulls in the object column", Structure, &{
            template().with_column(OBJECT_ACTOR, [run(2, &uleb(1)), nulls(8_000_000)].concat())
        }),
        Case::refused("8 M falses", Structure, &template().with_column(INSERT, uleb(8_000_000))),
        Case::refused("8 M null actions", Structure, &template().with_column(ACTION, nulls(8_000_000))),
        Case::refused(
            "a literal of i64::MIN values",
            Structure,
            &template().with_column(ACTION, sleb(i64::MIN)),
        ),
        Case::refused("u64::MAX nulls", NotCanonical, &template().with_column(KEY_ACTOR, nulls(u64::MAX))),
    ]
}

fn predecessors(ground: &Ground) -> Vec<Case> {
    let template = || ground.template();
    let one_operation = |count: i64| {
        template()
            .with_ops(&[Op::put(Some(ground.map), "number", "x")])
            .with_column(PREDECESSOR_COUNT, literal(&[uleb(count.unsigned_abs())]))
            .with_column(PREDECESSOR_ACTOR, run(count, &uleb(1)))
            .with_column(
                PREDECESSOR_COUNTER,
                [literal(&[sleb(ground.number.0.cast_signed())]), run(count - 1, &sleb(0))].concat(),
            )
    };
    vec![
        Case::refused("one operation with 10 001 predecessors", TooManyOps, &one_operation(10_001)),
        Case::refused("one operation with 1 M predecessors", TooManyOps, &one_operation(1_000_000)),
        Case::refused("one operation with 10 M predecessors", TooManyOps, &one_operation(10_000_000)),
        Case::refused("two operations with u64::MAX predecessors each", TooManyOps, &{
            template().with_column(PREDECESSOR_COUNT, run(2, &uleb(u64::MAX)))
        }),
        Case::refused("8 M predecessor actors without a count", Structure, &{
            template().with_column(PREDECESSOR_ACTOR, run(8_000_000, &uleb(1)))
        }),
        Case::refused("predecessor counters that run out of range", Structure, &{
            let chunk = one_operation(10_000);
            chunk.with_column(PREDECESSOR_COUNTER, run(10_000, &sleb(i64::MAX / 2)))
        }),
        Case::of_bytes("more dependencies than bytes", Structure, {
            let honest = template().bytes();
            seal(1, &[&uleb(1 << 40), &body_of(&honest)[1..]].concat())
        }),
    ]
}

fn texts(ground: &Ground) -> Vec<Case> {
    let template = || ground.template();
    let many_long_keys = equal_puts(ground, 10_000, &[b'k'; 60_000]);
    vec![
        Case::refused("10 000 operations on one key of 60 000 bytes", TooManyOps, &many_long_keys),
        Case::refused(
            "10 000 operations on one key of 200 bytes",
            TooManyOps,
            &equal_puts(ground, 10_000, &[b'k'; 200]),
        ),
        Case::refused("a value of 300 000 bytes", TooLarge, &{
            let value = (300_000 << 4 | 7, vec![0; 300_000]);
            template().with_ops(&[Op { value, ..Op::put(Some(ground.map), "kind", "") }])
        }),
        Case::refused("8 M values of 64 KiB without the bytes", Structure, &{
            template().with_column(VALUE_META, run(2, &uleb(u64::MAX >> 4 << 4 | 7)))
        }),
    ]
}

fn deflated(ground: &Ground) -> Vec<Case> {
    let template = || ground.template();
    let zeros = |mebibytes: usize| {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
        for _ in 0..mebibytes {
            encoder.write_all(&[0; 1024 * 1024]).expect("writing to memory succeeds");
        }
        encoder.finish().expect("writing to memory succeeds")
    };
    let column = template().without_column(VALUE_RAW).with_column(VALUE_RAW | 0x08, zeros(64));
    vec![
        Case::of_bytes("64 MiB of zeros in a compressed chunk", ChunkType, seal(2, &zeros(64))),
        Case::of_bytes("300 MiB of zeros in a compressed chunk", TooLarge, seal(2, &zeros(300))),
        Case::refused("64 MiB of zeros in a compressed column", Structure, &column),
    ]
}
