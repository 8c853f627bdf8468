//! Sums what the columns of a change expand to; never trusts one column about the length of another.

use super::reader::Reader;
use super::runs::{Run, Runs, scan_booleans};
use super::{Limits, RefusalCode};

/// The columns of a change chunk, ascending, as `column id << 4 | type`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Spec {
    ObjectActor,
    ObjectCounter,
    KeyActor,
    KeyCounter,
    KeyText,
    Insert,
    Action,
    ValueMeta,
    ValueRaw,
    PredecessorCount,
    PredecessorActor,
    PredecessorCounter,
    MarkExpand,
    MarkName,
}

/// In the order of [`Spec`].
const SPECS: [u64; 14] = [0x01, 0x02, 0x11, 0x13, 0x15, 0x34, 0x42, 0x56, 0x57, 0x70, 0x71, 0x73, 0x94, 0xa5];

const MAKE_MAP: u64 = 0;
const PUT: u64 = 1;
const DELETE: u64 = 3;
/// Lists, texts, increments, tables and marks: known to Automerge, unused by orders.
const ACTION_LAST: u64 = 7;

/// The columns of one change, each empty when absent.
pub(super) struct Columns<'a> {
    data: [&'a [u8]; SPECS.len()],
}

/// What the columns expand to.
pub(super) struct Counts {
    pub(super) operations: u64,
    pub(super) predecessors: u64,
    /// Something well formed that orders do not use.
    pub(super) uses_unsupported: bool,
}

impl<'a> Columns<'a> {
    /// Reads the column table and slices the data after it: known columns, each once, ascending, none empty.
    pub(super) fn read(reader: &mut Reader<'a>) -> Result<Self, RefusalCode> {
        let count = reader.unsigned()?;
        let mut lengths = [0_u64; SPECS.len()];
        let mut first_allowed = 0;
        for _ in 0..count {
            let spec = reader.unsigned()?;
            let length = reader.unsigned()?;
            let index = SPECS
                .iter()
                .position(|known| *known == spec)
                .filter(|index| *index >= first_allowed && length > 0)
                .ok_or(RefusalCode::Structure)?;
            lengths[index] = length;
            first_allowed = index + 1;
        }
        let mut data = [&[][..]; SPECS.len()];
        for (slice, length) in data.iter_mut().zip(lengths) {
            *slice = reader.take(length)?;
        }
        Ok(Self { data })
    }

