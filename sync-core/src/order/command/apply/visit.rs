//! Commands that record the moments of a visit.

use super::super::writes::new_entry;
use super::super::{CommandContext, OrderCommand, Refused, StatusStep, VisitStamp, check};
use super::status;
use crate::document::Write;
use crate::ids::EntryId;
use crate::order::Order;
use crate::order::entry::{Stamp, StampKind};
use crate::order::visit::VisitState;
use crate::time::TimeClaim;

const AREA: &str = "visits";

pub fn stamp(
    command: &OrderCommand,
    order: &Order,
    context: &CommandContext<'_>,
) -> Result<Vec<Write>, Refused> {
    let (kind, given) = moment(command)?;
    check::position(given.position)?;
    check::optional_text("reason", given.reason.as_deref())?;
    if order.stamps.contains_key(&given.stamp) {
        return Ok(Vec::new());
    }
    if kind == StampKind::Pause && given.reason.is_none() {
        return Err(Refused::ReasonRequired);
    }
    let visit = order.visits.get(&given.visit);
    let state = visit.map_or(VisitState::Planned, |visit| visit.state);
    if visit.is_some_and(|visit| visit.technician != context.user) {
        return Err(Refused::RoleForbidden);
    }
    let next = visit.map_or(&[StampKind::TravelStart, StampKind::CheckIn][..], |visit| visit.next_stamps());
    if !next.contains(&kind) {
        return Err(Refused::VisitStep { state });
    }
    let entry = Stamp {
        visit: given.visit,
        kind,
        technician: context.user,
        index: visit.map_or(0, |visit| visit.stamp_count),
        at: context.at,
        position: given.position,
        distance_m: given.position.zip(context.site).map(|(here, site)| here.distance_m(&site)),
        reason: given.reason.clone(),
        corrects: None,
        by: context.user,
    };
    let mut writes = new_entry(AREA, &given.stamp.to_string(), &entry);
    if let Some(StatusStep { event, to }) = &given.then {
        let leaving = (kind == StampKind::CheckOut).then_some(given.visit);
        writes.extend(status::step_along(order, context, (*event, to), leaving)?);
    }
    Ok(writes)
}

fn moment(command: &OrderCommand) -> Result<(StampKind, &VisitStamp), Refused> {
    if let OrderCommand::StartTravel(stamp) = command {
        Ok((StampKind::TravelStart, stamp))
    } else if let OrderCommand::CheckIn(stamp) = command {
        Ok((StampKind::CheckIn, stamp))
    } else if let OrderCommand::Pause(stamp) = command {
        Ok((StampKind::Pause, stamp))
    } else if let OrderCommand::Resume(stamp) = command {
        Ok((StampKind::Resume, stamp))
    } else if let OrderCommand::CheckOut(stamp) = command {
        Ok((StampKind::CheckOut, stamp))
    } else {
        Err(Refused::NoSuchEntry)
    }
}

pub fn correct(
    order: &Order,
    context: &CommandContext<'_>,
    (stamp, corrects): (EntryId, EntryId),
    at: TimeClaim,
    reason: &str,
) -> Result<Vec<Write>, Refused> {
    check::text("reason", reason)?;
    if order.stamps.contains_key(&stamp) {
        return Ok(Vec::new());
    }
    let original = order.stamps.get(&corrects).ok_or(Refused::NoSuchEntry)?;
    let index = order.visits.get(&original.visit).map_or(0, |visit| visit.stamp_count);
    let entry = Stamp {
        index,
        at,
        position: None,
        distance_m: None,
        reason: Some(reason.to_owned()),
        corrects: Some(corrects),
        by: context.user,
        ..original.clone()
    };
    Ok(new_entry(AREA, &stamp.to_string(), &entry))
}
