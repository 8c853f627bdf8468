//! Reads the run-length encodings of a column run by run; never expands a run.

use super::RefusalCode;
use super::reader::Reader;

/// So many equal rows. `None` is a run of nulls.
pub(super) struct Run<T> {
    pub(super) count: u64,
    pub(super) value: Option<T>,
}

/// The runs of one column; each value of a literal counts as a run of one.
pub(super) struct Runs<'a> {
    reader: Reader<'a>,
    literals_left: u64,
}

impl<'a> Runs<'a> {
    pub(super) const fn new(column: &'a [u8]) -> Self {
        Self { reader: Reader::new(column), literals_left: 0 }
    }

    /// Returns the next run, its value read by `read_value`; `None` at the end of the column.
    pub(super) fn next<T>(
        &mut self,
        read_value: impl FnOnce(&mut Reader<'a>) -> Result<T, RefusalCode>,
    ) -> Result<Option<Run<T>>, RefusalCode> {
        if self.literals_left == 0 {
            if self.reader.remaining() == 0 {
                return Ok(None);
            }
            match self.reader.signed()? {
                0 => return self.null_run().map(Some),
                count @ 1.. => {
                    let value = Some(read_value(&mut self.reader)?);
                    return Ok(Some(Run { count: count.unsigned_abs(), value }));
                }
                literals => self.begin_literal(literals)?,
            }
        }
        self.literals_left -= 1;
        Ok(Some(Run { count: 1, value: Some(read_value(&mut self.reader)?) }))
    }

    fn null_run<T>(&mut self) -> Result<Run<T>, RefusalCode> {
        match self.reader.unsigned()? {
            0 => Err(RefusalCode::NotCanonical),
            count => Ok(Run { count, value: None }),
        }
    }

    /// Every value of a literal takes at least one byte.
    fn begin_literal(&mut self, negative_count: i64) -> Result<(), RefusalCode> {
        let count = negative_count.unsigned_abs();
        if count > self.reader.remaining() {
            return Err(RefusalCode::Structure);
        }
        self.literals_left = count;
        Ok(())
    }
}

/// The rows of a boolean column and whether any is true. Counts alternate, false first.
pub(super) fn scan_booleans(column: &[u8]) -> Result<(u64, bool), RefusalCode> {
    let mut reader = Reader::new(column);
    let mut rows = 0_u64;
    let mut value = false;
    let mut any_true = false;
    while reader.remaining() > 0 {
        let count = reader.unsigned()?;
        if count == 0 && (value || rows > 0) {
            return Err(RefusalCode::NotCanonical);
        }
        rows = rows.saturating_add(count);
        any_true |= value && count > 0;
        value = !value;
    }
    Ok((rows, any_true))
}
