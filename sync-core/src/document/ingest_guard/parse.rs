//! Decodes a pre-scanned change and insists on its canonical encoding; never touches a document.
//!
//! The hash of a change covers its bytes, but a document re-encodes them when it is saved. A change encoded
//! in any other way applies cleanly and makes the saved document impossible to load, so only one encoding is
//! accepted.

use std::panic::{AssertUnwindSafe, catch_unwind};

use automerge::legacy;
use automerge::{Change, ExpandedChange, ObjType, ScalarValue};

use super::prescan::{ScannedHeader, prescan_claimed};
use super::{Limits, Refusal, RefusalCode};
use crate::document::Scalar;
use crate::ids::{ActorId, ChangeHash};

/// A change whose bytes are sound, canonical and within the limits.
#[derive(Debug, Clone)]
pub struct GuardedChange {
    /// What Automerge applies.
    pub change: Change,
    /// What the pre-scan read.
    pub header: ScannedHeader,
    /// The operations in order.
    pub operations: Vec<RawOp>,
}

/// One operation on one key of one map.
#[derive(Debug, Clone, PartialEq)]
pub struct RawOp {
    /// Counter and actor that name the operation.
    pub id: (u64, ActorId),
    /// The map it writes to.
    pub object: RawObject,
    /// The key in that map.
    pub key: String,
    /// What it does there.
    pub action: RawAction,
    /// The operations it replaces, ascending.
    pub predecessors: Vec<(u64, ActorId)>,
}

/// A map of the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RawObject {
    /// The order itself.
    Root,
    /// The map made by the operation of this name.
    Id {
        /// Counter of that operation.
        counter: u64,
        /// Actor of that operation.
        actor: ActorId,
    },
}

/// What an operation does to its key.
#[derive(Debug, Clone, PartialEq)]
pub enum RawAction {
    /// Puts a fresh, empty map there.
    MakeMap,
    /// Puts a value there.
    Put(Scalar),
    /// Removes what its predecessors put there.
    Delete,
}

/// Reads a change that was announced under a hash.
///
/// # Errors
///
/// The codes of [`super::prescan`], `HashMismatch` when the bytes are another change than `claimed`, and
/// `NotCanonical` when Automerge would write the same change differently.
pub fn parse(bytes: &[u8], claimed: ChangeHash, limits: &Limits) -> Result<GuardedChange, Refusal> {
    let header = prescan_claimed(bytes, claimed, limits)?;
    // Automerge checks most of what it reads with errors, and some of it with panics.
    let decoded = catch_unwind(AssertUnwindSafe(|| decode(bytes, &header)));
    let (change, operations) = decoded.map_err(|_panic| RefusalCode::Structure)??;
    Ok(GuardedChange { change, header, operations })
}

fn decode(bytes: &[u8], header: &ScannedHeader) -> Result<(Change, Vec<RawOp>), RefusalCode> {
    let change = Change::from_bytes(bytes.to_vec()).map_err(|_| RefusalCode::Structure)?;
    if change.hash().0 != *header.hash.as_bytes() {
        return Err(RefusalCode::HashMismatch);
    }
    if change.len() as u64 != header.operation_count {
        return Err(RefusalCode::NotCanonical);
    }
    let expanded = change.decode();
    let operations = raw_operations(&expanded)?;
    if Change::from(expanded).raw_bytes() != bytes {
        return Err(RefusalCode::NotCanonical);
    }
    Ok((change, operations))
}

fn raw_operations(expanded: &ExpandedChange) -> Result<Vec<RawOp>, RefusalCode> {
    let actor = raw_actor(&expanded.actor_id)?;
    (expanded.start_op.get()..)
        .zip(&expanded.operations)
        .map(|(counter, operation)| raw_operation((counter, actor), operation))
        .collect()
}

fn raw_operation(id: (u64, ActorId), operation: &legacy::Op) -> Result<RawOp, RefusalCode> {
    let legacy::Key::Map(key) = &operation.key else {
        return Err(RefusalCode::Unsupported);
    };
    if operation.insert {
        return Err(RefusalCode::Unsupported);
    }
    let object = match &operation.obj {
        legacy::ObjectId::Root => RawObject::Root,
        legacy::ObjectId::Id(id) => RawObject::Id { counter: id.counter(), actor: raw_actor(id.actor())? },
    };
    let predecessors = operation.pred.iter().map(|id| Ok((id.counter(), raw_actor(id.actor())?)));
    Ok(RawOp {
        id,
        object,
        key: key.to_string(),
        action: raw_action(&operation.action)?,
        predecessors: predecessors.collect::<Result<_, RefusalCode>>()?,
    })
}

fn raw_actor(actor: &automerge::ActorId) -> Result<ActorId, RefusalCode> {
    ActorId::from_slice(actor.to_bytes()).ok_or(RefusalCode::Structure)
}

fn raw_action(action: &legacy::OpType) -> Result<RawAction, RefusalCode> {
    match action {
        legacy::OpType::Make(ObjType::Map) => Ok(RawAction::MakeMap),
        legacy::OpType::Put(value) => raw_scalar(value).map(RawAction::Put),
        legacy::OpType::Delete => Ok(RawAction::Delete),
        legacy::OpType::Make(ObjType::List | ObjType::Text | ObjType::Table)
        | legacy::OpType::Increment(_)
        | legacy::OpType::MarkBegin(_)
        | legacy::OpType::MarkEnd(_) => Err(RefusalCode::Unsupported),
    }
}

fn raw_scalar(value: &ScalarValue) -> Result<Scalar, RefusalCode> {
    match value {
        ScalarValue::Null => Ok(Scalar::Null),
        ScalarValue::Boolean(value) => Ok(Scalar::Bool(*value)),
        ScalarValue::Int(value) => Ok(Scalar::Int(*value)),
        ScalarValue::Uint(value) => Ok(Scalar::Uint(*value)),
        ScalarValue::F64(value) => Ok(Scalar::Float(*value)),
        ScalarValue::Str(value) => Ok(Scalar::Text(value.to_string())),
        ScalarValue::Bytes(value) => Ok(Scalar::Bytes(value.clone())),
        ScalarValue::Timestamp(value) => Ok(Scalar::Timestamp(*value)),
        ScalarValue::Counter(_) => Err(RefusalCode::Unsupported),
        ScalarValue::Unknown { .. } => Err(RefusalCode::Structure),
    }
}
