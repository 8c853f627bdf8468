//! Judges the writes of a pushed change: path × author × state of the order its author saw. Never merges anything.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{CommandKind, Phase, Standing, permits};
use crate::document::{Path, Scalar, Write};
use crate::evidence::Snapshot;
use crate::ids::{ActorId, EntryId, UserId};
use crate::message::RejectCode;
use crate::order::{ActorAuthor, CrewRole, Order, Refused};
use crate::workflow::Role;

/// Entries of one area (contract 1.4, keys per map).
const ENTRIES_MAX: usize = 1_000;
/// Maps within maps (contract 1.4).
const NESTING_MAX: usize = 16;

/// What an organization leaves to its technicians.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrganizationRules {
    /// Technicians write prices. If not, a change that does is refused.
    pub technicians_set_prices: bool,
    /// Technicians add lines. If not, the server takes them out again and asks the office.
    pub technicians_add_lines: bool,
}

impl Default for OrganizationRules {
    fn default() -> Self {
        Self { technicians_set_prices: true, technicians_add_lines: true }
    }
}

/// Who wrote a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Writer {
    /// The person.
    pub user: UserId,
    /// In which role.
    pub role: Role,
    /// With which pen.
    pub actor: ActorId,
}

/// Why a change is refused, and where it showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The code of the reply.
    pub code: RejectCode,
    /// The field.
    pub path: Option<String>,
}

/// The judge of one change.
struct Judge<'a> {
    before: &'a Order,
    writer: Writer,
    rules: OrganizationRules,
    standing: Standing,
    phase: Phase,
    made: BTreeSet<(String, String)>,
}

/// Judges all writes of one change on the order as its author saw it.
///
/// # Errors
///
/// The first write that is not allowed refuses the whole change, with its path.
pub fn judge(
    writes: &[Write],
    before: &Order,
    writer: Writer,
    rules: OrganizationRules,
) -> Result<(), Violation> {
    let mut judge = Judge {
        before,
        writer,
        rules,
        standing: Standing::of(before, writer.user, writer.role),
        phase: Phase::of(before),
        made: BTreeSet::new(),
    };
    judge.require_sight()?;
    writes.iter().try_for_each(|write| judge.write(write))?;
    judge.signatures(writes)
}

fn violation(code: RejectCode, path: &Path) -> Violation {
    Violation { code, path: Some(path.to_string()) }
}

fn text(write: &Write) -> Option<&str> {
    match write {
        Write::Put(_, Scalar::Text(text)) => Some(text),
        Write::Put(..) | Write::Make(_) | Write::Delete(_) => None,
    }
}

