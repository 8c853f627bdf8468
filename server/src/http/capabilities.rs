//! `/v1/capabilities`: versions and limits, so that clients ask instead of guessing. Needs no session.

use actix_web::HttpResponse;
use serde_json::{Value, json};

use crate::evidence::sniff::{MEDIA_TYPES, MediaType, PIXELS_MAX, SIDE_PIXELS_MAX};
use crate::evidence::{UPLOAD_KEPT_MS, UploadLimits};
use crate::http::body::JSON_BYTES_MAX;
use crate::http::node::Node;
use crate::messages::Language;

/// The start values of the contract; every limit has its unit in its name.
pub fn limits(uploads: UploadLimits) -> Value {
    json!({
        "request_bytes_max": 4 * 1024 * 1024,
        "request_changes_max": 500,
        "change_bytes_max": 256 * 1024,
        "change_operations_max": 10_000,
        "change_predecessors_max": 10_000,
        "change_expanded_keys_bytes_max": 1024 * 1024,
        "key_bytes_max": 256,
        "start_op_ahead_max": 1_000_000,
        "order_operations_warning": 100_000,
        "order_operations_max": 200_000,
        "order_saved_bytes_max": 8 * 1024 * 1024,
        "order_actors_warning": 200,
        "string_bytes_max": 64 * 1024,
        "nesting_max": 16,
        "map_keys_max": 1_000,
        "page_bytes_max": 1024 * 1024,
        "live_frames_max": 256,
        "live_stall_seconds_max": 10,
        "sockets_per_address_max": 50,
        "json_bytes_max": JSON_BYTES_MAX,
        "list_rows_max": 200,
        "upload_bytes_max": uploads.upload_bytes_max,
        "upload_kept_seconds": UPLOAD_KEPT_MS / 1_000,
        "image_pixels_max": PIXELS_MAX,
        "image_side_pixels_max": SIDE_PIXELS_MAX,
    })
}

pub async fn capabilities(node: Node) -> HttpResponse {
    HttpResponse::Ok().json(json!({
        "server_id": node.0.server_id,
        "server_version": env!("CARGO_PKG_VERSION"),
        "protocols": [1],
        "schemas": [1],
        "languages": Language::ALL.map(Language::as_str),
        "limits": limits(node.0.evidence.limits()),
        "media_types": MEDIA_TYPES.map(MediaType::as_str),
    }))
}
