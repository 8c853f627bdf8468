//! Several nodes on one database, and a database that goes away and comes back. Never a node of the test's own process.

mod database_outage;
mod jobs_once;
mod killed_in_turn;
mod migrations;
mod newer_schema;
mod panics;
mod revocation;
pub mod shift;
