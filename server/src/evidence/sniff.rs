//! Says what content is by its first bytes, and how large an image would be. Never decodes and never believes a name.

use bytes::Bytes;
use futures_util::TryStreamExt as _;
use futures_util::stream::BoxStream;

use crate::evidence::UploadRefusal;
use crate::evidence::blob_store::BlobError;

/// Where the size of a JPEG has to be found: previews and profiles may come before it.
const HEAD_BYTES_MAX: usize = 1024 * 1024;
/// The longest side of an image.
pub const SIDE_PIXELS_MAX: u32 = 12_000;
/// All pixels of an image.
pub const PIXELS_MAX: u64 = 50_000_000;

/// What may be stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MediaType {
    Jpeg,
    Png,
    WebP,
    Pdf,
    /// A drawn signature as data.
    Strokes,
}

/// Everything that may be stored.
pub const MEDIA_TYPES: [MediaType; 5] =
    [MediaType::Jpeg, MediaType::Png, MediaType::WebP, MediaType::Pdf, MediaType::Strokes];

/// How the data of a drawn signature begins.
const STROKES_BEGIN: &[u8] = b"{\"campo_strokes\":1,";

/// Why content is not stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SniffError {
    #[error("the content is none of the accepted types")]
    Unsupported,
    #[error("the image has too many pixels")]
    TooBig,
}

impl MediaType {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::WebP => "image/webp",
            Self::Pdf => "application/pdf",
            Self::Strokes => "application/vnd.campo.strokes+json",
        }
    }

    /// Whether smaller pictures are made of it.
    pub const fn is_image(self) -> bool {
        match self {
            Self::Jpeg | Self::Png | Self::WebP => true,
            Self::Pdf | Self::Strokes => false,
        }
    }
}

impl From<SniffError> for UploadRefusal {
    fn from(error: SniffError) -> Self {
        match error {
            SniffError::Unsupported => Self::UnsupportedType,
            SniffError::TooBig => Self::ImageTooBig,
        }
    }
}

/// The type of a stream, read no further than needed.
pub(super) async fn media_type_of(
    mut bytes: BoxStream<'static, Result<Bytes, BlobError>>,
) -> Result<MediaType, UploadRefusal> {
    let mut head = Vec::new();
    while head.len() < HEAD_BYTES_MAX
        && let Some(run) = bytes.try_next().await?
    {
        head.extend_from_slice(&run);
    }
    head.truncate(HEAD_BYTES_MAX);
    Ok(sniff(&head)?)
}

/// The type that the first bytes say, if an image of that size is accepted.
///
/// An image whose size is not found here is accepted: the decoder looks again, in a process of its own.
///
/// # Errors
///
/// `Unsupported` for every other content, `TooBig` for an image beyond the limits.
pub fn sniff(head: &[u8]) -> Result<MediaType, SniffError> {
    let (media_type, size) = if head.starts_with(&[0xff, 0xd8, 0xff]) {
        (MediaType::Jpeg, jpeg_size(head))
    } else if head.starts_with(b"\x89PNG\r\n\x1a\n") {
        (MediaType::Png, png_size(head))
    } else if head.starts_with(b"RIFF") && head.get(8..12) == Some(b"WEBP") {
        (MediaType::WebP, webp_size(head))
    } else if head.starts_with(b"%PDF-") {
        (MediaType::Pdf, None)
    } else if head.starts_with(STROKES_BEGIN) {
        (MediaType::Strokes, None)
    } else {
        return Err(SniffError::Unsupported);
    };
    match size {
        Some((width, height)) if !is_accepted_size(width, height) => Err(SniffError::TooBig),
        Some(_) | None => Ok(media_type),
    }
}

/// Whether an image of this size is decoded.
pub fn is_accepted_size(width: u32, height: u32) -> bool {
    let pixels = u64::from(width) * u64::from(height);
    width.max(height) <= SIDE_PIXELS_MAX && pixels <= PIXELS_MAX
}

/// The header chunk comes first.
fn png_size(head: &[u8]) -> Option<(u32, u32)> {
    Some((big_endian(head.get(16..20)?), big_endian(head.get(20..24)?)))
}

