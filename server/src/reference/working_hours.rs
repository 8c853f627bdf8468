//! When a person works: hours of each weekday with lunch, and the days they are away. Never a recorded time.
//!
//! Wall-clock times are meant in the time zone of the organization.

use jiff::civil::{Date, Time, Weekday};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::refusal::{FieldProblem, Refusal, optional_text, require_date};

const SHIFTS_MAX: usize = 21;
const ABSENCES_MAX: usize = 400;

/// A weekday as stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Day {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

impl Day {
    pub fn of(date: Date) -> Self {
        match date.weekday() {
            Weekday::Monday => Self::Monday,
            Weekday::Tuesday => Self::Tuesday,
            Weekday::Wednesday => Self::Wednesday,
            Weekday::Thursday => Self::Thursday,
            Weekday::Friday => Self::Friday,
            Weekday::Saturday => Self::Saturday,
            Weekday::Sunday => Self::Sunday,
        }
    }
}

/// One stretch of work of a weekday; times are `HH:MM`, `24:00` is the end of the day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Shift {
    pub day: Day,
    pub from: String,
    pub until: String,
    #[serde(default)]
    pub lunch_from: String,
    #[serde(default)]
    pub lunch_until: String,
}

/// Beginning and end in minutes since midnight.
type Stretch = (u16, u16);

/// Days on which a person does not work, both included.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Absence {
    pub from: String,
    pub until: String,
    #[serde(default)]
    pub reason: String,
}

impl Shift {
    /// The work, and the lunch in it, if there is one.
    fn minutes(&self) -> Result<(Stretch, Option<Stretch>), Refusal> {
        let wrong = || Refusal::invalid("working_hours", FieldProblem::Format);
        let read = |text: &str| minutes_of(text).ok_or_else(wrong);
        let work = (read(&self.from)?, read(&self.until)?);
        let has_lunch = !self.lunch_from.is_empty() || !self.lunch_until.is_empty();
        let lunch = match has_lunch {
            true => Some((read(&self.lunch_from)?, read(&self.lunch_until)?)),
            false => None,
        };
        Ok((work, lunch))
    }
}

/// Minutes since midnight.
fn minutes_of(text: &str) -> Option<u16> {
    const DAY_MINUTES: u16 = 24 * 60;
    if text == "24:00" {
        return Some(DAY_MINUTES);
    }
    let is_plain = text.len() == 5 && text.as_bytes()[2] == b':';
    let time: Time = text.parse().ok().filter(|_| is_plain)?;
    let (hour, minute) = (u16::try_from(time.hour()).ok()?, u16::try_from(time.minute()).ok()?);
    Some(hour * 60 + minute)
}

/// Shifts end after they begin, hold their lunch, and do not overlap; they are sorted.
pub fn check_shifts(shifts: &mut [Shift]) -> Result<(), Refusal> {
    if shifts.len() > SHIFTS_MAX {
        return Err(Refusal::invalid("working_hours", FieldProblem::TooLong));
    }
    let mut stretches = Vec::new();
    for shift in shifts.iter() {
        let ((from, until), lunch) = shift.minutes()?;
        let is_inside = lunch.is_none_or(|(begin, end)| from <= begin && begin < end && end <= until);
        if from >= until || !is_inside {
            return Err(Refusal::invalid("working_hours", FieldProblem::Range));
        }
        stretches.push((shift.day, from, until));
    }
    stretches.sort_unstable();
    let overlaps = stretches.windows(2).any(|pair| pair[0].0 == pair[1].0 && pair[1].1 < pair[0].2);
    if overlaps {
        return Err(Refusal::invalid("working_hours", FieldProblem::Range));
    }
    shifts.sort_by(|one, other| (one.day, &one.from).cmp(&(other.day, &other.from)));
    Ok(())
}

/// Absences are days that exist, and end no earlier than they begin.
pub fn check_absences(absences: &mut [Absence]) -> Result<(), Refusal> {
    if absences.len() > ABSENCES_MAX {
        return Err(Refusal::invalid("absences", FieldProblem::TooLong));
    }
    for absence in absences.iter_mut() {
        absence.from = require_date("absences", &absence.from)?;
        absence.until = require_date("absences", &absence.until)?;
        absence.reason = optional_text("absences", &absence.reason, 200)?;
        if absence.from > absence.until {
            return Err(Refusal::invalid("absences", FieldProblem::Range));
        }
    }
    absences.sort_by(|one, other| one.from.cmp(&other.from));
    Ok(())
}

/// Minutes a person works on a day, lunch and absences taken off.
pub fn minutes_on(shifts: &[Shift], absences: &[Absence], date: Date) -> u32 {
    let day = date.to_string();
    if absences.iter().any(|absence| absence.from <= day && day <= absence.until) {
        return 0;
    }
    let of_shift = |shift: &Shift| {
        let Ok(((from, until), lunch)) = shift.minutes() else { return 0 };
        let rest = lunch.map_or(0, |(begin, end)| end.saturating_sub(begin));
        u32::from(until.saturating_sub(from).saturating_sub(rest))
    };
    shifts.iter().filter(|shift| shift.day == Day::of(date)).map(of_shift).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shift(day: Day, from: &str, until: &str, lunch: (&str, &str)) -> Shift {
        let text = str::to_owned;
        Shift {
            day,
            from: text(from),
            until: text(until),
            lunch_from: text(lunch.0),
            lunch_until: text(lunch.1),
        }
    }

    #[test]
    fn shifts_end_after_they_begin_hold_their_lunch_and_do_not_overlap() {
        let good = shift(Day::Monday, "08:00", "17:00", ("12:00", "13:00"));
        for (other, is_good) in [
            (shift(Day::Tuesday, "08:00", "17:00", ("", "")), true),
            (shift(Day::Monday, "17:00", "24:00", ("", "")), true),
            (shift(Day::Monday, "16:59", "18:00", ("", "")), false),
            (shift(Day::Tuesday, "17:00", "08:00", ("", "")), false),
            (shift(Day::Tuesday, "08:00", "17:00", ("16:30", "17:30")), false),
            (shift(Day::Tuesday, "08:00", "17:00", ("12:00", "")), false),
            (shift(Day::Tuesday, "8:00", "17:00", ("", "")), false),
            (shift(Day::Tuesday, "08:00", "25:00", ("", "")), false),
        ] {
            let mut shifts = [good.clone(), other.clone()];

            assert_eq!(check_shifts(&mut shifts).is_ok(), is_good, "{other:?}");
        }
    }

    #[test]
    fn a_day_has_its_hours_without_lunch_and_none_when_the_person_is_away() {
        let shifts = [shift(Day::Friday, "08:00", "17:00", ("12:00", "13:00"))];
        let absences =
            [Absence { from: "2026-12-04".into(), until: "2026-12-10".into(), reason: String::new() }];
        let minutes = |date: &str| minutes_on(&shifts, &absences, date.parse().unwrap());

        assert_eq!((minutes("2026-11-27"), minutes("2026-11-28"), minutes("2026-12-04")), (480, 0, 0));
    }
}
