//! The organization's matrix and what each person turned off in it. Admins write the first, everybody their own.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::accounts::Principal;
use crate::app::App;
use crate::audit::{self, AuditEntry};
use crate::events::EventKind;
use crate::notifications::settings::{Channel, NotificationSettings};
use crate::refusal::{FieldProblem, Refusal};
use crate::store::{StoreError, listeners, notifications};

const TURNED_OFF_MAX: usize = 100;

/// The matrix, and its version for the entity tag.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Settings {
    pub version: i64,
    #[serde(flatten)]
    pub settings: NotificationSettings,
}

pub async fn get_settings(app: &App, principal: &Principal) -> Result<Settings, Refusal> {
    principal.require_office()?;
    let mut tx = app.store.begin_read(principal.organization).await?;
    let row = listeners::get(&mut tx).await?.ok_or(Refusal::NotFound)?;
    Ok(Settings { version: row.settings_version, settings: NotificationSettings::read(&row.settings) })
}

/// Replaces the matrix that still has the caller's version.
pub async fn save_settings(
    app: &App,
    principal: &Principal,
    version: i64,
    settings: NotificationSettings,
) -> Result<Settings, Refusal> {
    principal.require_admin()?;
    settings.check()?;
    let now = app.clock.now();
    let mut tx = app.store.begin_write(principal.organization).await?;
    let row = listeners::get(&mut tx).await?.ok_or(Refusal::NotFound)?;
    if row.settings_version != version {
        let settings = NotificationSettings::read(&row.settings);
        let current = Settings { version: row.settings_version, settings };
        return Err(Refusal::Stale { current: serde_json::to_value(current).unwrap_or_default() });
    }
    let stored = serde_json::to_string(&settings).map_err(|error| Refusal::internal(&error.to_string()))?;
    if !listeners::save_settings(&mut tx, &stored, version + 1, now).await? {
        return Err(StoreError::Unavailable("a concurrent write came first".into()).into());
    }
    let entry = AuditEntry {
        action: "notification_settings.update".to_owned(),
        subject: principal.organization.to_string(),
        details: json!({ "version": version + 1 }),
    };
    audit::append(&mut tx, principal.author(), entry, now).await?;
    tx.commit().await?;
    Ok(Settings { version: version + 1, settings })
}

/// What a person does not want to hear by some way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TurnedOff {
    pub event: EventKind,
    pub channel: Channel,
}

/// What one person turned off.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Preferences {
    pub version: i64,
    pub turned_off: Vec<TurnedOff>,
}

/// Reads the stored form; what no longer can be read turns nothing off.
pub(super) fn read_turned_off(stored: &str) -> Vec<TurnedOff> {
    serde_json::from_str(stored).unwrap_or_default()
}

pub async fn get_preferences(app: &App, principal: &Principal) -> Result<Preferences, Refusal> {
    let mut tx = app.store.begin_read(principal.organization).await?;
    let (stored, version) = notifications::preferences(&mut tx, principal.user).await?;
    Ok(Preferences { version, turned_off: read_turned_off(&stored) })
}

/// Replaces what the caller turned off, when it still has the caller's version.
pub async fn save_preferences(
    app: &App,
    principal: &Principal,
    version: i64,
    mut turned_off: Vec<TurnedOff>,
) -> Result<Preferences, Refusal> {
    if turned_off.len() > TURNED_OFF_MAX {
        return Err(Refusal::invalid("turned_off", FieldProblem::TooLong));
    }
    turned_off.sort_unstable();
    turned_off.dedup();
    let stored = serde_json::to_string(&turned_off).map_err(|error| Refusal::internal(&error.to_string()))?;
    let now = app.clock.now();
    let mut tx = app.store.begin_write(principal.organization).await?;
    let (before, current) = notifications::preferences(&mut tx, principal.user).await?;
    if current != version {
        let current = Preferences { version: current, turned_off: read_turned_off(&before) };
        return Err(Refusal::Stale { current: serde_json::to_value(current).unwrap_or_default() });
    }
    if !notifications::save_preferences(&mut tx, principal.user, &stored, version + 1, now).await? {
        return Err(StoreError::Unavailable("a concurrent write came first".into()).into());
    }
    tx.commit().await?;
    Ok(Preferences { version: version + 1, turned_off })
}
