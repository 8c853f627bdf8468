//! Changes that are soundly encoded and at odds with the document.

use sync_core::document::ingest_guard::RefusalCode::{StartOp, Structure, Unsupported};

use crate::base::{LIST, NOTES, NUMBER, OFFICE, OFFICE_OPERATIONS, PLAN, template};
use crate::builder::*;
use crate::case::{Case, Expected};

pub fn cases() -> Vec<Case> {
    [objects(), predecessors(), sequences(), start_ops(), list_operations()].into_iter().flatten().collect()
}

fn objects() -> Vec<Case> {
    let into = |object: (u64, u64)| template().with_ops(&[Op::put(Some(object), "kind", "repair")]);
    let stranger = Chunk { other_actors: vec![vec![0x33; 16]], ..into(PLAN) };
    vec![
        Case::refused("an object that does not exist", Structure, &into((77, 1))).ruinous(),
        Case::refused("an object that is a value", Structure, &into(NUMBER)).ruinous(),
        Case::refused("a map key in a list", Structure, &into(LIST)).ruinous(),
        Case::refused("an object of an actor the document does not know", Structure, &stranger).ruinous(),
        Case::refused("an object that its own change makes later", Structure, &{
            let make = Op::put(Some(PLAN), "address", "").with_action(MAKE_MAP);
            template().with_ops(&[Op::put(Some((OFFICE_OPERATIONS + 2, 0)), "city", "Cluj"), make])
        }),
        Case::refused("an object with counter 0", Structure, &into((0, 1))),
        Case::refused("an object with a counter beyond 2^31", Structure, &into((1 << 31, 1))),
    ]
}

fn predecessors() -> Vec<Case> {
    let number = |predecessors: &[(u64, u64)]| {
        template().with_ops(&[Op::put(Some(PLAN), "number", "2026-18").replacing(predecessors)])
    };
    let delete = Op::put(Some(PLAN), "number", "").with_action(DELETE);
    let stranger = Chunk { other_actors: vec![OFFICE.to_vec(), vec![0x33; 16]], ..number(&[(9, 2)]) };
    vec![
        Case::refused("a predecessor that does not exist", Structure, &number(&[(77, 1)])).ruinous(),
        Case::refused("a predecessor of an actor the document does not know", Structure, &stranger).ruinous(),
        Case::refused("a predecessor of another key", Structure, &{
            template().with_ops(&[Op::put(Some(PLAN), "kind", "repair").replacing(&[NUMBER])])
        }),
        Case::refused("a predecessor in another map", Structure, &{
            template().with_ops(&[Op::put(Some(NOTES), "number", "x").replacing(&[NUMBER])])
        }),
        Case::refused("the same predecessor twice", Structure, &number(&[NUMBER, NUMBER])),
        Case::refused("the same predecessor in two operations", Structure, &{
            let op = Op::put(Some(PLAN), "number", "x").replacing(&[NUMBER]);
            template().with_ops(&[op.clone(), op])
        }),
        Case::refused("itself as predecessor", Structure, &number(&[(OFFICE_OPERATIONS + 1, 0)])),
        Case::refused(
            "a deletion of nothing",
            Structure,
            &template().with_ops(std::slice::from_ref(&delete)),
        )
        .ruinous(),
        Case::refused("a predecessor with counter 0", Structure, &number(&[(0, 1)])),
        Case::refused("a predecessor with a counter beyond 2^31", Structure, &number(&[(1 << 31, 1)])),
        Case::refused("a deletion of what was not there", Structure, &{
            template().with_ops(&[delete.replacing(&[(77, 1)])])
        })
        .ruinous(),
    ]
}

fn sequences() -> Vec<Case> {
    let office = |seq: u64| {
        let ops = [Op::put(Some((1, 0)), "kind", "repair")];
        Chunk { actor: OFFICE.to_vec(), seq: uleb(seq), other_actors: vec![], ..template() }.with_ops(&ops)
    };
    let gap = Chunk { seq: uleb(7), ..template() };
    let fork = Chunk { deps: vec![], start_op: 1, ..office(1) }.with_ops(&[Op::put(None, "kind", "repair")]);
    let orphan = Chunk { deps: vec![[0x77; 32]], ..template() };
    let blind = {
        let ops = [Op::put(None, "kind", "repair")];
        Chunk { deps: vec![], start_op: OFFICE_OPERATIONS + 1, ..office(2) }.with_ops(&ops)
    };
    vec![
        Case::refused("a first change with sequence number 7", Structure, &gap).ruinous(),
        Case::refused("a second change that skips a number", Structure, &office(3)).ruinous(),
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

fn start_ops() -> Vec<Case> {
    let at = |start_op: u64| Chunk { start_op, ..template() };
    let empty = |start_op: u64| Chunk { columns: vec![], other_actors: vec![], ..at(start_op) };
    vec![
        Case::refused("operations numbered like those of its dependencies", StartOp, &at(1)).ruinous(),
        Case::refused("a first operation numbered like the last one before", StartOp, &at(OFFICE_OPERATIONS)),
        Case::refused("a start far above the order", StartOp, &at(OFFICE_OPERATIONS + 1_000_100)),
        Case::refused("no operations, numbered above a gap", StartOp, &empty(OFFICE_OPERATIONS + 3))
            .ruinous(),
        Case::refused("no operations, numbered below the past", StartOp, &empty(OFFICE_OPERATIONS)).ruinous(),
    ]
}

/// Element keys name a place in a list: the counter of an element, or 0 for its head.
fn list_operations() -> Vec<Case> {
    let insert_after = |counter: i64, actor: Option<u64>| {
        let chunk = template().with_ops(&[Op::put(Some(LIST), "", "x")]).without_column(KEY_TEXT);
        let chunk = chunk.with_column(KEY_COUNTER, literal(&[sleb(counter)]));
        let chunk =
            actor.map_or(chunk.clone(), |actor| chunk.with_column(KEY_ACTOR, literal(&[uleb(actor)])));
        chunk.with_column(INSERT, [uleb(0), uleb(1)].concat())
    };
    vec![
        Case::refused("a list insert after a missing element", Unsupported, &insert_after(77, Some(1)))
            .ruinous(),
        Case::refused("a list insert at the head", Unsupported, &insert_after(0, None)),
        Case::refused("an insert under a map key", Unsupported, &{
            template().with_column(INSERT, [uleb(0), uleb(2)].concat())
        }),
    ]
}
