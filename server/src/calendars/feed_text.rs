//! Writes the calendar of an address (RFC 5545): one event for each order with a window. A cancelled one stays, cancelled.

use std::collections::BTreeMap;

use icalendar::{Calendar, Component as _, Event, EventLike as _};
use sync_core::ids::{RecordId, UserId};
use sync_core::time::Timestamp;

use super::feeds::hash_of;
use crate::app::App;
use crate::orders::list_orders::{ListedOrder, rows_of};
use crate::reference::{ReferenceFields as _, SiteFields, TeamFields};
use crate::refusal::Refusal;
use crate::store::calendar_feeds::{self, CalendarFeedRow};
use crate::store::order_search::{self, OrderFilter, OrderQuery, OrderSort, SortKey, TimeRange};
use crate::store::{Tx, orders, users};

const DAY_MS: i64 = 86_400_000;
const PAST_DAYS: i64 = 90;
const AHEAD_DAYS: i64 = 400;
/// Events of one calendar; the later ones are left out.
const EVENTS_MAX: u32 = 1_000;

/// The calendar behind a secret address.
///
/// # Errors
///
/// `NotFound` for an address that was never made, that has ended, or whose person may no longer sign in, alike.
pub async fn calendar_of(app: &App, token: &str) -> Result<String, Refusal> {
    let mut tx = app.store.begin_system_read().await?;
    let found = calendar_feeds::find(&mut tx, &hash_of(token)).await?;
    tx.commit().await?;
    let (organization, feed) = found.ok_or(Refusal::NotFound)?;
    let mut tx = app.store.begin_read(organization).await?;
    let (name, people) = people_of(&mut tx, &feed).await?;
    let now = app.clock.now();
    let places =
        if people.is_empty() { Vec::new() } else { order_search::page(&mut tx, &query(people, now)).await? };
    let ids: Vec<_> = places.iter().map(|place| place.order).collect();
    let rows = rows_of(&mut tx, &ids, now).await?;
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

/// What the calendar is called, and whose visits it shows.
async fn people_of(tx: &mut Tx, feed: &CalendarFeedRow) -> Result<(String, Vec<UserId>), Refusal> {
    if let Some(team) = feed.team {
        let team = TeamFields::get(tx, team).await?.filter(|team| !team.archived).ok_or(Refusal::NotFound)?;
        return Ok((team.fields.name, team.fields.member_ids));
    }
    let user = feed.user.ok_or(Refusal::NotFound)?;
    let user = users::get(tx, user).await?.filter(|user| user.disabled_at.is_none());
    user.map(|user| (user.name, vec![user.id])).ok_or(Refusal::NotFound)
}

fn query(people: Vec<UserId>, now: Timestamp) -> OrderQuery {
    let window = TimeRange {
        from: Some(now.plus_millis(-PAST_DAYS * DAY_MS)),
        until: Some(now.plus_millis(AHEAD_DAYS * DAY_MS)),
    };
    OrderQuery {
        filter: OrderFilter { technicians: vec![people], window, ..OrderFilter::default() },
        sort: OrderSort { key: SortKey::Window, is_descending: false },
        after: None,
        limit: EVENTS_MAX,
    }
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
