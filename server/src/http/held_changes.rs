//! `/v1/held-changes`: work that waits for the office. Never merges without being asked.

use actix_web::HttpResponse;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sync_core::ids::{ChangeHash, DeviceId, OrderId, UserId};
use sync_core::message::Outcome;
use sync_core::time::Timestamp;

use crate::accounts::Principal;
use crate::http::body::Json;
use crate::http::error::Problem;
use crate::http::node::Node;
use crate::orders::Caller;
use crate::orders::OrderRefusal;
use crate::orders::decide_held_change as deciding;
use crate::store::users;

/// One held change, without its content.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "HeldChange")]
pub struct HeldChangeResponse {
    order: OrderId,
    hash: ChangeHash,
    reason: String,
    user: UserId,
    device: Option<DeviceId>,
    received_at: Timestamp,
    kept_until: Timestamp,
}

/// Every held change of the organization.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "HeldChanges")]
pub struct HeldChangesResponse {
    changes: Vec<HeldChangeResponse>,
}

pub async fn list_held_changes(node: Node, principal: Principal) -> Result<HttpResponse, Problem> {
    let (app, caller) = (node.0.clone(), Caller::of(&principal));
    let rows = node.run(async move { deciding::list_held_changes(&app.orders, caller).await }).await?;
    let changes: Vec<_> = rows
        .into_iter()
        .map(|row| HeldChangeResponse {
            order: row.order,
            hash: row.hash,
            reason: row.reason.as_str().to_owned(),
            user: row.user,
            device: row.device,
            received_at: row.received_at,
            kept_until: row.kept_until,
        })
        .collect();
    Ok(HttpResponse::Ok().json(HeldChangesResponse { changes }))
}

/// Whose held work in which order is to be merged.
#[derive(Deserialize, JsonSchema)]
pub struct MergeRequest {
    order: OrderId,
    user: UserId,
}

/// What became of one change.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "MergedChange")]
pub struct MergedChangeResponse {
    hash: ChangeHash,
    /// `merged`, `held` or `refused`.
    result: &'static str,
}

/// What became of each change that was held.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "MergedChanges")]
pub struct MergedChangesResponse {
    changes: Vec<MergedChangeResponse>,
}

pub async fn merge_held_changes(
    node: Node,
    principal: Principal,
    body: Json<MergeRequest>,
) -> Result<HttpResponse, Problem> {
    let (app, caller) = (node.0.clone(), Caller::of(&principal));
    let MergeRequest { order, user } = body.value;
    let merging = async move {
        let mut tx = app.store.begin_read(caller.organization).await.map_err(OrderRefusal::from)?;
        let author = users::get(&mut tx, user).await?.ok_or(OrderRefusal::NotFound)?;
        drop(tx);
        let author = (author.id, author.role);
        deciding::merge_held_changes(&app.orders, caller, order, author, app.clock.now()).await
    };
    let outcomes = node.run(merging).await?;
    let changes: Vec<_> = outcomes
        .into_iter()
        .map(|(hash, outcome)| MergedChangeResponse { hash, result: result_word(&outcome) })
        .collect();
    Ok(HttpResponse::Ok().json(MergedChangesResponse { changes }))
}

const fn result_word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Applied | Outcome::Duplicate => "merged",
        Outcome::Held { .. } | Outcome::MissingDeps { .. } => "held",
        Outcome::ActorForked { .. } | Outcome::Rejected { .. } => "refused",
    }
}

/// The change that is to be discarded.
#[derive(Deserialize, JsonSchema)]
pub struct DiscardRequest {
    order: OrderId,
    hash: ChangeHash,
}

pub async fn discard_held_change(
    node: Node,
    principal: Principal,
    body: Json<DiscardRequest>,
) -> Result<HttpResponse, Problem> {
    let (app, caller) = (node.0.clone(), Caller::of(&principal));
    let DiscardRequest { order, hash } = body.value;
    let discarding =
        async move { deciding::discard_held_change(&app.orders, caller, order, hash, app.clock.now()).await };
    node.run(discarding).await?;
    Ok(HttpResponse::NoContent().finish())
}
