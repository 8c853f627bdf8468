//! The network comes back: everything merges, and two matters are left for people. Each is one sentence and one tap.

use sync_core::evidence::{Signing, file};
use sync_core::order::{AttentionItem, Order, OrderCommand};

use super::away::{OFFICE_HOUR, OFFICE_PRICE_MINOR};
use super::cast::Cast;
use crate::telling;
use campo_demo_company::clock::{at_local_hour, now};
use campo_demo_company::failed::Failed;
use campo_demo_company::seed::ZONE;

pub async fn come_together(cast: &Cast) -> Result<(), Failed> {
    telling::chapter("Afternoon: the network comes back");
    cast.ana.find_network();
    cast.ivo.find_network();
    let (waiting, cost) = (cast.ana.unsent_count().await?, cast.ana.sync().await?);
    telling::event("Ana", format!("sends {waiting} changes: {}", telling::cost(cost)));
    let (waiting, cost) = (cast.ivo.unsent_count().await?, cast.ivo.sync().await?);
    telling::event("Ivo", format!("sends {waiting} changes and fetches Ana's: {}", telling::cost(cost)));
    let cost = cast.ana.sync().await?;
    telling::event("Ana", format!("fetches Ivo's: {}", telling::cost(cost)));
    let cost = cast.ana.sends_blobs().await?;
    telling::event("Ana", format!("the photo and Lúcia's drawing follow: {}", telling::cost(cost)));
    let order = cast.ana.order(cast.bakery.id).await?;
    check_merged(cast, &order).await?;
    tell_merged(&order);
    settle_conflicts(cast, &order).await?;
    decide_the_parlor(cast).await?;
    prove(cast).await
}

/// What the customer takes home, and what anybody can check without the server.
async fn prove(cast: &Cast) -> Result<(), Failed> {
    let path = format!("/v1/orders/{}", cast.bakery.id);
    let paper = cast.office.get_bytes(&format!("{path}/document.pdf")).await?;
    telling::event(
        "Office",
        format!("prints the bakery's order for the customer: a PDF of {} kB", paper.len() / 1_000),
    );
    let verdict = file::verify(&cast.office.get_bytes(&format!("{path}/evidence")).await?);
    let [signature] = verdict.signatures.as_slice() else {
        return Err(Failed::new("the evidence file does not hold one signature"));
    };
    if !verdict.is_whole() || !signature.is_sealed || !paper.starts_with(b"%PDF-") {
        return Err(Failed::new(format!("the evidence does not verify: {:?}", verdict.mismatches)));
    }
    let Signing::NeedsSignature { differences, .. } = &verdict.signing else {
        return Err(Failed::new("others changed what was signed, and nobody was told"));
    };
    telling::event(
        "Campo",
        format!(
            "its evidence file verifies offline: {} changes, one signature sealed",
            verdict.counts.changes
        ),
    );
    telling::detail(format!("by Ana's phone, {} covered changes of others since.", differences.len()));
    let order = cast.office_order(cast.bakery.id).await?;
    let dispatcher = cast.tablet.owner.id;
    if cast.words.told_at_home(&order, dispatcher).attention.is_empty() {
        return Err(Failed::new("others changed what was signed, and the office reads nothing of it"));
    }
    telling::event("Campo", "and says so in the office:");
    cast.words.tell(&order, Some(dispatcher), |told| &told.attention);
    Ok(())
}

/// What the story says next has to be so on every screen.
async fn check_merged(cast: &Cast, order: &Order) -> Result<(), Failed> {
    cast.tablet.sync().await?;
    let bakery = cast.bakery.id;
    let heads = cast.ana.heads(bakery).await?;
    if cast.ivo.heads(bakery).await? != heads || cast.tablet.heads(bakery).await? != heads {
        return Err(Failed::new("two screens show different versions of the bakery's order"));
    }
    let price = order.materials.get(&cast.filter).and_then(|line| line.price_minor);
    let start = order.plan.window.map(|window| window.start);
    if price != Some(OFFICE_PRICE_MINOR) || start != Some(at_local_hour(now(), ZONE, OFFICE_HOUR)) {
        return Err(Failed::new("the office's window or price is not on Ana's phone"));
    }
    Ok(())
}

fn tell_merged(order: &Order) {
    let Order { visits, materials, services, checklist, notes, photos, signatures, .. } = order;
    telling::event("Campo", "the bakery's order reads the same on both phones and in the office:");
    telling::detail(format!(
        "{} visits, {} materials, {} services, {} answers, {} note, {} photo, {} signature,",
        visits.len(),
        materials.len(),
        services.len(),
        checklist.len(),
        notes.len(),
        photos.len(),
        signatures.len(),
    ));
    telling::detail("the office's window 15:00–16:00 and its price; nobody chose “mine or theirs”.");
}

/// Ana's phone shows the disagreement; she takes the office's value with one tap.
async fn settle_conflicts(cast: &Cast, order: &Order) -> Result<(), Failed> {
    let Some(conflict) = order.conflicts.first() else {
        return Err(Failed::new("two people set one field, and nobody was told"));
    };
    telling::event("Campo", "Ana and the office had set the same field. On Ana's phone:");
    cast.words.tell(order, Some(cast.ana.owner.id), |told| &told.conflicts);
    let by_office = conflict.others.iter().chain([&conflict.kept]).find(|side| side.is_office);
    let by_office = by_office.ok_or_else(|| Failed::new("the office's value is not among the sides"))?;
    let command =
        OrderCommand::ResolveConflict { path: conflict.path.clone(), value: by_office.value.clone() };
    cast.ana.does(cast.bakery.id, command).await?;
    let cost = cast.ana.sync().await?;
    if !cast.office_order(cast.bakery.id).await?.conflicts.is_empty() {
        return Err(Failed::new("the disagreement was settled and is still there"));
    }
    telling::event("Ana", format!("taps “Use office's”; settled for everybody: {}", telling::cost(cost)));
    Ok(())
}

/// The office cancelled what Ana finished: the work counts, and the dispatcher says what follows.
async fn decide_the_parlor(cast: &Cast) -> Result<(), Failed> {
    let order = cast.office_order(cast.parlor.id).await?;
    let Some(AttentionItem { key, kind: _ }) = order.attention.first() else {
        return Err(Failed::new("a cancelled order was finished, and nobody was told"));
    };
    telling::event(
        "Campo",
        "the parlor's order was cancelled and finished. It stands finished, and in the office:",
    );
    cast.words.tell(&order, Some(cast.tablet.owner.id), |told| &told.attention);
    let command =
        OrderCommand::Decide { attention: key.clone(), decision: "travel_only".to_owned(), reason: None };
    cast.office_does(cast.parlor.id, &command).await?;
    if !cast.office_order(cast.parlor.id).await?.attention.is_empty() {
        return Err(Failed::new("the matter was decided and is still open"));
    }
    telling::event("Office", "taps “Travel only”: decided once, for every screen");
    Ok(())
}
