//! Hostile encodings: malformed columns, and sound ones that are not the canonical form of what they say.

use sync_core::document::ingest_guard::RefusalCode::{
    Checksum, ChunkType, NotCanonical, StartOp, Structure, Unsupported,
};

use crate::builder::*;
use crate::case::Case;
use crate::ground::Ground;

pub fn cases(ground: &Ground) -> Vec<Case> {
    [chunks, headers, not_canonical, columns_out_of_step, values_and_keys, newer_kinds]
        .into_iter()
        .flat_map(|kind| kind(ground))
        .collect()
}

fn chunks(ground: &Ground) -> Vec<Case> {
    let template = || ground.template();
    let honest = template().bytes();
    let body = body_of(&honest).to_vec();
    let mut wrong_checksum = honest.clone();
    wrong_checksum[4] ^= 1;
    let mut wrong_magic = honest.clone();
    wrong_magic[0] ^= 1;
    let long_length = {
        let hashed = [&[1][..], &uleb(body.len() as u64 + 1), &body].concat();
        [&honest[..8], &hashed].concat()
    };
    // Version 1, no heads, no needs, one filter: one entry of 10 bits, and so many probes of it for every hash.
    let many_probes = [&[0x42, 0, 0, 1, 0, 9, 1, 10][..], &uleb(400_000_000), &[0xff, 0xff], &[0]].concat();
    vec![
        Case::of_bytes("nothing at all", Checksum, Vec::new()),
        Case::of_bytes("eight bytes", Checksum, honest[..8].to_vec()),
        Case::of_bytes("wrong checksum", Checksum, wrong_checksum),
        Case::of_bytes("wrong magic bytes", Checksum, wrong_magic),
        Case::of_bytes("a length that exceeds the bytes", Checksum, long_length),
        Case::of_bytes("bytes after the chunk", Checksum, [&honest[..], &[0]].concat()),
        Case::of_bytes("a document chunk", ChunkType, seal(0, &body)),
        Case::of_bytes("a compressed chunk", ChunkType, seal(2, &body)),
        Case::of_bytes("a bundle chunk", ChunkType, seal(3, &body)),
        Case::of_bytes("an unknown chunk type", ChunkType, seal(4, &body)),
        Case::of_bytes("an empty body", Structure, seal(1, &[])),
        Case::of_bytes(
            "a sync message with a Bloom filter of no bits",
            Checksum,
            vec![0x42, 0, 0, 1, 0, 3, 1, 0, 7, 0],
        ),
        Case::of_bytes("a sync message with a Bloom filter of 400 M probes", Checksum, many_probes.clone()),
        Case::of_bytes("a sync message as the body of a change", Structure, seal(1, &many_probes)),
        Case::of_bytes("a saved document", ChunkType, ground.saved.clone()),
    ]
}

fn headers(ground: &Ground) -> Vec<Case> {
    let template = || ground.template();
    let dep = template().deps[0];
    let other = ground.author.to_vec();
    let with = |change: fn(&mut Chunk)| {
        let mut chunk = template();
        change(&mut chunk);
        chunk
    };
    vec![
        Case::refused("an actor of 8 bytes", Structure, &Chunk { actor: vec![1; 8], ..template() }),
        Case::refused("an actor of 17 bytes", Structure, &Chunk { actor: vec![1; 17], ..template() }),
        Case::refused("an empty actor", Structure, &Chunk { actor: vec![], ..template() }),
        Case::refused("sequence number 0", Structure, &Chunk { seq: uleb(0), ..template() }),
        Case::refused(
            "sequence number 2^32 + 1",
            Structure,
            &Chunk { seq: uleb((1 << 32) + 1), ..template() },
        ),
        Case::refused(
            "an over-long sequence number",
            NotCanonical,
            &Chunk { seq: vec![0x81, 0], ..template() },
        ),
        Case::refused("start_op 0", StartOp, &Chunk { start_op: 0, ..template() }),
        Case::refused("start_op u32::MAX", StartOp, &Chunk { start_op: u64::from(u32::MAX), ..template() }),
        Case::refused("start_op u64::MAX", StartOp, &Chunk { start_op: u64::MAX, ..template() }),
        Case::refused(
            "start_op whose last operation reaches 2^31",
            StartOp,
            &Chunk { start_op: (1 << 31) - 1, ..template() },
        ),
        Case::refused("a time at the end of the range", Structure, &Chunk { time: i64::MAX, ..template() }),
        Case::refused("a time at the start of the range", Structure, &Chunk { time: i64::MIN, ..template() }),
        Case::refused(
            "a message of 70 000 bytes",
            Structure,
            &Chunk { message: vec![b'x'; 70_000], ..template() },
        ),
        Case::refused("a message that is no text", Structure, &Chunk { message: vec![0xff], ..template() }),
        Case::refused("extra bytes", Structure, &Chunk { extra: vec![1, 1, 7], ..template() }),
        Case::refused(
            "the same dependency twice",
            NotCanonical,
            &Chunk { deps: vec![dep, dep], ..template() },
        ),
        Case::refused(
            "dependencies in descending order",
            NotCanonical,
            &Chunk { deps: vec![[255; 32], dep], ..template() },
        ),
        Case::refused(
            "an actor listed but not used",
            NotCanonical,
            &Chunk { other_actors: vec![other.clone(), vec![0x30; 16]], ..template() },
        )
        .ruinous(),
        Case::refused(
            "its own actor listed again",
            NotCanonical,
            &Chunk { other_actors: vec![other, template().actor], ..template() },
        ),
        Case::refused(
            "an actor index beyond those listed",
            Structure,
            &with(|chunk| chunk.other_actors.clear()),
        ),
    ]
}

