//! Makes and ends secret addresses of calendars. An address is shown once; afterwards only its hash is known.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use sync_core::ids::{RecordId, UserId};
use sync_core::time::Timestamp;

use crate::accounts::Principal;
use crate::app::App;
use crate::audit::{self, AuditEntry};
use crate::clock::{fresh_id, random_bytes};
use crate::reference::{ReferenceFields as _, TeamFields};
use crate::refusal::{FieldProblem, Refusal};
use crate::store::calendar_feeds::{self, CalendarFeedRow};
use crate::store::users;

/// 256 bits.
const TOKEN_BYTES: usize = 32;

/// Whose calendar: a person's or a team's.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CalendarFeedFields {
    #[serde(default)]
    pub technician: Option<UserId>,
    #[serde(default)]
    pub team: Option<RecordId>,
}

/// An address, without the address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CalendarFeed {
    pub id: RecordId,
    pub technician: Option<UserId>,
    pub team: Option<RecordId>,
    pub created_by: UserId,
    pub created_at: Timestamp,
    pub revoked_at: Option<Timestamp>,
}

/// A new address, shown this once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CalendarFeedMade {
    #[serde(flatten)]
    pub feed: CalendarFeed,
    /// The path of the calendar on this server.
    pub path: String,
    /// The path of the same visits as a map, GeoJSON.
    pub map_path: String,
}

impl From<CalendarFeedRow> for CalendarFeed {
    fn from(row: CalendarFeedRow) -> Self {
        let CalendarFeedRow { id, user, team, created_by, created_at, revoked_at } = row;
        Self { id, technician: user, team, created_by, created_at, revoked_at }
    }
}

pub(super) fn hash_of(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// Makes an address. Everybody may for themselves, the office for everybody.
pub async fn create_feed(
    app: &App,
    principal: &Principal,
    fields: CalendarFeedFields,
) -> Result<CalendarFeedMade, Refusal> {
    let CalendarFeedFields { technician, team } = fields;
    if technician != Some(principal.user) || team.is_some() {
        principal.require_office()?;
    }
    let now = app.clock.now();
    let mut tx = app.store.begin_write(principal.organization).await?;
    match (technician, team) {
        (Some(user), None) => {
            users::get(&mut tx, user).await?.ok_or(Refusal::invalid("technician", FieldProblem::Unknown))?;
        }
        (None, Some(team)) => {
            let team = TeamFields::get(&mut tx, team).await?;
            team.ok_or(Refusal::invalid("team", FieldProblem::Unknown))?;
        }
        (None, None) => return Err(Refusal::invalid("technician", FieldProblem::Required)),
        (Some(_), Some(_)) => return Err(Refusal::invalid("team", FieldProblem::Format)),
    }
    let token = URL_SAFE_NO_PAD.encode(random_bytes::<TOKEN_BYTES>());
    let row = CalendarFeedRow {
        id: RecordId::from_bytes(fresh_id()),
        user: technician,
        team,
        created_by: principal.user,
        created_at: now,
        revoked_at: None,
    };
    calendar_feeds::insert(&mut tx, &row, &hash_of(&token)).await?;
    audit::append(&mut tx, principal.author(), entry("create", row.id), now).await?;
    tx.commit().await?;
    let path = |ending| format!("/calendar/{token}.{ending}");
    Ok(CalendarFeedMade { feed: row.into(), path: path("ics"), map_path: path("geojson") })
}

fn entry(verb: &str, id: RecordId) -> AuditEntry {
    AuditEntry { action: format!("calendar_feed.{verb}"), subject: id.to_string(), details: json!({}) }
}

/// The addresses the caller made or that show the caller; the office sees all.
pub async fn list_feeds(app: &App, principal: &Principal) -> Result<Vec<CalendarFeed>, Refusal> {
    let mut tx = app.store.begin_read(principal.organization).await?;
    let rows = calendar_feeds::list(&mut tx).await?;
    tx.commit().await?;
    let is_visible = |row: &CalendarFeedRow| is_of(principal, row);
    Ok(rows.into_iter().filter(is_visible).map(CalendarFeed::from).collect())
}

/// Ends an address at once.
pub async fn revoke_feed(app: &App, principal: &Principal, id: RecordId) -> Result<(), Refusal> {
    let now = app.clock.now();
    let mut tx = app.store.begin_write(principal.organization).await?;
    let rows = calendar_feeds::list(&mut tx).await?;
    let row = rows.iter().find(|row| row.id == id && is_of(principal, row)).ok_or(Refusal::NotFound)?;
    if calendar_feeds::revoke(&mut tx, row.id, now).await? {
        audit::append(&mut tx, principal.author(), entry("revoke", id), now).await?;
    }
    tx.commit().await?;
    Ok(())
}

fn is_of(principal: &Principal, row: &CalendarFeedRow) -> bool {
    principal.require_office().is_ok() || row.created_by == principal.user || row.user == Some(principal.user)
}
