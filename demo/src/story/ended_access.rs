//! Caio's access ends while he has unsent work. He reads nothing more; his work waits for the office and is merged.

use serde_json::{Value, json};

use super::away::{add_line, check_in};
use super::cast::Cast;
use crate::phone::SyncCost;
use crate::telling;
use campo_demo_company::clock::now;
use campo_demo_company::failed::Failed;
use campo_demo_company::office::Office;
use campo_demo_company::seed::Company;

/// The relay among the seeded materials.
const RELAY: usize = 10;
/// The phone may ask once more before it takes in that its access has ended.
const DEPOSIT_SYNCS_MAX: usize = 3;

pub async fn end_access(cast: &mut Cast, company: &Company) -> Result<(), Failed> {
    telling::chapter("Evening: somebody's access ends while work is still on the phone");
    let Cast { caio, ledger, hotel, .. } = cast;
    caio.lose_network();
    check_in(caio, ledger, *hotel, Some("on_site")).await?;
    add_line(caio, ledger, *hotel, &company.materials[RELAY], "1").await?;
    telling::event("Caio", "checks in at the hotel and replaces a relay, without network");
    disable(&company.admin, &cast.caio.owner.id.to_string()).await?;
    cast.words.access_ended(cast.caio.owner.id, now());
    telling::event("Office", "Marina, the admin, ends Caio's access");

    let waiting = cast.caio.unsent_count().await?;
    cast.caio.find_network();
    let cost = cast.caio.sync().await?;
    telling::event("Caio", format!("is back, and reads nothing more: {}", telling::cost(cost)));
    let mut cost = SyncCost::default();
    for _ in 0..DEPOSIT_SYNCS_MAX {
        cost = cast.caio.sync().await?;
        if cast.caio.unsent_count().await? == 0 {
            break;
        }
    }
    if cast.caio.unsent_count().await? > 0 {
        return Err(Failed::new("Caio's phone could not leave its work"));
    }
    let cost = telling::cost(cost);
    telling::event("Caio", format!("his phone deposits the {waiting} changes, signed by its key: {cost}"));
    merge(cast).await?;
    let order = cast.office_order(cast.hotel.id).await?;
    telling::event("Office", "Beatriz reviews the deposit and merges it; on the order from now on:");
    cast.words.tell(&order, Some(cast.tablet.owner.id), |told| &told.attention);
    Ok(())
}

async fn disable(admin: &Office, user: &str) -> Result<(), Failed> {
    let path = format!("/v1/users/{user}");
    let before = admin.get(&path).await?;
    let version = before["version"].as_i64().ok_or_else(|| Failed::new("a user without a version"))?;
    let mut change = json!({ "disabled": true });
    for field in ["email", "name", "role", "language", "phone"] {
        change[field] = before[field].clone();
    }
    admin.put(&path, version, &change).await.map(drop)
}

async fn merge(cast: &Cast) -> Result<(), Failed> {
    let held = cast.office.get("/v1/held-changes").await?;
    let count = held["changes"].as_array().map_or(0, Vec::len);
    if count == 0 {
        return Err(Failed::new("the deposit did not reach the office"));
    }
    let request = json!({ "order": cast.hotel.id, "user": cast.caio.owner.id });
    let merged = cast.office.post("/v1/held-changes/merge", &request).await?;
    let is_merged = |change: &Value| change["result"] == "merged";
    let all = merged["changes"].as_array().is_some_and(|all| !all.is_empty() && all.iter().all(is_merged));
    if all { Ok(()) } else { Err(Failed::new(format!("the deposit was not merged: {merged}"))) }
}
