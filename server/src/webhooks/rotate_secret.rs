//! Gives a webhook another secret. The one before signs as well for a day, so that receivers change over in peace.

use sync_core::ids::RecordId;

use crate::accounts::Principal;
use crate::app::App;
use crate::refusal::Refusal;
use crate::store::webhooks::WebhookRow;
use crate::webhooks::save_webhook::{take, write};
use crate::webhooks::{WebhookWithSecret, fresh_secret};

const OVERLAP_MS: i64 = 24 * 3_600_000;

pub async fn rotate_secret(
    app: &App,
    principal: &Principal,
    id: RecordId,
    version: i64,
) -> Result<WebhookWithSecret, Refusal> {
    principal.require_admin()?;
    let now = app.clock.now();
    let mut tx = app.store.begin_write(principal.organization).await?;
    let before = take(&mut tx, id, version).await?;
    let row = WebhookRow {
        old_secret: before.secret,
        old_secret_until: now.plus_millis(OVERLAP_MS),
        secret: fresh_secret(),
        version: version + 1,
        updated_at: now,
        ..before
    };
    write(app, principal, &mut tx, &row, "rotate_secret").await?;
    tx.commit().await?;
    let secret = row.secret.clone();
    Ok(WebhookWithSecret { webhook: row.into(), secret })
}
