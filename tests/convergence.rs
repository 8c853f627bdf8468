//! Simulated fleets of devices and a server converge after faults. Never uses a real clock.

mod phones_and_server;
mod worlds;
