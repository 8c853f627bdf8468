//! Every record of one kind that belongs to a customer, archived ones too. Never those of another customer.

use sync_core::ids::RecordId;

use crate::reference::{ListQuery, PageAnchor, Record, ReferenceFields};
use crate::refusal::Refusal;
use crate::store::Tx;

const ROWS_AT_ONCE: i64 = 200;

pub(crate) async fn records_of<F: ReferenceFields>(
    tx: &mut Tx,
    customer: RecordId,
) -> Result<Vec<Record<F>>, Refusal> {
    let mut found: Vec<Record<F>> = Vec::new();
    loop {
        let page = found.last().map(|last| PageAnchor::after(last.fields.title(), last.id.as_bytes()));
        let rows_max = Some(ROWS_AT_ONCE);
        let query = ListQuery {
            page,
            rows_max,
            with_archived: true,
            customer: Some(customer),
            ..ListQuery::default()
        };
        let rows = F::list(tx, &query.to_page()?).await?;
        let is_last = rows.len() <= usize::try_from(ROWS_AT_ONCE).unwrap_or(usize::MAX);
        found.extend(rows);
        if is_last {
            return Ok(found);
        }
    }
}
