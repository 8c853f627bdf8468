//! Documents that hostile changes are aimed at: a small one, and a technician's order.

use automerge::transaction::{CommitOptions, Transactable};
use automerge::{ActorId, Automerge, ObjId, ObjType, ROOT, ReadDoc};
use sync_core::document::OrderDocument;
use sync_core::document::ingest_guard::document_max_op;
use sync_core::order::OrderCommand;

use crate::base::{self, LIST, NOTES, NUMBER, OFFICE, OFFICE_OPERATIONS, PLAN};
use crate::builder::{Chunk, Op};
use crate::technician::{self, PEN, entry};

/// A document with what cases speak of, all of it by one author, who is the only other actor that cases list.
pub struct Ground {
    pub saved: Vec<u8>,
    pub author: [u8; 16],
    pub author_changes: u64,
    /// The number of the last operation.
    pub operations: u64,
    /// A map with the field `number`.
    pub map: (u64, u64),
    pub number: (u64, u64),
    pub other_map: (u64, u64),
    pub list: (u64, u64),
    /// The name of an operation that nobody made.
    pub missing: (u64, u64),
    template: Chunk,
}

impl Ground {
    pub fn small() -> Self {
        Self {
            saved: base::document().save(),
            author: OFFICE,
            author_changes: 1,
            operations: OFFICE_OPERATIONS,
            map: PLAN,
            number: NUMBER,
            other_map: NOTES,
            list: LIST,
            missing: (77, 1),
            template: base::template(),
        }
    }

    /// An order that a technician created, with a note and a line; a later version gave the line a number, and the
    /// order a list.
    pub fn order() -> Self {
        let mut order = technician::created_order();
        technician::does(&mut order, PEN, &technician::note(1));
        technician::does(&mut order, PEN, &OrderCommand::AddMaterial(technician::line(2)));
        let mut document = Automerge::load(&order.save()).unwrap().with_actor(ActorId::from(*PEN.as_bytes()));
        let map = at(&document, &["materials", &entry(2).to_string()]);
        let mut transaction = document.transaction();
        transaction.put(&map, "number", "2026-17").unwrap();
        transaction.put_object(ROOT, "list", ObjType::List).unwrap();
        let _hash = transaction.commit_with(CommitOptions::default().with_time(1_790_000_000_000));
        let operations = document_max_op(&document);
        let name = |keys: &[&str]| name_of(&at(&document, keys));
        let ground = Self {
            saved: document.save(),
            author: *PEN.as_bytes(),
            author_changes: 4,
            operations,
            map: name_of(&map),
            number: name(&["materials", &entry(2).to_string(), "number"]),
            other_map: name(&["notes", &entry(1).to_string()]),
            list: name(&["list"]),
            missing: (operations + 77, 1),
            template: base::template(),
        };
        let deps = document.get_heads().iter().map(|hash| hash.0).collect();
        let ops = [
            Op::put(Some(ground.map), "kind", "repair"),
            Op::put(Some(ground.map), "number", "2026-18").replacing(&[ground.number]),
        ];
        let template = Chunk {
            deps,
            start_op: operations + 1,
            other_actors: vec![ground.author.to_vec()],
            ..base::template()
        };
        Self { template: template.with_ops(&ops), ..ground }
    }

    /// An honest first change of another actor: two fields of the map, one of which the author had set.
    pub fn template(&self) -> Chunk {
        self.template.clone()
    }

    /// The map as the author names it in a change of its own.
    pub fn own_map(&self) -> (u64, u64) {
        (self.map.0, 0)
    }

    pub fn document(&self) -> OrderDocument {
        OrderDocument::load(&self.saved).expect("the ground is an order")
    }
}

fn at(document: &Automerge, keys: &[&str]) -> ObjId {
    keys.iter().fold(ROOT, |object, key| document.get(&object, *key).unwrap().unwrap().1)
}

/// The name of an operation of the author in a change of somebody else.
fn name_of(id: &ObjId) -> (u64, u64) {
    let ObjId::Id(counter, actor, _) = id else { panic!("the root has no name") };
    assert_eq!(actor.to_bytes(), PEN.as_bytes());
    (*counter, 1)
}
