//! What every cross-crate test stands on: real databases, real processes, real sockets. Never a mock.

pub mod alone;
pub mod balancer;
pub mod databases;
pub mod fleet;
pub mod guardian;
pub mod listed_orders;
pub mod mail_sink;
pub mod phone;
pub mod process;
pub mod proxy;
pub mod receiver;
pub mod small_disk;
pub mod temp;
pub mod timing;
pub mod tls;
