//! The evidence file of one order: everything needed to check it without a server. A stored format.
//!
//! JSON lines, each in its one spelling. The first line says what the file is, the last one closes it: the SHA-256 of every
//! line and the server's signature of them. In between: people, devices with their keys, every change of the order, the
//! signature records, photos and drawings (or their hashes alone), and the audit links of the order.

mod verify;

use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::AuditLink;
use crate::ids::{BlobHash, ChangeHash, DeviceId, EntryId, OrderId, OrganizationId, UserId};
use crate::order::entry::Signature;
use crate::time::Timestamp;

pub use verify::{Counts, Finding, Mismatch, SignedVersion, Verdict, verify};

/// What the file is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// The version of this format: 1.
    pub campo_evidence: u32,
    /// The company.
    pub organization: OrganizationId,
    /// Its legal name.
    pub organization_name: String,
    /// Its tax number.
    pub organization_tax_id: String,
    /// The order.
    pub order: OrderId,
    /// Its number, if it has one.
    pub number: Option<String>,
    /// When the file was written.
    pub exported_at: Timestamp,
}

/// A person named in the order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// The user.
    pub id: UserId,
    /// What the person is called.
    pub name: String,
}

/// A device that wrote into the order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Device {
    /// The device.
    pub id: DeviceId,
    /// Whose.
    pub user: UserId,
    /// What its owner called it.
    pub name: String,
    /// Its Ed25519 key.
    pub public_key: BlobHash,
}

/// One change of the order, in an order in which they can be applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordedChange {
    /// Its name.
    pub hash: ChangeHash,
    /// Who wrote it; nobody for Campo itself.
    pub user: Option<UserId>,
    /// On which device.
    pub device: Option<DeviceId>,
    /// When the server took it.
    pub received_at: Timestamp,
    /// Its bytes.
    #[serde(with = "base64_text")]
    pub bytes: Bytes,
}

/// A signature record as the order holds it, for people to read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignatureRecord {
    /// The signature.
    pub id: EntryId,
    /// The record.
    pub record: Signature,
}

/// A photo or drawing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Blob {
    /// Its name.
    pub sha256: BlobHash,
    /// Its bytes, where they have arrived and were asked for.
    #[serde(with = "base64_text::option")]
    pub bytes: Option<Bytes>,
}

/// Bytes in a line.
pub type Bytes = Vec<u8>;

/// One line between the first and the last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Line {
    /// What the file is.
    Header(Header),
    /// Who.
    Person(Person),
    /// With what.
    Device(Device),
    /// What was written.
    Change(RecordedChange),
    /// What was signed.
    Signature(Box<SignatureRecord>),
    /// What was shown.
    Blob(Blob),
    /// What the company's log says.
    Audit(AuditLink),
}

/// The last line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct End {
    /// SHA-256 of each line before, without its line break.
    pub lines: Vec<BlobHash>,
    /// The Ed25519 key of the server that wrote the file.
    pub public_key: BlobHash,
    /// Its signature of [`end_text`], hexadecimal.
    pub signature: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct EndLine {
    end: End,
}

/// What the server's key signs.
pub fn end_text(lines: &[BlobHash]) -> String {
    let mut text = String::from("campo evidence file 1\n");
    lines.iter().for_each(|line| text.push_str(&format!("{line}\n")));
    text
}

/// Writes a file; `seal` signs the text of the end with the key it names.
pub fn write(lines: &[Line], seal: impl FnOnce(&str) -> ([u8; 32], [u8; 64])) -> Vec<u8> {
    let mut file = Vec::new();
    let mut digests = Vec::with_capacity(lines.len());
    for line in lines {
        let text = serde_json::to_string(line).expect("a line has a JSON form");
        digests.push(BlobHash::of(text.as_bytes()));
        file.extend_from_slice(text.as_bytes());
        file.push(b'\n');
    }
    let (public_key, signature) = seal(&end_text(&digests));
    let signature = signature.iter().map(|byte| format!("{byte:02x}")).collect();
    let end = End { lines: digests, public_key: BlobHash::from_bytes(public_key), signature };
    let text = serde_json::to_string(&EndLine { end }).expect("the end has a JSON form");
    file.extend_from_slice(text.as_bytes());
    file.push(b'\n');
    file
}

mod base64_text {
    use base64::Engine as _;

    use super::{Bytes, Deserialize, Deserializer, STANDARD, Serializer, de};

    pub fn serialize<S: Serializer>(bytes: &Bytes, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(bytes))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Bytes, D::Error> {
        STANDARD.decode(String::deserialize(deserializer)?).map_err(de::Error::custom)
    }

    pub mod option {
        use base64::Engine as _;

        use super::{Bytes, Deserialize, Deserializer, STANDARD, Serializer, de};

        pub fn serialize<S: Serializer>(bytes: &Option<Bytes>, serializer: S) -> Result<S::Ok, S::Error> {
            match bytes {
                Some(bytes) => super::serialize(bytes, serializer),
                None => serializer.serialize_none(),
            }
        }

        pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Bytes>, D::Error> {
            Option::<String>::deserialize(deserializer)?
                .map(|text| STANDARD.decode(text).map_err(de::Error::custom))
                .transpose()
        }
    }
}

#[cfg(test)]
mod tests;
