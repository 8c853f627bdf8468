//! How many bytes go in one request. Never more than a slow link carries in a few seconds.

/// The smallest piece (bytes).
pub const PIECE_BYTES_MIN: u64 = 64 * 1024;
/// The largest piece (bytes); a shell holds one in memory.
pub const PIECE_BYTES_MAX: u64 = 4 * 1024 * 1024;
const PIECE_BYTES_FIRST: u64 = 256 * 1024;
/// A piece that takes less makes the next one larger (milliseconds).
const QUICK_MS: i64 = 1_000;
/// A piece that takes longer makes the next one smaller (milliseconds).
const SLOW_MS: i64 = 4_000;

/// The size that suits the link as it was.
#[derive(Debug, Clone, Copy)]
pub struct PieceSize(u64);

impl Default for PieceSize {
    fn default() -> Self {
        Self(PIECE_BYTES_FIRST)
    }
}

impl PieceSize {
    /// The bytes of the next piece.
    pub const fn bytes(self) -> u64 {
        self.0
    }

    /// A piece arrived in this time.
    pub fn arrived(&mut self, elapsed_ms: i64, piece_bytes: u64) {
        if elapsed_ms > SLOW_MS {
            self.broke_off();
        } else if elapsed_ms < QUICK_MS && piece_bytes >= self.0 {
            self.0 = (self.0 * 2).min(PIECE_BYTES_MAX);
        }
    }

    /// A piece did not arrive whole.
    pub fn broke_off(&mut self) {
        self.0 = (self.0 / 2).max(PIECE_BYTES_MIN);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_grow_on_a_quick_link_and_shrink_on_a_slow_or_broken_one_within_their_limits() {
        let mut piece = PieceSize::default();
        for _ in 0..20 {
            piece.arrived(100, piece.bytes());
        }
        assert_eq!(piece.bytes(), PIECE_BYTES_MAX);

        piece.arrived(9_000, PIECE_BYTES_MAX);
        assert_eq!(piece.bytes(), PIECE_BYTES_MAX / 2);

        for _ in 0..20 {
            piece.broke_off();
        }
        assert_eq!(piece.bytes(), PIECE_BYTES_MIN);

        piece.arrived(1, 10);
        assert_eq!(piece.bytes(), PIECE_BYTES_MIN, "the last bytes of a blob say nothing about the link");
    }
}
