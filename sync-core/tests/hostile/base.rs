//! The small document that hostile changes are aimed at, and the honest change that they falsify.

use automerge::transaction::{CommitOptions, Transactable};
use automerge::{ActorId, Automerge, ObjType, ROOT};

use crate::builder::{Chunk, Op, uleb};

pub const OFFICE: [u8; 16] = [0x0f; 16];
pub const PHONE: [u8; 16] = [0x20; 16];

/// Names of operations of the office's first change, for a change that lists the office as its other actor.
pub const PLAN: (u64, u64) = (1, 1);
pub const NOTES: (u64, u64) = (2, 1);
pub const NUMBER: (u64, u64) = (3, 1);
pub const LIST: (u64, u64) = (4, 1);
pub const OFFICE_OPERATIONS: u64 = 4;

/// The office made `plan` with a number, `notes`, and a list, which no order has.
pub fn document() -> Automerge {
    let mut document = Automerge::new().with_actor(ActorId::from(OFFICE));
    let mut transaction = document.transaction();
    let plan = transaction.put_object(ROOT, "plan", ObjType::Map).unwrap();
    transaction.put_object(ROOT, "notes", ObjType::Map).unwrap();
    transaction.put(&plan, "number", "2026-17").unwrap();
    transaction.put_object(ROOT, "list", ObjType::List).unwrap();
    let _hash = transaction.commit_with(CommitOptions::default().with_time(1_790_000_000_000));
    document
}

/// An honest first change of a phone on top of [`document`]: two fields, one of which the office had set.
pub fn template() -> Chunk {
    let deps = document().get_heads().iter().map(|hash| hash.0).collect();
    let ops = [
        Op::put(Some(PLAN), "kind", "repair"),
        Op::put(Some(PLAN), "number", "2026-18").replacing(&[NUMBER]),
    ];
    let chunk = Chunk {
        chunk_type: 1,
        deps,
        actor: PHONE.to_vec(),
        seq: uleb(1),
        start_op: OFFICE_OPERATIONS + 1,
        time: 1_790_000_000_000,
        message: Vec::new(),
        other_actors: vec![OFFICE.to_vec()],
        columns: Vec::new(),
        extra: Vec::new(),
    };
    chunk.with_ops(&ops)
}

/// An honest change of yet another phone on top of [`document`].
pub fn neighbour(number: u8) -> Chunk {
    let chunk = Chunk { actor: vec![0x80 + number; 16], ..template() };
    chunk.with_ops(&[Op::put(Some(NOTES), &format!("note-{number}"), "rang the bell twice")])
}
