//! What an author could have seen decides which operations fit; and where each of them writes.

use automerge::{Automerge, ROOT, ReadDoc};
use sync_core::document::ingest_guard::{
    Limits, RefusalCode, ResolvedOp, START_OP_AHEAD_MAX, StructureVerdict, apply_guarded, check_structure,
    document_max_op, parse,
};

use crate::base::{self, NUMBER, OFFICE, OFFICE_OPERATIONS, PLAN};
use crate::builder::{Chunk, DELETE, MAKE_MAP, Op, hash_of, uleb};
use crate::pipeline::{Outcome, ingest};

const NEIGHBOUR: [u8; 16] = [0x81; 16];

/// The office's document with a map `plan/address` that a neighbour made as operation 5.
fn document_with_address() -> Automerge {
    let mut document = base::document();
    let make = Op::put(Some(PLAN), "address", "").with_action(MAKE_MAP);
    let chunk = base::neighbour(1).with_ops(&[make, Op::put(Some((5, 0)), "city", "Arad")]);
    let outcome = offer(&mut document, &chunk);
    assert_eq!(outcome, Outcome::Applied { operations: 2 });
    document
}

/// The template with the neighbour as second known actor, on top of some dependencies.
fn knowing_neighbour(deps: &[automerge::ChangeHash], ops: &[Op]) -> Chunk {
    let deps = deps.iter().map(|hash| hash.0).collect();
    Chunk { deps, other_actors: vec![NEIGHBOUR.to_vec()], start_op: 7, ..base::template() }.with_ops(ops)
}

fn offer(document: &mut Automerge, chunk: &Chunk) -> Outcome {
    let bytes = chunk.bytes();
    ingest(document, &bytes, hash_of(&bytes))
}

fn paths(document: &Automerge, chunk: &Chunk) -> Vec<String> {
    let bytes = chunk.bytes();
    let change = parse(&bytes, hash_of(&bytes), &Limits::default()).unwrap();
    let StructureVerdict::Ok(operations) = check_structure(document, &change) else {
        panic!("the change fits");
    };
    operations.iter().map(|ResolvedOp { path, .. }| path.join("/")).collect()
}

#[test]
fn a_map_is_written_to_by_those_who_have_seen_it() {
    let mut document = document_with_address();
    let ops = [Op::put(Some((5, 1)), "street", "Strada Lungă")];

    let blind = offer(&mut document, &knowing_neighbour(&base::document().get_heads(), &ops));
    let heads = document.get_heads();
    let seeing = offer(&mut document, &knowing_neighbour(&heads, &ops));

    assert_eq!(blind, Outcome::refused(RefusalCode::Structure));
    assert_eq!(seeing, Outcome::Applied { operations: 1 });
}

#[test]
fn a_value_is_replaced_by_those_who_have_seen_it() {
    let mut document = document_with_address();
    let heads = document.get_heads();
    let city = [Op::put(Some((5, 1)), "city", "Cluj").replacing(&[(6, 1)])];

    let first = offer(&mut document, &knowing_neighbour(&heads, &city));
    let again = Chunk { actor: vec![0x21; 16], ..knowing_neighbour(&heads, &city) };
    let concurrently = offer(&mut document, &again);
    let late =
        Chunk { actor: vec![0x22; 16], start_op: 8, ..knowing_neighbour(&document.get_heads(), &city) };
    let late = offer(&mut document, &late);

    assert_eq!(first, Outcome::Applied { operations: 1 });
    assert_eq!(concurrently, Outcome::Applied { operations: 1 });
    assert_eq!(late.code(), Some(RefusalCode::Structure));
}

#[test]
fn a_refused_operation_is_named_by_its_path() {
    let chunk = base::template().with_ops(&[Op::put(Some(PLAN), "kind", "repair").replacing(&[NUMBER])]);

    let outcome = offer(&mut base::document(), &chunk);

    let Outcome::Refused(refusal) = outcome else { panic!("{outcome:?}") };
    assert_eq!((refusal.code.as_str(), refusal.path.as_deref()), ("structure", Some("plan/kind")));
}

