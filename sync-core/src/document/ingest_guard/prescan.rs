//! Reads a change without expanding it, to know its cost; never allocates by a number the bytes claim.
//!
//! The layout is Automerge's binary format, version 1: <https://automerge.org/automerge-binary-format-spec/>.

use sha2::{Digest, Sha256};

use super::{Limits, Refusal, RefusalCode};
use crate::ids::{ActorId, ChangeHash};

mod columns;
mod reader;
mod runs;

use columns::Columns;
use reader::Reader;

const MAGIC: [u8; 4] = [0x85, 0x6f, 0x4a, 0x83];
const PREFIX_BYTES: usize = 9;
const CHANGE_CHUNK: u8 = 1;
const HASH_BYTES: usize = 32;
const ACTOR_BYTES: usize = 16;

/// Commit times, in milliseconds since 1970: differences of any two stay far from overflow.
const TIME_RANGE: std::ops::RangeInclusive<i64> = -(1 << 53)..=(1 << 53);

/// What the pre-scan learns about a change without expanding it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScannedHeader {
    /// SHA-256 over the chunk type, length and body.
    pub hash: ChangeHash,
    /// Who made the change.
    pub actor: ActorId,
    /// The how-manieth change of that actor, from 1.
    pub seq: u64,
    /// Counter of the first operation.
    pub start_op: u64,
    /// The time the author's clock claimed.
    pub time: i64,
    /// The changes it was made on top of, ascending.
    pub deps: Vec<ChangeHash>,
    /// Other actors whose operations it names.
    pub other_actors: Vec<ActorId>,
    /// Operations after expanding every run.
    pub operation_count: u64,
    /// Predecessors of all operations together.
    pub predecessor_count: u64,
}

/// Checks a change against the limits by summing its run lengths.
///
/// Takes time and memory in proportion to the bytes, not to what they claim to contain.
///
/// # Errors
///
/// Every [`RefusalCode`] except `HashMismatch`, `NotCanonical` beyond over-long integers, and `Unloadable`.
pub fn prescan(bytes: &[u8], limits: &Limits) -> Result<ScannedHeader, Refusal> {
    let (hash, body) = open_chunk(bytes, limits)?;
    Ok(scan_body(hash, body, limits)?)
}

/// Like [`prescan`], for bytes that were announced under a hash.
pub(super) fn prescan_claimed(
    bytes: &[u8],
    claimed: ChangeHash,
    limits: &Limits,
) -> Result<ScannedHeader, Refusal> {
    let (hash, body) = open_chunk(bytes, limits)?;
    if hash != claimed {
        return Err(RefusalCode::HashMismatch.into());
    }
    Ok(scan_body(hash, body, limits)?)
}

/// Bytes that are not one whole chunk count as damaged, so that the device sends them again.
fn open_chunk<'a>(bytes: &'a [u8], limits: &Limits) -> Result<(ChangeHash, &'a [u8]), RefusalCode> {
    if bytes.len() > limits.change_bytes_max {
        return Err(RefusalCode::TooLarge);
    }
    let (prefix, rest) = bytes.split_first_chunk::<PREFIX_BYTES>().ok_or(RefusalCode::Checksum)?;
    if prefix[..4] != MAGIC {
        return Err(RefusalCode::Checksum);
    }
    if prefix[8] != CHANGE_CHUNK {
        return Err(RefusalCode::ChunkType);
    }
    let mut reader = Reader::new(rest);
    let length = reader.unsigned().map_err(|_| RefusalCode::Checksum)?;
    if length != reader.remaining() {
        return Err(RefusalCode::Checksum);
    }

    let hash: [u8; HASH_BYTES] = Sha256::digest(&bytes[PREFIX_BYTES - 1..]).into();
    if hash[..4] != prefix[4..8] {
        return Err(RefusalCode::Checksum);
    }
    Ok((ChangeHash::from_bytes(hash), reader.rest()))
}

fn scan_body(hash: ChangeHash, body: &[u8], limits: &Limits) -> Result<ScannedHeader, RefusalCode> {
    let mut reader = Reader::new(body);
    let deps = read_deps(&mut reader)?;
    let actor = read_actor(&mut reader)?;
    let seq = reader.unsigned()?;
    let start_op = reader.unsigned()?;
    let time = reader.signed()?;
    skip_message(&mut reader, limits)?;
    let other_actors = read_other_actors(&mut reader)?;
    if seq == 0 || seq >= limits.op_counter_end || !TIME_RANGE.contains(&time) {
        return Err(RefusalCode::Structure);
    }

    let columns = Columns::read(&mut reader)?;
    if reader.remaining() != 0 {
        return Err(RefusalCode::Structure);
    }
    let counts = columns.count(1 + other_actors.len(), limits)?;
    if start_op == 0 || start_op.saturating_add(counts.operations) > limits.op_counter_end {
        return Err(RefusalCode::StartOp);
    }
    if counts.uses_unsupported {
        return Err(RefusalCode::Unsupported);
    }
    Ok(ScannedHeader {
        hash,
        actor,
        seq,
        start_op,
        time,
        deps,
        other_actors,
        operation_count: counts.operations,
        predecessor_count: counts.predecessors,
    })
}

/// Dependencies stand in ascending order, each once.
fn read_deps(reader: &mut Reader<'_>) -> Result<Vec<ChangeHash>, RefusalCode> {
    let count = reader.count_of(HASH_BYTES)?;
    let mut deps = Vec::with_capacity(count);
    for _ in 0..count {
        let hash = ChangeHash::from_bytes(reader.array()?);
        if deps.last().is_some_and(|last| *last >= hash) {
            return Err(RefusalCode::NotCanonical);
        }
        deps.push(hash);
    }
    Ok(deps)
}

fn read_actor(reader: &mut Reader<'_>) -> Result<ActorId, RefusalCode> {
    if reader.unsigned()? != ACTOR_BYTES as u64 {
        return Err(RefusalCode::Structure);
    }
    Ok(ActorId::from_bytes(reader.array()?))
}

fn read_other_actors(reader: &mut Reader<'_>) -> Result<Vec<ActorId>, RefusalCode> {
    let count = reader.count_of(1 + ACTOR_BYTES)?;
    let mut actors = Vec::with_capacity(count);
    for _ in 0..count {
        actors.push(read_actor(reader)?);
    }
    Ok(actors)
}

fn skip_message(reader: &mut Reader<'_>, limits: &Limits) -> Result<(), RefusalCode> {
    let length = reader.unsigned()?;
    if length > limits.string_bytes_max {
        return Err(RefusalCode::Structure);
    }
    reader.take(length).map(|_message| ())
}
