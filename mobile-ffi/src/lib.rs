//! The client shell for phones: storage, keys, network and clock around `sync_core::session`. Never decides about orders.
//!
//! A [`Client`] is opened on two directories, signs a person in, performs commands at once on the local replica and
//! sends them when it can:
//!
//! 1. [`Client::open`] with a [`ClientConfig`]; somebody who signed in before may work at once, also offline.
//! 2. [`Client::sign_in`] the first time, and after the server asked for it.
//! 3. [`Client::execute`] commands, read [`Client::orders`] and [`Client::order`].
//! 4. Keep photos and drawings with [`Client::keep_file`] before the command that names them; show [`Client::to_sign`] and
//!    record the signature with [`Client::sign`].
//! 5. Let [`Client::run`] keep up with the server, or call [`Client::sync_now`].
//! 6. Show what [`Client::next_event`] tells.

mod blobs;
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
mod uploads;

pub use blobs::KeptBlob;
pub use client::{Client, ClientConfig, OrderRow, fresh_id};
pub use error::ClientError;
pub use sync_core::session::{
    CenterEntry, Done, Notice, OrderOnDevice, ReferenceOnDevice, SyncState, ToSign,
};
pub use sync_core::upload::{BlobFate, BlobOnDevice};
