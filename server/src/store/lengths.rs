//! Cuts lists to few lengths, so that few statement texts are ever prepared. Never changes what a list means.

/// Rows in one statement; a power of two.
const ROWS_MAX: usize = 32;
/// Members of one `IN (…)`; a power of two.
const MEMBERS_MAX: usize = 256;

/// The rows in order, in pieces whose lengths are powers of two, for `INSERT … VALUES`.
pub(crate) fn pieces<T>(rows: &[T]) -> impl Iterator<Item = &[T]> {
    let mut rest = rows;
    std::iter::from_fn(move || {
        let length = 1 << rest.len().min(ROWS_MAX).checked_ilog2()?;
        let (piece, after) = rest.split_at(length);
        rest = after;
        Some(piece)
    })
}

/// The rows in order, in statements whose numbers of rows are powers of two: the last row stands there repeatedly, not
/// meant. For `insert_meant!`.
pub(crate) fn filled<T>(rows: &[T]) -> impl Iterator<Item = (&[T], impl Iterator<Item = (bool, &T)>)> {
    rows.chunks(ROWS_MAX).map(|some| {
        let filling = some.len().next_power_of_two() - some.len();
        let last = some.last().into_iter().cycle().take(filling);
        (some, some.iter().map(|row| (true, row)).chain(last.map(|row| (false, row))))
    })
}

/// Begins an `INSERT` of rows of which the first value says whether they are meant, so that any number of rows makes few
/// statement texts. Expands to a query that `on conflict` clauses may follow.
macro_rules! insert_meant {
    ($into:expr, $columns:expr, $rows:expr, |$values:ident, $row:pat_param| $bind:expr) => {{
        let mut query = sqlx::QueryBuilder::new($into);
        query.push("SELECT ");
        let mut names = query.separated(", ");
        for column in 2..=$columns + 1 {
            names.push("column").push_unseparated(column);
        }
        query.push(" FROM (");
        query.push_values($rows, |mut values, (is_meant, $row)| {
            let $values = values.push_bind(is_meant);
            $bind;
        });
        query.push(") AS given WHERE column1");
        query
    }};
}
pub(crate) use insert_meant;

/// The members in few lists whose lengths are powers of two, for `IN (…)`: the last member stands there repeatedly.
pub(crate) fn lists<T: Copy>(members: &[T]) -> impl Iterator<Item = Vec<T>> {
    members.chunks(MEMBERS_MAX).map(|some| {
        let mut list = some.to_vec();
        list.resize(some.len().next_power_of_two(), some[some.len() - 1]);
        list
    })
}

/// Appends `… IN (…)` with the ids of a list, whichever database the query is for.
macro_rules! push_orders {
    ($query:ident, $column:literal, $list:ident) => {
        $query.push(concat!($column, " IN ("));
        let mut members = $query.separated(", ");
        for order in $list.iter() {
            members.push_bind(order.as_bytes().as_slice());
        }
        $query.push(")");
    };
}
pub(crate) use push_orders;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_the_rows_in_lengths_that_are_powers_of_two() {
        let rows: Vec<_> = (0..77).collect();

        let lengths: Vec<_> = pieces(&rows).map(<[_]>::len).collect();

        assert_eq!(lengths, [32, 32, 8, 4, 1]);
        assert_eq!(pieces(&rows).flatten().copied().collect::<Vec<_>>(), rows);
        assert_eq!(pieces::<i32>(&[]).count(), 0);
    }

    #[test]
    fn filled_rows_are_the_meant_ones_in_numbers_that_are_powers_of_two() {
        let rows: Vec<_> = (0..43).collect();

        let statements: Vec<Vec<_>> = filled(&rows).map(|(_, rows)| rows.collect()).collect();

        assert_eq!(statements.iter().map(Vec::len).collect::<Vec<_>>(), [32, 16]);
        let meant = statements.concat().into_iter().filter(|(is_meant, _)| *is_meant).map(|(_, row)| *row);
        assert_eq!(meant.collect::<Vec<_>>(), rows);
        assert_eq!(filled::<i32>(&[]).count(), 0);
    }

    #[test]
    fn lists_repeat_their_last_member() {
        assert_eq!(lists(&[1, 2, 3]).collect::<Vec<_>>(), [[1, 2, 3, 3]]);
        assert_eq!(lists(&[1]).collect::<Vec<_>>(), [[1]]);
        assert_eq!(lists::<i32>(&[]).count(), 0);
        assert_eq!(lists(&[0; 300]).map(|list| list.len()).collect::<Vec<_>>(), [256, 64]);
    }
}
