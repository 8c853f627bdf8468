//! A slow reader that expands what it reads, held against the pre-scan; never shares code with it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use automerge::{ActorId, Change, ExpandedChange, ObjType, ScalarValue, legacy};
use sync_core::document::ingest_guard::{Limits, RefusalCode, prescan};

use crate::builder::seal;

/// Rows at which the slow reader gives up on a column.
const ROWS_MAX: usize = 40_000;

/// What a change expands to.
#[derive(Debug, PartialEq, Eq)]
enum Expansion {
    /// Some column is malformed or disagrees with the others.
    Unsound,
    /// More than the limits allow.
    TooMany,
    Sound {
        operations: u64,
        predecessors: u64,
    },
}

struct Bytes<'a>(&'a [u8]);

type Value = (i128, Vec<u8>);
type Rows = Vec<Option<Value>>;

/// `Err(true)` means that a column went past `ROWS_MAX`.
type Slow<T> = Result<T, bool>;

impl Bytes<'_> {
    fn byte(&mut self) -> Slow<u8> {
        let (first, rest) = self.0.split_first().ok_or(false)?;
        self.0 = rest;
        Ok(*first)
    }

    fn number(&mut self, signed: bool) -> Slow<i128> {
        let mut value = 0_i128;
        for position in 0..10 {
            let byte = self.byte()?;
            value |= i128::from(byte & 0x7f) << (7 * position);
            if byte & 0x80 == 0 {
                let sign = signed && byte & 0x40 != 0;
                let value = if sign { value - (1_i128 << (7 * (position + 1))) } else { value };
                let fits = if signed { i64::try_from(value).is_ok() } else { u64::try_from(value).is_ok() };
                return if fits { Ok(value) } else { Err(false) };
            }
        }
        Err(false)
    }

    fn some(&mut self, length: i128) -> Slow<Vec<u8>> {
        let length = usize::try_from(length).map_err(|_| false)?;
        let taken = self.0.get(..length).ok_or(false)?.to_vec();
        self.0 = &self.0[length..];
        Ok(taken)
    }

    fn value(&mut self, kind: u64) -> Slow<Value> {
        match kind {
            3 => Ok((self.number(true)?, Vec::new())),
            5 => {
                let length = self.number(false)?;
                Ok((length, self.some(length)?))
            }
            _ => Ok((self.number(false)?, Vec::new())),
        }
    }
}

/// Writes out every row of a run-length encoded column.
fn expand(column: &[u8], kind: u64) -> Slow<Rows> {
    let mut bytes = Bytes(column);
    let mut rows: Rows = Vec::new();
    while !bytes.0.is_empty() {
        let header = bytes.number(true)?;
        if header < 0 {
            for _ in 0..-header {
                rows.push(Some(bytes.value(kind)?));
            }
            continue;
        }
        let (count, value) =
            if header == 0 { (bytes.number(false)?, None) } else { (header, Some(bytes.value(kind)?)) };
        for _ in 0..count {
            rows.push(value.clone());
            if rows.len() > ROWS_MAX {
                return Err(true);
            }
        }
    }
    Ok(rows)
}

fn expand_booleans(column: &[u8]) -> Slow<usize> {
    let mut bytes = Bytes(column);
    let mut rows = 0;
    while !bytes.0.is_empty() {
        let count = usize::try_from(bytes.number(false)?).map_err(|_| true)?;
        rows = count.checked_add(rows).filter(|rows| *rows <= ROWS_MAX).ok_or(true)?;
    }
    Ok(rows)
}

fn read_columns(body: &[u8]) -> Slow<Vec<(u64, Vec<u8>)>> {
    let mut bytes = Bytes(body);
    let deps = bytes.number(false)?;
    bytes.some(deps * 32)?;
    let actor = bytes.number(false)?;
    bytes.some(actor)?;
    for signed in [false, false, true] {
        bytes.number(signed)?;
    }
    let message = bytes.number(false)?;
    bytes.some(message)?;
    for _ in 0..bytes.number(false)? {
        let actor = bytes.number(false)?;
        bytes.some(actor)?;
    }
    let mut table = Vec::new();
    for _ in 0..bytes.number(false)? {
        table.push((bytes.number(false)?, bytes.number(false)?));
    }
    table
        .into_iter()
        .map(|(spec, length)| Ok((u64::try_from(spec).map_err(|_| false)?, bytes.some(length)?)))
        .collect()
}

fn expansion(body: &[u8]) -> Expansion {
    match try_expansion(body) {
        Ok(expansion) => expansion,
        Err(true) => Expansion::TooMany,
        Err(false) => Expansion::Unsound,
    }
}

