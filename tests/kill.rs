//! Real processes are killed at named points and lose nothing they acknowledged. Never kills by name.

pub mod crew;
mod graceful_stop;
pub mod hand;
pub mod ledger;
mod phone_blobs;
mod phone_points;
mod push;
mod random_moments;
mod server_points;
pub mod truth;
mod two_nodes;
mod uploads;
