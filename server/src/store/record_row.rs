//! Reads reference tables into records: one by id, or a page by name. Never writes one.

use sync_core::ids::RecordId;
use sync_core::time::Timestamp;

use crate::messages::Language;
use crate::reference::{CatalogueKind, CustomerKind};
use crate::store::{Result, StoreError, read_id};
use sync_core::tax_id::TaxIdKind;

/// Reads one row of either database.
macro_rules! record_row {
    ($row:expr, $fields:ident { $($name:ident: $read:ident),* $(,)? }) => {{
        use sqlx::Row as _;
        use $crate::store::record_row as read;
        let row = $row;
        (|| -> $crate::store::Result<$crate::reference::Record<$fields>> {
            Ok($crate::reference::Record {
                id: read::id(row.try_get("id")?)?,
                version: row.try_get("version")?,
                archived: row.try_get("archived")?,
                created_at: read::timestamp(row.try_get("created_at")?)?,
                updated_at: read::timestamp(row.try_get("updated_at")?)?,
                fields: $fields { $($name: read::$read(row.try_get(stringify!($name))?)?),* },
            })
        })()
    }};
}
pub(crate) use record_row;

/// The functions `get` and `list` of a table whose columns are named as the fields of its record. `only` narrows a list
/// with further values, from `$7` on.
macro_rules! record_queries {
    (
        $table:literal,
        $fields:ident { $($name:ident: $read:ident),* $(,)? },
        only: $only:literal,
        |$page:ident| [$($value:expr),*]
    ) => {
        /// The record of an id.
        pub async fn get(
            tx: &mut $crate::store::Tx,
            id: sync_core::ids::RecordId,
        ) -> $crate::store::Result<Option<$crate::reference::Record<$fields>>> {
            let organization = tx.organization();
            $crate::on_db!(tx, |db| sqlx::query(concat!(
                "SELECT id, archived, version, created_at, updated_at" $(, ", ", stringify!($name))*,
                " FROM ", $table, " WHERE organization_id = $1 AND id = $2"
            ))
            .bind(organization.as_bytes().as_slice())
            .bind(id.as_bytes().as_slice())
            .fetch_optional(db)
            .await?
            .map(|row| $crate::store::record_row::record_row!(row, $fields { $($name: $read),* }))
            .transpose())
        }

        /// One page by name.
        pub async fn list(
            tx: &mut $crate::store::Tx,
            $page: &$crate::store::ListPage,
        ) -> $crate::store::Result<Vec<$crate::reference::Record<$fields>>> {
            let organization = tx.organization();
            $crate::on_db!(tx, |db| sqlx::query(concat!(
                "SELECT id, archived, version, created_at, updated_at" $(, ", ", stringify!($name))*,
                " FROM ", $table, " WHERE organization_id = $1 AND search LIKE $2 ESCAPE '\\' \
                 AND (NOT archived OR $3) AND (sort_name, id) > ($4, $5) ", $only,
                " ORDER BY sort_name, id LIMIT $6"
            ))
            .bind(organization.as_bytes().as_slice())
            .bind($page.pattern.as_str())
            .bind($page.with_archived)
            .bind($page.after_name.as_str())
            .bind($page.after_id.as_slice())
            .bind($page.count_max)
            $(.bind($value))*
            .fetch_all(db)
            .await?
            .into_iter()
            .map(|row| $crate::store::record_row::record_row!(row, $fields { $($name: $read),* }))
            .collect())
        }
    };
}
pub(crate) use record_queries;

pub(crate) fn id(bytes: Vec<u8>) -> Result<RecordId> {
    read_id(&bytes)
}

pub(crate) fn optional_id(bytes: Option<Vec<u8>>) -> Result<Option<RecordId>> {
    bytes.map(|bytes| read_id(&bytes)).transpose()
}

pub(crate) fn timestamp(millis: i64) -> Result<Timestamp> {
    Ok(Timestamp(millis))
}

pub(crate) fn text(text: String) -> Result<String> {
    Ok(text)
}

pub(crate) fn flag(flag: bool) -> Result<bool> {
    Ok(flag)
}

pub(crate) fn number(number: i64) -> Result<i64> {
    Ok(number)
}

pub(crate) fn optional_number(number: Option<i64>) -> Result<Option<i64>> {
    Ok(number)
}

pub(crate) fn optional_language(name: String) -> Result<Option<Language>> {
    Ok(Language::from_name(&name))
}

pub(crate) fn optional_tax_id_kind(name: String) -> Result<Option<TaxIdKind>> {
    Ok(TaxIdKind::from_name(&name))
}

pub(crate) fn optional_customer_kind(name: String) -> Result<Option<CustomerKind>> {
    Ok(CustomerKind::from_name(&name))
}

pub(crate) fn catalogue_kind(name: String) -> Result<CatalogueKind> {
    CatalogueKind::from_name(&name).ok_or_else(|| StoreError::internal("a stored catalogue kind is unknown"))
}

pub(crate) fn names(json: String) -> Result<std::collections::BTreeMap<Language, String>> {
    serde_json::from_str(&json).map_err(|error| StoreError::internal(&error.to_string()))
}
