//! The two bytes before every body, and compression with a hard cap. Never inflates past the limit it is given.

use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use minicbor::{Decode, Encode};

/// The protocol this version speaks; the first byte of every body.
pub const PROTOCOL: u8 = 1;

/// A request, on the wire and after inflating, is at most this long.
pub const REQUEST_BYTES_MAX: usize = 4 * 1024 * 1024;

/// A response, after inflating, is at most this long.
pub const RESPONSE_BYTES_MAX: usize = 16 * 1024 * 1024;

const PLAIN: u8 = 0;
const DEFLATED: u8 = 1;

/// Shorter bodies are not worth compressing.
const DEFLATE_FROM_BYTES: usize = 200;

/// Why a body could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// The first byte names a protocol this version does not speak.
    #[error("the body speaks another protocol version")]
    Protocol,
    /// The body is longer than the limit, as sent or after inflating.
    #[error("the body is longer than the limit")]
    TooLarge,
    /// The body is not what the protocol describes.
    #[error("the body cannot be read")]
    Malformed,
}

/// Encodes a message as the body of a request or reply.
pub fn seal<T: Encode<()>>(message: &T) -> Vec<u8> {
    let plain = minicbor::to_vec(message).expect("encoding into memory cannot fail");
    if plain.len() >= DEFLATE_FROM_BYTES {
        let deflated = deflate(&plain);
        if deflated.len() < plain.len() {
            return [&[PROTOCOL, DEFLATED], deflated.as_slice()].concat();
        }
    }
    [&[PROTOCOL, PLAIN], plain.as_slice()].concat()
}

fn deflate(plain: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(plain).expect("writing into memory cannot fail");
    encoder.finish().expect("writing into memory cannot fail")
}

/// Reads a message from a body of at most `bytes_max` bytes, before and after inflating.
///
/// # Errors
///
/// Says whether the version, the size or the content is wrong.
pub fn open<T>(body: &[u8], bytes_max: usize) -> Result<T, EnvelopeError>
where
    T: for<'b> Decode<'b, ()>,
{
    if body.len() > bytes_max {
        return Err(EnvelopeError::TooLarge);
    }
    match body {
        [PROTOCOL, PLAIN, plain @ ..] => decode(plain),
        [PROTOCOL, DEFLATED, deflated @ ..] => decode(&inflate(deflated, bytes_max)?),
        [PROTOCOL, ..] => Err(EnvelopeError::Malformed),
        [_, ..] => Err(EnvelopeError::Protocol),
        [] => Err(EnvelopeError::Malformed),
    }
}

fn inflate(deflated: &[u8], bytes_max: usize) -> Result<Vec<u8>, EnvelopeError> {
    let mut plain = Vec::new();
    let cap = u64::try_from(bytes_max).unwrap_or(u64::MAX).saturating_add(1);
    DeflateDecoder::new(deflated).take(cap).read_to_end(&mut plain).map_err(|_| EnvelopeError::Malformed)?;
    if plain.len() > bytes_max { Err(EnvelopeError::TooLarge) } else { Ok(plain) }
}

fn decode<T>(plain: &[u8]) -> Result<T, EnvelopeError>
where
    T: for<'b> Decode<'b, ()>,
{
    let mut decoder = minicbor::Decoder::new(plain);
    let message = decoder.decode().map_err(|_| EnvelopeError::Malformed)?;
    if decoder.position() == plain.len() { Ok(message) } else { Err(EnvelopeError::Malformed) }
}
