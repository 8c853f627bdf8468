//! The places of customers. Never checks that the customer exists.

use std::collections::BTreeMap;

use sync_core::ids::RecordId;

use crate::on_db;
use crate::reference::{Record, ReferenceFields, SiteFields};
use crate::search_text::fold;
use crate::store::lengths::{lists, push_orders};
use crate::store::record_row::record_queries;
use crate::store::{Result, Tx, read_id};

/// Writes a record; false when the stored version is not the one before the record's.
pub async fn save(tx: &mut Tx, record: &Record<SiteFields>) -> Result<bool> {
    let organization = tx.organization();
    let fields = &record.fields;
    let count = on_db!(tx, |db| {
        sqlx::query(
        "INSERT INTO sites (organization_id, id, archived, sort_name, search, version, created_at, updated_at, \
         customer_id, name, street, number, complement, district, city, region, postal_code, \
         country, instructions, latitude_e7, longitude_e7) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21) \
         ON CONFLICT (organization_id, id) DO UPDATE SET \
         archived = excluded.archived, sort_name = excluded.sort_name, search = excluded.search, \
         version = excluded.version, updated_at = excluded.updated_at, \
         customer_id = excluded.customer_id, name = excluded.name, street = excluded.street, \
         number = excluded.number, complement = excluded.complement, \
         district = excluded.district, city = excluded.city, region = excluded.region, \
         postal_code = excluded.postal_code, country = excluded.country, \
         instructions = excluded.instructions, latitude_e7 = excluded.latitude_e7, \
         longitude_e7 = excluded.longitude_e7 \
         WHERE sites.version = excluded.version - 1"
    )
    .bind(organization.as_bytes().as_slice())
    .bind(record.id.as_bytes().as_slice())
    .bind(record.archived)
    .bind(fold(fields.title()))
    .bind(fold(&fields.search_text()))
    .bind(record.version)
    .bind(record.created_at.0)
    .bind(record.updated_at.0)
    .bind(fields.customer_id.as_bytes().as_slice())
    .bind(fields.name.as_str())
    .bind(fields.street.as_str())
    .bind(fields.number.as_str())
    .bind(fields.complement.as_str())
    .bind(fields.district.as_str())
    .bind(fields.city.as_str())
    .bind(fields.region.as_str())
    .bind(fields.postal_code.as_str())
    .bind(fields.country.as_str())
    .bind(fields.instructions.as_str())
    .bind(fields.latitude_e7)
    .bind(fields.longitude_e7)
    .execute(db)
    .await?
    .rows_affected()
    });
    Ok(count == 1)
}

/// Where these sites are, in 10⁻⁷ degrees, north and east; those without a position are left out.
pub async fn positions(tx: &mut Tx, sites: &[RecordId]) -> Result<BTreeMap<RecordId, (i64, i64)>> {
    let organization = tx.organization();
    let mut positions = BTreeMap::new();
    for list in lists(sites) {
        let rows: Vec<(Vec<u8>, i64, i64)> = on_db!(tx, |db| {
            let mut query = sqlx::QueryBuilder::new(
                "SELECT id, latitude_e7, longitude_e7 FROM sites WHERE latitude_e7 IS NOT NULL \
                 AND longitude_e7 IS NOT NULL AND organization_id = ",
            );
            query.push_bind(organization.as_bytes().as_slice());
            push_orders!(query, " AND id", list);
            query.build_query_as().fetch_all(db).await
        })?;
        for (id, latitude_e7, longitude_e7) in rows {
            positions.insert(read_id(&id)?, (latitude_e7, longitude_e7));
        }
    }
    Ok(positions)
}

record_queries! {
    "sites",
    SiteFields {
        customer_id: id,
        name: text,
        street: text,
        number: text,
        complement: text,
        district: text,
        city: text,
        region: text,
        postal_code: text,
        country: text,
        instructions: text,
        latitude_e7: optional_number,
        longitude_e7: optional_number,
    },
    only: "AND ($7 OR customer_id = $8) AND ($9 OR id IN (SELECT r.id FROM record_words r \
           WHERE r.organization_id = $1 AND r.kind = 'site' AND r.word >= $10 AND r.word < $11))",
    |page| [
        page.customer.is_none(),
        page.customer.map(|id| id.as_bytes().to_vec()).unwrap_or_default(),
        page.word.is_none(),
        page.words_like().0,
        page.words_like().1
    ]
}
