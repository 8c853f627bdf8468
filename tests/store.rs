//! Store functions on SQLite and on PostgreSQL. Never on one of them alone.

mod budgets;
mod derived_rows;
mod gap_hunter;
mod group_commit;
mod isolation;
mod office_commands;
mod order_lists;
mod pages;
pub mod phone;
mod pushes;
mod schema;
mod statements;
pub mod support;
mod sweeper;
mod two_memories;
mod uploads;