fn not_canonical(ground: &Ground) -> Vec<Case> {
    let template = || ground.template();
    let chunk = template();
    let put = uleb(PUT);
    let with = |spec: u64, data: Vec<u8>| template().with_column(spec, data);
    vec![
        Case::refused(
            "runs of length 1 for a literal",
            NotCanonical,
            &with(KEY_TEXT, [run(1, &prefixed(b"kind")), run(1, &prefixed(b"number"))].concat()),
        )
        .ruinous(),
        Case::refused(
            "a run in two pieces",
            NotCanonical,
            &with(ACTION, [run(1, &put), run(1, &put)].concat()),
        )
        .ruinous(),
        Case::refused(
            "a literal for a run",
            NotCanonical,
            &with(ACTION, literal(&[put.clone(), put.clone()])),
        )
        .ruinous(),
        Case::refused("an over-long integer", NotCanonical, &with(ACTION, run(2, &[0x81, 0]))).ruinous(),
        Case::refused(
            "an over-long run length",
            NotCanonical,
            &with(ACTION, [&[0x82, 0][..], &put].concat()),
        )
        .ruinous(),
        Case::refused(
            "a boolean run of length 0",
            NotCanonical,
            &with(INSERT, [uleb(1), uleb(0), uleb(1)].concat()),
        )
        .ruinous(),
        Case::refused(
            "a run of no nulls",
            NotCanonical,
            &with(ACTION, [nulls(0), chunk.column(ACTION)].concat()),
        )
        .ruinous(),
        Case::refused("a column of nulls", NotCanonical, &with(KEY_ACTOR, nulls(2))).ruinous(),
        Case::refused("a make with a value", NotCanonical, &{
            let ops = [Op { action: MAKE_MAP, ..Op::put(Some(ground.map), "address", "x") }];
            template().with_ops(&ops)
        }),
        Case::refused("predecessors in descending order", NotCanonical, &{
            let ops =
                [Op::put(Some(ground.map), "number", "x").replacing(&[ground.number, ground.other_map])];
            template().with_ops(&ops)
        }),
    ]
}

fn columns_out_of_step(ground: &Ground) -> Vec<Case> {
    let template = || ground.template();
    let with = |spec: u64, data: Vec<u8>| template().with_column(spec, data);
    let swapped = {
        let mut chunk = template();
        chunk.columns.swap(0, 1);
        chunk
    };
    let twice = {
        let mut chunk = template();
        let action = chunk.column(ACTION);
        chunk.columns.push((ACTION, action));
        chunk.columns.sort_by_key(|(spec, _data)| *spec);
        chunk
    };
    let empty = {
        let mut chunk = template();
        chunk.columns.insert(2, (KEY_ACTOR, Vec::new()));
        chunk
    };
    vec![
        Case::refused(
            "a key column longer than the actions",
            Structure,
            &with(KEY_TEXT, literal(&[prefixed(b"kind"), prefixed(b"number"), prefixed(b"third")])),
        )
        .ruinous(),
        Case::refused(
            "a key column shorter than the actions",
            Structure,
            &with(KEY_TEXT, literal(&[prefixed(b"kind")])),
        ),
        Case::refused("an insert column longer than the actions", Structure, &with(INSERT, uleb(3)))
            .ruinous(),
        Case::refused(
            "an object column longer than the actions",
            Structure,
            &with(OBJECT_ACTOR, run(3, &uleb(1))),
        )
        .ruinous(),
        Case::refused(
            "more predecessor actors than counted",
            Structure,
            &with(PREDECESSOR_ACTOR, run(2, &uleb(1))),
        )
        .ruinous(),
        Case::refused(
            "fewer predecessor counters than counted",
            Structure,
            &template().without_column(PREDECESSOR_COUNTER),
        ),
        Case::refused("no action column", Structure, &template().without_column(ACTION)),
        Case::refused("an action of null", Structure, &with(ACTION, [run(1, &uleb(PUT)), nulls(1)].concat())),
        Case::refused("a run length of i64::MIN", Structure, &with(ACTION, run(i64::MIN, &uleb(PUT)))),
        Case::refused("an empty column", Structure, &empty),
        Case::refused("an unknown column", Structure, &with(0xc2, run(2, &uleb(1)))).ruinous(),
        Case::refused("a column of document chunks", Structure, &with(0x80, run(2, &uleb(0)))).ruinous(),
        Case::refused("a column marked as deflated", Structure, &with(ACTION | 0x08, run(2, &uleb(PUT)))),
        Case::refused("columns out of order", Structure, &swapped),
        Case::refused("the same column twice", Structure, &twice),
        Case::refused("a column table that exceeds the bytes", Structure, &{
            let mut chunk = template();
            chunk.columns.clear();
            chunk.extra = vec![0xff; 3];
            chunk
        }),
    ]
}

