//! Visits, derived from their stamps. Never orders stamps by a clock.

use std::collections::BTreeMap;

use serde::Serialize;

use super::entry::{Stamp, StampKind};
use crate::ids::{EntryId, UserId};
use crate::time::TimeClaim;

/// How far a visit has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum VisitState {
    /// Nothing recorded yet.
    Planned,
    /// On the way.
    Traveling,
    /// Working.
    OnSite,
    /// Interrupted.
    Paused,
    /// Left.
    Done,
}

/// One interruption.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Interruption {
    /// The stamp that began it.
    pub began: EntryId,
    /// When it began.
    pub from: TimeClaim,
    /// When it ended, if it did.
    pub until: Option<TimeClaim>,
    /// Why.
    pub reason: Option<String>,
}

/// One attendance of one technician.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Visit {
    /// Whose.
    pub technician: UserId,
    /// How far it has come.
    pub state: VisitState,
    /// When travel began.
    pub travel_start: Option<TimeClaim>,
    /// The check-in that counts.
    pub check_in: Option<EntryId>,
    /// When the technician arrived.
    pub arrived: Option<TimeClaim>,
    /// Distance to the site at check-in, metres.
    pub distance_m: Option<i64>,
    /// Interruptions in order.
    pub pauses: Vec<Interruption>,
    /// When the technician left.
    pub left: Option<TimeClaim>,
    /// How many stamps its author would count; the next one's index.
    pub stamp_count: u32,
}

/// Groups stamps by visit and reads each visit's course.
///
/// Stamps are taken in the order their authors counted them, then by id; a repeated stamp of a moment that already
/// has one changes nothing, and a correction replaces the time of the stamp it names.
pub fn visits(stamps: &BTreeMap<EntryId, Stamp>) -> BTreeMap<EntryId, Visit> {
    let corrections: BTreeMap<EntryId, &Stamp> =
        stamps.values().filter_map(|stamp| Some((stamp.corrects?, stamp))).collect();
    let mut ordered: Vec<_> = stamps.iter().filter(|(_, stamp)| stamp.corrects.is_none()).collect();
    ordered.sort_by_key(|(id, stamp)| (stamp.visit, stamp.index, **id));
    let mut visits = BTreeMap::new();
    for (id, stamp) in ordered {
        let at = corrections.get(id).map_or(stamp.at, |correction| correction.at);
        visits.entry(stamp.visit).or_insert_with(|| Visit::planned(stamp.technician)).take(*id, stamp, at);
    }
    for stamp in corrections.values() {
        if let Some(visit) = visits.get_mut(&stamp.visit) {
            visit.stamp_count = visit.stamp_count.saturating_add(1);
        }
    }
    visits
}

impl Visit {
    const fn planned(technician: UserId) -> Self {
        Self {
            technician,
            state: VisitState::Planned,
            travel_start: None,
            check_in: None,
            arrived: None,
            distance_m: None,
            pauses: Vec::new(),
            left: None,
            stamp_count: 0,
        }
    }

    fn take(&mut self, id: EntryId, stamp: &Stamp, at: TimeClaim) {
        self.stamp_count = self.stamp_count.saturating_add(1);
        match (stamp.kind, self.state) {
            (StampKind::TravelStart, VisitState::Planned) => {
                self.travel_start = Some(at);
                self.state = VisitState::Traveling;
            }
            (StampKind::CheckIn, VisitState::Planned | VisitState::Traveling) => {
                self.check_in = Some(id);
                self.arrived = Some(at);
                self.distance_m = stamp.distance_m;
                self.state = VisitState::OnSite;
            }
            (StampKind::Pause, VisitState::OnSite) => {
                self.pauses.push(Interruption {
                    began: id,
                    from: at,
                    until: None,
                    reason: stamp.reason.clone(),
                });
                self.state = VisitState::Paused;
            }
            (StampKind::Resume, VisitState::Paused) => self.end_pause(at, VisitState::OnSite),
            (StampKind::CheckOut, VisitState::OnSite | VisitState::Paused) => {
                self.end_pause(at, VisitState::Done);
                self.left = Some(at);
            }
            _ => {}
        }
    }

    fn end_pause(&mut self, at: TimeClaim, next: VisitState) {
        if let (VisitState::Paused, Some(pause)) = (self.state, self.pauses.last_mut()) {
            pause.until = Some(at);
        }
        self.state = next;
    }

    /// The moments that may be recorded next.
    pub const fn next_stamps(&self) -> &'static [StampKind] {
        match self.state {
            VisitState::Planned => &[StampKind::TravelStart, StampKind::CheckIn],
            VisitState::Traveling => &[StampKind::CheckIn],
            VisitState::OnSite => &[StampKind::Pause, StampKind::CheckOut],
            VisitState::Paused => &[StampKind::Resume, StampKind::CheckOut],
            VisitState::Done => &[],
        }
    }
}
