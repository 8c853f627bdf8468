//! Which folded words customers, sites and equipment are found by. Never the words of orders.

use std::collections::BTreeSet;

use sync_core::ids::RecordId;

use crate::on_db;
use crate::reference::{Record, ReferenceFields, found_by};
use crate::store::lengths::pieces;
use crate::store::{Result, Tx};

/// Makes the words of a record that was just written what it says.
pub(crate) async fn follow<F: ReferenceFields>(tx: &mut Tx, record: &Record<F>) -> Result<()> {
    let words = found_by(&record.fields);
    if record.version == 1 {
        return add(tx, F::KIND, record.id, &words.iter().collect::<Vec<_>>()).await;
    }
    replace(tx, F::KIND, record.id, &words).await
}

/// Makes these the words of a record.
pub async fn replace(tx: &mut Tx, kind: &str, id: RecordId, words: &BTreeSet<String>) -> Result<()> {
    let known = of_record(tx, kind, id).await?;
    for word in known.difference(words) {
        remove(tx, kind, id, word).await?;
    }
    add(tx, kind, id, &words.difference(&known).collect::<Vec<_>>()).await
}

async fn add(tx: &mut Tx, kind: &str, id: RecordId, words: &[&String]) -> Result<()> {
    let organization = tx.organization();
    for some in pieces(words) {
        on_db!(tx, |db| {
            let mut query =
                sqlx::QueryBuilder::new("INSERT INTO record_words (organization_id, word, kind, id) ");
            query.push_values(some, |mut row, word| {
                row.push_bind(organization.as_bytes().as_slice())
                    .push_bind(word.as_str())
                    .push_bind(kind)
                    .push_bind(id.as_bytes().as_slice());
            });
            query.push(" ON CONFLICT (organization_id, word, kind, id) DO NOTHING");
            query.build().execute(db).await.map(|_| ())
        })?;
    }
    Ok(())
}

async fn remove(tx: &mut Tx, kind: &str, id: RecordId, word: &str) -> Result<()> {
    let organization = tx.organization();
    on_db!(tx, |db| sqlx::query(
        "DELETE FROM record_words WHERE organization_id = $1 AND word = $2 AND kind = $3 AND id = $4"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(word)
    .bind(kind)
    .bind(id.as_bytes().as_slice())
    .execute(db)
    .await
    .map(|_| ()))?;
    Ok(())
}

/// The words of one record.
pub async fn of_record(tx: &mut Tx, kind: &str, id: RecordId) -> Result<BTreeSet<String>> {
    let organization = tx.organization();
    let words: Vec<String> = on_db!(tx, |db| sqlx::query_scalar(
        "SELECT word FROM record_words WHERE organization_id = $1 AND kind = $2 AND id = $3"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(kind)
    .bind(id.as_bytes().as_slice())
    .fetch_all(db)
    .await)?;
    Ok(words.into_iter().collect())
}
