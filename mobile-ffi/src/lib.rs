//! The client shell for phones: storage, keys, network and clock around `sync_core::session`. Never decides about orders.
//!
//! A [`Client`] is opened on two directories, signs a person in, performs commands at once on the local replica and
//! sends them when it can:
//!
//! 1. [`Client::open`] with a [`ClientConfig`]; somebody who signed in before may work at once, also offline.
//! 2. [`Client::sign_in`] the first time, and after the server asked for it.
//! 3. [`Client::execute`] commands, read [`Client::orders`] and [`Client::order`].
//! 4. Let [`Client::run`] keep up with the server, or call [`Client::sync_now`].
//! 5. Show what [`Client::next_event`] tells.

mod client;
mod clock;
mod engine;
mod error;
mod keys;
mod live;
mod seal;
mod server;
mod store;
mod transport;

pub use client::{Client, ClientConfig, OrderRow, fresh_id};
pub use error::ClientError;
pub use sync_core::session::{CenterEntry, Done, Notice, OrderOnDevice, ReferenceOnDevice, SyncState};
