//! Simulated fleets of devices and a server converge after faults. Never uses a real clock.

mod encrypted_server;
mod full_disk;
mod own_workflow;
mod phones_and_server;
mod restored_server;
mod rotten_phone;
mod shared_pool;
mod signed_visit;
mod worlds;
