//! Reads plain values out of a document, present and past. Never writes.

use std::collections::BTreeMap;

use automerge::{Automerge, ObjId, ObjType, ReadDoc, ScalarValue, ScalarValueRef, Value, ValueRef};

use super::{Competing, Node, OrderDocument, Path, Scalar, am_hash, from_am_actor, from_am_hash};
use crate::ids::ChangeHash;
use crate::time::Timestamp;

/// Deeper maps are not ours; the guard refuses them and a reader stops there.
const DEPTH_MAX: u32 = 16;

impl OrderDocument {
    /// Everything the document holds.
    pub fn tree(&self) -> Node {
        self.map_node(&ObjId::Root, None, DEPTH_MAX)
    }

    /// What the document held when `heads` were its newest changes; unknown heads are passed over.
    pub fn tree_at(&self, heads: &[ChangeHash]) -> Node {
        let heads: Vec<_> = heads.iter().filter(|hash| self.contains(hash)).map(am_hash).collect();
        self.map_node(&ObjId::Root, Some(&heads), DEPTH_MAX)
    }

    fn map_node(&self, object: &ObjId, heads: Option<&[automerge::ChangeHash]>, depth: u32) -> Node {
        if depth == 0 {
            return Node::Opaque;
        }
        let items = match heads {
            Some(heads) => self.inner.map_range_at(object, .., heads),
            None => self.inner.map_range(object, ..),
        };
        let mut map = BTreeMap::new();
        for item in items {
            let node = match &item.value {
                ValueRef::Scalar(value) => scalar_ref(value).map_or(Node::Opaque, Node::Scalar),
                ValueRef::Object(ObjType::Map) => self.map_node(&item.id(), heads, depth - 1),
                ValueRef::Object(ObjType::List | ObjType::Text | ObjType::Table) => Node::Opaque,
            };
            map.insert(item.key.to_string(), node);
        }
        Node::Map(map)
    }

    /// Every field that has more than one value, with its values; the first is the one that is read.
    pub fn conflicts(&self) -> Vec<(Path, Vec<Competing>)> {
        let mut found = Vec::new();
        self.collect_conflicts(&ObjId::Root, &Path::new::<String>([]), DEPTH_MAX, &mut found);
        found
    }

    fn collect_conflicts(
        &self,
        object: &ObjId,
        path: &Path,
        depth: u32,
        found: &mut Vec<(Path, Vec<Competing>)>,
    ) {
        if depth == 0 {
            return;
        }
        for item in self.inner.map_range(object, ..) {
            let path = path.join(&item.key);
            if item.conflict {
                let competing = self.competing(object, &item.key);
                if competing.len() > 1 {
                    found.push((path.clone(), competing));
                }
            }
            if matches!(item.value, ValueRef::Object(ObjType::Map)) {
                self.collect_conflicts(&item.id(), &path, depth - 1, found);
            }
        }
    }

    /// The values of one field, the one that is read first; empty when the field was never written.
    fn competing(&self, object: &ObjId, key: &str) -> Vec<Competing> {
        let mut all = self.inner.get_all(object, key).unwrap_or_default();
        all.reverse();
        all.iter().filter_map(|(value, id)| self.one_competing(value, id)).collect()
    }

    fn one_competing(&self, value: &Value<'_>, id: &ObjId) -> Option<Competing> {
        let hash = self.inner.hash_for_opid(id)?;
        let meta = self.inner.get_change_meta_by_hash(&hash)?;
        Some(Competing {
            value: owned_scalar(value.as_scalar()?)?,
            change: from_am_hash(hash),
            actor: from_am_actor(&meta.actor),
            time: Timestamp(meta.timestamp),
        })
    }

    /// The value of one field, without reading the others; of several competing ones the one that is read.
    pub fn scalar(&self, path: &Path) -> Option<Scalar> {
        let (parent, key) = path.split_last()?;
        let object = object_at(&self.inner, &parent.keys())?;
        let (value, _) = self.inner.get(&object, key).ok()??;
        owned_scalar(value.as_scalar()?)
    }

    /// Who last wrote a field, or the competing writers of it, the one that is read first.
    pub fn writers(&self, path: &Path) -> Vec<Competing> {
        let Some((parent, key)) = path.split_last() else { return Vec::new() };
        object_at(&self.inner, &parent.keys()).map_or_else(Vec::new, |object| self.competing(&object, key))
    }

    /// Access for the ingest guard, which is the other place that may name the CRDT.
    pub(super) const fn automerge(&self) -> &Automerge {
        &self.inner
    }
}

/// The map under a path of keys.
pub(super) fn object_at<D: ReadDoc>(document: &D, keys: &[&str]) -> Option<ObjId> {
    let mut object = ObjId::Root;
    for key in keys {
        let (value, id) = document.get(&object, *key).ok()??;
        if !matches!(value, Value::Object(ObjType::Map)) {
            return None;
        }
        object = id;
    }
    Some(object)
}

fn scalar_ref(value: &ScalarValueRef<'_>) -> Option<Scalar> {
    match value {
        ScalarValueRef::Null => Some(Scalar::Null),
        ScalarValueRef::Boolean(value) => Some(Scalar::Bool(*value)),
        ScalarValueRef::Int(value) => Some(Scalar::Int(*value)),
        ScalarValueRef::Uint(value) => Some(Scalar::Uint(*value)),
        ScalarValueRef::F64(value) => Some(Scalar::Float(*value)),
        ScalarValueRef::Str(value) => Some(Scalar::Text(value.to_string())),
        ScalarValueRef::Bytes(value) => Some(Scalar::Bytes(value.to_vec())),
        ScalarValueRef::Timestamp(value) => Some(Scalar::Timestamp(*value)),
        ScalarValueRef::Counter(_) | ScalarValueRef::Unknown { .. } => None,
    }
}

fn owned_scalar(value: &ScalarValue) -> Option<Scalar> {
    match value {
        ScalarValue::Null => Some(Scalar::Null),
        ScalarValue::Boolean(value) => Some(Scalar::Bool(*value)),
        ScalarValue::Int(value) => Some(Scalar::Int(*value)),
        ScalarValue::Uint(value) => Some(Scalar::Uint(*value)),
        ScalarValue::F64(value) => Some(Scalar::Float(*value)),
        ScalarValue::Str(value) => Some(Scalar::Text(value.to_string())),
        ScalarValue::Bytes(value) => Some(Scalar::Bytes(value.clone())),
        ScalarValue::Timestamp(value) => Some(Scalar::Timestamp(*value)),
        ScalarValue::Counter(_) | ScalarValue::Unknown { .. } => None,
    }
}
