//! Reads SQLite's write-ahead log, also behind a damaged place. Never writes one.
//!
//! SQLite itself ends at the first frame whose checksum does not fit, silently: that is how it forgets what a crash left
//! half written, and also how one rotten byte hides every commit behind it. The format: sqlite.org/fileformat2.html, 4.

use super::salvage::PAGE_BYTES;

const HEADER_BYTES: usize = 32;
const FRAME_HEADER_BYTES: usize = 24;
/// The magic number of a log whose checksums read words with the least significant byte first; the next one is the other.
const MAGIC_LITTLE_ENDIAN: u32 = 0x377f_0682;
/// Frames of so many rounds may lie behind each other; anything else is no frame of an earlier one.
const ROUNDS_MAX: u32 = 1_000;

/// What a log holds since it was last begun anew.
#[derive(Debug, Default)]
pub struct Log<'b> {
    /// Every frame, in the order of writing.
    pub frames: Vec<Frame<'b>>,
    /// How many of them belong to commits.
    pub committed: usize,
    /// Whether SQLite would leave frames out because one of them is not what was written.
    pub is_damaged: bool,
}

/// A new version of a page.
#[derive(Debug, Clone, Copy)]
pub struct Frame<'b> {
    /// The number of the page, from 1.
    pub page: u32,
    pub content: &'b [u8],
}

/// Reads the bytes of a log; an empty one is a log without frames.
pub fn read(log: &[u8]) -> Log<'_> {
    let Some((header, body)) = log.split_at_checked(HEADER_BYTES) else { return Log::default() };
    let frames = body.chunks_exact(FRAME_HEADER_BYTES + PAGE_BYTES);
    let magic = word(header, 0);
    let is_header_sound =
        magic & !1 == MAGIC_LITTLE_ENDIAN && checksum(magic, [0, 0], &header[..24]) == pair(header, 24);
    let salts = if is_header_sound { Some(pair(header, 16)) } else { frames.clone().next().map(salts_of) };
    let mut found = Log { is_damaged: !is_header_sound && salts.is_some(), ..Log::default() };
    // Each frame's checksum goes on from that of the one before.
    let mut before = pair(header, 24);
    let mut is_behind_earlier = false;
    for frame in frames {
        let frame_salts = salts_of(frame);
        if salts.is_none_or(|salts| is_of_earlier_round(frame_salts, salts)) {
            is_behind_earlier = true;
            continue;
        }
        let (head, content) = frame.split_at(FRAME_HEADER_BYTES);
        let sum = checksum(magic, checksum(magic, before, &head[..8]), content);
        let is_sound = sum == pair(head, 16) && salts == Some(frame_salts) && word(head, 0) > 0;
        found.is_damaged |= !is_sound || is_behind_earlier;
        found.frames.push(Frame { page: word(head, 0), content });
        if word(head, 4) > 0 {
            found.committed = found.frames.len();
        }
        before = pair(head, 16);
    }
    if found.is_damaged {
        // Where commits end cannot be told any more. What a crash cut off is no worse for being taken.
        found.committed = found.frames.len();
    }
    found
}

/// Whether a frame is left from before the log was begun anew, which adds one to the first salt. Such frames stand behind
/// all others.
fn is_of_earlier_round([first, second]: [u32; 2], salts: [u32; 2]) -> bool {
    let rounds_ago = salts[0].wrapping_sub(first);
    second != salts[1] && rounds_ago > 0 && rounds_ago <= ROUNDS_MAX
}

fn salts_of(frame: &[u8]) -> [u32; 2] {
    pair(frame, 8)
}

fn pair(bytes: &[u8], at: usize) -> [u32; 2] {
    [word(bytes, at), word(bytes, at + 4)]
}

fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes(bytes[at..at + 4].try_into().expect("four bytes"))
}

/// The checksum of the log over `bytes`, going on from another one.
fn checksum(magic: u32, [mut first, mut second]: [u32; 2], bytes: &[u8]) -> [u32; 2] {
    let read = if magic & 1 == 0 { u32::from_le_bytes } else { u32::from_be_bytes };
    for words in bytes.chunks_exact(8) {
        let (low, high) = words.split_at(4);
        first = first.wrapping_add(read(low.try_into().expect("four bytes"))).wrapping_add(second);
        second = second.wrapping_add(read(high.try_into().expect("four bytes"))).wrapping_add(first);
    }
    [first, second]
}