#[test]
fn paths_lead_from_the_root_through_maps_of_the_same_change() {
    let made = OFFICE_OPERATIONS + 1;
    let ops = [
        Op::put(Some(PLAN), "address", "").with_action(MAKE_MAP),
        Op::put(Some((made, 0)), "geo", "").with_action(MAKE_MAP),
        Op::put(Some((made + 1, 0)), "source", "map"),
        Op::put(None, "title", "Boiler"),
        Op::put(Some(PLAN), "number", "").with_action(DELETE).replacing(&[NUMBER]),
    ];

    let paths = paths(&base::document(), &base::template().with_ops(&ops));

    assert_eq!(
        paths,
        ["plan/address", "plan/address/geo", "plan/address/geo/source", "title", "plan/number"]
    );
}

#[test]
fn a_map_that_was_replaced_keeps_its_path() {
    let mut document = document_with_address();
    let seen = document.get_heads();
    let replacement = Op::put(Some(PLAN), "address", "none").replacing(&[(5, 2)]);
    let both = vec![OFFICE.to_vec(), NEIGHBOUR.to_vec()];
    let chunk = Chunk { other_actors: both, ..knowing_neighbour(&seen, &[replacement]) };
    assert_eq!(offer(&mut document, &chunk), Outcome::Applied { operations: 1 });

    let concurrent = Chunk {
        actor: vec![0x21; 16],
        ..knowing_neighbour(&seen, &[Op::put(Some((5, 1)), "street", "Strada Lungă")])
    };

    assert_eq!(paths(&document, &concurrent), ["plan/address/street"]);
}

#[test]
fn a_change_may_begin_a_million_above_its_order_and_no_higher() {
    let document = base::document();
    let highest = document_max_op(&document) + START_OP_AHEAD_MAX;
    let at = |start_op: u64| offer(&mut document.clone(), &Chunk { start_op, ..base::template() });

    assert_eq!(document_max_op(&document), OFFICE_OPERATIONS);
    assert_eq!(at(highest), Outcome::Applied { operations: 2 });
    assert_eq!(at(highest + 1), Outcome::refused(RefusalCode::StartOp));
}

#[test]
fn a_change_without_operations_is_accepted_directly_above_its_past() {
    let chunk = Chunk { columns: vec![], other_actors: vec![], ..base::template() };

    assert_eq!(offer(&mut base::document(), &chunk), Outcome::Applied { operations: 0 });
}

#[test]
fn missing_dependencies_are_named() {
    let known = base::document().get_heads()[0].0;
    let chunk = Chunk { deps: vec![[0; 32], known, [0xff; 32]], ..base::template() };
    let bytes = chunk.bytes();
    let change = parse(&bytes, hash_of(&bytes), &Limits::default()).unwrap();

    let verdict = check_structure(&base::document(), &change);

    let missing = [[0; 32], [0xff; 32]].map(sync_core::ids::ChangeHash::from_bytes);
    assert_eq!(verdict, StructureVerdict::MissingDeps(missing.to_vec()));
}

#[test]
fn a_batch_is_applied_up_to_the_change_that_cannot_be() {
    let parsed = |chunk: &Chunk| {
        let bytes = chunk.bytes();
        parse(&bytes, hash_of(&bytes), &Limits::default()).unwrap()
    };
    let fits = parsed(&base::template());
    let waits = parsed(&Chunk { seq: uleb(3), deps: vec![[7; 32]], ..base::template() });
    let document = base::document();

    let applied = apply_guarded(&document, &[&fits]).unwrap();
    let culprit = apply_guarded(&document, &[&fits, &waits]).map(|_document| ());

    assert_eq!(culprit, Err(1));
    let plan = applied.get(ROOT, "plan").unwrap().unwrap().1;
    assert_eq!(applied.get(&plan, "kind").unwrap().unwrap().0.as_str(), Some("repair"));
}
