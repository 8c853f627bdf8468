//! What every page begins with, in one look: the life of the server, the end of the reference rows, the ends of feeds.

use std::collections::BTreeMap;

use sync_core::time::Timestamp;

use crate::on_db;
use crate::store::columns::{digest_of, unsigned};
use crate::store::exchange_state::{BACKUP_WATERMARK, EPOCH, number};
use crate::store::feed::{ScopeHead, ScopeId};
use crate::store::lengths::lists;
use crate::store::{Result, Tx};

/// What pages that are read on one state of the database share.
#[derive(Debug, Clone, Default)]
pub struct PageGround {
    /// Which life of the server this is.
    pub epoch: u64,
    /// Up to when changes received survive the loss of the database.
    pub backup_watermark: Option<Timestamp>,
    /// The position of the last reference row.
    pub reference_end: i64,
    /// Where the feeds end; scopes without a row have empty feeds.
    pub ends: BTreeMap<ScopeId, ScopeHead>,
}

const REFERENCE: &str = "reference";
const SCOPE: &str = "scope";

const SELECT: &str = "SELECT name, value, CAST(0 AS BIGINT), CAST(0 AS BIGINT), CAST(0 AS BIGINT) \
     FROM server_settings WHERE name IN (";

type Columns = (String, Option<Vec<u8>>, i64, i64, i64);

/// Reads what pages of these scopes share.
pub async fn of_scopes(tx: &mut Tx, scopes: &[ScopeId]) -> Result<PageGround> {
    let organization = tx.organization();
    let mut ground = PageGround::default();
    for list in lists(scopes) {
        let rows: Vec<Columns> = on_db!(tx, |db| {
            let mut query = sqlx::QueryBuilder::new(SELECT);
            query.push_bind(EPOCH).push(", ").push_bind(BACKUP_WATERMARK).push(") UNION ALL SELECT ");
            query
                .push_bind(REFERENCE)
                .push(", NULL, head, 0, 0 FROM reference_heads WHERE organization_id = ");
            query.push_bind(organization.as_bytes().as_slice()).push(" UNION ALL SELECT ");
            query.push_bind(SCOPE).push(", scope, head, digest_low, digest_high FROM scopes ");
            query.push("WHERE organization_id = ").push_bind(organization.as_bytes().as_slice());
            query.push(" AND scope IN (");
            let mut members = query.separated(", ");
            for scope in &list {
                members.push_bind(scope.as_slice());
            }
            query.push(")");
            query.build_query_as().fetch_all(db).await
        })?;
        for (name, value, head, low, high) in rows {
            let value = value.unwrap_or_default();
            match name.as_str() {
                EPOCH => ground.epoch = number(&value)?,
                BACKUP_WATERMARK => {
                    ground.backup_watermark = i64::try_from(number(&value)?).ok().map(Timestamp);
                }
                REFERENCE => ground.reference_end = head,
                _ => {
                    let end = ScopeHead { head: unsigned(head), digest: digest_of(low, high) };
                    ground.ends.extend(value.try_into().ok().map(|scope: ScopeId| (scope, end)));
                }
            }
        }
    }
    Ok(ground)
}
