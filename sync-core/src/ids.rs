//! Names of things: 16-byte identifiers and 32-byte change hashes. Never makes one up: bytes come from the caller.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest as _, Sha256};

/// The text given was not an identifier of the expected form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an identifier: expected {expected_digits} hexadecimal digits")]
pub struct ParseIdError {
    /// How many hexadecimal digits the text should have held.
    pub expected_digits: usize,
}

fn parse_hex<const N: usize>(text: &str) -> Result<[u8; N], ParseIdError> {
    let error = ParseIdError { expected_digits: N * 2 };
    let mut bytes = [0_u8; N];
    let mut digits = text.bytes().filter(|byte| *byte != b'-');
    for byte in &mut bytes {
        *byte = hex_digit(digits.next()).ok_or(error)? << 4 | hex_digit(digits.next()).ok_or(error)?;
    }
    if digits.next().is_some() { Err(error) } else { Ok(bytes) }
}

fn hex_digit(digit: Option<u8>) -> Option<u8> {
    match digit? {
        digit @ b'0'..=b'9' => Some(digit - b'0'),
        digit @ b'a'..=b'f' => Some(digit - b'a' + 10),
        digit @ b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

fn write_hex(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
}

macro_rules! byte_name {
    ($(#[$doc:meta])* $name:ident, $length:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, minicbor::Encode, minicbor::Decode)]
        #[cbor(transparent)]
        pub struct $name(#[cbor(with = "minicbor::bytes")] [u8; $length]);

        impl $name {
            /// Wraps bytes that already are such a name.
            pub const fn from_bytes(bytes: [u8; $length]) -> Self {
                Self(bytes)
            }

            /// The bytes of the name.
            pub const fn as_bytes(&self) -> &[u8; $length] {
                &self.0
            }

            /// Reads a name from stored bytes; `None` when the length is wrong.
            pub fn from_slice(bytes: &[u8]) -> Option<Self> {
                bytes.try_into().ok().map(Self)
            }
        }

        impl FromStr for $name {
            type Err = ParseIdError;

            fn from_str(text: &str) -> Result<Self, ParseIdError> {
                parse_hex(text).map(Self)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
            }
        }
    };
}

/// What the name looks like as text, for documents that describe an interface.
macro_rules! schema {
    ($name:ident, $schema:expr) => {
        #[cfg(feature = "schema")]
        impl schemars::JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                $schema
            }
        }
    };
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        byte_name!($(#[$doc])* $name, 16);
        schema!($name, schemars::json_schema!({ "type": "string", "format": "uuid" }));

        /// As a UUID: 8-4-4-4-12 lower-case hexadecimal digits.
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                for (index, part) in [&self.0[..4], &self.0[4..6], &self.0[6..8], &self.0[8..10], &self.0[10..]]
                    .into_iter()
                    .enumerate()
                {
                    if index > 0 {
                        f.write_str("-")?;
                    }
                    write_hex(f, part)?;
                }
                Ok(())
            }
        }
    };
}

macro_rules! hex_name {
    ($(#[$doc:meta])* $name:ident, $length:literal) => {
        byte_name!($(#[$doc])* $name, $length);
        schema!($name, schemars::json_schema!({
            "type": "string",
            "pattern": format!("^[0-9a-fA-F]{{{}}}$", 2 * $length),
        }));

        /// As lower-case hexadecimal digits without separators.
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write_hex(f, &self.0)
            }
        }
    };
}

id!(
    /// A company using Campo.
    OrganizationId
);
id!(
    /// A person with a role in one organization. Technicians are users.
    UserId
);
id!(
    /// One installed app, or one browser profile.
    DeviceId
);
id!(
    /// One service order; also the name of its document.
    OrderId
);
id!(
    /// A customer, contact, site, catalogue item or other row of reference data.
    RecordId
);
id!(
    /// Anything a person adds inside an order: a stamp, a line, a note, a status event, a photo.
    EntryId
);
id!(
    /// One resumable upload of a blob.
    UploadId
);
hex_name!(
    /// One install's pen for one order: 16 random bytes, bound to its device at first sight.
    ActorId,
    16
);
hex_name!(
    /// SHA-256 name of one change of one order.
    ChangeHash,
    32
);
hex_name!(
    /// SHA-256 name of a photo, signature drawing or attachment.
    BlobHash,
    32
);

impl BlobHash {
    /// The name of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_what_it_prints() {
        let id = OrderId::from_bytes(*b"0123456789abcdef");

        assert_eq!(id.to_string(), "30313233-3435-3637-3839-616263646566");
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!("30313233343536373839616263646566".parse(), Ok(id));
    }

    #[test]
    fn text_that_is_no_id_is_refused() {
        for text in [
            "",
            "3031",
            "zz313233-3435-3637-3839-616263646566",
            "30313233-3435-3637-3839-61626364656600",
            "é",
        ] {
            assert_eq!(text.parse::<OrderId>(), Err(ParseIdError { expected_digits: 32 }), "{text:?}");
        }
    }
}
