//! Ranks the people who could do an order: who works that day, who is near, who has least to do. Never assigns anybody.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use sync_core::ids::{OrderId, RecordId, UserId};
use sync_core::order::{Plan, Position};
use sync_core::time::Timestamp;
use sync_core::workflow::Role;

use crate::messages::Language;
use crate::orders::read_order::read_order;
use crate::orders::{Caller, OrderRefusal};
use crate::reference::{
    OrderKindFields, Record, ReferenceFields as _, SiteFields, StaffProfileFields, minutes_on,
};
use crate::sentences;
use crate::store::order_counts::{self, DayVisitRow};
use crate::store::users::UserRow;
use crate::store::{ListPage, StoreError, Tx, organizations, records, sites, users};
use crate::sync::Orders;

/// People that are looked at.
const PEOPLE_MAX: i64 = 2_000;
/// People that are suggested.
const SUGGESTIONS_MAX: usize = 20;
const DAY_MS: i64 = 86_400_000;

/// Who could do it, the best first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Suggestions {
    /// The day that was looked at, `YYYY-MM-DD`, where the organization is.
    pub day: String,
    pub technicians: Vec<Suggestion>,
}

/// One person and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Suggestion {
    pub technician: UserId,
    pub name: String,
    pub reasons: Vec<SuggestionReason>,
    /// One for each reason.
    pub sentences: Vec<String>,
}

/// What speaks for a person, or against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum SuggestionReason {
    /// How far the site is from where the person is before.
    Near { metres: i64, from: ComesFrom },
    /// Nobody knows where the site is, or where the person begins.
    DistanceUnknown,
    /// Minutes of work that day.
    Works { minutes: u32 },
    /// Nothing says when the person works.
    HoursUnknown,
    /// Away, or not a working day.
    Away,
    /// Skills that the kind of order takes: how many, and how many of them are missing or have run out by that day.
    Skills { needed: usize, missing: usize },
    /// Orders of that day.
    Load { orders: usize },
    /// Works on the order already.
    Assigned,
}

/// Where somebody comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ComesFrom {
    PreviousVisit,
    Base,
}

/// What is known before anybody is ranked.
struct Facts {
    site: Option<Position>,
    date: jiff::civil::Date,
    profiles: BTreeMap<UserId, StaffProfileFields>,
    visits: BTreeMap<UserId, Vec<DayVisitRow>>,
    positions: BTreeMap<RecordId, (i64, i64)>,
    start: Timestamp,
    /// What the kind of order takes.
    skills: Vec<RecordId>,
}

/// Ranks the technicians for an order.
///
/// # Errors
///
/// `RoleForbidden` for everybody but the office, `NotFound` for an order that does not exist.
pub async fn suggest_technicians(
    orders: &Orders,
    caller: Caller,
    order: OrderId,
    (language, now): (Language, Timestamp),
) -> Result<Suggestions, OrderRefusal> {
    if !caller.is_dispatcher() {
        return Err(OrderRefusal::RoleForbidden);
    }
    let view = read_order(orders, caller, order).await?;
    let mut tx = orders.store().begin_read(caller.organization).await?;
    let facts = facts_of(&mut tx, order, &view.plan, now).await?;
    let people = users::list(&mut tx, &everybody(), false).await?;
    tx.commit().await?;
    let mut ranked: Vec<_> = people
        .into_iter()
        .filter(|user| user.role == Role::Technician)
        .map(|user| (reasons_of(&user, &facts, view.assignees.contains_key(&user.id)), user))
        .collect();
    ranked.sort_by_cached_key(|(reasons, user)| (rank(reasons), user.name.clone()));
    ranked.truncate(SUGGESTIONS_MAX);
    let suggestion = |(reasons, user): (Vec<SuggestionReason>, UserRow)| Suggestion {
        technician: user.id,
        name: user.name,
        sentences: reasons.iter().map(|reason| sentences::suggestion(*reason, language)).collect(),
        reasons,
    };
    Ok(Suggestions { day: facts.date.to_string(), technicians: ranked.into_iter().map(suggestion).collect() })
}

fn everybody() -> ListPage {
    ListPage {
        pattern: "%".to_owned(),
        after_name: String::new(),
        after_id: Vec::new(),
        count_max: PEOPLE_MAX,
        with_archived: false,
        customer: None,
        due_before: None,
        barcode: None,
        word: None,
    }
}

