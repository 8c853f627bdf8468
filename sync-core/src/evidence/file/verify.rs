//! Checks an evidence file from its bytes alone and names the line of everything that does not fit.

use std::collections::{BTreeMap, BTreeSet};

use ed25519_dalek::{Signature as Ed25519Signature, VerifyingKey};
use serde::Serialize;

use super::{Blob, Device, End, EndLine, Header, Line, RecordedChange, SignatureRecord, end_text};
use crate::document::OrderDocument;
use crate::document::ingest_guard::{Limits, parse};
use crate::evidence::{AuditLink, Signing, Snapshot, seal_text};
use crate::ids::{BlobHash, ChangeHash, DeviceId, EntryId, UserId};
use crate::order::entry::Signature;
use crate::order::{Order, Workflows};

/// What does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Finding {
    /// Not an evidence file, or one of a later version.
    #[error("this is no evidence file that this version reads")]
    NoEvidenceFile,
    /// The last line is missing, damaged or has another spelling.
    #[error("the closing line is missing or was changed")]
    End,
    /// A line is missing or was added.
    #[error("a line is missing or was added")]
    LineCount,
    /// A line does not have the hash that the end says.
    #[error("the line was changed")]
    LineDigest,
    /// The server's signature of the end is wrong.
    #[error("the server's signature does not fit")]
    EndSignature,
    /// A line cannot be read.
    #[error("the line cannot be read")]
    Unreadable,
    /// A change does not have the name it carries.
    #[error("the change is not the one it says it is")]
    ChangeHash,
    /// A change does not fit the ones before.
    #[error("the change does not follow from those before it")]
    ChangeOrder,
    /// A signature record is not the one the changes made.
    #[error("the signature record is not the one in the order")]
    SignatureRecord,
    /// A record does not name the snapshot it carries.
    #[error("the snapshot does not have the hash that was signed")]
    Snapshot,
    /// The snapshot is of another order.
    #[error("the snapshot is of another order")]
    OtherOrder,
    /// The snapshot says otherwise than the order did at that moment.
    #[error("the order did not say this when it was signed")]
    SnapshotContent,
    /// The device's seal is wrong, or the device is unknown.
    #[error("the seal of the device does not fit")]
    Seal,
    /// A photo or drawing does not have the hash it is named by.
    #[error("the file does not have the hash it is named by")]
    BlobHash,
    /// An audit link does not have the hash it says, or does not follow the one before.
    #[error("the audit link does not fit")]
    AuditLink,
    /// A change has no audit link, or another author than its link.
    #[error("the change has no audit link that names its author")]
    AuditMissing,
}

/// One thing that does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mismatch {
    /// The line, from 1.
    pub line: usize,
    /// What does not fit.
    pub finding: Finding,
}

/// One signed version in the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SignedVersion {
    /// The signature.
    pub id: EntryId,
    /// Its record.
    pub record: Signature,
    /// Whether the device's seal was checked; records made without a device have none.
    pub is_sealed: bool,
}

/// What a check found.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// What the file is about, where that could be read.
    pub header: Option<Header>,
    /// The key of the server that wrote it.
    pub public_key: Option<BlobHash>,
    /// Everything that does not fit, by line.
    pub mismatches: Vec<Mismatch>,
    /// The signed versions.
    pub signatures: Vec<SignedVersion>,
    /// Whether the order as it stands is signed.
    pub signing: Signing,
    /// How many changes, audit links, files with and without their bytes were checked.
    pub counts: Counts,
}

/// What was checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Changes.
    pub changes: usize,
    /// Audit links.
    pub audit_links: usize,
    /// Photos and drawings whose bytes are here.
    pub files: usize,
    /// Photos and drawings that are here by name alone.
    pub files_named: usize,
}

impl Verdict {
    /// Whether everything fits.
    pub const fn is_whole(&self) -> bool {
        self.mismatches.is_empty()
    }

    fn failed(mismatches: Vec<Mismatch>) -> Self {
        Self {
            header: None,
            public_key: None,
            mismatches,
            signatures: Vec::new(),
            signing: Signing::Unsigned,
            counts: Counts::default(),
        }
    }
}

/// Checks a file. What fails its line digest is not looked into further: its content cannot be believed.
pub fn verify(file: &[u8]) -> Verdict {
    let Some(body) = file.strip_suffix(b"\n") else {
        return Verdict::failed(vec![Mismatch { line: line_count(file), finding: Finding::End }]);
    };
    let mut lines: Vec<&[u8]> = body.split(|byte| *byte == b'\n').collect();
    let last = lines.pop().unwrap_or_default();
    let Some(end) = read_end(last) else {
        return Verdict::failed(vec![Mismatch { line: lines.len() + 1, finding: Finding::End }]);
    };
    let broken = broken_lines(&lines, &end);
    if !broken.is_empty() {
        return Verdict::failed(broken);
    }
    let mut checker = Checker::default();
    lines.iter().enumerate().for_each(|(index, line)| checker.read(index + 1, line));
    checker.finish(&end)
}

