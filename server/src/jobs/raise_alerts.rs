//! Raises each warning that a record runs out exactly once: its row commits with the event that tells people.

use jiff::ToSpan as _;
use jiff::civil::Date;
use sync_core::ids::OrganizationId;
use sync_core::time::Timestamp;

use crate::app::App;
use crate::events::{self, Event};
use crate::reference::{
    DAYS_BEFORE_MAX, ExpiringRecordFields, PrescriptionFields, Record, ReferenceFields, StaffProfileFields,
};
use crate::refusal::Refusal;
use crate::store::{Tx, organizations, record_alerts, records};

/// What ran out longer ago is not told any more.
const PAST_DAYS_MAX: i64 = 60;
const ROWS_AT_ONCE: i64 = 500;

/// Looks at every organization, each in its own time zone.
pub async fn raise_alerts(app: &App) -> Result<(), Refusal> {
    let organizations = organizations::all(&app.store).await?;
    for organization in organizations {
        raise_of::<ExpiringRecordFields>(app, organization).await?;
        raise_of::<PrescriptionFields>(app, organization).await?;
        raise_of::<StaffProfileFields>(app, organization).await?;
    }
    Ok(())
}

async fn raise_of<F: ReferenceFields>(app: &App, organization: OrganizationId) -> Result<(), Refusal> {
    let now = app.clock.now();
    let mut after: Option<(String, Vec<u8>)> = None;
    loop {
        let mut tx = app.store.begin_write(organization).await?;
        let today = today_of(&mut tx, now).await?;
        let until = day_text(today, i64::from(DAYS_BEFORE_MAX));
        let from = after.take().unwrap_or((day_text(today, -PAST_DAYS_MAX), Vec::new()));
        let rows = records::due_after::<F>(&mut tx, &from, &until, ROWS_AT_ONCE).await?;
        let mut raised = Vec::new();
        for record in &rows {
            raised.extend(raise_one(&mut tx, record, today, now).await?);
        }
        events::announce(&mut tx, raised).await?;
        tx.commit().await?;
        let last = rows.last().and_then(|last| Some((last.fields.due_on()?.to_owned(), last)));
        match last {
            Some((due_on, last)) => after = Some((due_on, last.id.as_bytes().to_vec())),
            None => return Ok(()),
        }
    }
}

/// The newest warning whose day has come, unless it was raised for this day of expiry before.
async fn raise_one<F: ReferenceFields>(
    tx: &mut Tx,
    record: &Record<F>,
    today: Date,
    now: Timestamp,
) -> Result<Option<Event>, Refusal> {
    let Some(due_on) = record.fields.due_on() else { return Ok(None) };
    let Ok(due) = due_on.parse::<Date>() else { return Ok(None) };
    let Some(days) = reached(&record.fields.alert_days(), due, today) else { return Ok(None) };
    if !record_alerts::raise(tx, F::KIND, record.id, (due_on, days), now).await? {
        return Ok(None);
    }
    let stage = format!("{days} days before {due_on}");
    Ok(Some(Event::record_expiring(record.id, record.fields.alert_name(), due_on, &stage, now)))
}

/// The smallest number of days before the end that has been reached.
fn reached(days_before: &[u32], due: Date, today: Date) -> Option<u32> {
    let is_reached =
        |days: &u32| due.checked_sub(i64::from(*days).days()).is_ok_and(|begins| begins <= today);
    days_before.iter().copied().filter(is_reached).min()
}

async fn today_of(tx: &mut Tx, now: Timestamp) -> Result<Date, Refusal> {
    let profile = organizations::get(tx).await?.ok_or(Refusal::NotFound)?;
    let zone = jiff::tz::TimeZone::get(&profile.zone).unwrap_or(jiff::tz::TimeZone::UTC);
    let now =
        jiff::Timestamp::from_millisecond(now.0).map_err(|error| Refusal::internal(&error.to_string()))?;
    Ok(now.to_zoned(zone).date())
}

fn day_text(today: Date, days: i64) -> String {
    today.checked_add(days.days()).unwrap_or(today).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_warning_whose_day_has_come_counts() {
        let due: Date = "2027-01-31".parse().unwrap();
        let on = |day: &str| reached(&[30, 7, 0], due, day.parse().unwrap());

        assert_eq!(on("2026-12-31"), None);
        assert_eq!(on("2027-01-01"), Some(30));
        assert_eq!(on("2027-01-23"), Some(30));
        assert_eq!(on("2027-01-24"), Some(7));
        assert_eq!(on("2027-02-15"), Some(0));
        assert_eq!(reached(&[], due, due), None);
    }
}
