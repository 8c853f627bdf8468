//! Turns commands into writes, given the order as its author sees it. Never writes a document itself.

mod entries;
mod lines;
mod plan;
mod status;
mod visit;

use super::{CommandContext, OrderCommand, Refused};
use crate::document::Write;
use crate::order::{CrewRole, Order};
use crate::rules;

impl OrderCommand {
    /// The writes that perform this command on the order its author sees; none when it was performed before.
    ///
    /// # Errors
    ///
    /// Says why rules, workflow or values do not allow it. Nothing is ever half done: the writes are one change.
    pub fn writes(&self, order: &Order, context: &CommandContext<'_>) -> Result<Vec<Write>, Refused> {
        rules::check(self.kind(), order, context.user, context.role)?;
        self.writes_unchecked(order, context)
    }

    /// The writes that perform this command once more after its first change could not be merged: as [`Self::writes`],
    /// but a step to where the order already stands is recorded beside the one that took it there.
    ///
    /// # Errors
    ///
    /// Says why rules, workflow or values do not allow it.
    pub fn writes_again(&self, order: &Order, context: &CommandContext<'_>) -> Result<Vec<Write>, Refused> {
        let writes = self.writes(order, context)?;
        if let Self::ChangeStatus { event, to, reason } = self
            && writes.is_empty()
        {
            return Ok(status::repeated(order, context, (*event, to), reason.as_deref()));
        }
        Ok(writes)
    }

    fn writes_unchecked(&self, order: &Order, context: &CommandContext<'_>) -> Result<Vec<Write>, Refused> {
        match self {
            Self::CreateOrder(new) => plan::create(new, context),
            Self::SetNumber { number } => plan::set_text("number", number),
            Self::SetReason { reason } => plan::set_text("reason", reason),
            Self::SetPriority { priority } => Ok(plan::set_word("priority", priority.as_str())),
            Self::SetCustomer { customer, contact, site } => {
                Ok(plan::set_customer(*customer, *contact, *site))
            }
            Self::SetPlace { place } => Ok(plan::set_place(*place)),
            Self::SetEquipment { equipment, is_included } => {
                Ok(plan::set_equipment(*equipment, *is_included))
            }
            Self::Schedule { window, duration_minutes } => plan::schedule(*window, *duration_minutes),
            Self::Promise { promised } => Ok(plan::promise(*promised)),
            Self::Assign { technician: _, role: CrewRole::Taken } => {
                Err(Refused::InvalidValue { field: "role" })
            }
            Self::Assign { technician, role } => Ok(plan::assign(*technician, role.as_str())),
            Self::Unassign { technician } => plan::unassign(order, *technician),
            Self::Offer { technicians } => plan::offer(order, technicians),
            Self::Take => Ok(plan::take(order, context.user)),
            Self::StartTravel(_)
            | Self::CheckIn(_)
            | Self::Pause(_)
            | Self::Resume(_)
            | Self::CheckOut(_) => visit::stamp(self, order, context),
            Self::CorrectStamp { stamp, corrects, at, reason } => {
                visit::correct(order, context, (*stamp, *corrects), *at, reason)
            }
            Self::AddMaterial(line) => lines::add("materials", line, order, context),
            Self::ChangeMaterial(edit) => lines::change("materials", edit, order),
            Self::RemoveMaterial { line } => lines::remove("materials", *line, order, context, None),
            Self::RestoreMaterial { line } => lines::restore("materials", *line, order),
            Self::AddService(line) => lines::add("services", line, order, context),
            Self::ChangeService(edit) => lines::change("services", edit, order),
            Self::RemoveService { line } => lines::remove("services", *line, order, context, None),
            Self::RestoreService { line } => lines::restore("services", *line, order),
            Self::AnswerQuestion { question, answer } => entries::answer(question, answer, context),
            Self::AddNote { note, text, is_internal } => {
                entries::add_note(*note, text, *is_internal, order, context)
            }
            Self::RemoveNote { note } => entries::remove_note(*note, order, context),
            Self::AddPhoto(photo) => entries::add_photo(photo, order, context),
            Self::CaptionPhoto { photo, caption } => entries::caption_photo(*photo, caption, order, context),
            Self::RemovePhoto { photo } => entries::remove_photo(*photo, order, context),
            Self::Sign(signature) => entries::sign(signature, order, context),
            Self::AddExpense(expense) => entries::add_expense(expense, order, context),
            Self::RemoveExpense { expense } => entries::remove_expense(*expense, order, context),
            Self::RecordPayment(payment) => entries::record_payment(payment, order, context),
            Self::RemovePayment { payment } => entries::remove_payment(*payment, order, context),
            Self::ChangeStatus { event, to, reason } => {
                status::change(order, context, (*event, to), reason.as_deref())
            }
            Self::ResolveConflict { path, value } => status::resolve(order, context, path, value),
            Self::Decide { attention, decision, reason } => {
                status::decide(order, context, attention, decision, reason.as_deref())
            }
            Self::TakeOut { area, entry, reason } => status::take_out(order, context, area, *entry, reason),
            Self::Raise { matter, kind, about, entries } => {
                Ok(status::raise(order, context, *matter, (*kind, *about), entries))
            }
        }
    }
}