fn line_count(file: &[u8]) -> usize {
    file.split(|byte| *byte == b'\n').count()
}

/// The end has one spelling, so that no other bytes say the same.
fn read_end(line: &[u8]) -> Option<End> {
    let read: EndLine = serde_json::from_slice(line).ok()?;
    let spelled = serde_json::to_string(&read).ok()?;
    (spelled.as_bytes() == line).then_some(read.end)
}

fn broken_lines(lines: &[&[u8]], end: &End) -> Vec<Mismatch> {
    let mut broken: Vec<_> = lines
        .iter()
        .zip(&end.lines)
        .enumerate()
        .filter(|(_, (line, expected))| BlobHash::of(line) != **expected)
        .map(|(index, _)| Mismatch { line: index + 1, finding: Finding::LineDigest })
        .collect();
    if lines.len() != end.lines.len() {
        let line = lines.len().min(end.lines.len()) + 1;
        broken.push(Mismatch { line, finding: Finding::LineCount });
    }
    if !is_signed_by(&end.public_key, &end_text(&end.lines), &end.signature) {
        broken.push(Mismatch { line: lines.len() + 1, finding: Finding::EndSignature });
    }
    broken
}

fn is_signed_by(key: &BlobHash, text: &str, signature: &str) -> bool {
    let Ok(key) = VerifyingKey::from_bytes(key.as_bytes()) else { return false };
    let Some(signature) = read_signature(signature) else { return false };
    key.verify_strict(text.as_bytes(), &Ed25519Signature::from_bytes(&signature)).is_ok()
}

fn read_signature(hex: &str) -> Option<[u8; 64]> {
    let has_other_spelling = hex.bytes().any(|digit| digit.is_ascii_uppercase() || digit == b'-');
    let (first, second) = hex.split_at_checked(64).filter(|_| !has_other_spelling)?;
    let (first, second): (BlobHash, BlobHash) = (first.parse().ok()?, second.parse().ok()?);
    let mut bytes = [0; 64];
    bytes[..32].copy_from_slice(first.as_bytes());
    bytes[32..].copy_from_slice(second.as_bytes());
    Some(bytes)
}

#[derive(Default)]
struct Checker {
    header: Option<Header>,
    devices: BTreeMap<DeviceId, Device>,
    document: OrderDocument,
    authors: BTreeMap<ChangeHash, (usize, Option<UserId>, Option<DeviceId>)>,
    records: Vec<(usize, SignatureRecord)>,
    links: Vec<(usize, AuditLink)>,
    mismatches: Vec<Mismatch>,
    counts: Counts,
}

impl Checker {
    fn note(&mut self, line: usize, finding: Finding) {
        self.mismatches.push(Mismatch { line, finding });
    }

    fn read(&mut self, line: usize, bytes: &[u8]) {
        let read: Option<Line> = serde_json::from_slice(bytes).ok();
        let is_spelled = |read: &Line| serde_json::to_vec(read).is_ok_and(|spelled| spelled == bytes);
        let Some(read) = read.filter(is_spelled) else { return self.note(line, Finding::Unreadable) };
        match read {
            Line::Header(header) if line == 1 && header.campo_evidence == 1 => self.header = Some(header),
            Line::Header(_) => self.note(line, Finding::NoEvidenceFile),
            Line::Person(_) => {}
            Line::Device(device) => {
                self.devices.insert(device.id, device);
            }
            Line::Change(change) => self.change(line, &change),
            Line::Signature(record) => self.records.push((line, *record)),
            Line::Blob(blob) => self.blob(line, &blob),
            Line::Audit(link) => self.link(line, link),
        }
    }

    fn change(&mut self, line: usize, change: &RecordedChange) {
        self.counts.changes += 1;
        self.authors.insert(change.hash, (line, change.user, change.device));
        if parse(&change.bytes, change.hash, &Limits::default()).is_err() {
            return self.note(line, Finding::ChangeHash);
        }
        let is_fresh = !self.document.contains(&change.hash);
        if !is_fresh || self.document.apply(&change.bytes) != Ok(change.hash) {
            self.note(line, Finding::ChangeOrder);
        }
    }

    fn blob(&mut self, line: usize, blob: &Blob) {
        match &blob.bytes {
            Some(bytes) if BlobHash::of(bytes) != blob.sha256 => self.note(line, Finding::BlobHash),
            Some(_) => self.counts.files += 1,
            None => self.counts.files_named += 1,
        }
    }

