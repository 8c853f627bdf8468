//! What a list of orders is narrowed to. Never what it is sorted by.

use serde::Serialize;
use sync_core::ids::{RecordId, UserId};
use sync_core::order::Priority;
use sync_core::order::plan::Place;
use sync_core::time::Timestamp;
use sync_core::workflow::StatusCategory;

use super::driver::{Driver, Mark};
use super::sort::SortKey;
use crate::store::order_list::{FAR_FUTURE, OrderListRow, category_rank, of_rank};
use crate::store::statement::{Statement, Value};

/// What a list is narrowed to; absent fields do not narrow.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct OrderFilter {
    /// One state of a workflow.
    pub state: Option<String>,
    /// One category of states.
    pub category: Option<StatusCategory>,
    /// Orders whose work is ahead or under way, or not.
    pub is_open: Option<bool>,
    /// Orders that one of these works on; each group has to be met.
    pub technicians: Vec<Vec<UserId>>,
    /// Orders of this customer.
    pub customer: Option<RecordId>,
    /// Orders at this site.
    pub site: Option<RecordId>,
    /// Orders about this equipment.
    pub equipment: Option<RecordId>,
    /// Orders of this kind.
    pub kind: Option<String>,
    /// Orders of this priority.
    pub priority: Option<Priority>,
    /// Orders in this place.
    pub place: Option<Place>,
    /// Orders in this currency.
    pub currency: Option<String>,
    /// Orders whose lines are paid, or not.
    pub is_paid: Option<bool>,
    /// Orders with something to decide, or without.
    pub needs_attention: Option<bool>,
    /// Orders nobody works on, or somebody does.
    pub is_unassigned: Option<bool>,
    /// Orders in the shared pool, that nobody works on yet and somebody may take, or not.
    pub is_in_pool: Option<bool>,
    /// Orders that are late at that moment, or not.
    #[serde(skip)]
    pub is_late: Option<(bool, Timestamp)>,
    /// Orders whose window touches this time.
    pub window: TimeRange,
    /// Orders promised for this time.
    pub promised: TimeRange,
    /// Orders created in this time.
    pub created: TimeRange,
    /// Beginnings of folded words, all of which occur.
    pub words: Vec<String>,
}

/// From a moment up to, not including, another one; an absent one does not narrow.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct TimeRange {
    /// Not before.
    pub from: Option<Timestamp>,
    /// Before.
    pub until: Option<Timestamp>,
}

impl TimeRange {
    /// From where up to, not including, where; `None` where neither narrows.
    fn bounds(self) -> Option<(i64, i64)> {
        let is_bounded = self.from.is_some() || self.until.is_some();
        let end = self.until.map_or(FAR_FUTURE, |until| until.0);
        is_bounded.then(|| (self.from.map_or(i64::MIN, |from| from.0), end))
    }
}

/// The rank up to which an order is open.
const LAST_OPEN: i64 = category_rank(StatusCategory::Waiting);

/// The condition that an order is late: what was promised has passed while its work is not over, or its window has
/// passed and nobody has set out. `now` is the place of that moment.
pub(crate) fn late_condition(now: &str) -> String {
    let (_, open_end) = of_rank(LAST_OPEN);
    let (_, planned_end) = of_rank(category_rank(StatusCategory::Scheduled));
    format!(
        "(s.sort_status < {open_end} AND (s.sort_promised < {now} OR \
         (s.sort_status < {planned_end} AND s.window_end < {now})))"
    )
}

/// The same of a row that was read.
pub(crate) fn is_late(row: &OrderListRow, now: Timestamp) -> bool {
    let (_, open_end) = of_rank(LAST_OPEN);
    let (_, planned_end) = of_rank(category_rank(StatusCategory::Scheduled));
    row.status < open_end && (row.promised < now.0 || row.status < planned_end && row.window_end < now.0)
}

