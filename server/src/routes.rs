//! Every path of the server in one table. Never a handler's body.

use actix_web::http::Method;
use actix_web::web::{self, ServiceConfig, delete, get, head, method, patch, post, put};

use crate::http::error::{Code, Problem};
use crate::http::{
    capabilities, devices, documents, evidence, health, held_changes, live, orders, organization, photos,
    records, session, setup, sync, uploads, users, verification, webhooks,
};
use crate::reference::{
    CatalogueItemFields, ContactFields, CustomerFields, EquipmentFields, ReferenceFields, SiteFields,
    SkillFields, StaffProfileFields, TeamFields,
};

pub fn routes(app: &mut ServiceConfig) {
    app.app_data(web::QueryConfig::default().error_handler(|_, _| Problem::new(Code::Malformed).into()));
    app.default_service(web::to(health::not_found))
        .route("/live", get().to(health::live))
        .route("/ready", get().to(health::ready))
        .route("/metrics", get().to(health::metrics))
        .route("/verify/{token}", get().to(verification::verify))
        .route("/v1/capabilities", get().to(capabilities::capabilities))
        .route("/v1/setup", post().to(setup::set_up))
        .route("/v1/session", post().to(session::sign_in))
        .route("/v1/session/refresh", post().to(session::refresh_session))
        .route("/v1/session", delete().to(session::sign_out))
        .route("/v1/devices", post().to(devices::enroll_device))
        .route("/v1/devices", get().to(devices::list_devices))
        .route("/v1/devices/{id}", delete().to(devices::revoke_device))
        .route("/v1/organization", get().to(organization::get_organization))
        .route("/v1/organization", put().to(organization::update_organization))
        .route("/v1/users", post().to(users::create_user))
        .route("/v1/users", get().to(users::list_users))
        .route("/v1/users/{id}", get().to(users::get_user))
        .route("/v1/users/{id}", put().to(users::update_user))
        .route("/v1/sync", post().to(sync::sync))
        .route("/v1/live", get().to(live::live))
        .route("/v1/uploads", method(Method::OPTIONS).to(uploads::describe_uploads))
        .route("/v1/uploads", post().to(uploads::create_upload_here))
        .route("/v1/uploads/{id}", head().to(uploads::get_upload))
        .route("/v1/uploads/{id}", patch().to(uploads::append_to_upload))
        .route("/v1/uploads/{id}", delete().to(uploads::delete_upload))
        .route("/v1/orders", post().to(orders::create_order))
        .route("/v1/orders", get().to(orders::list_orders))
        .route("/v1/orders/{id}", get().to(orders::get_order))
        .route("/v1/orders/{id}/history", get().to(orders::get_history))
        .route("/v1/orders/{id}/evidence", get().to(evidence::export_evidence))
        .route("/v1/orders/{id}/commands", post().to(orders::give_command))
        .route("/v1/orders/{id}/assign", post().to(orders::assign))
        .route("/v1/orders/{id}/unassign", post().to(orders::unassign))
        .route("/v1/orders/{id}/schedule", post().to(orders::schedule))
        .route("/v1/orders/{id}/status", post().to(orders::change_status))
        .route("/v1/orders/{id}/cancel", post().to(orders::cancel))
        .route("/v1/orders/{id}/notes", post().to(orders::add_note))
        .route("/v1/orders/{order}/photos/{photo}", get().to(photos::get_photo))
        .route("/v1/orders/{order}/photos/{photo}/thumbnail", get().to(photos::get_thumbnail))
        .route("/v1/orders/{order}/photos/{photo}/screen", get().to(photos::get_screen))
        .route("/v1/orders/{order}/signatures/{signature}/strokes", get().to(photos::get_strokes))
        .route("/v1/orders/{order}/signatures/{signature}/drawing", get().to(photos::get_drawing))
        .route("/v1/orders/{id}/document.pdf", get().to(documents::get_document))
        .route("/v1/document-templates/{kind}", get().to(documents::get_template))
        .route("/v1/document-templates/{kind}", put().to(documents::save_template))
        .route("/v1/document-templates/{kind}", delete().to(documents::delete_template))
        .route("/v1/held-changes", get().to(held_changes::list_held_changes))
        .route("/v1/held-changes/merge", post().to(held_changes::merge_held_changes))
        .route("/v1/held-changes/discard", post().to(held_changes::discard_held_change));
    webhook_routes(app);
    record_routes::<CustomerFields>(app, "/v1/customers", "/v1/customers/{id}");
    record_routes::<ContactFields>(app, "/v1/contacts", "/v1/contacts/{id}");
    record_routes::<SiteFields>(app, "/v1/sites", "/v1/sites/{id}");
    record_routes::<EquipmentFields>(app, "/v1/equipment", "/v1/equipment/{id}");
    record_routes::<CatalogueItemFields>(app, "/v1/catalogue-items", "/v1/catalogue-items/{id}");
    record_routes::<TeamFields>(app, "/v1/teams", "/v1/teams/{id}");
    record_routes::<SkillFields>(app, "/v1/skills", "/v1/skills/{id}");
    record_routes::<StaffProfileFields>(app, "/v1/staff-profiles", "/v1/staff-profiles/{id}");
}

fn webhook_routes(app: &mut ServiceConfig) {
    app.route("/v1/webhooks", post().to(webhooks::create_webhook))
        .route("/v1/webhooks", get().to(webhooks::list_webhooks))
        .route("/v1/webhooks/{id}", get().to(webhooks::get_webhook))
        .route("/v1/webhooks/{id}", put().to(webhooks::update_webhook))
        .route("/v1/webhooks/{id}", delete().to(webhooks::delete_webhook))
        .route("/v1/webhooks/{id}/rotate-secret", post().to(webhooks::rotate_secret))
        .route("/v1/webhooks/{id}/test", post().to(webhooks::send_test))
        .route("/v1/webhooks/{id}/deliveries", get().to(webhooks::list_deliveries))
        .route("/v1/webhooks/{id}/deliveries/{delivery}/resend", post().to(webhooks::resend));
}

fn record_routes<F: ReferenceFields>(app: &mut ServiceConfig, all: &str, one: &str) {
    app.route(all, post().to(records::create_record::<F>))
        .route(all, get().to(records::list_records::<F>))
        .route(one, get().to(records::get_record::<F>))
        .route(one, put().to(records::update_record::<F>))
        .route(one, delete().to(records::archive_record::<F>));
}