fn values_and_keys(ground: &Ground) -> Vec<Case> {
    let template = || ground.template();
    let key = |key: &str| template().with_ops(&[Op::put(Some(ground.map), key, "x")]);
    let value = |meta: u64, raw: &[u8]| {
        template().with_ops(&[Op { value: (meta, raw.to_vec()), ..Op::put(Some(ground.map), "kind", "") }])
    };
    let long_text = "x".repeat(64 * 1024 + 1);
    vec![
        Case::refused("an empty key", Structure, &key("")),
        Case::refused("a key with a slash", Structure, &key("plan/number")),
        Case::refused("a key with NUL", Structure, &key("a\0b")),
        Case::refused("a key with a line break", Structure, &key("a\nb")),
        Case::refused("a key with a C1 control character", Structure, &key("a\u{85}b")),
        Case::refused("a key of 257 bytes", Structure, &key(&"k".repeat(257))),
        Case::refused("a key that is half a surrogate pair", Structure, &{
            template().with_column(KEY_TEXT, literal(&[prefixed(&[0xed, 0xa0, 0x80]), prefixed(b"number")]))
        }),
        Case::refused(
            "text over 64 KiB",
            Structure,
            &template().with_ops(&[Op::put(Some(ground.map), "kind", &long_text)]),
        ),
        Case::refused("text with NUL", Structure, &value(3 << 4 | 6, b"a\0b")),
        Case::refused(
            "text that is half a surrogate pair",
            Structure,
            &value(3 << 4 | 6, &[0xed, 0xa0, 0x80]),
        ),
        Case::refused("value bytes that nobody uses", Structure, &{
            let raw = [template().column(VALUE_RAW), vec![0]].concat();
            template().with_column(VALUE_RAW, raw)
        })
        .ruinous(),
        Case::refused("value bytes that are missing", Structure, &template().without_column(VALUE_RAW)),
        Case::refused("a float of 7 bytes", Structure, &value(7 << 4 | 5, &[0; 7])),
        Case::refused("a true with a byte", Structure, &value(1 << 4 | 2, &[0])),
        Case::refused("an integer of 11 bytes", Structure, &value(11 << 4 | 4, &[0x80; 11])),
        Case::refused("an integer with bytes to spare", Structure, &value(2 << 4 | 4, &[1, 1])),
        Case::refused("an over-long integer value", Structure, &value(2 << 4 | 4, &[0x81, 0])),
        Case::refused("a value of unknown type", Structure, &value(1 << 4 | 12, &[0])),
        Case::refused("a value of null length", Structure, &{
            template().with_column(VALUE_META, [run(1, &uleb(0x66)), nulls(1)].concat())
        }),
    ]
}

fn newer_kinds(ground: &Ground) -> Vec<Case> {
    let template = || ground.template();
    let action = |action: u64| {
        let op = Op::put(Some(ground.map), "kind", "").with_action(action);
        template().with_ops(&[op])
    };
    let counter =
        template().with_ops(&[Op { value: (1 << 4 | 8, vec![1]), ..Op::put(Some(ground.map), "kind", "") }]);
    let increment = {
        let op = Op::put(Some(ground.map), "number", "").with_action(INCREMENT);
        template().with_ops(&[Op { value: (1 << 4 | 4, vec![1]), ..op }.replacing(&[ground.number])])
    };
    vec![
        Case::refused("a list", Unsupported, &action(MAKE_LIST)),
        Case::refused("a text", Unsupported, &action(4)),
        Case::refused("a table", Unsupported, &action(6)),
        Case::refused("a mark", Unsupported, &action(7)),
        Case::refused("an action that does not exist yet", Structure, &action(8)),
        Case::refused("an increment", Unsupported, &increment),
        Case::refused("a counter", Unsupported, &counter),
        Case::refused(
            "the name of a mark",
            Unsupported,
            &template().with_column(MARK_NAME, run(2, &prefixed(b"bold"))),
        ),
        Case::refused(
            "a mark that expands",
            Unsupported,
            &template().with_column(MARK_EXPAND, [uleb(0), uleb(2)].concat()),
        ),
    ]
}
