//! Writes the calendar of an address (RFC 5545): one event for each order with a window. A cancelled one stays, cancelled.

use std::collections::BTreeMap;

use icalendar::{Calendar, Component as _, Event, EventLike as _};
use sync_core::ids::RecordId;
use sync_core::time::Timestamp;

use super::visits::{Shown, open_address};
use crate::app::App;
use crate::orders::list_orders::ListedOrder;
use crate::reference::{ReferenceFields as _, SiteFields};
use crate::refusal::Refusal;
use crate::store::{Tx, orders};

/// The calendar behind a secret address.
///
/// # Errors
///
/// Those of [`open_address`].
pub async fn calendar_of(app: &App, token: &str) -> Result<String, Refusal> {
    let (mut tx, Shown { name, rows }) = open_address(app, token).await?;
    let now = app.clock.now();
    let ids: Vec<_> = rows.iter().map(|row| row.summary.order).collect();
    let heads = orders::heads_of(&mut tx, &ids).await?;
    let addresses = addresses_of(&mut tx, &rows).await?;
    tx.commit().await?;
    let mut calendar = Calendar::new();
    calendar.name(&name).append_property(("METHOD", "PUBLISH"));
    for row in &rows {
        let version = heads.get(&row.summary.order).map_or(0, |head| head.version);
        let address = row.summary.site.and_then(|site| addresses.get(&site));
        if let Some(event) = event_of(row, (&app.server_id, version, now), address) {
            calendar.push(event);
        }
    }
    Ok(calendar.to_string())
}

async fn addresses_of(tx: &mut Tx, rows: &[ListedOrder]) -> Result<BTreeMap<RecordId, String>, Refusal> {
    let mut addresses = BTreeMap::new();
    for site in rows.iter().filter_map(|row| row.summary.site) {
        if addresses.contains_key(&site) {
            continue;
        }
        if let Some(record) = SiteFields::get(tx, site).await? {
            let SiteFields { street, number, district, city, region, .. } = record.fields;
            let parts = [format!("{street} {number}").trim().to_owned(), district, city, region];
            let given: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
            addresses.insert(site, given.join(", "));
        }
    }
    Ok(addresses)
}

fn event_of(
    row: &ListedOrder,
    (server, version, now): (&str, i64, Timestamp),
    address: Option<&String>,
) -> Option<Event> {
    let summary = &row.summary;
    let (start, end) = summary.window_start.zip(summary.window_end)?;
    let number = summary.number.as_deref().map(|number| format!("#{number}"));
    let title: Vec<_> = [number.as_deref(), row.customer_name.as_deref(), summary.reason.as_deref()]
        .into_iter()
        .flatten()
        .collect();
    let status = match summary.category.as_str() {
        "cancelled" => "CANCELLED",
        "new" => "TENTATIVE",
        _ => "CONFIRMED",
    };
    let mut event = Event::new();
    event
        .uid(&format!("{}@{server}", summary.order))
        .summary(&title.join(" · "))
        .add_property("DTSTAMP", utc(now))
        .add_property("DTSTART", utc(start))
        .add_property("DTEND", utc(end))
        .add_property("SEQUENCE", version.to_string())
        .add_property("STATUS", status);
    if let Some(address) = address.filter(|address| !address.is_empty()) {
        event.location(address);
    }
    Some(event.done())
}

fn utc(at: Timestamp) -> String {
    let at = jiff::Timestamp::from_millisecond(at.0).unwrap_or_default();
    at.strftime("%Y%m%dT%H%M%SZ").to_string()
}
