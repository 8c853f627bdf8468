//! The Campo server: HTTP, accounts, feed, projections and jobs over one store. Never decides what an order means.

pub mod accounts;
pub mod app;
pub mod audit;
pub mod clock;
pub mod config;
pub mod documents;
pub mod events;
pub mod evidence;
pub mod http;
pub mod jobs;
pub mod live;
pub mod messages;
pub mod metrics;
pub mod notifications;
pub mod orders;
pub mod projection;
pub mod proof;
pub mod reference;
pub mod refusal;
mod routes;
pub mod search_text;
pub mod sentences;
pub mod startup;
pub mod store;
pub mod sync;
pub mod webhooks;
pub mod worker_process;
