//! Holds a change against the document it belongs to; never decides whether its author may make it.
//!
//! An honest change names only what its author's replica held: maps that exist in its past, and as
//! predecessors exactly values that were visible there. Automerge takes other changes without complaint and
//! cannot load the result.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

use automerge::transaction::CommitOptions;
use automerge::{Automerge, ChangeHash as CrdtHash, ObjId, ObjType, ROOT, ReadDoc};

use super::{GuardedChange, RawAction, RawObject, RawOp, Refusal, RefusalCode, START_OP_AHEAD_MAX};
use crate::ids::{ActorId, ChangeHash};

type OpName = (u64, ActorId);

/// One operation and where in the order it writes.
#[derive(Debug, Clone, PartialEq)]
pub struct ResolvedOp<'c> {
    /// The keys from the root of the order to what is written.
    pub path: Vec<String>,
    /// What is done there.
    pub operation: &'c RawOp,
}

/// What the document has to say about a change.
#[derive(Debug, Clone, PartialEq)]
pub enum StructureVerdict<'c> {
    /// It fits; here is what it writes.
    Ok(Vec<ResolvedOp<'c>>),
    /// The document has it.
    Duplicate,
    /// It was made on top of changes the document does not have.
    MissingDeps(Vec<ChangeHash>),
    /// The document has another change with this number of this actor.
    Forked,
    /// It can never fit.
    Refused(Refusal),
}

/// Checks that a change fits a document, and resolves the paths it writes to.
pub fn check_structure<'c>(document: &Automerge, change: &'c GuardedChange) -> StructureVerdict<'c> {
    let checked = catch_unwind(AssertUnwindSafe(|| check(document, change)));
    match checked {
        Ok(Ok(operations)) => StructureVerdict::Ok(operations),
        Ok(Err(verdict)) => verdict,
        Err(_panic) => refused(RefusalCode::Structure),
    }
}

/// The largest operation counter in a document, 0 for an empty one.
pub fn document_max_op(document: &Automerge) -> u64 {
    max_op_of(document, &document.get_heads())
}

/// Every change begins above all it depends on, so the newest ones carry the largest counters.
fn max_op_of(document: &Automerge, hashes: &[CrdtHash]) -> u64 {
    let metas = hashes.iter().filter_map(|hash| document.get_change_meta_by_hash(hash));
    metas.map(|meta| meta.max_op).max().unwrap_or(0)
}

fn refused<'c>(code: RefusalCode) -> StructureVerdict<'c> {
    StructureVerdict::Refused(code.into())
}

fn check<'c>(
    document: &Automerge,
    change: &'c GuardedChange,
) -> Result<Vec<ResolvedOp<'c>>, StructureVerdict<'c>> {
    let header = &change.header;
    if document.get_change_meta_by_hash(&CrdtHash(*header.hash.as_bytes())).is_some() {
        return Err(StructureVerdict::Duplicate);
    }
    let seq_next = seq_next(document, header.actor);
    if header.seq < seq_next {
        return Err(StructureVerdict::Forked);
    }
    let deps: Vec<_> = header.deps.iter().map(|hash| CrdtHash(*hash.as_bytes())).collect();
    let missing = deps.iter().filter(|hash| document.get_change_meta_by_hash(hash).is_none());
    let missing: Vec<_> = missing.map(|hash| ChangeHash::from_bytes(hash.0)).collect();
    if !missing.is_empty() {
        return Err(StructureVerdict::MissingDeps(missing));
    }
    if header.seq > seq_next {
        return Err(refused(RefusalCode::Structure));
    }
    check_start_op(document, change, &deps).map_err(refused)?;

    let past = Past::new(document, deps);
    if past.lacks_changes_of(header.actor) {
        return Err(refused(RefusalCode::Structure));
    }
    let mut resolver = Resolver { past, maps: BTreeMap::new(), values: BTreeMap::new() };
    change
        .operations
        .iter()
        .map(|operation| resolver.resolve(operation))
        .collect::<Result<_, _>>()
        .map_err(StructureVerdict::Refused)
}

/// The number of the next change of an actor: what the document would give it for a change of its own.
fn seq_next(document: &Automerge, actor: ActorId) -> u64 {
    let mut copy = document.clone().with_actor(automerge::ActorId::from(*actor.as_bytes()));
    let hash = copy.empty_commit(CommitOptions::default());
    copy.get_change_meta_by_hash(&hash).map_or(1, |meta| meta.seq)
}

/// Counters below the past collide with it and counters far above it leave no room for others.
fn check_start_op(
    document: &Automerge,
    change: &GuardedChange,
    deps: &[CrdtHash],
) -> Result<(), RefusalCode> {
    let header = &change.header;
    let past_max = max_op_of(document, deps);
    let is_above_past = if header.operation_count == 0 {
        // Without operations the counter is not stored but derived, so there is only one right value.
        header.start_op == past_max + 1
    } else {
        header.start_op > past_max
    };
    let is_near = header.start_op <= document_max_op(document) + START_OP_AHEAD_MAX;
    if is_above_past && is_near { Ok(()) } else { Err(RefusalCode::StartOp) }
}