    fn link(&mut self, line: usize, link: AuditLink) {
        self.counts.audit_links += 1;
        let follows = self.links.last().is_none_or(|(_, before)| {
            link.seq > before.seq && (link.seq > before.seq + 1 || link.previous_hash == before.hash)
        });
        if link.computed_hash() != link.hash || !follows {
            self.note(line, Finding::AuditLink);
        }
        self.links.push((line, link));
    }

    fn finish(mut self, end: &End) -> Verdict {
        if self.header.is_none() {
            self.note(1, Finding::NoEvidenceFile);
        }
        let (order, _) = Order::read(&self.document, &Workflows::default());
        self.audit_of_changes();
        let signatures = self.signatures(&order);
        self.mismatches.sort_by_key(|mismatch| mismatch.line);
        Verdict {
            header: self.header,
            public_key: Some(end.public_key),
            mismatches: self.mismatches,
            signatures,
            signing: order.signing,
            counts: self.counts,
        }
    }

    /// Each change has exactly one link, which names its author.
    fn audit_of_changes(&mut self) {
        let subject = self.header.as_ref().map(|header| header.order.to_string()).unwrap_or_default();
        let mut linked = BTreeSet::new();
        for (line, link) in &self.links {
            let named = change_of(link).filter(|_| link.action == "order.change" && link.subject == subject);
            let author = named.and_then(|hash| self.authors.get(&hash));
            let fits = author.is_some_and(|(_, user, device)| (*user, *device) == (link.user, link.device));
            let is_first = named.is_some_and(|hash| linked.insert(hash));
            if link.action == "order.change" && !(fits && is_first) {
                self.mismatches.push(Mismatch { line: *line, finding: Finding::AuditMissing });
            }
        }
        for (hash, (line, ..)) in &self.authors {
            if !linked.contains(hash) {
                self.mismatches.push(Mismatch { line: *line, finding: Finding::AuditMissing });
            }
        }
    }

    fn signatures(&mut self, order: &Order) -> Vec<SignedVersion> {
        let records = std::mem::take(&mut self.records);
        let listed: BTreeSet<EntryId> = records.iter().map(|(_, signature)| signature.id).collect();
        let last_line = records.last().map_or(1, |(line, _)| *line);
        if order.signatures.keys().any(|id| !listed.contains(id)) {
            self.note(last_line, Finding::SignatureRecord);
        }
        let mut versions = Vec::with_capacity(records.len());
        for (line, SignatureRecord { id, record }) in records {
            let is_sealed = self.signature(line, id, &record, order);
            versions.push(SignedVersion { id, record, is_sealed });
        }
        versions
    }

    fn signature(&mut self, line: usize, id: EntryId, record: &Signature, order: &Order) -> bool {
        if order.signatures.get(&id) != Some(record) {
            self.note(line, Finding::SignatureRecord);
        }
        let order_id = self.header.as_ref().map(|header| header.order);
        match Snapshot::parse(&record.snapshot) {
            Ok(_) if Snapshot::hash(&record.snapshot) != record.snapshot_sha256 => {
                self.note(line, Finding::Snapshot);
            }
            Ok(snapshot) if Some(snapshot.order) != order_id => self.note(line, Finding::OtherOrder),
            Ok(snapshot) => {
                if self.at_heads(record).is_some_and(|then| {
                    Snapshot::of(&then, snapshot.order, &snapshot.locale, &snapshot.terms) != snapshot
                }) {
                    self.note(line, Finding::SnapshotContent);
                }
            }
            Err(_) => self.note(line, Finding::Snapshot),
        }
        let Some(device) = record.device else { return false };
        let text = order_id.map(|order| seal_text(order, id, record)).unwrap_or_default();
        let key = self.devices.get(&device).map(|device| device.public_key);
        let seal = record.seal.as_deref().unwrap_or_default();
        let fits = key.is_some_and(|key| is_signed_by(&key, &text, seal));
        if !fits {
            self.note(line, Finding::Seal);
        }
        fits
    }

    /// The order as it was when it was signed; `None` where those heads are not part of it: work that was written again
    /// after a phone was restored keeps its snapshot, not its heads.
    fn at_heads(&self, record: &Signature) -> Option<Order> {
        let heads: Vec<ChangeHash> =
            record.heads.split_whitespace().map(str::parse).collect::<Result<_, _>>().ok()?;
        let is_known = !heads.is_empty() && heads.iter().all(|head| self.document.contains(head));
        is_known.then(|| Order::read_at(&self.document, &heads, &Workflows::default()))
    }
}

fn change_of(link: &AuditLink) -> Option<ChangeHash> {
    let details: serde_json::Value = serde_json::from_str(&link.details).ok()?;
    details.get("change")?.as_str()?.parse().ok()
}
