//! Performs one command on one order in a person's name, and stores the change exactly like one from a device.

use std::sync::Arc;

use sync_core::document::OrderDocument;
use sync_core::ids::OrderId;
use sync_core::intake::{self, Access, Intake, Pusher};
use sync_core::message::{Outcome, PushedChange};
use sync_core::order::{CommandContext, Named, OrderCommand, Workflows, perform};
use sync_core::time::{TimeClaim, Timestamp};

use crate::orders::order_view::OrderView;
use crate::orders::{Caller, OrderRefusal, version_of};
use crate::store::{StoreError, Tx, orders as order_rows};
use crate::sync::Orders;
use crate::sync::commit_round::finish;
use crate::sync::order_state::StoredOrder;
use crate::sync::store_intake::{Decision, store_intakes};

/// A command and the circumstances under which it is given.
#[derive(Debug, Clone)]
pub struct GivenCommand {
    /// Who gives it.
    pub caller: Caller,
    /// The order.
    pub order: OrderId,
    /// What is to be done.
    pub command: OrderCommand,
    /// The version the caller looked at, where another one must refuse the command.
    pub expected_version: Option<String>,
    /// When.
    pub now: Timestamp,
}

/// Performs a command and returns the order after it; one that was performed before changes nothing.
///
/// # Errors
///
/// Says why the command is not possible; nothing is stored then.
pub async fn execute_command(orders: &Orders, given: GivenCommand) -> Result<OrderView, OrderRefusal> {
    let _turn = orders.admission().turn().await?;
    let mut tx = orders.store().begin_write(given.caller.organization).await?;
    let stored = take_order(&mut tx, orders, &given).await?;
    let workflows = workflows_of(&mut tx, orders, &given, &stored).await?;
    let (stored, attempt) = attempt(orders, stored, (given.clone(), workflows.clone())).await?;
    let Some(attempt) = attempt? else {
        return view(&mut tx, orders, &given, &stored).await;
    };
    let context = orders.intake_context(&workflows, given.order, given.now);
    let (pusher, intake) = (given.pusher(), &attempt);
    let decisions = [Decision { context: &context, pusher, stored: &stored, intake, events: None }];
    let stored = store_intakes(&mut tx, &decisions).await?;
    let moved = stored.first().ok_or_else(|| StoreError::internal("an accepted command left no change"))?;
    let view = OrderView::of(given.order, &moved.document, &workflows, given.caller.role);
    finish(tx, orders, stored, &decisions).await?;
    Ok(view)
}

/// Says whether a command would be performed now; stores nothing.
///
/// # Errors
///
/// Says why the command is not possible.
pub(crate) async fn check_command(orders: &Orders, given: GivenCommand) -> Result<(), OrderRefusal> {
    let mut tx = orders.store().begin_read(given.caller.organization).await?;
    let stored = StoredOrder::load(&mut tx, orders.documents(), given.order).await?;
    let workflows = workflows_of(&mut tx, orders, &given, &stored).await?;
    tx.commit().await?;
    let (_, attempt) = attempt(orders, stored, (given, workflows)).await?;
    attempt.map(drop)
}

/// Locks the order and reads it; one that does not exist is made where the command makes one.
async fn take_order(tx: &mut Tx, orders: &Orders, given: &GivenCommand) -> Result<StoredOrder, OrderRefusal> {
    let creates = matches!(given.command, OrderCommand::CreateOrder(_));
    let known = order_rows::lock(tx, given.order).await?;
    if known.is_none() && creates {
        let is_first =
            order_rows::insert_empty(tx, given.order, &OrderDocument::new().save(), given.now).await?;
        if !is_first {
            order_rows::lock(tx, given.order).await?;
        }
    }
    let stored = StoredOrder::load(tx, orders.documents(), given.order).await?;
    if stored.head.is_some() || !creates {
        given.caller.require_visible(&stored)?;
    }
    let version = stored.head.as_ref().map(|head| version_of(&head.heads));
    if given.expected_version.is_some() && given.expected_version != version {
        let current = view(tx, orders, given, &stored).await?;
        return Err(OrderRefusal::Stale(Box::new(current)));
    }
    Ok(stored)
}

