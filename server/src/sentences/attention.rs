//! Tells what a person must decide. Never lists the ways to decide it.

use campo_locale::money;
use fluent_bundle::FluentValue;
use sync_core::ids::UserId;
use sync_core::order::entry::RaisedKind;
use sync_core::order::{AttentionItem, AttentionKind, Order};
use sync_core::workflow::Workflow;

use super::people::name;
use super::signed::needs_signature;
use super::steps::status_attention;
use super::values::{date, distance, span};
use super::words::{capitalised, say};
use super::{Names, Wording};

/// Tells one attention item of an order.
pub fn attention(item: &AttentionItem, order: &Order, workflow: &Workflow, wording: &Wording<'_>) -> String {
    let sentence = match &item.kind {
        AttentionKind::Status { status } => status_attention(*status, order, workflow, wording),
        AttentionKind::FarCheckIn { distance_m, reason, visit: _, technician: _ } => {
            far_check_in(*distance_m, reason.as_deref(), wording)
        }
        AttentionKind::Clock { technician, offset_ms } => clock(*technician, *offset_ms, wording),
        AttentionKind::Raised { raised, about, entries } => raised_matter(*raised, *about, entries, wording),
        AttentionKind::NeedsSignature { differences, signature: _ } => {
            needs_signature(differences, order, wording)
        }
        AttentionKind::SignedTwice { signatures } => {
            say(wording.language, "signed-twice", &[counted(signatures.len())])
        }
        AttentionKind::TakenTwice { technicians, is_begun } => taken_twice(technicians, *is_begun, wording),
        AttentionKind::PaidTwice { people, amount_minor, currency, payments: _ } => {
            paid_twice(people, money(*amount_minor, currency, wording.language), wording)
        }
        AttentionKind::ManyActors { count } => say(wording.language, "many-actors", &[counted(*count)]),
    };
    capitalised(&sentence)
}

fn counted(count: usize) -> (&'static str, FluentValue<'static>) {
    ("count", FluentValue::from(count))
}

fn taken_twice(technicians: &[UserId], is_begun: bool, wording: &Wording<'_>) -> String {
    let Some((first, others)) = technicians.split_first() else { return String::new() };
    let others = others.iter().map(|user| name(*user, wording)).collect::<Vec<_>>().join(", ");
    let key = if is_begun { "taken-twice-begun" } else { "taken-twice" };
    say(wording.language, key, &[("first", name(*first, wording).into()), ("others", others.into())])
}

fn paid_twice(people: &[UserId], amount: String, wording: &Wording<'_>) -> String {
    let Some((first, others)) = people.split_first() else { return String::new() };
    let others = others.iter().map(|user| name(*user, wording)).collect::<Vec<_>>().join(", ");
    let names =
        [("first", name(*first, wording).into()), ("others", others.into()), ("amount", amount.into())];
    say(wording.language, "paid-twice", &names)
}

fn far_check_in(distance_m: i64, reason: Option<&str>, wording: &Wording<'_>) -> String {
    let distance = ("distance", FluentValue::from(distance(distance_m, wording)));
    match reason {
        Some(reason) => say(wording.language, "far-check-in", &[distance, ("reason", reason.into())]),
        None => say(wording.language, "far-check-in-no-reason", &[distance]),
    }
}

/// `offset_ms` is server time minus device time: below zero the device is ahead.
fn clock(technician: UserId, offset_ms: i64, wording: &Wording<'_>) -> String {
    let key = match (offset_ms < 0, wording.reader == Some(technician)) {
        (true, true) => "clock-ahead-you",
        (true, false) => "clock-ahead-person",
        (false, true) => "clock-behind-you",
        (false, false) => "clock-behind-person",
    };
    let variables = [("span", span(offset_ms, wording).into()), ("name", name(technician, wording).into())];
    say(wording.language, key, &variables)
}

fn raised_matter(kind: RaisedKind, about: UserId, entries: &[String], wording: &Wording<'_>) -> String {
    let Names { access_ended, .. } = wording.names;
    let ended = access_ended.get(&about).map(|ended| date(*ended, wording));
    let key = match kind {
        RaisedKind::LateWork => "late-work",
        RaisedKind::WorkAfterReassignment => "work-after-reassignment",
        RaisedKind::RuleBroken => rule_broken_key(entries),
        RaisedKind::Deposited if ended.is_some() => "deposited-on",
        RaisedKind::Deposited => "deposited",
    };
    let name = ("name", name(about, wording).into());
    say(wording.language, key, &[name, counted(entries.len()), ("date", ended.unwrap_or_default().into())])
}

fn rule_broken_key(entries: &[String]) -> &'static str {
    let all_in = |area: &str| entries.iter().all(|entry| entry.starts_with(area));
    match entries {
        [] => "rule-broken-entries",
        _ if all_in("materials/") => "rule-broken-materials",
        _ if all_in("services/") => "rule-broken-services",
        _ => "rule-broken-entries",
    }
}
