//! What the office does to orders, and what it decides about work that waits.

use sync_core::order::OrderCommand;

use crate::exports::ExportFormat;
use crate::http::error::Code;
use crate::http::exports::{self, ExportListRequest, ExportOrdersRequest};
use crate::http::held_changes::{
    self, DiscardRequest, HeldChangesResponse, MergeRequest, MergedChangesResponse,
};
use crate::http::operation::{Access, Operation, Ownership};
use crate::http::order_lists::{self, ListOrdersRequest};
use crate::http::orders::{
    self, AssignOrdersResponse, AssignRequest, CancelRequest, CreateOrderRequest, DifferenceRequest,
    HistoryResponse, NoteRequest, OfferRequest, OrderResponse, PastOrderRequest, ScheduleRequest,
    StatusRequest,
};
use crate::http::scope::Scope;
use crate::orders::assign_orders::AssignOrders;
use crate::orders::count_orders::OrderCounts;
use crate::orders::list_orders::OrderListPage;
use crate::orders::past_order::PastDifference;
use crate::orders::suggest_technicians::Suggestions;
use crate::routes::table_file;

type Order = OrderResponse<'static>;

pub fn operations() -> Vec<Operation> {
    [of_lists(), of_one(), changes()].into_iter().flatten().collect()
}

fn of_lists() -> Vec<Operation> {
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
            .says("Lists orders, searched, filtered and sorted; technicians see those they are assigned to or may take")
            .scope(Scope::OrdersRead)
            .query::<ListOrdersRequest>()
            .answers::<OrderListPage>(200)
            .to(order_lists::list_orders),
        Operation::get("/v1/orders/counts", "countOrders")
            .says("Counts the orders in each tab of the tray")
            .scope(Scope::OrdersRead)
            .answers::<OrderCounts>(200)
            .to(order_lists::get_counts),
        Operation::get("/v1/orders/export", "exportOrders")
            .says("Writes all orders of a list into a file: CSV, XLSX or, by their sites, GeoJSON")
            .scope(Scope::OrdersRead)
            .query::<ExportOrdersRequest>()
            .header("Accept", false, "The kind of file, where `format` says none")
            .answers_bytes(
                200,
                &[ExportFormat::CSV_TYPE, ExportFormat::XLSX_TYPE, ExportFormat::GEOJSON_TYPE],
            )
            .to(exports::export_orders),
        Operation::post("/v1/orders/bulk/assign", "assignOrders")
            .says("Assigns up to 200 orders and answers for each; repeating it changes nothing that is done")
            .access(Access::Office)
            .scope(Scope::OrdersWrite)
            .body::<AssignOrders>()
            .answers::<AssignOrdersResponse>(200)
            .to(orders::assign_many),
    ]
}

fn of_one() -> Vec<Operation> {
    vec![
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
        Operation::get("/v1/orders/{id}/at", "readPastOrder")
            .says("Reads an order as it was at a moment, or at a version that its history names")
            .ownership(Ownership::Order)
            .scope(Scope::OrdersRead)
            .versioned()
            .query::<PastOrderRequest>()
            .answers::<Order>(200)
            .to(orders::get_past_order),
        Operation::get("/v1/orders/{id}/difference", "compareOrderVersions")
            .says("Says what became of an order between two versions")
            .ownership(Ownership::Order)
            .scope(Scope::OrdersRead)
            .query::<DifferenceRequest>()
            .answers::<PastDifference>(200)
            .to(orders::get_difference),
        Operation::get("/v1/orders/{id}/suggestions", "suggestTechnicians")
            .says("Ranks who could do an order, with reasons")
            .access(Access::Office)
            .ownership(Ownership::Order)
            .scope(Scope::OrdersRead)
            .answers::<Suggestions>(200)
            .to(orders::get_suggestions),
    ]
}

fn changes() -> Vec<Operation> {
    vec![
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
        change("/v1/orders/{id}/offer", "offerOrder")
            .says("Puts an order into the shared pool of a team or of some technicians")
            .body::<OfferRequest>()
            .to(orders::offer),
        change("/v1/orders/{id}/take", "takeOrder")
            .says("Takes an order from the shared pool")
            .to(orders::take),
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
        table_file(office(Operation::get("/v1/held-changes/export", "exportHeldChanges")))
            .says("Writes the list of held changes into a file, CSV or XLSX")
            .scope(Scope::OrdersRead)
            .query::<ExportListRequest>()
            .to(exports::export_held_changes),
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