    fn get(&self, spec: Spec) -> &'a [u8] {
        self.data[spec as usize]
    }

    /// Counts operations and predecessors, and holds every column to them.
    pub(super) fn count(&self, actor_count: usize, limits: &Limits) -> Result<Counts, RefusalCode> {
        let (operations, is_plain) = self.scan_actions(limits)?;
        let predecessors = self.scan_predecessors(operations, actor_count, limits)?;
        self.scan_objects(operations, actor_count, limits)?;
        let has_element_keys = self.scan_element_keys(operations, actor_count, limits)?;
        self.scan_text_keys(operations, limits)?;
        let has_inserts = self.scan_inserts(operations)?;
        let has_counters = self.scan_values(operations, limits)?;
        let has_marks = self.scan_marks(operations, limits)?;
        Ok(Counts {
            operations,
            predecessors,
            uses_unsupported: !is_plain || has_element_keys || has_inserts || has_counters || has_marks,
        })
    }

    /// The action column decides how many operations there are; Automerge stops reading where it ends.
    fn scan_actions(&self, limits: &Limits) -> Result<(u64, bool), RefusalCode> {
        let mut operations = 0_u64;
        let mut is_plain = true;
        let mut runs = Runs::new(self.get(Spec::Action));
        while let Some(Run { count, value }) = runs.next(Reader::unsigned)? {
            let action = value.filter(|action| *action <= ACTION_LAST).ok_or(RefusalCode::Structure)?;
            is_plain &= matches!(action, MAKE_MAP | PUT | DELETE);
            operations = operations.saturating_add(count);
        }
        if operations > limits.operations_max {
            Err(RefusalCode::TooManyOps)
        } else {
            Ok((operations, is_plain))
        }
    }

    fn scan_predecessors(
        &self,
        operations: u64,
        actor_count: usize,
        limits: &Limits,
    ) -> Result<u64, RefusalCode> {
        let mut rows = 0_u64;
        let mut predecessors = 0_u64;
        let mut runs = Runs::new(self.get(Spec::PredecessorCount));
        while let Some(Run { count, value }) = runs.next(Reader::unsigned)? {
            let group = value.ok_or(RefusalCode::Structure)?;
            rows = rows.saturating_add(count);
            predecessors = predecessors.saturating_add(count.saturating_mul(group));
        }
        if predecessors > limits.predecessors_max {
            return Err(RefusalCode::TooManyOps);
        }
        expect_rows(rows, operations)?;
        let actors = scan_actor_column(self.get(Spec::PredecessorActor), actor_count)?;
        let counters = scan_counter_deltas(self.get(Spec::PredecessorCounter), limits)?;
        if actors.nulls + counters.nulls > 0 || actors.rows != predecessors || counters.rows != predecessors {
            return Err(RefusalCode::Structure);
        }
        Ok(predecessors)
    }

    fn scan_objects(&self, operations: u64, actor_count: usize, limits: &Limits) -> Result<(), RefusalCode> {
        let actors = scan_actor_column(self.get(Spec::ObjectActor), actor_count)?;
        let counters = scan_counters(self.get(Spec::ObjectCounter), limits)?;
        actors.expect_present_rows(operations)?;
        counters.expect_present_rows(operations)
    }

    /// Element keys point into lists. Whether there are any.
    fn scan_element_keys(
        &self,
        operations: u64,
        actor_count: usize,
        limits: &Limits,
    ) -> Result<bool, RefusalCode> {
        let actors = scan_actor_column(self.get(Spec::KeyActor), actor_count)?;
        let counters = scan_counter_deltas(self.get(Spec::KeyCounter), limits)?;
        actors.expect_present_rows(operations)?;
        counters.expect_present_rows(operations)?;
        Ok(actors.rows + counters.rows > 0)
    }

    fn scan_text_keys(&self, operations: u64, limits: &Limits) -> Result<(), RefusalCode> {
        let mut rows = 0_u64;
        let mut expanded_bytes = 0_u64;
        let mut runs = Runs::new(self.get(Spec::KeyText));
        while let Some(Run { count, value }) = runs.next(read_text)? {
            rows = rows.saturating_add(count);
            let Some(key) = value else { continue };
            expanded_bytes = expanded_bytes.saturating_add(count.saturating_mul(key.len() as u64));
            if expanded_bytes > limits.expanded_key_bytes_max {
                return Err(RefusalCode::TooManyOps);
            }
            check_key(key, limits)?;
        }
        if rows == 0 { Ok(()) } else { expect_rows(rows, operations) }
    }

    fn scan_inserts(&self, operations: u64) -> Result<bool, RefusalCode> {
        let (rows, any_true) = scan_booleans(self.get(Spec::Insert))?;
        expect_rows(rows, operations)?;
        Ok(any_true)
    }

    /// Holds the value lengths to the value bytes. Whether there are counters.
    fn scan_values(&self, operations: u64, limits: &Limits) -> Result<bool, RefusalCode> {
        let mut rows = 0_u64;
        let mut has_counters = false;
        let mut raw = Reader::new(self.get(Spec::ValueRaw));
        let mut runs = Runs::new(self.get(Spec::ValueMeta));
        while let Some(Run { count, value }) = runs.next(Reader::unsigned)? {
            let meta = value.ok_or(RefusalCode::Structure)?;
            rows = rows.saturating_add(count);
            has_counters |= scan_value_run(count, meta, &mut raw, limits)?;
        }
        if raw.remaining() > 0 {
            return Err(RefusalCode::Structure);
        }
        expect_rows(rows, operations)?;
        Ok(has_counters)
    }

    /// Formatting of rich text. Whether there is any.
    fn scan_marks(&self, operations: u64, limits: &Limits) -> Result<bool, RefusalCode> {
        let expand = self.get(Spec::MarkExpand);
        let names = self.get(Spec::MarkName);
        if !expand.is_empty() {
            expect_rows(scan_booleans(expand)?.0, operations)?;
        }
        let mut rows = 0_u64;
        let mut expanded_bytes = 0_u64;
        let mut runs = Runs::new(names);
        while let Some(Run { count, value }) = runs.next(read_text)? {
            rows = rows.saturating_add(count);
            let name_bytes = value.map_or(0, |name| name.len() as u64);
            expanded_bytes = expanded_bytes.saturating_add(count.saturating_mul(name_bytes));
        }
        if expanded_bytes > limits.expanded_key_bytes_max {
            return Err(RefusalCode::TooManyOps);
        }
        if !names.is_empty() {
            expect_rows(rows, operations)?;
        }
        Ok(!expand.is_empty() || !names.is_empty())
    }
}

