//! Writes change chunks column by column, sound or not, always with a valid checksum; never asks Automerge.

use sha2::{Digest, Sha256};
use sync_core::ids::ChangeHash;

pub const OBJECT_ACTOR: u64 = 0x01;
pub const OBJECT_COUNTER: u64 = 0x02;
pub const KEY_ACTOR: u64 = 0x11;
pub const KEY_COUNTER: u64 = 0x13;
pub const KEY_TEXT: u64 = 0x15;
pub const INSERT: u64 = 0x34;
pub const ACTION: u64 = 0x42;
pub const VALUE_META: u64 = 0x56;
pub const VALUE_RAW: u64 = 0x57;
pub const PREDECESSOR_COUNT: u64 = 0x70;
pub const PREDECESSOR_ACTOR: u64 = 0x71;
pub const PREDECESSOR_COUNTER: u64 = 0x73;
pub const MARK_EXPAND: u64 = 0x94;
pub const MARK_NAME: u64 = 0xa5;

pub const MAKE_MAP: u64 = 0;
pub const PUT: u64 = 1;
pub const MAKE_LIST: u64 = 2;
pub const DELETE: u64 = 3;
pub const INCREMENT: u64 = 5;

/// A change chunk in parts, each of which a test may falsify.
#[derive(Clone)]
pub struct Chunk {
    pub chunk_type: u8,
    pub deps: Vec<[u8; 32]>,
    pub actor: Vec<u8>,
    pub seq: Vec<u8>,
    pub start_op: u64,
    pub time: i64,
    pub message: Vec<u8>,
    pub other_actors: Vec<Vec<u8>>,
    pub columns: Vec<(u64, Vec<u8>)>,
    pub extra: Vec<u8>,
}

/// One operation on a key; actors are named by index, 0 being the change's own.
#[derive(Clone)]
pub struct Op {
    pub object: Option<(u64, u64)>,
    pub key: String,
    pub action: u64,
    pub value: (u64, Vec<u8>),
    pub predecessors: Vec<(u64, u64)>,
}

impl Op {
    pub fn put(object: Option<(u64, u64)>, key: &str, text: &str) -> Self {
        let value = ((text.len() as u64) << 4 | 6, text.as_bytes().to_vec());
        Self { object, key: key.to_owned(), action: PUT, value, predecessors: Vec::new() }
    }

    pub fn with_action(self, action: u64) -> Self {
        Self { action, value: (0, Vec::new()), ..self }
    }

    pub fn replacing(self, predecessors: &[(u64, u64)]) -> Self {
        Self { predecessors: predecessors.to_vec(), ..self }
    }
}

impl Chunk {
    pub fn bytes(&self) -> Vec<u8> {
        let mut body = uleb(self.deps.len() as u64);
        body.extend(self.deps.concat());
        body.extend(prefixed(&self.actor));
        body.extend(&self.seq);
        body.extend(uleb(self.start_op));
        body.extend(sleb(self.time));
        body.extend(prefixed(&self.message));
        body.extend(uleb(self.other_actors.len() as u64));
        body.extend(self.other_actors.iter().flat_map(|actor| prefixed(actor)));
        body.extend(uleb(self.columns.len() as u64));
        for (spec, data) in &self.columns {
            body.extend(uleb(*spec));
            body.extend(uleb(data.len() as u64));
        }
        body.extend(self.columns.iter().flat_map(|(_spec, data)| data));
        body.extend(&self.extra);
        seal(self.chunk_type, &body)
    }

    pub fn with_ops(self, ops: &[Op]) -> Self {
        Self { columns: columns(ops), ..self }
    }

    /// Replaces a column, or adds it where it belongs.
    pub fn with_column(mut self, spec: u64, data: Vec<u8>) -> Self {
        self.columns.retain(|(present, _data)| *present != spec);
        self.columns.push((spec, data));
        self.columns.sort_by_key(|(spec, _data)| *spec);
        self
    }

    pub fn without_column(mut self, spec: u64) -> Self {
        self.columns.retain(|(present, _data)| *present != spec);
        self
    }

    pub fn column(&self, spec: u64) -> Vec<u8> {
        let found = self.columns.iter().find(|(present, _data)| *present == spec);
        found.map(|(_spec, data)| data.clone()).unwrap_or_default()
    }
}

