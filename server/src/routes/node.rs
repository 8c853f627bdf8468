//! The server itself: for operators, load balancers and whoever wants to know what it can do.

use crate::accounts::{SetUp, SetUpDone};
use crate::http::capabilities::{self, Capabilities};
use crate::http::error::Code;
use crate::http::operation::{Access, Operation};
use crate::http::public_page::PageRequest;
use crate::http::{description, health, setup};
use crate::http::{equipment_labels, verification};

pub fn operations() -> Vec<Operation> {
    let public = |row: Operation| row.access(Access::Public);
    vec![
        public(Operation::get("/live", "isLive"))
            .says("Says that the process answers")
            .answers_bytes(200, &["text/plain"])
            .to(health::live),
        public(Operation::get("/ready", "isReady"))
            .says("Says whether requests can be served")
            .answers_bytes(200, &["text/plain"])
            .to(health::ready),
        public(Operation::get("/metrics", "readMetrics"))
            .says("Reads the figures of this node in the text format of Prometheus")
            .answers_bytes(200, &["text/plain"])
            .to(health::metrics),
        public(Operation::get("/docs", "readDocs"))
            .says("Shows this description as a page")
            .answers_bytes(200, &["text/html"])
            .to(description::page),
        public(Operation::get("/v1/openapi.json", "readOpenapi"))
            .says("Reads this description")
            .answers_bytes(200, &["application/json"])
            .to(description::document),
        public(Operation::get("/v1/capabilities", "readCapabilities"))
            .says("Reads versions and limits")
            .answers::<Capabilities>(200)
            .to(capabilities::capabilities),
        public(Operation::post("/v1/setup", "setUp"))
            .says("Makes the first organization and its admin with the one-time token of the first start")
            .body::<SetUp>()
            .answers::<SetUpDone>(201)
            .refuses(&[Code::NotFound])
            .to(setup::set_up),
        public(Operation::get("/verify/{token}", "verifyDocument"))
            .says("Shows whether a document is still what was signed")
            .text_parameter("token")
            .query::<PageRequest>()
            .answers_bytes(200, &["text/html"])
            .answers_bytes(404, &["text/html"])
            .to(verification::verify),
        public(Operation::get("/e/{code}", "showEquipment"))
            .says("Shows what a label is on, and who looks after it")
            .text_parameter("code")
            .query::<PageRequest>()
            .answers_bytes(200, &["text/html"])
            .answers_bytes(404, &["text/html"])
            .to(equipment_labels::show_equipment),
    ]
}
