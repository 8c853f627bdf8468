//! Who may do what to an order, and when: a pure table over kind of command × standing × phase.
//!
//! The same table judges a command before it is performed and, in `rules::policy`, the writes of a change that a
//! device pushed. Never looks at values.

pub mod policy;

use crate::ids::UserId;
use crate::order::{Order, OrderCommand, Refused};
use crate::workflow::{Role, StatusCategory};

/// Commands that the rules treat alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CommandKind {
    /// Begins an order.
    Create,
    /// Changes what is to be done, for whom, where or when.
    Plan,
    /// Changes who does it.
    Crew,
    /// Takes it from the shared pool.
    Take,
    /// Records a moment of one's own visit.
    Visit,
    /// Corrects a recorded moment.
    CorrectStamp,
    /// Materials and services.
    Line,
    /// Answers.
    Checklist,
    /// Remarks.
    Note,
    /// Photos.
    Photo,
    /// Signatures.
    Signature,
    /// Money spent.
    Expense,
    /// Money received.
    Payment,
    /// Steps of the workflow, which has rules of its own.
    Status,
    /// Chooses between values.
    ResolveConflict,
    /// Decides an attention item.
    Decide,
    /// What only the server does.
    System,
}

impl CommandKind {
    /// Every kind.
    pub const ALL: [Self; 17] = [
        Self::Create,
        Self::Plan,
        Self::Crew,
        Self::Take,
        Self::Visit,
        Self::CorrectStamp,
        Self::Line,
        Self::Checklist,
        Self::Note,
        Self::Photo,
        Self::Signature,
        Self::Expense,
        Self::Payment,
        Self::Status,
        Self::ResolveConflict,
        Self::Decide,
        Self::System,
    ];
}

/// What a person is to an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// Campo itself.
    System,
    /// Admin or dispatcher.
    Office,
    /// A technician who is assigned.
    Crew,
    /// A technician who created the order; may also plan it.
    Creator,
    /// A technician who may take the order from the shared pool.
    Offered,
    /// A technician who is none of these.
    Outsider,
    /// A viewer or customer, who writes nothing here.
    Reader,
}

impl Standing {
    /// Every standing.
    pub const ALL: [Self; 7] =
        [Self::System, Self::Office, Self::Crew, Self::Creator, Self::Offered, Self::Outsider, Self::Reader];

    /// What a person in a role is to an order.
    pub fn of(order: &Order, user: UserId, role: Role) -> Self {
        match role {
            Role::System => Self::System,
            Role::Admin | Role::Dispatcher => Self::Office,
            Role::Viewer | Role::Customer => Self::Reader,
            Role::Technician => {
                let is_creator = order.plan.created_by == Some(user);
                match (order.is_assigned(user), is_creator) {
                    (true, true) => Self::Creator,
                    (true, false) => Self::Crew,
                    (false, true) if order.category() == StatusCategory::New => Self::Creator,
                    (false, _) if order.is_offered(user) => Self::Offered,
                    (false, _) => Self::Outsider,
                }
            }
        }
    }
}

/// How far an order has come, as far as the rules care.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Nobody has created it.
    Absent,
    /// Work is ahead or under way.
    Open,
    /// Work is done.
    Done,
    /// Closed or cancelled.
    Ended,
}

impl Phase {
    /// Every phase.
    pub const ALL: [Self; 4] = [Self::Absent, Self::Open, Self::Done, Self::Ended];

    /// The phase of an order.
    pub const fn of(order: &Order) -> Self {
        if !order.is_created() {
            return Self::Absent;
        }
        match order.category() {
            StatusCategory::New
            | StatusCategory::Scheduled
            | StatusCategory::Traveling
            | StatusCategory::Working
            | StatusCategory::Waiting => Self::Open,
            StatusCategory::Done => Self::Done,
            StatusCategory::Closed | StatusCategory::Cancelled => Self::Ended,
        }
    }
}

