//! What the office does to orders, and what it decides about work that waits.

use sync_core::order::OrderCommand;

use crate::http::error::Code;
use crate::http::held_changes::{
    self, DiscardRequest, HeldChangesResponse, MergeRequest, MergedChangesResponse,
};
use crate::http::operation::{Access, Operation, Ownership};
use crate::http::order_lists::{self, ListOrdersRequest};
use crate::http::orders::{
    self, AssignRequest, CancelRequest, CreateOrderRequest, HistoryResponse, NoteRequest, OrderResponse,
    ScheduleRequest, StatusRequest,
};
use crate::http::scope::Scope;
use crate::orders::count_orders::OrderCounts;
use crate::orders::list_orders::OrderListPage;

type Order = OrderResponse<'static>;

pub fn operations() -> Vec<Operation> {
    vec![
        Operation::post("/v1/orders", "createOrder")
            .says("Begins an order")
            .access(Access::Workers)
            .scope(Scope::OrdersWrite)
            .versioned()
            .body::<CreateOrderRequest>()
            .answers::<Order>(201)
            .refuses(&[Code::NotFound, Code::Gone])
            .to(orders::create_order),
        Operation::get("/v1/orders", "listOrders")
            .says("Lists orders, searched, filtered and sorted; technicians see those they are assigned to")
            .scope(Scope::OrdersRead)
            .query::<ListOrdersRequest>()
            .answers::<OrderListPage>(200)
            .to(order_lists::list_orders),
        Operation::get("/v1/orders/counts", "countOrders")
            .says("Counts the orders in each tab of the tray")
            .scope(Scope::OrdersRead)
            .answers::<OrderCounts>(200)
            .to(order_lists::get_counts),
        Operation::get("/v1/orders/{id}", "readOrder")
            .says("Reads an order with what is open and what happened as sentences")
            .ownership(Ownership::Order)
            .scope(Scope::OrdersRead)
            .versioned()
            .answers::<Order>(200)
            .to(orders::get_order),
        Operation::get("/v1/orders/{id}/history", "readOrderHistory")
            .says("Reads who changed what, and when")
            .ownership(Ownership::Order)
            .scope(Scope::OrdersRead)
            .answers::<HistoryResponse>(200)
            .to(orders::get_history),
        change("/v1/orders/{id}/commands", "giveCommand")
            .says("Gives any command")
            .body::<OrderCommand>()
            .to(orders::give_command),
        change("/v1/orders/{id}/assign", "assignOrder")
            .says("Adds a technician, or changes the part")
            .body::<AssignRequest>()
            .to(orders::assign),
        change("/v1/orders/{id}/unassign", "unassignOrder")
            .says("Takes a technician off")
            .body::<AssignRequest>()
            .to(orders::unassign),
        change("/v1/orders/{id}/schedule", "scheduleOrder")
            .says("Says when somebody is to arrive")
            .body::<ScheduleRequest>()
            .to(orders::schedule),
        change("/v1/orders/{id}/status", "changeOrderStatus")
            .says("Takes an order to another state")
            .body::<StatusRequest>()
            .to(orders::change_status),
        change("/v1/orders/{id}/cancel", "cancelOrder")
            .says("Cancels an order")
            .body::<CancelRequest>()
            .to(orders::cancel),
        change("/v1/orders/{id}/notes", "addOrderNote")
            .says("Adds a remark")
            .body::<NoteRequest>()
            .to(orders::add_note),
    ]
}

/// A command on an order, answered with the order as it is then.
fn change(path: &'static str, id: &'static str) -> Operation {
    Operation::post(path, id)
        .access(Access::Workers)
        .ownership(Ownership::Order)
        .scope(Scope::OrdersWrite)
        .conditional_if_asked()
        .versioned()
        .answers::<Order>(200)
        .refuses(&[Code::Gone])
}

pub fn held_changes() -> Vec<Operation> {
    let office = |row: Operation| row.access(Access::Office);
    vec![
        office(Operation::get("/v1/held-changes", "listHeldChanges"))
            .says("Lists changes that wait for a decision")
            .scope(Scope::OrdersRead)
            .answers::<HeldChangesResponse>(200)
            .to(held_changes::list_held_changes),
        office(Operation::post("/v1/held-changes/merge", "mergeHeldChanges"))
            .says("Merges what a person's devices left for an order")
            .scope(Scope::OrdersWrite)
            .body::<MergeRequest>()
            .answers::<MergedChangesResponse>(200)
            .refuses(&[Code::NotFound, Code::Gone])
            .to(held_changes::merge_held_changes),
        office(Operation::post("/v1/held-changes/discard", "discardHeldChange"))
            .says("Decides against a held change; it is kept and never merged")
            .scope(Scope::OrdersWrite)
            .body::<DiscardRequest>()
            .answers_nothing(204)
            .refuses(&[Code::NotFound, Code::Gone])
            .to(held_changes::discard_held_change),
    ]
}
