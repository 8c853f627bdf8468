//! What a document must keep true whatever is done to it.

use super::*;

const ANA: ActorId = ActorId::from_bytes([1; 16]);
const ION: ActorId = ActorId::from_bytes([2; 16]);

fn put(path: &str, text: &str) -> Write {
    Write::Put(Path::parse(path), Scalar::from(text))
}

/// Rebuilds the initial change the way it was first made.
fn build_genesis() -> Vec<u8> {
    let mut document = Automerge::new();
    document.set_actor(automerge::ActorId::from(INIT_ACTOR.as_bytes().as_slice()));
    let mut transaction = document.transaction();
    let mut maps = GENESIS_MAPS;
    maps.sort_unstable();
    for map in maps {
        let path = Path::parse(map);
        let (parent, key) = path.split_last().unwrap();
        let object = read::object_at(&transaction, &parent.keys()).unwrap();
        transaction.put_object(&object, key, ObjType::Map).unwrap();
    }
    transaction.put(&automerge::ROOT, "schema", i64::from(SCHEMA)).unwrap();
    transaction.commit_with(CommitOptions::default().with_time(0));
    document.save()
}

#[test]
fn the_initial_change_is_golden() {
    assert_eq!(build_genesis(), GENESIS_1);
}

#[test]
fn two_devices_that_create_the_same_order_write_into_the_same_maps() {
    let (mut ana, mut ion) = (OrderDocument::new(), OrderDocument::new());
    ana.commit(ANA, Timestamp(1), &[put("plan/reason", "no cooling")]).unwrap();
    ion.commit(ION, Timestamp(2), &[put("plan/priority", "urgent")]).unwrap();

    ana.merge_saved(&ion.save()).unwrap();

    let tree = ana.tree();
    assert_eq!(tree.at(&["plan", "reason"]).unwrap().as_scalar(), Some(&Scalar::from("no cooling")));
    assert_eq!(tree.at(&["plan", "priority"]).unwrap().as_scalar(), Some(&Scalar::from("urgent")));
    assert_eq!(ana.conflicts(), []);
}

#[test]
fn a_field_set_twice_apart_keeps_both_values_and_their_authors() {
    let (mut ana, mut ion) = (OrderDocument::new(), OrderDocument::new());
    ana.commit(ANA, Timestamp(1), &[put("plan/reason", "a")]).unwrap();
    let change = ion.commit(ION, Timestamp(2), &[put("plan/reason", "b")]).unwrap().unwrap();

    ana.apply(&change.bytes).unwrap();

    let conflicts = ana.conflicts();
    assert_eq!(conflicts.len(), 1);
    let (path, values) = &conflicts[0];
    assert_eq!(path.to_string(), "plan/reason");
    let read = ana.tree().at(&["plan", "reason"]).unwrap().as_scalar().unwrap().clone();
    assert_eq!(values[0].value, read);
    assert_eq!(values.iter().map(|value| value.actor).collect::<Vec<_>>(), [ION, ANA]);
}

#[test]
fn writes_that_change_nothing_make_no_change() {
    let mut document = OrderDocument::new();
    document.commit(ANA, Timestamp(1), &[put("plan/reason", "a")]).unwrap();

    assert_eq!(document.commit(ANA, Timestamp(2), &[put("plan/reason", "a")]), Ok(None));
    assert_eq!(
        document.commit(ANA, Timestamp(2), &[Write::Put(Path::parse("plan/zone"), Scalar::Null)]),
        Ok(None)
    );
}

#[test]
fn a_change_whose_dependency_is_missing_leaves_no_trace() {
    let mut author = OrderDocument::new();
    let first = author.commit(ANA, Timestamp(1), &[put("plan/reason", "a")]).unwrap().unwrap();
    let second = author.commit(ANA, Timestamp(2), &[put("plan/reason", "b")]).unwrap().unwrap();
    let mut reader = OrderDocument::new();
    let before = reader.save();

    let result = reader.apply(&second.bytes);

    assert_eq!(result, Err(DocumentError::MissingDependencies(vec![first.hash])));
    assert_eq!(reader.save(), before);
}

#[test]
fn a_document_reads_as_it_was_at_earlier_heads() {
    let mut document = OrderDocument::new();
    document.commit(ANA, Timestamp(1), &[put("plan/reason", "a")]).unwrap();
    let heads = document.heads();
    document.commit(ANA, Timestamp(2), &[put("plan/reason", "b")]).unwrap();

    let then = document.tree_at(&heads);

    assert_eq!(then.at(&["plan", "reason"]).unwrap().as_scalar(), Some(&Scalar::from("a")));
}

#[test]
fn bytes_that_are_not_a_document_of_ours_are_damaged() {
    let foreign = Automerge::new().save();
    for bytes in [&b""[..], b"garbage", &foreign, &GENESIS_1[..GENESIS_1.len() - 1]] {
        assert_eq!(OrderDocument::load(bytes).err(), Some(DocumentError::Damaged));
    }
}
