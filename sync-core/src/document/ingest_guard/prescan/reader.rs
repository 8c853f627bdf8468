//! A cursor over received bytes: variable-length integers and slices, each checked; never reads past the end.

use super::RefusalCode;

pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(super) const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(super) const fn remaining(&self) -> u64 {
        self.rest.len() as u64
    }

    pub(super) fn take(&mut self, length: u64) -> Result<&'a [u8], RefusalCode> {
        let length = usize::try_from(length).map_err(|_| RefusalCode::Structure)?;
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(RefusalCode::Structure)?;
        self.rest = rest;
        Ok(taken)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], RefusalCode> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or(RefusalCode::Structure)?;
        self.rest = rest;
        Ok(*taken)
    }

    /// Reads how many items of at least `item_bytes` follow; more than the bytes left could hold is refused.
    pub(super) fn count_of(&mut self, item_bytes: usize) -> Result<usize, RefusalCode> {
        let count = self.unsigned()?;
        usize::try_from(count)
            .ok()
            .filter(|count| *count <= self.rest.len() / item_bytes)
            .ok_or(RefusalCode::Structure)
    }

    /// Reads an unsigned LEB128 integer in its shortest form.
    pub(super) fn unsigned(&mut self) -> Result<u64, RefusalCode> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let [byte] = self.array()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && byte > 1 {
                return Err(RefusalCode::Structure);
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                return if byte == 0 && shift > 0 { Err(RefusalCode::NotCanonical) } else { Ok(value) };
            }
        }
        Err(RefusalCode::Structure)
    }

    /// Reads a signed LEB128 integer in its shortest form.
    pub(super) fn signed(&mut self) -> Result<i64, RefusalCode> {
        let mut value = 0_i64;
        let mut previous = 0_u8;
        for shift in (0..64).step_by(7) {
            let [byte] = self.array()?;
            if shift == 63 && byte != 0 && byte != 0x7f {
                return Err(RefusalCode::Structure);
            }
            value |= i64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                let repeats_sign = byte == if previous & 0x40 == 0 { 0 } else { 0x7f };
                if shift > 0 && repeats_sign {
                    return Err(RefusalCode::NotCanonical);
                }
                let is_negative = byte & 0x40 != 0 && shift + 7 < 64;
                return Ok(if is_negative { value | (-1 << (shift + 7)) } else { value });
            }
            previous = byte;
        }
        Err(RefusalCode::Structure)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unsigned(bytes: &[u8]) -> Result<u64, RefusalCode> {
        Reader::new(bytes).unsigned()
    }

    fn signed(bytes: &[u8]) -> Result<i64, RefusalCode> {
        Reader::new(bytes).signed()
    }

    #[test]
    fn integers_are_read_up_to_the_ends_of_their_range() {
        assert_eq!(unsigned(&[0]), Ok(0));
        assert_eq!(unsigned(&[0x81, 1]), Ok(129));
        assert_eq!(unsigned(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]), Ok(u64::MAX));
        assert_eq!(signed(&[0x7f]), Ok(-1));
        assert_eq!(signed(&[0xc0, 0]), Ok(64));
        assert_eq!(signed(&[0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f]), Ok(i64::MIN));
        assert_eq!(signed(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0]), Ok(i64::MAX));
    }

    #[test]
    fn integers_longer_than_needed_are_not_canonical() {
        for bytes in [&[0x80, 0][..], &[0x81, 0x80, 0]] {
            assert_eq!(unsigned(bytes), Err(RefusalCode::NotCanonical), "{bytes:x?}");
        }
        for bytes in [&[0x80, 0][..], &[0xff, 0x7f], &[0x81, 0x80, 0]] {
            assert_eq!(signed(bytes), Err(RefusalCode::NotCanonical), "{bytes:x?}");
        }
    }

    #[test]
    fn integers_that_overflow_or_end_early_are_refused() {
        for bytes in
            [&[][..], &[0x80], &[0xff; 10], &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2]]
        {
            assert_eq!(unsigned(bytes), Err(RefusalCode::Structure), "{bytes:x?}");
            assert_eq!(signed(bytes), Err(RefusalCode::Structure), "{bytes:x?}");
        }
    }

    #[test]
    fn a_count_is_capped_by_the_bytes_left() {
        assert_eq!(Reader::new(&[2, 0, 0]).count_of(1), Ok(2));
        assert_eq!(Reader::new(&[3, 0, 0]).count_of(1), Err(RefusalCode::Structure));
        assert_eq!(Reader::new(&[1, 0, 0]).count_of(32), Err(RefusalCode::Structure));
    }
}
