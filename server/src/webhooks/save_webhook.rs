//! Makes, changes, shows and forgets webhooks. Admins only; never shows a secret but when it makes one.

use serde_json::json;
use sync_core::ids::RecordId;

use crate::accounts::Principal;
use crate::app::App;
use crate::audit::{self, AuditEntry};
use crate::clock::fresh_id;
use crate::refusal::{FieldProblem, Refusal, optional_text};
use crate::store::webhooks::{self, WebhookRow};
use crate::store::{StoreError, Tx, listeners};
use crate::webhooks::{Webhook, WebhookFields, WebhookWithSecret, fresh_secret};

const WEBHOOKS_MAX: usize = 50;

pub async fn create_webhook(
    app: &App,
    principal: &Principal,
    fields: WebhookFields,
) -> Result<WebhookWithSecret, Refusal> {
    principal.require_admin()?;
    let fields = check(app, fields)?;
    let now = app.clock.now();
    let row = WebhookRow {
        id: RecordId::from_bytes(fresh_id()),
        url: fields.url,
        description: fields.description,
        event_types: fields.event_types,
        enabled: fields.enabled,
        disabled_because: because(fields.enabled),
        secret: fresh_secret(),
        old_secret: String::new(),
        old_secret_until: now,
        version: 1,
        created_at: now,
        updated_at: now,
    };
    let mut tx = app.store.begin_write(principal.organization).await?;
    if webhooks::list(&mut tx).await?.len() >= WEBHOOKS_MAX {
        return Err(Refusal::invalid("url", FieldProblem::Range));
    }
    write(app, principal, &mut tx, &row, "create").await?;
    tx.commit().await?;
    let secret = row.secret.clone();
    Ok(WebhookWithSecret { webhook: row.into(), secret })
}

/// Replaces what is said about a webhook that still has the caller's version.
pub async fn update_webhook(
    app: &App,
    principal: &Principal,
    id: RecordId,
    version: i64,
    fields: WebhookFields,
) -> Result<Webhook, Refusal> {
    principal.require_admin()?;
    let fields = check(app, fields)?;
    let mut tx = app.store.begin_write(principal.organization).await?;
    let before = take(&mut tx, id, version).await?;
    let row = WebhookRow {
        url: fields.url,
        description: fields.description,
        event_types: fields.event_types,
        disabled_because: if fields.enabled == before.enabled {
            before.disabled_because
        } else {
            because(fields.enabled)
        },
        enabled: fields.enabled,
        version: version + 1,
        updated_at: app.clock.now(),
        ..before
    };
    write(app, principal, &mut tx, &row, "update").await?;
    tx.commit().await?;
    Ok(row.into())
}

/// Forgets a webhook and what waits for it.
pub async fn delete_webhook(
    app: &App,
    principal: &Principal,
    id: RecordId,
    version: i64,
) -> Result<(), Refusal> {
    principal.require_admin()?;
    let now = app.clock.now();
    let mut tx = app.store.begin_write(principal.organization).await?;
    take(&mut tx, id, version).await?;
    if !webhooks::delete(&mut tx, id, version).await? {
        return Err(StoreError::Unavailable("a concurrent write came first".into()).into());
    }
    listeners::advance(&mut tx, now).await?;
    note(app, principal, &mut tx, id, "delete").await?;
    tx.commit().await?;
    Ok(())
}

pub async fn get_webhook(app: &App, principal: &Principal, id: RecordId) -> Result<Webhook, Refusal> {
    principal.require_admin()?;
    let mut tx = app.store.begin_read(principal.organization).await?;
    Ok(webhooks::get(&mut tx, id).await?.ok_or(Refusal::NotFound)?.into())
}

pub async fn list_webhooks(app: &App, principal: &Principal) -> Result<Vec<Webhook>, Refusal> {
    principal.require_admin()?;
    let mut tx = app.store.begin_read(principal.organization).await?;
    Ok(webhooks::list(&mut tx).await?.into_iter().map(Webhook::from).collect())
}

fn because(enabled: bool) -> String {
    if enabled { String::new() } else { "person".to_owned() }
}

fn check(app: &App, mut fields: WebhookFields) -> Result<WebhookFields, Refusal> {
    fields.url = app.receivers.check(&fields.url)?;
    fields.description = optional_text("description", &fields.description, 400)?;
    if fields.event_types.iter().any(|kind| !kind.is_for_webhooks()) {
        return Err(Refusal::invalid("event_types", FieldProblem::Unknown));
    }
    fields.event_types.sort_unstable();
    fields.event_types.dedup();
    Ok(fields)
}

/// The webhook, when it still is what the caller saw.
pub(super) async fn take(tx: &mut Tx, id: RecordId, version: i64) -> Result<WebhookRow, Refusal> {
    let row = webhooks::get(tx, id).await?.ok_or(Refusal::NotFound)?;
    if row.version == version {
        return Ok(row);
    }
    let current = serde_json::to_value(Webhook::from(row));
    Err(Refusal::Stale { current: current.map_err(|error| Refusal::internal(&error.to_string()))? })
}

pub(super) async fn write(
    app: &App,
    principal: &Principal,
    tx: &mut Tx,
    row: &WebhookRow,
    action: &str,
) -> Result<(), Refusal> {
    if !webhooks::save(tx, row).await? {
        return Err(StoreError::Unavailable("a concurrent write came first".into()).into());
    }
    listeners::advance(tx, app.clock.now()).await?;
    note(app, principal, tx, row.id, action).await
}

async fn note(
    app: &App,
    principal: &Principal,
    tx: &mut Tx,
    id: RecordId,
    action: &str,
) -> Result<(), Refusal> {
    let entry =
        AuditEntry { action: format!("webhook.{action}"), subject: id.to_string(), details: json!({}) };
    audit::append(tx, principal.author(), entry, app.clock.now()).await?;
    Ok(())
}
