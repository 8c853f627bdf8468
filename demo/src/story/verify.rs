//! Proves the story's end: every replica equals the server, and every entry is there exactly once. Never takes a word for it.

use campo::orders::version_of;
use serde::Serialize;
use serde_json::Value;

use super::cast::Cast;
use crate::phone::Phone;
use crate::server_process::ServerProcess;
use crate::telling;
use campo_demo_company::failed::Failed;
use campo_demo_company::office::Office;

pub async fn verify(cast: &Cast, server: &ServerProcess) -> Result<(), Failed> {
    telling::chapter("The end, checked");
    let mut problems = Vec::new();
    // The first to sync hears only in the second round what the others still had to say.
    for _ in 0..2 {
        for phone in [&cast.ana, &cast.ivo, &cast.tablet] {
            phone.sync().await?;
        }
    }
    let mut compared = 0;
    for phone in [&cast.ana, &cast.ivo, &cast.tablet] {
        compared += compare_replica(phone, &cast.office, &mut problems).await?;
    }
    passed(
        &problems,
        &format!("{compared} replicas of orders hold the server's version: same heads, status, matters"),
    );

    let mut lost = Vec::new();
    for order in cast.orders() {
        let view = cast.office.get(&format!("/v1/orders/{}", order.id)).await?;
        lost.extend(cast.ledger.differences(order.id, &view));
        let told = cast.words.told_at_home(&cast.tablet.order(order.id).await?, cast.tablet.owner.id);
        // What the server says besides, such as which photos are on their way, no phone can know.
        let told = json_of(&told)?;
        let is_same =
            ["attention", "conflicts", "history"].iter().all(|of| told[*of] == view["sentences"][*of]);
        if !is_same {
            problems.push(format!(
                "the server tells order {} otherwise: {} against {told}",
                order.id, view["sentences"]
            ));
        }
    }
    passed(&lost, &format!("{} recorded entries are there, each exactly once", cast.ledger.entry_count()));
    problems.extend(lost);

    match server.check_projections().await {
        Ok(()) => {
            passed(&[], "lists and boards equal what the raw changes say (campo rebuild-projections --check)")
        }
        Err(error) => problems.push(error.to_string()),
    }
    if problems.is_empty() { Ok(()) } else { Err(Failed::new(problems.join("\n"))) }
}

fn passed(problems: &[String], claim: &str) {
    if problems.is_empty() {
        telling::say(&format!("  ✓ {claim}"));
    }
}

/// Compares every order on a phone with the server's and returns how many there are.
async fn compare_replica(
    phone: &Phone,
    office: &Office,
    problems: &mut Vec<String>,
) -> Result<usize, Failed> {
    let name = phone.owner.name;
    if !phone.is_safe_to_sign_out().await? {
        problems.push(format!("{name}'s phone still holds work the server lacks"));
    }
    let orders = phone.order_ids().await?;
    for id in &orders {
        let view = office.get(&format!("/v1/orders/{id}")).await?;
        let order = phone.order(*id).await?;
        let version = version_of(&phone.heads(*id).await?);
        let mut compare = |what: &str, own: Value, server: &Value| {
            if own != *server {
                problems
                    .push(format!("{name}'s phone has another {what} of order {id}: {own}, not {server}"));
            }
        };
        compare("version", version.into(), &view["version"]);
        compare("status", json_of(&order.status.state)?, &view["status"]["state"]);
        compare("list of attention items", json_of(&order.attention)?, &view["attention"]);
        compare("list of conflicts", json_of(&order.conflicts)?, &view["conflicts"]);
    }
    Ok(orders.len())
}

fn json_of<T: Serialize>(value: &T) -> Result<Value, Failed> {
    serde_json::to_value(value).map_err(|error| Failed::during("comparing", &error))
}
