//! What the names in a batch of rows mean: looked up once for all of them. Never says why a name means nothing.

use std::collections::{BTreeMap, BTreeSet};

use sync_core::ids::RecordId;

use crate::imports::ImportKind;
use crate::store::{StoreError, Tx, import_keys};

/// The records that names stand for.
#[derive(Debug, Default)]
pub(super) struct Names(BTreeMap<(&'static str, String), RecordId>);

impl Names {
    /// Looks names up by what the other software calls a record; customers that rows of another kind refer to are found
    /// by their tax number too.
    pub async fn look_up(
        tx: &mut Tx,
        rows_are: ImportKind,
        wanted: &BTreeSet<(ImportKind, &str)>,
    ) -> Result<Self, StoreError> {
        let mut names = Self::default();
        for kind in ImportKind::ALL {
            let of_kind = wanted.iter().filter(|(wanted, _)| *wanted == kind);
            let of_kind: Vec<&str> = of_kind.map(|(_, name)| *name).collect();
            let found = import_keys::find_all(tx, kind.as_str(), &of_kind).await?;
            names.0.extend(found.into_iter().map(|(name, record)| ((kind.as_str(), name), record)));
            if kind != ImportKind::Customers || kind == rows_are {
                continue;
            }
            for name in of_kind {
                if names.get(kind, name).is_none()
                    && let Some(record) = by_tax_number(tx, name).await?
                {
                    names.0.insert((kind.as_str(), name.to_owned()), record);
                }
            }
        }
        Ok(names)
    }

    pub fn get(&self, kind: ImportKind, name: &str) -> Option<RecordId> {
        self.0.get(&(kind.as_str(), name.to_owned())).copied()
    }
}

async fn by_tax_number(tx: &mut Tx, name: &str) -> Result<Option<RecordId>, StoreError> {
    let compact: String = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_uppercase();
    if compact.is_empty() { Ok(None) } else { import_keys::customer_of_tax_id(tx, &compact).await }
}
