//! Where equipment was, whose it was and what it was a part of. Rows are only ever added.

use schemars::JsonSchema;
use serde::Serialize;
use sync_core::ids::{RecordId, UserId};
use sync_core::time::Timestamp;

use crate::on_db;
use crate::reference::{EquipmentFields, Record};
use crate::store::{Result, Tx, read_id};

/// Moves of one piece of equipment that are read.
const MOVES_MAX: i64 = 1_000;

/// Where a piece of equipment was from a moment on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct EquipmentMove {
    /// The version of the equipment that said so.
    pub version: i64,
    pub at: Timestamp,
    /// Who wrote it; absent for what was so before moves were kept.
    pub by: Option<UserId>,
    pub customer_id: RecordId,
    pub site_id: Option<RecordId>,
    pub parent_id: Option<RecordId>,
}

/// Notes where a version of the equipment is.
pub async fn add(tx: &mut Tx, record: &Record<EquipmentFields>, by: Option<UserId>) -> Result<()> {
    let organization = tx.organization();
    let fields = &record.fields;
    let bytes = |id: Option<RecordId>| id.map(|id| id.as_bytes().to_vec());
    on_db!(tx, |db| {
        sqlx::query(
            "INSERT INTO equipment_moves (organization_id, equipment_id, version, moved_at, moved_by, customer_id, \
             site_id, parent_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(organization.as_bytes().as_slice())
        .bind(record.id.as_bytes().as_slice())
        .bind(record.version)
        .bind(record.updated_at.0)
        .bind(by.map(|by| by.as_bytes().to_vec()))
        .bind(fields.customer_id.as_bytes().as_slice())
        .bind(bytes(fields.site_id))
        .bind(bytes(fields.parent_id))
        .execute(db)
        .await
        .map(drop)?;
    });
    Ok(())
}

type Columns = (i64, i64, Option<Vec<u8>>, Vec<u8>, Option<Vec<u8>>, Option<Vec<u8>>);

/// The moves of a piece of equipment, the newest first.
pub async fn of(tx: &mut Tx, equipment: RecordId) -> Result<Vec<EquipmentMove>> {
    let organization = tx.organization();
    let rows: Vec<Columns> = on_db!(tx, |db| sqlx::query_as(
        "SELECT version, moved_at, moved_by, customer_id, site_id, parent_id FROM equipment_moves \
         WHERE organization_id = $1 AND equipment_id = $2 ORDER BY version DESC LIMIT $3"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(equipment.as_bytes().as_slice())
    .bind(MOVES_MAX)
    .fetch_all(db)
    .await?);
    rows.into_iter().map(read_move).collect()
}

fn read_move((version, at, by, customer, site, parent): Columns) -> Result<EquipmentMove> {
    Ok(EquipmentMove {
        version,
        at: Timestamp(at),
        by: by.map(|by| read_id(&by)).transpose()?,
        customer_id: read_id(&customer)?,
        site_id: site.map(|site| read_id(&site)).transpose()?,
        parent_id: parent.map(|parent| read_id(&parent)).transpose()?,
    })
}
