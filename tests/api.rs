//! The HTTP interface as a caller meets it; mirrors `server/src/http`. Never looks into the database.

mod audit;
mod bodies;
mod deposit;
mod documents;
mod framing;
mod full_disk;
mod health;
mod isolation;
mod jobs;
mod live;
mod orders;
mod photo_bombs;
pub mod photo_samples;
mod photos;
mod proof;
mod records;
mod s3;
mod session;
mod setup;
mod staff;
pub mod support;
mod sync;
pub mod upload_client;
mod uploads;
mod uploads_over_bad_links;
mod users;
