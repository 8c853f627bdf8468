//! Replaces or compares the words that customers, sites and equipment are found by. Never the records themselves.

use sync_core::ids::OrganizationId;

use crate::projection::rebuild::RebuildMode;
use crate::reference::{CustomerFields, EquipmentFields, PageAnchor, ReferenceFields, SiteFields, found_by};
use crate::store::{ListPage, Result, Store, record_words};

/// Records looked up at once.
const RECORDS_AT_ONCE: i64 = 500;

pub(super) async fn words(
    store: &Store,
    organization: OrganizationId,
    mode: RebuildMode,
) -> Result<Option<&'static str>> {
    let are_same = words_of::<CustomerFields>(store, organization, mode).await?
        && words_of::<SiteFields>(store, organization, mode).await?
        && words_of::<EquipmentFields>(store, organization, mode).await?;
    Ok((!are_same).then_some("the words of its records differ"))
}

/// Whether the words of every record of a kind are what they should be; after writing they are.
async fn words_of<F: ReferenceFields>(
    store: &Store,
    organization: OrganizationId,
    mode: RebuildMode,
) -> Result<bool> {
    let mut after = PageAnchor { name: String::new(), id: Vec::new() };
    loop {
        let mut tx = match mode {
            RebuildMode::Write => store.begin_write(organization).await?,
            RebuildMode::Check => store.begin_read(organization).await?,
        };
        let page = ListPage {
            pattern: "%".to_owned(),
            after_name: after.name,
            after_id: after.id,
            count_max: RECORDS_AT_ONCE,
            with_archived: true,
            customer: None,
            due_before: None,
            barcode: None,
            word: None,
        };
        let records = F::list(&mut tx, &page).await?;
        for record in &records {
            let words = found_by(&record.fields);
            match mode {
                RebuildMode::Write => record_words::replace(&mut tx, F::KIND, record.id, &words).await?,
                RebuildMode::Check => {
                    if record_words::of_record(&mut tx, F::KIND, record.id).await? != words {
                        return Ok(false);
                    }
                }
            }
        }
        tx.commit().await?;
        let Some(last) = records.last() else { return Ok(true) };
        after = PageAnchor::after(last.fields.title(), last.id.as_bytes());
    }
}