async fn facts_of(tx: &mut Tx, order: OrderId, plan: &Plan, now: Timestamp) -> Result<Facts, StoreError> {
    let profile = organizations::get(tx).await?.ok_or(StoreError::NotFound)?;
    let start = plan.window.map_or(now, |window| window.start);
    let zone = sentences::zone(&profile.zone);
    let at = jiff::Timestamp::from_millisecond(start.0).unwrap_or_default().to_zoned(zone);
    let day_start = at.start_of_day().map_or(start, |day| Timestamp(day.timestamp().as_millisecond()));
    let visits = order_counts::visits_between(tx, day_start, day_start.plus_millis(DAY_MS)).await?;
    let mut by_person = BTreeMap::<UserId, Vec<DayVisitRow>>::new();
    for visit in visits.into_iter().filter(|visit| visit.order != order) {
        by_person.entry(visit.user).or_default().push(visit);
    }
    let site_ids: Vec<_> = by_person.values().flatten().filter_map(|visit| visit.site).collect();
    let site = match plan.site {
        Some(site) => SiteFields::get(tx, site).await?,
        None => None,
    };
    let site = site.and_then(|site| site.fields.latitude_e7.zip(site.fields.longitude_e7)).map(position);
    let kind = match &plan.kind {
        Some(key) => records::find::<OrderKindFields>(tx, key).await?,
        None => None,
    };
    let profiles = records::all::<StaffProfileFields>(tx).await?;
    let current = profiles.into_iter().filter(|record: &Record<StaffProfileFields>| !record.archived);
    Ok(Facts {
        site,
        date: at.date(),
        profiles: current.map(|record| (record.fields.user_id, record.fields)).collect(),
        visits: by_person,
        positions: sites::positions(tx, &site_ids).await?,
        start,
        skills: kind.map(|kind| kind.fields.skill_ids).unwrap_or_default(),
    })
}

const fn position((latitude_e7, longitude_e7): (i64, i64)) -> Position {
    Position { latitude_e7, longitude_e7, accuracy_m: None, is_mock: false }
}

fn reasons_of(user: &UserRow, facts: &Facts, is_assigned: bool) -> Vec<SuggestionReason> {
    let profile = facts.profiles.get(&user.id);
    let visits = facts.visits.get(&user.id).map(Vec::as_slice).unwrap_or_default();
    let mut reasons = Vec::new();
    if is_assigned {
        reasons.push(SuggestionReason::Assigned);
    }
    reasons.push(match profile.filter(|profile| !profile.working_hours.is_empty()) {
        None => SuggestionReason::HoursUnknown,
        Some(profile) => match minutes_on(&profile.working_hours, &profile.absences, facts.date) {
            0 => SuggestionReason::Away,
            minutes => SuggestionReason::Works { minutes },
        },
    });
    if !facts.skills.is_empty() {
        let day = facts.date.to_string();
        let has = |skill: &&RecordId| profile.is_some_and(|profile| profile.has_skill(**skill, &day));
        let (needed, missing) = (facts.skills.len(), facts.skills.iter().filter(|skill| !has(skill)).count());
        reasons.push(SuggestionReason::Skills { needed, missing });
    }
    reasons.push(distance(profile, visits, facts));
    reasons.push(SuggestionReason::Load { orders: visits.len() });
    reasons
}

/// From the last site before that day's window, or from where the day begins.
fn distance(profile: Option<&StaffProfileFields>, visits: &[DayVisitRow], facts: &Facts) -> SuggestionReason {
    let before = visits.iter().filter(|visit| visit.window_end <= facts.start);
    let previous = before.max_by_key(|visit| visit.window_end).and_then(|visit| visit.site);
    let previous = previous.and_then(|site| facts.positions.get(&site)).copied();
    let base = profile.and_then(|profile| profile.latitude_e7.zip(profile.longitude_e7));
    let from = previous.map(|at| (at, ComesFrom::PreviousVisit)).or(base.map(|at| (at, ComesFrom::Base)));
    match (facts.site, from) {
        (Some(site), Some((at, from))) => {
            SuggestionReason::Near { metres: position(at).distance_m(&site), from }
        }
        (None, _) | (_, None) => SuggestionReason::DistanceUnknown,
    }
}

/// Nobody is chosen because of less than this.
const DISTANCE_STEP_M: i64 = 2_000;

/// Who is away comes last, before them who lacks skills; then the nearer first, in steps, then who has less to do, then the
/// nearer again; what is unknown speaks neither way.
fn rank(reasons: &[SuggestionReason]) -> (bool, usize, bool, i64, usize, i64) {
    let (mut is_away, mut missing_skills, mut distance, mut load) = (false, 0, None, 0);
    for reason in reasons {
        match reason {
            SuggestionReason::Away => is_away = true,
            SuggestionReason::Skills { missing, .. } => missing_skills = *missing,
            SuggestionReason::Near { metres, .. } => distance = Some(*metres),
            SuggestionReason::Load { orders } => load = *orders,
            SuggestionReason::DistanceUnknown
            | SuggestionReason::Works { .. }
            | SuggestionReason::HoursUnknown
            | SuggestionReason::Assigned => {}
        }
    }
    let metres = distance.unwrap_or(0);
    (is_away, missing_skills, distance.is_none(), metres / DISTANCE_STEP_M, load, metres)
}
