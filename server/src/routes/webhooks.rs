//! Where other programs are told what happened. Admins only.

use crate::http::error::Code;
use crate::http::exports::{self, ExportListRequest};
use crate::http::operation::{Access, Operation};
use crate::http::scope::Scope;
use crate::http::webhooks::{self, DeliveriesRequest, WebhookList};
use crate::routes::table_file;
use crate::store::webhook_deliveries::DeliveryRow;
use crate::webhooks::{DeliveryPage, Webhook, WebhookFields, WebhookWithSecret};

pub fn operations() -> Vec<Operation> {
    let read = |row: Operation| row.access(Access::Admin).scope(Scope::IntegrationsRead);
    let write = |row: Operation| row.access(Access::Admin).scope(Scope::IntegrationsWrite);
    vec![
        write(Operation::post("/v1/webhooks", "createWebhook"))
            .says("Adds a webhook; its secret is shown once")
            .shows_secret()
            .versioned()
            .body::<WebhookFields>()
            .answers::<WebhookWithSecret>(201)
            .to(webhooks::create_webhook),
        read(Operation::get("/v1/webhooks", "listWebhooks"))
            .says("Lists every webhook")
            .answers::<WebhookList>(200)
            .to(webhooks::list_webhooks),
        table_file(read(Operation::get("/v1/webhooks/export", "exportWebhooks")))
            .says("Writes every webhook into a file, CSV or XLSX")
            .query::<ExportListRequest>()
            .to(exports::export_webhooks),
        read(Operation::get("/v1/webhooks/{id}", "readWebhook"))
            .says("Reads a webhook")
            .versioned()
            .answers::<Webhook>(200)
            .to(webhooks::get_webhook),
        write(Operation::put("/v1/webhooks/{id}", "updateWebhook"))
            .says("Writes every field of a webhook")
            .conditional()
            .versioned()
            .body::<WebhookFields>()
            .answers::<Webhook>(200)
            .to(webhooks::update_webhook),
        write(Operation::delete("/v1/webhooks/{id}", "deleteWebhook"))
            .says("Ends a webhook")
            .conditional()
            .answers_nothing(204)
            .to(webhooks::delete_webhook),
        write(Operation::post("/v1/webhooks/{id}/rotate-secret", "rotateWebhookSecret"))
            .says("Gives a webhook a new secret; the old one goes on for a while")
            .conditional()
            .versioned()
            .answers::<WebhookWithSecret>(200)
            .to(webhooks::rotate_secret),
        write(Operation::post("/v1/webhooks/{id}/test", "testWebhook"))
            .says("Sends a test event")
            .answers::<DeliveryRow>(202)
            .refuses(&[Code::Invalid])
            .to(webhooks::send_test),
        read(Operation::get("/v1/webhooks/{id}/deliveries", "listDeliveries"))
            .says("Lists what was sent, newest first")
            .query::<DeliveriesRequest>()
            .answers::<DeliveryPage>(200)
            .to(webhooks::list_deliveries),
        table_file(read(Operation::get("/v1/webhooks/{id}/deliveries/export", "exportDeliveries")))
            .says("Writes what was sent into a file, CSV or XLSX")
            .query::<ExportListRequest>()
            .to(exports::export_deliveries),
        write(Operation::post("/v1/webhooks/{id}/deliveries/{delivery}/resend", "resendDelivery"))
            .says("Sends a delivery once more")
            .answers::<DeliveryRow>(202)
            .refuses(&[Code::Invalid])
            .to(webhooks::resend),
    ]
}
