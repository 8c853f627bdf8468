//! Sends one message of the log, and writes into the log what became of it. Never one that was sent or given up.

use sync_core::ids::{OrganizationId, RecordId};
use sync_core::time::Timestamp;

use crate::app::App;
use crate::mail::MailFailure;
use crate::mail::compose::{Unwritable, compose};
use crate::refusal::Refusal;
use crate::store::job_rows::{self, LeasedJobRow};
use crate::store::messages::{self, MessageEnd, MessageRow};
use crate::store::{StoreError, Tx};

const MINUTE_MS: i64 = 60_000;
/// What is waited after each failed attempt; after the last one a mail is given up: two days and a half.
const SCHEDULE_MINUTES: [i64; 10] = [1, 5, 15, 30, 60, 120, 240, 480, 960, 1_440];

pub async fn send_mail(
    app: &App,
    organization: OrganizationId,
    id: RecordId,
    lease: &LeasedJobRow,
) -> Result<(), Refusal> {
    let mut tx = app.store.begin_read(organization).await?;
    let row = messages::get(&mut tx, id).await?;
    tx.commit().await?;
    let Some(row) = row.filter(is_to_be_sent) else { return Ok(()) };
    let (state, reason) = attempt(app, organization, &row).await?;
    let now = app.clock.now();
    let mut tx = app.store.begin_write(organization).await?;
    if !job_rows::holds(&mut tx, lease).await? {
        return Ok(());
    }
    let attempts = row.attempts + 1;
    let is_last = wait_ms(attempts).is_none();
    let state = if state == "waiting" && is_last { "failed" } else { state };
    messages::record(&mut tx, id, MessageEnd { state, reason: &reason, attempts }, now).await?;
    tx.commit().await?;
    Ok(())
}

/// The state after an attempt, and why.
async fn attempt(
    app: &App,
    organization: OrganizationId,
    row: &MessageRow,
) -> Result<(&'static str, String), Refusal> {
    let Some(mailer) = &app.mailer else { return Ok(("not_sent", "no_mail_server".to_owned())) };
    let mail = match compose(app, mailer, organization, row).await {
        Ok(mail) => mail,
        Err(Unwritable::Never(reason)) => return Ok(("failed", reason)),
        Err(Unwritable::Refused(refusal)) => return Err(refusal),
    };
    Ok(match mailer.send(mail).await {
        Ok(()) => ("sent", String::new()),
        Err(MailFailure::Temporary(reason)) => ("waiting", reason),
        Err(MailFailure::Permanent(reason)) => ("bounced", reason),
    })
}

fn is_to_be_sent(row: &MessageRow) -> bool {
    matches!(row.state.as_str(), "queued" | "waiting")
}

fn wait_ms(attempts: i64) -> Option<i64> {
    let index = usize::try_from(attempts - 1).ok()?;
    SCHEDULE_MINUTES.get(index).map(|minutes| minutes * MINUTE_MS)
}

/// When a message that waits is tried again.
pub(crate) async fn next_attempt(
    tx: &mut Tx,
    id: RecordId,
    now: Timestamp,
) -> Result<Option<Timestamp>, StoreError> {
    let row = messages::get(tx, id).await?.filter(is_to_be_sent);
    Ok(row.map(|row| now.plus_millis(wait_ms(row.attempts).unwrap_or(0))))
}