/// The document as the author of a change saw it.
struct Past<'d> {
    document: &'d Automerge,
    heads: Vec<CrdtHash>,
    /// Changes that the author had not seen.
    unseen: BTreeSet<CrdtHash>,
    unseen_actors: BTreeSet<Vec<u8>>,
}

impl<'d> Past<'d> {
    fn new(document: &'d Automerge, heads: Vec<CrdtHash>) -> Self {
        let metas =
            if heads == document.get_heads() { Vec::new() } else { document.get_changes_meta(&heads) };
        let unseen_actors = metas.iter().map(|meta| meta.actor.to_bytes().to_vec()).collect();
        let unseen = metas.into_iter().map(|meta| meta.hash).collect();
        Self { document, heads, unseen, unseen_actors }
    }

    /// An actor always has its own earlier work in its past.
    fn lacks_changes_of(&self, actor: ActorId) -> bool {
        self.unseen_actors.contains(actor.as_bytes().as_slice())
    }

    /// The path of a map that the author could see, with its keys from the root.
    fn path_of(&self, map: &ObjId) -> Option<Vec<String>> {
        let made_by = self.document.hash_for_opid(map)?;
        if self.unseen.contains(&made_by) || self.document.object_type(map).ok()? != ObjType::Map {
            return None;
        }
        let parents = self.document.parents(map).ok()?;
        parents.path().into_iter().map(|(_map, key)| key.as_str().map(str::to_owned)).collect()
    }

    /// The names of the values that were visible under a key.
    fn visible(&self, map: &ObjId, key: &str) -> Option<BTreeSet<OpName>> {
        let values = self.document.get_all_at(map, key, &self.heads).ok()?;
        values.into_iter().map(|(_value, name)| op_name(&name)).collect()
    }
}

fn op_name(id: &ObjId) -> Option<OpName> {
    match id {
        ObjId::Root => None,
        ObjId::Id(counter, actor, _index) => Some((*counter, ActorId::from_slice(actor.to_bytes())?)),
    }
}

/// Follows the operations of one change, which may write into maps that the change itself makes.
struct Resolver<'d> {
    past: Past<'d>,
    maps: BTreeMap<RawObject, KnownMap>,
    /// Visible under each key touched so far, as of the operation just resolved.
    values: BTreeMap<(RawObject, String), BTreeSet<OpName>>,
}

#[derive(Clone)]
struct KnownMap {
    /// `None` for a map made by the change itself.
    id: Option<ObjId>,
    path: Vec<String>,
}

impl Resolver<'_> {
    fn resolve<'c>(&mut self, operation: &'c RawOp) -> Result<ResolvedOp<'c>, Refusal> {
        let map = self.known_map(operation.object).ok_or(RefusalCode::Structure)?;
        let mut path = map.path;
        path.push(operation.key.clone());
        if self.replace_visible(map.id.as_ref(), operation).is_none() {
            return Err(Refusal { code: RefusalCode::Structure, path: Some(path.join("/")) });
        }
        if operation.action == RawAction::MakeMap {
            let (counter, actor) = operation.id;
            let made = KnownMap { id: None, path: path.clone() };
            self.maps.insert(RawObject::Id { counter, actor }, made);
        }
        Ok(ResolvedOp { path, operation })
    }

    fn known_map(&mut self, object: RawObject) -> Option<KnownMap> {
        if let Some(known) = self.maps.get(&object) {
            return Some(known.clone());
        }
        let known = match object {
            RawObject::Root => KnownMap { id: Some(ROOT), path: Vec::new() },
            RawObject::Id { counter, actor } => {
                let id = ObjId::Id(counter, automerge::ActorId::from(*actor.as_bytes()), 0);
                let path = self.past.path_of(&id)?;
                KnownMap { id: Some(id), path }
            }
        };
        self.maps.insert(object, known.clone());
        Some(known)
    }

    /// Replaces predecessors by the operation in what is visible under the key; `None` when one is not there.
    fn replace_visible(&mut self, map: Option<&ObjId>, operation: &RawOp) -> Option<()> {
        let place = (operation.object, operation.key.clone());
        if !self.values.contains_key(&place) {
            let visible = map.map_or(Some(BTreeSet::new()), |map| self.past.visible(map, &operation.key))?;
            self.values.insert(place.clone(), visible);
        }
        let visible = self.values.get_mut(&place)?;
        if !operation.predecessors.iter().all(|predecessor| visible.remove(predecessor)) {
            return None;
        }
        match operation.action {
            // A deletion is stored only with what it deletes.
            RawAction::Delete => (!operation.predecessors.is_empty()).then_some(()),
            RawAction::MakeMap | RawAction::Put(_) => {
                visible.insert(operation.id);
                Some(())
            }
        }
    }
}