/// Whether a kind of command is allowed.
///
/// | kind | office | crew | creator | ended orders |
/// |---|---|---|---|---|
/// | create | only absent orders | – | every technician, only absent orders | – |
/// | plan, crew | yes | no | yes | no |
/// | take | no | again | again, and whoever it is offered to | no |
/// | visit | no | own | own | no |
/// | correct stamp | yes | no | no | office |
/// | line, checklist, photo, signature, expense | yes | yes | yes | no |
/// | note, payment | yes | yes | yes | office |
/// | status | by workflow | by workflow | by workflow | by workflow |
/// | resolve conflict, decide | yes | yes | yes | office |
///
/// # Errors
///
/// Says which rule stands against it.
pub const fn permits(kind: CommandKind, standing: Standing, phase: Phase) -> Result<(), Refused> {
    match (kind, standing, phase) {
        (CommandKind::Create, Standing::Reader, _) => Err(Refused::RoleForbidden),
        (CommandKind::Create, _, Phase::Absent) => Ok(()),
        (CommandKind::Create, ..) | (_, _, Phase::Absent) => Err(Refused::WrongMoment),
        (_, Standing::System, _) => Ok(()),
        (CommandKind::System, ..) | (_, Standing::Reader, _) => Err(Refused::RoleForbidden),
        (CommandKind::Take, Standing::Offered, Phase::Open) => Ok(()),
        (_, Standing::Outsider | Standing::Offered, _) => Err(Refused::NotAssigned),
        (CommandKind::Status, Standing::Office | Standing::Crew | Standing::Creator, _) => Ok(()),
        (CommandKind::CorrectStamp, Standing::Office, _) => Ok(()),
        (
            CommandKind::Note | CommandKind::Payment | CommandKind::ResolveConflict | CommandKind::Decide,
            Standing::Office,
            Phase::Ended,
        ) => Ok(()),
        (CommandKind::Visit | CommandKind::Take, Standing::Office, _) => Err(Refused::RoleForbidden),
        (CommandKind::CorrectStamp, Standing::Crew | Standing::Creator, _)
        | (CommandKind::Plan | CommandKind::Crew, Standing::Crew, _) => Err(Refused::RoleForbidden),
        (_, _, Phase::Ended) => Err(Refused::OrderClosed),
        (_, _, Phase::Open | Phase::Done) => Ok(()),
    }
}

/// Checks a command against the table.
///
/// # Errors
///
/// Says which rule stands against it.
pub fn check(kind: CommandKind, order: &Order, user: UserId, role: Role) -> Result<(), Refused> {
    permits(kind, Standing::of(order, user, role), Phase::of(order))
}

impl OrderCommand {
    /// The kind under which the rules know this command.
    pub const fn kind(&self) -> CommandKind {
        match self {
            Self::CreateOrder(_) => CommandKind::Create,
            Self::SetNumber { .. } | Self::TakeOut { .. } | Self::Raise { .. } => CommandKind::System,
            Self::SetReason { .. }
            | Self::SetPriority { .. }
            | Self::SetCustomer { .. }
            | Self::SetPlace { .. }
            | Self::SetEquipment { .. }
            | Self::Schedule { .. }
            | Self::Promise { .. } => CommandKind::Plan,
            Self::Assign { .. } | Self::Unassign { .. } | Self::Offer { .. } => CommandKind::Crew,
            Self::Take => CommandKind::Take,
            Self::StartTravel(_)
            | Self::CheckIn(_)
            | Self::Pause(_)
            | Self::Resume(_)
            | Self::CheckOut(_) => CommandKind::Visit,
            Self::CorrectStamp { .. } => CommandKind::CorrectStamp,
            Self::AddMaterial(_)
            | Self::ChangeMaterial(_)
            | Self::RemoveMaterial { .. }
            | Self::RestoreMaterial { .. }
            | Self::AddService(_)
            | Self::ChangeService(_)
            | Self::RemoveService { .. }
            | Self::RestoreService { .. } => CommandKind::Line,
            Self::AnswerQuestion { .. } => CommandKind::Checklist,
            Self::AddNote { .. } | Self::RemoveNote { .. } => CommandKind::Note,
            Self::AddPhoto(_) | Self::CaptionPhoto { .. } | Self::RemovePhoto { .. } => CommandKind::Photo,
            Self::Sign(_) => CommandKind::Signature,
            Self::AddExpense(_) | Self::RemoveExpense { .. } => CommandKind::Expense,
            Self::RecordPayment(_) | Self::RemovePayment { .. } => CommandKind::Payment,
            Self::ChangeStatus { .. } => CommandKind::Status,
            Self::ResolveConflict { .. } => CommandKind::ResolveConflict,
            Self::Decide { .. } => CommandKind::Decide,
        }
    }
}

#[cfg(test)]
mod tests;
