//! Orders and labels on paper: gathers what they say, and has it rendered in a child process. Never renders in this one.

mod checklist;
mod gather_order;
mod letterhead;
mod moments;
mod people;
mod pictures;
mod print_labels;
mod print_order;
mod printer;
mod templates;

pub use print_labels::{LABELS_MAX, LabelRequest, print_labels};
pub use print_order::{OrderPrint, PrintRequest, print_order};
pub use printer::{PRINT_VERB, Printer, serve_as_child};
pub use templates::{DocumentTemplate, TemplateKind, delete_template, get_template, save_template};