fn try_expansion(body: &[u8]) -> Slow<Expansion> {
    let columns = read_columns(body)?;
    let column =
        |spec: u64| columns.iter().find(|(present, _)| *present == spec).map_or(&[][..], |(_, data)| data);
    let operations = expand(column(0x42), 2)?.len();
    let predecessors: i128 = expand(column(0x70), 0)?.iter().flatten().map(|(count, _)| count).sum();
    let key_bytes: usize = expand(column(0x15), 5)?.iter().flatten().map(|(_, text)| text.len()).sum();
    let value_bytes: i128 = expand(column(0x56), 6)?.iter().flatten().map(|(meta, _)| meta >> 4).sum();
    if operations > 10_000 || predecessors > 10_000 || key_bytes > 1024 * 1024 {
        return Ok(Expansion::TooMany);
    }
    for (spec, data) in &columns {
        let rows = match spec {
            0x34 | 0x94 => expand_booleans(data)? as i128,
            0x57 => continue,
            _ => expand(data, spec & 7)?.len() as i128,
        };
        let expected = if matches!(spec, 0x71 | 0x73) { predecessors } else { operations as i128 };
        if rows != expected {
            return Ok(Expansion::Unsound);
        }
    }
    if value_bytes != column(0x57).len() as i128 {
        return Ok(Expansion::Unsound);
    }
    Ok(Expansion::Sound {
        operations: operations as u64,
        predecessors: u64::try_from(predecessors).map_err(|_| false)?,
    })
}

/// Whether Automerge cannot read a change either, writes it differently, or orders have no use for it.
fn is_refused_elsewhere(bytes: &[u8]) -> bool {
    let read = catch_unwind(AssertUnwindSafe(|| {
        let change = Change::from_bytes(bytes.to_vec()).ok()?;
        let expanded = change.decode();
        (Change::from(expanded.clone()).raw_bytes() == bytes).then_some(expanded)
    }));
    read.ok().flatten().is_none_or(|expanded| breaks_policy(&expanded))
}

fn breaks_policy(change: &ExpandedChange) -> bool {
    let in_range = |counter: u64| (1..1 << 31).contains(&counter);
    let is_our_actor = |actor: &ActorId| actor.to_bytes().len() == 16;
    let is_plain_header = is_our_actor(&change.actor_id)
        && in_range(change.seq)
        && change.start_op.get().saturating_add(change.operations.len() as u64) <= 1 << 31
        && change.time.unsigned_abs() <= 1 << 53
        && change.extra_bytes.is_empty()
        && change.deps.is_sorted_by(|left, right| left < right);
    let is_plain = |op: &legacy::Op| {
        let key_is_plain = match &op.key {
            legacy::Key::Map(key) => {
                !key.is_empty() && key.len() <= 256 && !key.chars().any(|c| c == '/' || c.is_control())
            }
            legacy::Key::Seq(_) => false,
        };
        let action_is_plain = match &op.action {
            legacy::OpType::Make(kind) => *kind == ObjType::Map,
            legacy::OpType::Delete => true,
            legacy::OpType::Put(ScalarValue::Str(text)) => !text.contains('\0'),
            legacy::OpType::Put(value) => {
                !matches!(value, ScalarValue::Counter(_) | ScalarValue::Unknown { .. })
            }
            legacy::OpType::Increment(_) | legacy::OpType::MarkBegin(_) | legacy::OpType::MarkEnd(_) => false,
        };
        let id_is_plain = |id: &legacy::OpId| in_range(id.counter()) && is_our_actor(id.actor());
        let object_is_plain = match &op.obj {
            legacy::ObjectId::Root => true,
            legacy::ObjectId::Id(id) => id_is_plain(id),
        };
        !op.insert && key_is_plain && action_is_plain && object_is_plain && op.pred.iter().all(id_is_plain)
    };
    !is_plain_header || !change.operations.iter().all(is_plain)
}

/// Where the pre-scan and the slow reader disagree about a body, if they do.
pub fn disagreement(body: &[u8]) -> Option<String> {
    let bytes = seal(1, body);
    let expansion = expansion(body);
    let is_sound = matches!(expansion, Expansion::Sound { .. });
    let agree = match prescan(&bytes, &Limits::default()) {
        Ok(header) => {
            let counted = Expansion::Sound {
                operations: header.operation_count,
                predecessors: header.predecessor_count,
            };
            counted == expansion
        }
        Err(refusal) if refusal.code == RefusalCode::TooManyOps => !is_sound,
        Err(refusal) if refusal.code == RefusalCode::TooLarge => bytes.len() > 256 * 1024,
        Err(_other) => !is_sound || is_refused_elsewhere(&bytes),
    };
    (!agree).then(|| format!("the slow reader says {expansion:?}, the pre-scan disagrees"))
}
