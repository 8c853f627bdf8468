//! Honest replicas of one document, driven by generated scripts; every change is Automerge's own.

use automerge::transaction::{CommitOptions, Transactable};
use automerge::{Automerge, Change, ObjId, ObjType, ROOT, ReadDoc, ScalarValue};
use proptest::prelude::*;

pub const REPLICAS: usize = 4;

#[derive(Debug, Clone)]
pub enum Step {
    Edit { replica: usize, writes: Vec<Write> },
    Merge { into: usize, from: usize },
}

#[derive(Debug, Clone)]
pub enum Write {
    MakeMap { map: usize, key: u8 },
    Put { map: usize, key: u8, value: ScalarValue },
    Delete { map: usize, key: u8 },
}

/// Several replicas that start with nothing in common.
pub struct Fleet {
    pub replicas: Vec<Automerge>,
    /// Every map any replica ever made; a replica writes to those it has.
    maps: Vec<ObjId>,
}

pub fn actor(number: u8) -> automerge::ActorId {
    automerge::ActorId::from([number + 1; 16])
}

impl Fleet {
    pub fn new() -> Self {
        let replicas = (0_u8..).take(REPLICAS).map(|number| Automerge::new().with_actor(actor(number)));
        Self { replicas: replicas.collect(), maps: vec![ROOT] }
    }

    pub fn play(steps: &[Step]) -> Self {
        let mut fleet = Self::new();
        for step in steps {
            match step {
                Step::Edit { replica, writes } => fleet.edit(*replica, writes),
                Step::Merge { into, from } => {
                    let mut other = fleet.replicas[*from].clone();
                    fleet.replicas[*into].merge(&mut other).unwrap();
                }
            }
        }
        fleet
    }

    /// Every change of every replica, each after those it depends on.
    pub fn changes(&self) -> Vec<Change> {
        let mut everything = Automerge::new();
        for replica in &self.replicas {
            everything.merge(&mut replica.clone()).unwrap();
        }
        everything.get_changes(&[])
    }

    fn edit(&mut self, replica: usize, writes: &[Write]) {
        let document = &mut self.replicas[replica];
        let mut transaction = document.transaction();
        for write in writes {
            let (Write::MakeMap { map, key } | Write::Put { map, key, .. } | Write::Delete { map, key }) =
                write;
            let map = self.maps[map % self.maps.len()].clone();
            if transaction.object_type(&map).is_err() {
                continue;
            }
            let key = format!("k{}", key % 5);
            match write {
                Write::MakeMap { .. } => {
                    self.maps.push(transaction.put_object(&map, key, ObjType::Map).unwrap());
                }
                Write::Put { value, .. } => transaction.put(&map, key, value.clone()).unwrap(),
                Write::Delete { .. } => transaction.delete(&map, key).unwrap(),
            }
        }
        let _hash = transaction.commit_with(CommitOptions::default().with_time(1_790_000_000_000));
    }
}

pub fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        3 => (0..REPLICAS, prop::collection::vec(write(), 1..8))
            .prop_map(|(replica, writes)| Step::Edit { replica, writes }),
        1 => (0..REPLICAS, 0..REPLICAS).prop_map(|(into, from)| Step::Merge { into, from }),
    ];
    prop::collection::vec(step, 1..30)
}

fn write() -> impl Strategy<Value = Write> {
    prop_oneof![
        1 => (any::<usize>(), any::<u8>()).prop_map(|(map, key)| Write::MakeMap { map, key }),
        4 => (any::<usize>(), any::<u8>(), scalar()).prop_map(|(map, key, value)| Write::Put { map, key, value }),
        1 => (any::<usize>(), any::<u8>()).prop_map(|(map, key)| Write::Delete { map, key }),
    ]
}

fn scalar() -> impl Strategy<Value = ScalarValue> {
    prop_oneof![
        Just(ScalarValue::Null),
        any::<bool>().prop_map(ScalarValue::Boolean),
        any::<i64>().prop_map(ScalarValue::Int),
        any::<u64>().prop_map(ScalarValue::Uint),
        any::<f64>().prop_map(ScalarValue::F64),
        "[a-zăîș \\n]{0,40}".prop_map(|text| ScalarValue::Str(text.into())),
        prop::collection::vec(any::<u8>(), 0..40).prop_map(ScalarValue::Bytes),
        any::<i64>().prop_map(ScalarValue::Timestamp),
    ]
}
