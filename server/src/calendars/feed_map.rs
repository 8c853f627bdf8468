//! Writes the same visits as a map (GeoJSON, RFC 7946): one point for each order whose site has a position. Never where a
//! person is.

use serde_json::json;

use super::visits::{Shown, open_address};
use crate::app::App;
use crate::exports::feature_of;
use crate::refusal::Refusal;
use crate::store::sites;

/// The map behind a secret address.
///
/// # Errors
///
/// Those of the calendar.
pub async fn map_of(app: &App, token: &str) -> Result<String, Refusal> {
    let (mut tx, Shown { name, rows }) = open_address(app, token).await?;
    let site_ids: Vec<_> = rows.iter().filter_map(|row| row.summary.site).collect();
    let positions = sites::positions(&mut tx, &site_ids).await?;
    tx.commit().await?;
    let placed = rows.iter().filter_map(|row| Some((row, *positions.get(&row.summary.site?)?)));
    let features: Vec<_> = placed.map(|(row, position)| feature_of(row, position)).collect();
    Ok(json!({ "type": "FeatureCollection", "name": name, "features": features }).to_string())
}
