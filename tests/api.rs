//! The HTTP interface as a caller meets it; mirrors `server/src/http`. Never looks into the database.

mod audit;
mod bodies;
mod deposit;
mod health;
mod isolation;
mod jobs;
mod live;
mod orders;
mod records;
mod session;
mod setup;
pub mod support;
mod sync;
mod users;
