//! The exchange with installed apps. `docs/protocol.md` describes what is inside.

use crate::http::operation::{Access, Operation};
use crate::http::{live, sync};

pub fn operations() -> Vec<Operation> {
    vec![
        Operation::post("/v1/sync", "sync")
            .says("Offers the device's changes and reads what happened; `docs/protocol.md` describes both bodies")
            .access(Access::Device)
            .body_bytes("application/cbor")
            .answers_bytes(200, &["application/cbor"])
            .answers_bytes(202, &["application/cbor"])
            .to(sync::sync),
        Operation::get("/v1/live", "live")
            .says("Tells when there is something to read, over a web socket or server-sent events")
            .answers_nothing(101)
            .answers_bytes(200, &["text/event-stream"])
            .to(live::live),
    ]
}
