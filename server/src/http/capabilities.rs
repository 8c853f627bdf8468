//! `/v1/capabilities`: versions and limits, so that clients ask instead of guessing. Needs no session.

use actix_web::HttpResponse;
use schemars::JsonSchema;
use serde::Serialize;

use crate::evidence::sniff::{MEDIA_TYPES, MediaType, PIXELS_MAX, SIDE_PIXELS_MAX};
use crate::evidence::{UPLOAD_KEPT_MS, UploadLimits};
use crate::http::body::JSON_BYTES_MAX;
use crate::http::node::Node;
use crate::messages::Language;

/// Every limit has its unit in its name.
#[derive(Serialize, JsonSchema)]
pub struct Limits {
    request_bytes_max: u64,
    request_changes_max: u64,
    change_bytes_max: u64,
    change_operations_max: u64,
    change_predecessors_max: u64,
    change_expanded_keys_bytes_max: u64,
    key_bytes_max: u64,
    start_op_ahead_max: u64,
    order_operations_warning: u64,
    order_operations_max: u64,
    order_saved_bytes_max: u64,
    order_actors_warning: u64,
    string_bytes_max: u64,
    nesting_max: u64,
    map_keys_max: u64,
    page_bytes_max: u64,
    live_frames_max: u64,
    live_stall_seconds_max: u64,
    /// 0 for no limit.
    sockets_per_address_max: u64,
    json_bytes_max: u64,
    list_rows_max: u64,
    upload_bytes_max: u64,
    upload_kept_seconds: u64,
    image_pixels_max: u64,
    image_side_pixels_max: u64,
}

/// What this server can do.
#[derive(Serialize, JsonSchema)]
pub struct Capabilities {
    /// Device seals name it.
    server_id: String,
    server_version: &'static str,
    protocols: [u32; 1],
    schemas: [u32; 1],
    languages: [&'static str; 4],
    limits: Limits,
    media_types: [&'static str; 5],
    /// Whether people who forgot their password can be mailed a link to choose another.
    password_links: bool,
}

/// The start values of the contract.
fn limits(uploads: UploadLimits, sockets: usize) -> Limits {
    Limits {
        request_bytes_max: 4 * 1024 * 1024,
        request_changes_max: 500,
        change_bytes_max: 256 * 1024,
        change_operations_max: 10_000,
        change_predecessors_max: 10_000,
        change_expanded_keys_bytes_max: 1024 * 1024,
        key_bytes_max: 256,
        start_op_ahead_max: 1_000_000,
        order_operations_warning: 100_000,
        order_operations_max: 200_000,
        order_saved_bytes_max: 8 * 1024 * 1024,
        order_actors_warning: 200,
        string_bytes_max: 64 * 1024,
        nesting_max: 16,
        map_keys_max: 1_000,
        page_bytes_max: 1024 * 1024,
        live_frames_max: 256,
        live_stall_seconds_max: 10,
        sockets_per_address_max: sockets as u64,
        json_bytes_max: JSON_BYTES_MAX as u64,
        list_rows_max: 200,
        upload_bytes_max: uploads.upload_bytes_max,
        upload_kept_seconds: UPLOAD_KEPT_MS.unsigned_abs() / 1_000,
        image_pixels_max: PIXELS_MAX,
        image_side_pixels_max: u64::from(SIDE_PIXELS_MAX),
    }
}

pub async fn capabilities(node: Node) -> HttpResponse {
    HttpResponse::Ok().json(Capabilities {
        server_id: node.0.server_id.clone(),
        server_version: env!("CARGO_PKG_VERSION"),
        protocols: [1],
        schemas: [1],
        languages: Language::ALL.map(Language::as_str),
        limits: limits(node.0.evidence.limits(), node.0.config.sockets_per_address),
        media_types: MEDIA_TYPES.map(MediaType::as_str),
        password_links: node.0.mailer.is_some(),
    })
}