impl OrderFilter {
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The parts that name orders by an index of their own.
    pub(super) fn drivers(&self) -> impl Iterator<Item = Driver<'_>> {
        let words = self.words.iter().map(|word| Driver::Word(word));
        let technicians = self.technicians.iter().map(|users| Driver::Technicians(users));
        // What is in the pool has nobody yet.
        let is_unassigned = self.is_unassigned == Some(true) || self.is_in_pool == Some(true);
        let records = [
            self.customer.map(Driver::Customer),
            self.site.map(Driver::Site),
            self.equipment.map(Driver::Equipment),
            self.category.map(|category| Driver::Between("sort_status", of_rank(category_rank(category)))),
            self.open_bounds().map(|bounds| Driver::Between("sort_status", bounds)),
            self.promised.bounds().map(|bounds| Driver::Between("sort_promised", bounds)),
            self.created.bounds().map(|bounds| Driver::Between("created_at", bounds)),
            self.priority.map(|priority| Driver::Between("sort_priority", of_rank(priority as i64))),
            self.window_around().map(Driver::Window),
            self.state.as_deref().map(|state| Driver::Text("state", state)),
            self.kind.as_deref().map(|kind| Driver::Text("kind", kind)),
            self.place.map(|place| Driver::Text("place", place.as_str())),
            self.currency.as_deref().map(|currency| Driver::Text("currency", currency)),
            (self.needs_attention == Some(true)).then_some(Driver::Marked(Mark::ATTENTION)),
            is_unassigned.then_some(Driver::Marked(Mark::UNASSIGNED)),
        ];
        records.into_iter().flatten().chain(technicians).chain(words)
    }

    /// The ranks of open orders, which late ones are, or of those that are over.
    fn open_bounds(&self) -> Option<(i64, i64)> {
        let (_, end) = of_rank(LAST_OPEN);
        let is_late = self.is_late.is_some_and(|(is_late, _)| is_late);
        match self.is_open {
            Some(false) => Some((end, i64::MAX)),
            Some(true) => Some((i64::MIN, end)),
            None => is_late.then_some((i64::MIN, end)),
        }
    }

    /// The time that windows have to touch, where it has a beginning.
    fn window_around(&self) -> Option<(i64, i64)> {
        self.window.from.and(self.window.bounds())
    }

    /// Appends the conditions on a row `s`, of the drivers those that are left to be met; the cheap ones first.
    /// `place` is the place of the organization, and how rows are joined in the order of the text.
    pub(super) fn push_conditions(
        &self,
        statement: &mut Statement,
        place: (&str, &str),
        is_left: impl Fn(&Driver<'_>) -> bool,
    ) {
        self.push_own(statement, place);
        for driver in self.drivers().filter(is_left) {
            driver.push_condition(statement, place);
        }
    }

    fn push_own(&self, statement: &mut Statement, place: (&str, &str)) {
        if let Some(is_in_pool) = self.is_in_pool {
            let (organization, _) = place;
            let not = if is_in_pool { "" } else { "NOT " };
            statement.push(&format!(
                " AND {not}(s.assignee_count = 0 AND EXISTS (SELECT 1 FROM order_assignees p \
                 WHERE p.organization_id = {organization} AND p.order_id = s.order_id AND p.crew_role = 'offered'))"
            ));
        }
        self.push_columns(statement);
    }

    /// What the filter says about the column of a sort: from which value up to, not including, which.
    pub(super) fn range_of(&self, key: SortKey) -> Option<(i64, i64)> {
        match key {
            SortKey::Status => self.category.map(category_rank).map(of_rank).or_else(|| self.open_bounds()),
            SortKey::Priority => self.priority.map(|priority| of_rank(priority as i64)),
            SortKey::Promised => self.promised.bounds(),
            SortKey::Window => self.window.until.map(|until| (i64::MIN, until.0)),
            SortKey::Listed | SortKey::Number | SortKey::Customer => None,
        }
    }

    fn push_columns(&self, statement: &mut Statement) {
        if let Some(is_paid) = self.is_paid {
            statement.push(if is_paid { " AND s.is_paid" } else { " AND NOT s.is_paid" });
        }
        if self.needs_attention == Some(false) {
            statement.push(" AND s.attention_count = 0");
        }
        if self.is_unassigned == Some(false) {
            statement.push(" AND s.assignee_count > 0");
        }
        if let Some((is_late, now)) = self.is_late {
            let now = statement.place(Value::Number(now.0));
            statement.push(if is_late { " AND " } else { " AND NOT " }).push(&late_condition(&now));
        }
        self.push_times(statement);
    }

    fn push_times(&self, statement: &mut Statement) {
        if let Some((_, end)) = self.window.bounds() {
            statement.push(" AND (s.sort_window + 0) < ").bind(Value::Number(end));
        }
        if let Some(from) = self.window.from {
            statement.push(" AND s.window_end > ").bind(Value::Number(from.0));
        }
    }
}

pub(super) fn push_between(statement: &mut Statement, column: &str, (first, end): (i64, i64)) {
    statement.push(&format!(" AND {column} >= ")).bind(Value::Number(first));
    statement.push(&format!(" AND {column} < ")).bind(Value::Number(end));
}