/// The columns of some operations in canonical form.
pub fn columns(ops: &[Op]) -> Vec<(u64, Vec<u8>)> {
    let each = |value: fn(&Op) -> Option<Vec<u8>>| canonical(&ops.iter().map(value).collect::<Vec<_>>());
    let predecessors: Vec<_> = ops.iter().flat_map(|op| op.predecessors.clone()).collect();
    let mut previous = 0;
    let mut differences = Vec::new();
    for (counter, _actor) in &predecessors {
        let counter = counter.cast_signed();
        differences.push(Some(sleb(counter - previous)));
        previous = counter;
    }
    let insert = if ops.is_empty() { Vec::new() } else { uleb(ops.len() as u64) };
    let mut columns = vec![
        (OBJECT_ACTOR, each(|op| op.object.map(|(_counter, actor)| uleb(actor)))),
        (OBJECT_COUNTER, each(|op| op.object.map(|(counter, _actor)| uleb(counter)))),
        (KEY_TEXT, each(|op| Some(prefixed(op.key.as_bytes())))),
        (INSERT, insert),
        (ACTION, each(|op| Some(uleb(op.action)))),
        (VALUE_META, each(|op| Some(uleb(op.value.0)))),
        (VALUE_RAW, ops.iter().flat_map(|op| op.value.1.clone()).collect()),
        (PREDECESSOR_COUNT, each(|op| Some(uleb(op.predecessors.len() as u64)))),
        (
            PREDECESSOR_ACTOR,
            canonical(&predecessors.iter().map(|(_, actor)| Some(uleb(*actor))).collect::<Vec<_>>()),
        ),
        (PREDECESSOR_COUNTER, canonical(&differences)),
    ];
    columns.retain(|(_spec, data)| !data.is_empty());
    columns
}

/// Run-length encodes values the way Automerge does; a column of nulls only is empty.
pub fn canonical(values: &[Option<Vec<u8>>]) -> Vec<u8> {
    if values.iter().all(Option::is_none) {
        return Vec::new();
    }
    let mut column = Vec::new();
    let mut lone: Vec<Vec<u8>> = Vec::new();
    for group in values.chunk_by(|left, right| left == right) {
        match &group[0] {
            Some(value) if group.len() == 1 => lone.push(value.clone()),
            other => {
                column.extend(literal(&std::mem::take(&mut lone)));
                let count = group.len();
                column.extend(
                    other.as_ref().map_or_else(|| nulls(count as u64), |value| run(count as i64, value)),
                );
            }
        }
    }
    column.extend(literal(&lone));
    column
}

pub fn run(count: i64, value: &[u8]) -> Vec<u8> {
    [&sleb(count)[..], value].concat()
}

pub fn literal(values: &[Vec<u8>]) -> Vec<u8> {
    if values.is_empty() {
        return Vec::new();
    }
    [sleb(-(values.len() as i64)), values.concat()].concat()
}

pub fn nulls(count: u64) -> Vec<u8> {
    [sleb(0), uleb(count)].concat()
}

pub fn prefixed(bytes: &[u8]) -> Vec<u8> {
    [&uleb(bytes.len() as u64)[..], bytes].concat()
}

pub fn uleb(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = (value & 0x7f) as u8;
        value >>= 7;
        if value == 0 {
            bytes.push(low);
            return bytes;
        }
        bytes.push(low | 0x80);
    }
}

pub fn sleb(mut value: i64) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = (value & 0x7f) as u8;
        value >>= 7;
        if (value == 0 && low & 0x40 == 0) || (value == -1 && low & 0x40 != 0) {
            bytes.push(low);
            return bytes;
        }
        bytes.push(low | 0x80);
    }
}

/// A chunk around a body, with its checksum.
pub fn seal(chunk_type: u8, body: &[u8]) -> Vec<u8> {
    let hashed = [&[chunk_type][..], &uleb(body.len() as u64), body].concat();
    let hash = Sha256::digest(&hashed);
    [&[0x85, 0x6f, 0x4a, 0x83][..], &hash[..4], &hashed].concat()
}

/// The body of a chunk that is not damaged.
pub fn body_of(bytes: &[u8]) -> &[u8] {
    let length_bytes = bytes[9..].iter().position(|byte| byte & 0x80 == 0).expect("a length ends") + 1;
    &bytes[9 + length_bytes..]
}

pub fn hash_of(bytes: &[u8]) -> ChangeHash {
    ChangeHash::from_bytes(Sha256::digest(bytes.get(8..).unwrap_or_default()).into())
}
