//! Changes that are soundly encoded and at odds with the document.

use sync_core::document::ingest_guard::RefusalCode::{StartOp, Structure, Unsupported};

use crate::builder::*;
use crate::case::{Case, Expected};
use crate::ground::Ground;

pub fn cases(ground: &Ground) -> Vec<Case> {
    [objects, predecessors, sequences, start_ops, list_operations]
        .into_iter()
        .flat_map(|kind| kind(ground))
        .collect()
}

fn objects(ground: &Ground) -> Vec<Case> {
    let template = || ground.template();
    let into = |object: (u64, u64)| template().with_ops(&[Op::put(Some(object), "kind", "repair")]);
    let stranger = Chunk { other_actors: vec![vec![0x33; 16]], ..into(ground.map) };
    vec![
        Case::refused("an object that does not exist", Structure, &into(ground.missing)).ruinous(),
        Case::refused("an object that is a value", Structure, &into(ground.number)).ruinous(),
        Case::refused("a map key in a list", Structure, &into(ground.list)).ruinous(),
        Case::refused("an object of an actor the document does not know", Structure, &stranger).ruinous(),
        Case::refused("an object that its own change makes later", Structure, &{
            let make = Op::put(Some(ground.map), "address", "").with_action(MAKE_MAP);
            template().with_ops(&[Op::put(Some((ground.operations + 2, 0)), "city", "Cluj"), make])
        }),
        Case::refused("an object with counter 0", Structure, &into((0, 1))),
        Case::refused("an object with a counter beyond 2^31", Structure, &into((1 << 31, 1))),
    ]
}

fn predecessors(ground: &Ground) -> Vec<Case> {
    let template = || ground.template();
    let number = |predecessors: &[(u64, u64)]| {
        template().with_ops(&[Op::put(Some(ground.map), "number", "2026-18").replacing(predecessors)])
    };
    let delete = Op::put(Some(ground.map), "number", "").with_action(DELETE);
    let stranger = Chunk { other_actors: vec![ground.author.to_vec(), vec![0x33; 16]], ..number(&[(9, 2)]) };
    vec![
        Case::refused("a predecessor that does not exist", Structure, &number(&[ground.missing])).ruinous(),
        Case::refused("a predecessor of an actor the document does not know", Structure, &stranger).ruinous(),
        Case::refused("a predecessor of another key", Structure, &{
            template().with_ops(&[Op::put(Some(ground.map), "kind", "repair").replacing(&[ground.number])])
        }),
        Case::refused("a predecessor in another map", Structure, &{
            template().with_ops(&[Op::put(Some(ground.other_map), "number", "x").replacing(&[ground.number])])
        }),
        Case::refused("the same predecessor twice", Structure, &number(&[ground.number, ground.number])),
        Case::refused("the same predecessor in two operations", Structure, &{
            let op = Op::put(Some(ground.map), "number", "x").replacing(&[ground.number]);
            template().with_ops(&[op.clone(), op])
        }),
        Case::refused("itself as predecessor", Structure, &number(&[(ground.operations + 1, 0)])),
        Case::refused(
            "a deletion of nothing",
            Structure,
            &template().with_ops(std::slice::from_ref(&delete)),
        )
        .ruinous(),
        Case::refused("a predecessor with counter 0", Structure, &number(&[(0, 1)])),
        Case::refused("a predecessor with a counter beyond 2^31", Structure, &number(&[(1 << 31, 1)])),
        Case::refused("a deletion of what was not there", Structure, &{
            template().with_ops(&[delete.replacing(&[ground.missing])])
        })
        .ruinous(),
    ]
}

fn sequences(ground: &Ground) -> Vec<Case> {
    let template = || ground.template();
    let author = |seq: u64| {
        let ops = [Op::put(Some(ground.own_map()), "kind", "repair")];
        Chunk { actor: ground.author.to_vec(), seq: uleb(seq), other_actors: vec![], ..template() }
            .with_ops(&ops)
    };
    let gap = Chunk { seq: uleb(7), ..template() };
    let fork = Chunk { deps: vec![], start_op: 1, ..author(1) }.with_ops(&[Op::put(None, "kind", "repair")]);
    let orphan = Chunk { deps: vec![[0x77; 32]], ..template() };
    let blind = {
        let ops = [Op::put(None, "kind", "repair")];
        Chunk { deps: vec![], start_op: ground.operations + 1, ..author(ground.author_changes + 1) }
            .with_ops(&ops)
    };
    vec![
        Case::refused("a first change with sequence number 7", Structure, &gap).ruinous(),
        Case::refused("a second change that skips a number", Structure, &author(ground.author_changes + 2))
            .ruinous(),
        Case::refused("an actor that has not seen its own first change", Structure, &blind),
        Case {
            expected: Expected::Forked,
            ..Case::refused("a second change with sequence number 1", Structure, &fork)
        },
        Case {
            expected: Expected::MissingDeps,
            ..Case::refused("an unknown dependency", Structure, &orphan)
        },
    ]
}

fn start_ops(ground: &Ground) -> Vec<Case> {
    let template = || ground.template();
    let at = |start_op: u64| Chunk { start_op, ..template() };
    let empty = |start_op: u64| Chunk { columns: vec![], other_actors: vec![], ..at(start_op) };
    vec![
        Case::refused("operations numbered like those of its dependencies", StartOp, &at(1)).ruinous(),
        Case::refused("a first operation numbered like the last one before", StartOp, &at(ground.operations)),
        Case::refused("a start far above the order", StartOp, &at(ground.operations + 1_000_100)),
        Case::refused("no operations, numbered above a gap", StartOp, &empty(ground.operations + 3))
            .ruinous(),
        Case::refused("no operations, numbered below the past", StartOp, &empty(ground.operations)).ruinous(),
    ]
}

/// Element keys name a place in a list: the counter of an element, or 0 for its head.
fn list_operations(ground: &Ground) -> Vec<Case> {
    let template = || ground.template();
    let insert_after = |counter: i64, actor: Option<u64>| {
        let chunk = template().with_ops(&[Op::put(Some(ground.list), "", "x")]).without_column(KEY_TEXT);
        let chunk = chunk.with_column(KEY_COUNTER, literal(&[sleb(counter)]));
        let chunk =
            actor.map_or(chunk.clone(), |actor| chunk.with_column(KEY_ACTOR, literal(&[uleb(actor)])));
        chunk.with_column(INSERT, [uleb(0), uleb(1)].concat())
    };
    vec![
        Case::refused(
            "a list insert after a missing element",
            Unsupported,
            &insert_after(ground.missing.0.cast_signed(), Some(1)),
        )
        .ruinous(),
        Case::refused("a list insert at the head", Unsupported, &insert_after(0, None)),
        Case::refused("an insert under a map key", Unsupported, &{
            template().with_column(INSERT, [uleb(0), uleb(2)].concat())
        }),
    ]
}
