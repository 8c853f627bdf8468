//! Orders on paper: gathers what an order says, and has it rendered in a child process. Never renders in this one.

mod checklist;
mod gather_order;
mod letterhead;
mod moments;
mod people;
mod pictures;
mod print_order;
mod printer;
mod templates;

pub use print_order::{OrderPrint, PrintRequest, print_order};
pub use printer::{PRINT_VERB, Printer, serve_as_child};
pub use templates::{DocumentTemplate, TemplateKind, delete_template, get_template, save_template};