type Attempt = Result<Option<Intake>, OrderRefusal>;

/// Tries the command on a copy, where it does not keep other requests waiting; `None` when it changes nothing.
async fn attempt(
    orders: &Orders,
    stored: StoredOrder,
    (given, workflows): (GivenCommand, Arc<Workflows>),
) -> Result<(StoredOrder, Attempt), OrderRefusal> {
    let orders = orders.clone();
    let tried = tokio::task::spawn_blocking(move || {
        let attempt = try_command(&orders, &stored, &given, &workflows);
        (stored, attempt)
    });
    tried.await.map_err(|_| StoreError::internal("a command was interrupted").into())
}

fn try_command(
    orders: &Orders,
    stored: &StoredOrder,
    given: &GivenCommand,
    workflows: &Workflows,
) -> Attempt {
    let state = stored.open(orders.documents()).map_err(damaged)?;
    let context = CommandContext {
        user: given.caller.user,
        role: given.caller.role,
        at: TimeClaim::by_server(given.now),
        site: None,
        workflows,
    };
    let actor = orders.server_actor(given.order, given.caller.user);
    let mut document = state.document.clone().unwrap_or_default();
    let change = perform(&mut document, &given.command, &context, actor).map_err(OrderRefusal::Refused)?;
    let Some(change) = change else { return Ok(None) };
    let offered = PushedChange { hash: change.hash, bytes: change.bytes, voucher: None };
    let intake_context = orders.intake_context(workflows, given.order, given.now);
    let intake = intake::accept(&state, given.pusher(), &[offered], &intake_context);
    match intake.outcomes.first() {
        Some(Outcome::Applied) => Ok(Some(intake)),
        Some(Outcome::Held { .. }) => Err(OrderRefusal::Stopped),
        Some(
            Outcome::Duplicate
            | Outcome::MissingDeps { .. }
            | Outcome::ActorForked { .. }
            | Outcome::Rejected { .. },
        )
        | None => {
            tracing::error!(order.id = %given.order, outcome = ?intake.outcomes, "a checked command was not accepted");
            Err(StoreError::internal("a checked command was not accepted").into())
        }
    }
}

async fn view(
    tx: &mut Tx,
    orders: &Orders,
    given: &GivenCommand,
    stored: &StoredOrder,
) -> Result<OrderView, OrderRefusal> {
    let document = stored.open(orders.documents()).map_err(damaged)?.document.unwrap_or_default();
    let workflows = orders.workflows(tx, &Named::by(&document)).await?;
    Ok(OrderView::of(given.order, &document, &workflows, given.caller.role))
}

/// With what the order names, or what a new one is to name.
async fn workflows_of(
    tx: &mut Tx,
    orders: &Orders,
    given: &GivenCommand,
    stored: &StoredOrder,
) -> Result<Arc<Workflows>, OrderRefusal> {
    let document = stored.open(orders.documents()).map_err(damaged)?.document;
    let mut named = document.as_ref().map(Named::by).unwrap_or_default();
    if let OrderCommand::CreateOrder(new) = &given.command {
        named.workflow = named.workflow.or_else(|| new.workflow.clone());
        named.checklist = named.checklist.or_else(|| new.checklist.clone());
    }
    Ok(orders.workflows(tx, &named).await?)
}

/// A stored document that cannot be read is our fault; `campo rebuild-projections` makes it again.
pub(crate) fn damaged(error: sync_core::document::DocumentError) -> OrderRefusal {
    StoreError::internal(&format!("a stored document cannot be read: {error}")).into()
}

impl GivenCommand {
    const fn pusher(&self) -> Pusher {
        Pusher { user: self.caller.user, role: self.caller.role, device: None, access: Access::Granted }
    }
}