/// The rows of a column that holds numbers or nulls.
#[derive(Default)]
struct NumberRows {
    rows: u64,
    nulls: u64,
}

impl NumberRows {
    fn add<T>(&mut self, run: &Run<T>) {
        let total = if run.value.is_some() { &mut self.rows } else { &mut self.nulls };
        *total = total.saturating_add(run.count);
    }

    /// A column that is there has a row for every operation, and not only nulls.
    fn expect_present_rows(&self, operations: u64) -> Result<(), RefusalCode> {
        match (self.rows, self.nulls) {
            (0, 0) => Ok(()),
            (0, _) => Err(RefusalCode::NotCanonical),
            (rows, nulls) => expect_rows(rows.saturating_add(nulls), operations),
        }
    }
}

fn expect_rows(rows: u64, operations: u64) -> Result<(), RefusalCode> {
    if rows == operations { Ok(()) } else { Err(RefusalCode::Structure) }
}

/// Actors are named by their place among the change's own actor and the others it lists.
fn scan_actor_column(column: &[u8], actor_count: usize) -> Result<NumberRows, RefusalCode> {
    let mut total = NumberRows::default();
    let mut runs = Runs::new(column);
    while let Some(run) = runs.next(Reader::unsigned)? {
        if run.value.is_some_and(|actor| actor >= actor_count as u64) {
            return Err(RefusalCode::Structure);
        }
        total.add(&run);
    }
    Ok(total)
}

fn scan_counters(column: &[u8], limits: &Limits) -> Result<NumberRows, RefusalCode> {
    let mut total = NumberRows::default();
    let mut runs = Runs::new(column);
    while let Some(run) = runs.next(Reader::unsigned)? {
        if run.value.is_some_and(|counter| counter == 0 || counter >= limits.op_counter_end) {
            return Err(RefusalCode::Structure);
        }
        total.add(&run);
    }
    Ok(total)
}

/// Counters stored as differences. Within a run they move one way, so its ends bound them all.
fn scan_counter_deltas(column: &[u8], limits: &Limits) -> Result<NumberRows, RefusalCode> {
    let mut total = NumberRows::default();
    let mut counter = 0_i64;
    let mut runs = Runs::new(column);
    while let Some(run) = runs.next(Reader::signed)? {
        if let Some(difference) = run.value {
            let first = counter.saturating_add(difference);
            let steps = i64::try_from(run.count).map_err(|_| RefusalCode::Structure)?;
            counter = counter.saturating_add(difference.saturating_mul(steps));
            let is_in_range =
                |counter: i64| u64::try_from(counter).is_ok_and(|at| at < limits.op_counter_end);
            if !is_in_range(first) || !is_in_range(counter) {
                return Err(RefusalCode::Structure);
            }
        }
        total.add(&run);
    }
    Ok(total)
}

fn read_text<'a>(reader: &mut Reader<'a>) -> Result<&'a [u8], RefusalCode> {
    let length = reader.unsigned()?;
    reader.take(length)
}

/// Keys become parts of paths and names of columns in exports.
fn check_key(key: &[u8], limits: &Limits) -> Result<(), RefusalCode> {
    let text = std::str::from_utf8(key).map_err(|_| RefusalCode::Structure)?;
    let is_plain = !text.is_empty()
        && text.len() <= limits.key_bytes_max
        && !text.contains(|c: char| c == '/' || c.is_control());
    if is_plain { Ok(()) } else { Err(RefusalCode::Structure) }
}

/// Takes the bytes of equal-length values off `raw`. Whether they are counters.
fn scan_value_run(count: u64, meta: u64, raw: &mut Reader<'_>, limits: &Limits) -> Result<bool, RefusalCode> {
    let length = meta >> 4;
    let is_sound = match meta & 0x0f {
        0..=2 => length == 0,
        3 | 4 | 8 | 9 => (1..=10).contains(&length),
        5 => length == 8,
        6 => length <= limits.string_bytes_max,
        7 => true,
        _ => false,
    };
    if !is_sound {
        return Err(RefusalCode::Structure);
    }
    let bytes = raw.take(count.saturating_mul(length))?;
    // Text with NUL cannot be stored by PostgreSQL.
    if meta & 0x0f == 6 && bytes.contains(&0) {
        return Err(RefusalCode::Structure);
    }
    Ok(meta & 0x0f == 8)
}