impl Judge<'_> {
    /// An order that the author never had anything to do with looks like one that does not exist.
    fn require_sight(&self) -> Result<(), Violation> {
        let is_known_to = self.standing != Standing::Outsider
            || self.before.stamps.values().any(|stamp| stamp.technician == self.writer.user)
            || self.before.authors.values().any(|author| author.user == self.writer.user);
        if self.phase == Phase::Absent || is_known_to {
            Ok(())
        } else {
            Err(Violation { code: RejectCode::UnknownOrder, path: None })
        }
    }

    fn write(&mut self, write: &Write) -> Result<(), Violation> {
        let path = write.path().clone();
        let keys = path.keys();
        if keys.len() > NESTING_MAX {
            return Err(violation(RejectCode::Structure, &path));
        }
        if let Write::Delete(_) = write {
            return Err(violation(RejectCode::ForbiddenField, &path));
        }
        match keys[..] {
            ["authors", actor] => self.author(write, actor),
            ["plan", "number"] => self.planned(write, CommandKind::System),
            ["plan", "created_by" | "created_at"] => self.creation(write, keys[1]),
            ["plan", "assignees", user] => self.assignee(write, user),
            ["plan", "assignees" | "equipment"] => Err(violation(RejectCode::ForbiddenField, &path)),
            ["plan", _] | ["plan", "equipment", _] => self.planned(write, CommandKind::Plan),
            ["status", id, ref field @ ..] => self.appended(write, CommandKind::Status, id, field),
            ["visits", id, ref field @ ..] => self.appended(write, self.visit_kind(), id, field),
            ["signatures", id, ref field @ ..] => self.appended(write, CommandKind::Signature, id, field),
            ["materials" | "services", id, ref field @ ..] => {
                self.edited(write, CommandKind::Line, (keys[0], id), field, None)
            }
            ["notes", id, ref field @ ..] => {
                self.edited(write, CommandKind::Note, ("notes", id), field, Some(&["removed"]))
            }
            ["photos", id, ref field @ ..] => {
                self.edited(write, CommandKind::Photo, ("photos", id), field, Some(&["removed", "caption"]))
            }
            ["expenses", id, ref field @ ..] => {
                self.edited(write, CommandKind::Expense, ("expenses", id), field, Some(&["removed"]))
            }
            ["payments", id, ref field @ ..] => {
                self.edited(write, CommandKind::Payment, ("payments", id), field, Some(&["removed"]))
            }
            ["checklist", _] => self.stamped_json(write, CommandKind::Checklist),
            ["decisions", _] => self.stamped_json(write, CommandKind::Decide),
            ["quote" | "approvals" | "ratings", ..] => self.require(CommandKind::Plan, &path),
            ["attention", ..] => self.require(CommandKind::System, &path),
            _ => Err(violation(RejectCode::ForbiddenField, &path)),
        }
    }

    fn require(&self, kind: CommandKind, path: &Path) -> Result<(), Violation> {
        let phase = if self.phase == Phase::Absent && self.is_creating() { Phase::Open } else { self.phase };
        let standing = match (self.phase, self.standing) {
            (Phase::Absent, Standing::Outsider | Standing::Offered | Standing::Crew) => Standing::Creator,
            (_, standing) => standing,
        };
        permits(kind, standing, phase).map_err(|refused| violation(code_of(&refused), path))
    }

    /// A first change creates the order and may fill it at once.
    const fn is_creating(&self) -> bool {
        !matches!(self.standing, Standing::Reader)
    }

    fn planned(&self, write: &Write, kind: CommandKind) -> Result<(), Violation> {
        let path = write.path();
        if !matches!(write, Write::Put(..)) {
            return Err(violation(RejectCode::Structure, path));
        }
        self.require(kind, path)
    }

    fn author(&self, write: &Write, actor: &str) -> Result<(), Violation> {
        let own = ActorAuthor { user: self.writer.user, role: self.writer.role }.to_text();
        let kind = if self.standing == Standing::Offered { CommandKind::Take } else { CommandKind::Status };
        self.require(kind, write.path())?;
        let is_own = actor == self.writer.actor.to_string() && text(write) == Some(own.as_str());
        if is_own { Ok(()) } else { Err(violation(RejectCode::ForbiddenField, write.path())) }
    }

    fn creation(&self, write: &Write, name: &str) -> Result<(), Violation> {
        if self.phase != Phase::Absent {
            return Err(violation(RejectCode::Immutable, write.path()));
        }
        self.planned(write, CommandKind::Plan)?;
        if name == "created_by" { self.own_id(write) } else { Ok(()) }
    }

    fn assignee(&self, write: &Write, user: &str) -> Result<(), Violation> {
        if user.parse::<UserId>().is_err() {
            return Err(violation(RejectCode::Structure, write.path()));
        }
        let takes = text(write) == Some(CrewRole::Taken.as_str());
        match (self.standing, takes) {
            (Standing::Offered, true) => {
                self.planned(write, CommandKind::Take)?;
                self.own_key(user, write.path())
            }
            (Standing::System, true) | (_, false) => self.planned(write, CommandKind::Crew),
            // That somebody took it is for that person alone to say.
            (
                Standing::Office | Standing::Crew | Standing::Creator | Standing::Outsider | Standing::Reader,
                true,
            ) => Err(violation(RejectCode::ForbiddenField, write.path())),
        }
    }

    fn own_key(&self, user: &str, path: &Path) -> Result<(), Violation> {
        let is_own = user == self.writer.user.to_string();
        if is_own { Ok(()) } else { Err(violation(RejectCode::ForbiddenField, path)) }
    }

    const fn visit_kind(&self) -> CommandKind {
        match self.standing {
            Standing::Office | Standing::System => CommandKind::CorrectStamp,
            Standing::Crew
            | Standing::Creator
            | Standing::Offered
            | Standing::Outsider
            | Standing::Reader => CommandKind::Visit,
        }
    }

    /// Entries that are written once and never again.
    fn appended(
        &mut self,
        write: &Write,
        kind: CommandKind,
        id: &str,
        field: &[&str],
    ) -> Result<(), Violation> {
        let path = write.path();
        let area = path.keys()[0].to_owned();
        self.require(kind, path)?;
        match (write, field) {
            (Write::Make(_), []) => self.make(&area, id, path),
            (Write::Put(..), [name]) => {
                if !self.made.contains(&(area, id.to_owned())) {
                    return Err(violation(RejectCode::Immutable, path));
                }
                self.entry_field(write, name, kind)
            }
            _ => Err(violation(RejectCode::Structure, path)),
        }
    }

    /// Entries of which some fields may be edited later; without a list all but those that say who added what.
    fn edited(
        &mut self,
        write: &Write,
        kind: CommandKind,
        (area, id): (&str, &str),
        field: &[&str],
        editable: Option<&[&str]>,
    ) -> Result<(), Violation> {
        let path = write.path();
        self.require(kind, path)?;
        match (write, field) {
            (Write::Make(_), []) => self.make(area, id, path),
            (Write::Put(..), [name]) => {
                self.price(name, path)?;
                if self.made.contains(&(area.to_owned(), id.to_owned())) {
                    return self.entry_field(write, name, kind);
                }
                let is_editable = editable.is_none_or(|editable| editable.contains(name));
                if IDENTITY_FIELDS.contains(name) || !is_editable {
                    return Err(violation(RejectCode::Immutable, path));
                }
                self.owner(area, id, path)?;
                self.removal(write, name)
            }
            _ => Err(violation(RejectCode::Structure, path)),
        }
    }

    fn make(&mut self, area: &str, id: &str, path: &Path) -> Result<(), Violation> {
        let Ok(entry) = id.parse::<EntryId>() else { return Err(violation(RejectCode::Structure, path)) };
        if self.before.has_entry(area, entry) {
            return Err(violation(RejectCode::Immutable, path));
        }
        self.made.insert((area.to_owned(), id.to_owned()));
        let made = self.made.iter().filter(|(made_area, _)| made_area == area).count();
        if self.before.entry_count(area).saturating_add(made) > ENTRIES_MAX {
            return Err(violation(RejectCode::Structure, path));
        }
        Ok(())
    }

    /// A field of an entry that this very change makes.
    fn entry_field(&self, write: &Write, name: &str, kind: CommandKind) -> Result<(), Violation> {
        match (name, kind) {
            ("by", _) => self.own_id(write),
            ("technician", CommandKind::Visit) => self.own_id(write),
            ("role", CommandKind::Status) if text(write) != Some(self.writer.role.as_str()) => {
                Err(violation(RejectCode::ForbiddenField, write.path()))
            }
            ("after", CommandKind::Status) => self.known_events(write),
            ("removed", _) => self.removal(write, name),
            _ => Ok(()),
        }
    }

    fn own_id(&self, write: &Write) -> Result<(), Violation> {
        let own = self.writer.user.to_string();
        if text(write) == Some(own.as_str()) || self.standing == Standing::System {
            Ok(())
        } else {
            Err(violation(RejectCode::ForbiddenField, write.path()))
        }
    }

    /// A signature record names the snapshot it carries; a forged one does not.
    fn signatures(&self, writes: &[Write]) -> Result<(), Violation> {
        let made = self.made.iter().filter(|(area, _)| area == "signatures");
        for (_, id) in made {
            let field = |name: &str| {
                let is_it = |write: &&Write| write.path().keys() == ["signatures", id.as_str(), name];
                writes.iter().find(is_it).and_then(text)
            };
            let snapshot = field("snapshot").unwrap_or_default();
            let is_named = field("snapshot_sha256") == Some(&Snapshot::hash(snapshot).to_string());
            if !is_named || Snapshot::parse(snapshot).is_err() {
                let path = Path::new(["signatures", id.as_str(), "snapshot_sha256"]);
                return Err(violation(RejectCode::ForbiddenField, &path));
            }
        }
        Ok(())
    }

    fn known_events(&self, write: &Write) -> Result<(), Violation> {
        let named: Option<Vec<EntryId>> = text(write).and_then(|text| serde_json::from_str(text).ok());
        let is_known = |ids: &Vec<EntryId>| ids.iter().all(|id| self.before.status_events.contains_key(id));
        if named.as_ref().is_some_and(is_known) {
            Ok(())
        } else {
            Err(violation(RejectCode::Structure, write.path()))
        }
    }

    fn price(&self, name: &str, path: &Path) -> Result<(), Violation> {
        let is_office = matches!(self.standing, Standing::Office | Standing::System);
        if name == "price_minor" && !is_office && !self.rules.technicians_set_prices {
            return Err(violation(RejectCode::ForbiddenField, path));
        }
        Ok(())
    }

    /// Technicians edit each other's lines, but take back only their own notes, photos, expenses and payments.
    fn owner(&self, area: &str, id: &str, path: &Path) -> Result<(), Violation> {
        let is_office = matches!(self.standing, Standing::Office | Standing::System);
        let owner = id.parse().ok().and_then(|id| self.before.entry_owner(area, id));
        if is_office || owner.is_none_or(|owner| owner == self.writer.user) {
            Ok(())
        } else {
            Err(violation(RejectCode::ForbiddenField, path))
        }
    }

    fn removal(&self, write: &Write, name: &str) -> Result<(), Violation> {
        let is_emptied = matches!(write, Write::Put(_, Scalar::Null));
        if name != "removed" || is_emptied { Ok(()) } else { self.stamped(write) }
    }

    fn stamped_json(&self, write: &Write, kind: CommandKind) -> Result<(), Violation> {
        self.require(kind, write.path())?;
        self.stamped(write)
    }

    /// A composite value that says who gave it.
    fn stamped(&self, write: &Write) -> Result<(), Violation> {
        let value: Option<Value> = text(write).and_then(|text| serde_json::from_str(text).ok());
        let by = value.as_ref().and_then(|value| value.get("by")).and_then(Value::as_str);
        if by.and_then(|by| by.parse().ok()) == Some(self.writer.user) {
            Ok(())
        } else {
            Err(violation(RejectCode::ForbiddenField, write.path()))
        }
    }
}

/// Fields that say who added an entry and when.
const IDENTITY_FIELDS: &[&str] = &["by", "at", "sha256", "size_bytes", "media_type", "item"];

fn code_of(refused: &Refused) -> RejectCode {
    match refused {
        Refused::NotAssigned => RejectCode::NotAssigned,
        Refused::OrderClosed | Refused::Immutable => RejectCode::Immutable,
        Refused::WrongMoment => RejectCode::UnknownOrder,
        Refused::RoleForbidden
        | Refused::NoSuchEntry
        | Refused::InvalidValue { .. }
        | Refused::NoTransition { .. }
        | Refused::ReasonRequired
        | Refused::GuardsUnmet(_)
        | Refused::VisitStep { .. } => RejectCode::ForbiddenField,
    }
}

#[cfg(test)]
mod tests;
