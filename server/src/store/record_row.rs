//! Reads the columns of reference tables into records. Never writes one.

use sync_core::ids::RecordId;
use sync_core::time::Timestamp;

use crate::messages::Language;
use crate::reference::CatalogueKind;
use crate::store::{Result, StoreError, read_id};
use sync_core::tax_id::TaxIdKind;

/// Reads one row of either database: `record_row!(row, SiteFields { name: text, latitude_e7: optional_number })`.
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

pub(crate) fn id(bytes: Vec<u8>) -> Result<RecordId> {
    read_id(&bytes)
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

pub(crate) fn catalogue_kind(name: String) -> Result<CatalogueKind> {
    CatalogueKind::from_name(&name).ok_or_else(|| StoreError::internal("a stored catalogue kind is unknown"))
}

pub(crate) fn names(json: String) -> Result<std::collections::BTreeMap<Language, String>> {
    serde_json::from_str(&json).map_err(|error| StoreError::internal(&error.to_string()))
}
