//! What people and customers are told: inboxes, the matrix, the log of messages; and the jobs that do it.

use crate::http::error::Code;
use crate::http::exports::{self, ExportListRequest};
use crate::http::jobs::{self, JobsRequest};
use crate::http::messages::{self, MessageList, WhatsAppRequest};
use crate::http::notifications::{self, InboxRequest, PreferencesRequest};
use crate::http::operation::{Access, Operation, Ownership};
use crate::http::opt_out;
use crate::http::scope::Scope;
use crate::jobs::JobPage;
use crate::notifications::settings::NotificationSettings;
use crate::notifications::{InboxPage, Preferences, Settings, WhatsAppLink};
use crate::routes::table_file;
use crate::store::messages::MessageRow;

pub fn operations() -> Vec<Operation> {
    let own = |row: Operation| row.access(Access::Session).ownership(Ownership::Own);
    let mut rows = vec![
        own(Operation::get("/v1/notifications", "listNotifications"))
            .says("Lists the caller's inbox, newest first")
            .query::<InboxRequest>()
            .answers::<InboxPage>(200)
            .to(notifications::list_notifications),
        table_file(own(Operation::get("/v1/notifications/export", "exportNotifications")))
            .says("Writes the caller's inbox into a file, CSV or XLSX")
            .query::<ExportListRequest>()
            .to(exports::export_notifications),
        own(Operation::post("/v1/notifications/{id}/read", "readNotification"))
            .says("Marks an entry of the caller's inbox as read")
            .answers_nothing(204)
            .to(notifications::mark_read),
        own(Operation::post("/v1/notifications/read", "readAllNotifications"))
            .says("Marks the caller's whole inbox as read")
            .answers_nothing(204)
            .to(notifications::mark_all_read),
        own(Operation::get("/v1/notification-preferences", "readNotificationPreferences"))
            .says("Reads what the caller turned off")
            .versioned()
            .answers::<Preferences>(200)
            .to(notifications::get_preferences),
        own(Operation::put("/v1/notification-preferences", "updateNotificationPreferences"))
            .says("Writes what the caller turned off")
            .conditional()
            .versioned()
            .body::<PreferencesRequest>()
            .answers::<Preferences>(200)
            .to(notifications::save_preferences),
    ];
    rows.extend(office());
    rows.extend(opting_out());
    rows
}

fn office() -> Vec<Operation> {
    vec![
        Operation::get("/v1/notification-settings", "readNotificationSettings")
            .says("Reads who is told of what, by which way")
            .access(Access::Office)
            .scope(Scope::SettingsRead)
            .versioned()
            .answers::<Settings>(200)
            .to(notifications::get_settings),
        Operation::put("/v1/notification-settings", "updateNotificationSettings")
            .says("Writes who is told of what, by which way")
            .access(Access::Admin)
            .scope(Scope::SettingsWrite)
            .conditional()
            .versioned()
            .body::<NotificationSettings>()
            .answers::<Settings>(200)
            .to(notifications::save_settings),
        Operation::get("/v1/orders/{id}/messages", "listMessagesOfOrder")
            .says("Lists what was written to people about an order")
            .access(Access::Office)
            .ownership(Ownership::Order)
            .scope(Scope::OrdersRead)
            .answers::<MessageList>(200)
            .to(messages::list_messages_of_order),
        table_file(Operation::get("/v1/orders/{id}/messages/export", "exportMessagesOfOrder"))
            .says("Writes the messages about an order into a file, CSV or XLSX")
            .access(Access::Office)
            .ownership(Ownership::Order)
            .scope(Scope::OrdersRead)
            .query::<ExportListRequest>()
            .to(exports::export_messages_of_order),
        Operation::get("/v1/customers/{id}/messages", "listMessagesOfCustomer")
            .says("Lists what was written to a customer")
            .access(Access::Office)
            .scope(Scope::CustomersRead)
            .answers::<MessageList>(200)
            .to(messages::list_messages_of_customer),
        table_file(Operation::get("/v1/customers/{id}/messages/export", "exportMessagesOfCustomer"))
            .says("Writes the messages to a customer into a file, CSV or XLSX")
            .access(Access::Office)
            .scope(Scope::CustomersRead)
            .query::<ExportListRequest>()
            .to(exports::export_messages_of_customer),
        Operation::post("/v1/messages/{id}/resend", "resendMessage")
            .says("Sends a mail once more")
            .access(Access::Office)
            .scope(Scope::OrdersWrite)
            .answers::<MessageRow>(202)
            .refuses(&[Code::Invalid])
            .to(messages::resend_message),
        Operation::get("/v1/orders/{id}/whatsapp-link", "readWhatsAppLink")
            .says("Makes a link that opens WhatsApp with a message to the customer")
            .ownership(Ownership::Order)
            .scope(Scope::OrdersRead)
            .query::<WhatsAppRequest>()
            .answers::<WhatsAppLink>(200)
            .refuses(&[Code::Invalid])
            .to(messages::link_to_write),
        Operation::post("/v1/orders/{id}/whatsapp-opened", "noteWhatsAppOpened")
            .says("Notes that somebody opened such a link")
            .access(Access::Workers)
            .ownership(Ownership::Order)
            .scope(Scope::OrdersWrite)
            .body::<WhatsAppRequest>()
            .answers::<MessageRow>(201)
            .to(messages::note_opened),
    ]
}

/// For readers of mails, who have no account.
fn opting_out() -> Vec<Operation> {
    let public = |row: Operation| row.access(Access::Public).text_parameter("token");
    vec![
        public(Operation::get("/mail/opt-out/{token}", "askToOptOut"))
            .says("Asks whether an address shall get no more mail")
            .answers_bytes(200, &["text/html"])
            .answers_bytes(404, &["text/html"])
            .to(opt_out::ask),
        public(Operation::post("/mail/opt-out/{token}", "optOut"))
            .says("Sends an address no more mail about orders")
            .answers_bytes(200, &["text/html"])
            .answers_bytes(404, &["text/html"])
            .to(opt_out::opt_out),
    ]
}

pub fn jobs() -> Vec<Operation> {
    vec![
        Operation::get("/v1/jobs", "listJobs")
            .says("Lists the jobs of the organization, newest first")
            .access(Access::Admin)
            .scope(Scope::SettingsRead)
            .query::<JobsRequest>()
            .answers::<JobPage>(200)
            .to(jobs::list_jobs),
        table_file(Operation::get("/v1/jobs/export", "exportJobs"))
            .says("Writes every job into a file, CSV or XLSX")
            .access(Access::Admin)
            .scope(Scope::SettingsRead)
            .query::<ExportListRequest>()
            .to(exports::export_jobs),
        Operation::post("/v1/jobs/{id}/retry", "retryJob")
            .says("Lets a job that was given up run again")
            .access(Access::Admin)
            .scope(Scope::SettingsWrite)
            .refuses(&[Code::Invalid])
            .answers_nothing(204)
            .to(jobs::retry_job),
    ]
}
