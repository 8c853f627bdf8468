//! Who came when, and how the times are known. Never counts a pause as work.

use serde::Serialize;

use crate::data::{Moment, Pause, Visit};
use crate::teller::{Teller, some_text, text};

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VisitView {
    pub technician: String,
    pub date: Option<String>,
    pub travel: Option<String>,
    pub check_in: Option<String>,
    pub pauses: Vec<String>,
    pub check_out: Option<String>,
    /// From check-in to check-out without pauses.
    pub time_on_site: Option<String>,
    /// How the times are known, each way once.
    pub trust: Vec<String>,
}

impl VisitView {
    pub fn of(visit: &Visit, teller: &Teller) -> Self {
        let began_ms = visit.check_in.as_ref().or(visit.travel_start.as_ref()).map(|moment| moment.at_ms);
        let time = |moment: &Option<Moment>| {
            let moment = moment.as_ref()?;
            Some(teller.time_seen_from(began_ms?, moment.at_ms))
        };
        Self {
            technician: text(&visit.technician),
            date: began_ms.map(|at_ms| teller.date(at_ms)),
            travel: time(&visit.travel_start),
            check_in: time(&visit.check_in),
            pauses: visit.pauses.iter().map(|pause| pause_text(pause, began_ms, teller)).collect(),
            check_out: time(&visit.check_out),
            time_on_site: time_on_site_ms(visit).map(|duration_ms| teller.duration(duration_ms)),
            trust: trust(visit, teller),
        }
    }
}

fn pause_text(pause: &Pause, began_ms: Option<i64>, teller: &Teller) -> String {
    let day_ms = began_ms.unwrap_or(pause.from.at_ms);
    let from = teller.time_seen_from(day_ms, pause.from.at_ms);
    let until = pause.until.as_ref().map(|until| teller.time_seen_from(day_ms, until.at_ms));
    let times = [("from", from.into()), ("until", until.unwrap_or_default().into())];
    match some_text(&pause.reason) {
        Some(reason) => {
            let [from, until] = times;
            teller.say("pause-for", &[from, until, ("reason", reason.into())])
        }
        None => teller.say("pause", &times),
    }
}

fn time_on_site_ms(visit: &Visit) -> Option<i64> {
    let whole_ms = visit.check_out.as_ref()?.at_ms.saturating_sub(visit.check_in.as_ref()?.at_ms);
    let pauses_ms = visit
        .pauses
        .iter()
        .filter_map(|pause| Some(pause.until.as_ref()?.at_ms.saturating_sub(pause.from.at_ms)));
    Some(pauses_ms.fold(whole_ms, i64::saturating_sub))
}

/// Each way once, with the widest bound.
fn trust(visit: &Visit, teller: &Teller) -> Vec<String> {
    let pauses = visit.pauses.iter().flat_map(|pause| [Some(&pause.from), pause.until.as_ref()]);
    let ends = [visit.travel_start.as_ref(), visit.check_in.as_ref(), visit.check_out.as_ref()];
    let mut ways: Vec<Moment> = Vec::new();
    for moment in ends.into_iter().chain(pauses).flatten() {
        match ways.iter_mut().find(|way| way.trust == moment.trust) {
            Some(way) => way.uncertainty_ms = way.uncertainty_ms.max(moment.uncertainty_ms),
            None => ways.push(moment.clone()),
        }
    }
    ways.iter().map(|way| teller.trust(way)).collect()
}