/// Goes from marker to marker up to the frame header.
fn jpeg_size(head: &[u8]) -> Option<(u32, u32)> {
    let mut at = 2;
    loop {
        if *head.get(at)? != 0xff {
            return None;
        }
        let marker = *head.get(at + 1)?;
        match marker {
            // A fill byte; the marker comes after it.
            0xff => at += 1,
            // Markers without a length.
            0x01 | 0xd0..=0xd8 => at += 2,
            0xd9 | 0xda => return None,
            // Frame headers, among which three other segments have their numbers.
            0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => {
                let (height, width) = (head.get(at + 5..at + 7)?, head.get(at + 7..at + 9)?);
                return Some((big_endian(width), big_endian(height)));
            }
            _ => {
                let length = usize::try_from(big_endian(head.get(at + 2..at + 4)?)).ok()?;
                at += 2 + length.max(2);
            }
        }
    }
}

/// The three kinds of first chunk: extended, lossless, lossy.
fn webp_size(head: &[u8]) -> Option<(u32, u32)> {
    let content = head.get(20..30)?;
    match head.get(12..16)? {
        b"VP8X" => Some((little_endian(&content[4..7]) + 1, little_endian(&content[7..10]) + 1)),
        b"VP8L" => {
            let bits = little_endian(&content[1..5]);
            Some(((bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1))
        }
        b"VP8 " => {
            let side = |bytes: &[u8]| little_endian(bytes) & 0x3fff;
            Some((side(&content[6..8]), side(&content[8..10])))
        }
        _ => None,
    }
}

/// At most four bytes.
fn big_endian(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |value, byte| value << 8 | u32::from(*byte))
}

fn little_endian(bytes: &[u8]) -> u32 {
    bytes.iter().rev().fold(0, |value, byte| value << 8 | u32::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn png(width: u32, height: u32) -> Vec<u8> {
        let sizes = [width.to_be_bytes(), height.to_be_bytes()].concat();
        [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".as_slice(), &sizes, &[8, 2, 0, 0, 0]].concat()
    }

    fn webp(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
        [b"RIFF\0\0\0\0WEBP".as_slice(), kind, &[10, 0, 0, 0], content].concat()
    }

    #[test]
    fn the_content_decides_and_nothing_else_is_stored() {
        let jpeg = [0xff, 0xd8, 0xff, 0xe0];

        assert_eq!(sniff(&jpeg), Ok(MediaType::Jpeg));
        assert_eq!(sniff(&png(1, 1)), Ok(MediaType::Png));
        assert_eq!(sniff(b"%PDF-1.7\n"), Ok(MediaType::Pdf));
        assert_eq!(sniff(br#"{"campo_strokes":1,"width":9}"#), Ok(MediaType::Strokes));
        for other in [
            "<html><script>alert(1)</script>",
            "<svg xmlns='http://www.w3.org/2000/svg'/>",
            "GIF89a",
            " %PDF-1.7",
            "RIFF\0\0\0\0WAVE",
            "{\"campo\":1}",
            "MZ",
            "",
        ] {
            assert_eq!(sniff(other.as_bytes()), Err(SniffError::Unsupported), "{other}");
        }
    }

    #[test]
    fn an_image_is_measured_by_its_header() {
        let lossless = (15_999_u32 | 11_999 << 14).to_le_bytes();
        let lossless = webp(b"VP8L", &[&[0x2f], lossless.as_slice(), &[0; 5]].concat());
        let extended = webp(b"VP8X", &[0x10, 0, 0, 0, 0x7f, 0x3e, 0, 0xdf, 0x2e, 0]);
        let lossy = webp(b"VP8 ", &[0, 0, 0, 0x9d, 0x01, 0x2a, 0x80, 0x3e, 0xe0, 0x2e]);
        let mut jpeg = vec![0xff, 0xd8, 0xff, 0xe1, 0, 4, 1, 2, 0xff, 0xff, 0xc2, 0, 17, 8];
        jpeg.extend([0x2e, 0xe1, 0, 1, 3]);

        for bomb in [lossless, extended, lossy, jpeg, png(12_001, 1), png(10_000, 5_001)] {
            assert_eq!(sniff(&bomb), Err(SniffError::TooBig), "{bomb:?}");
        }
        assert_eq!(sniff(&png(12_000, 4_166)), Ok(MediaType::Png));
    }

    #[test]
    fn no_beginning_of_a_file_is_too_short_to_be_looked_at() {
        let whole = [png(3, 3), webp(b"VP8X", &[0; 10]), vec![0xff, 0xd8, 0xff, 0xe1, 0xff, 0xff, 0, 0]];
        for head in whole {
            for length in 0..=head.len() {
                sniff(&head[..length]).ok();
            }
        }
    }
}
