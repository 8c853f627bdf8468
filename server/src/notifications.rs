//! Tells people what happened, each by the way they want: who is told is the organization's matrix. Never sends a mail.

mod inbox;
mod message_log;
pub mod opt_out;
mod preferences;
mod quiet_hours;
pub mod settings;
mod tell_people;
mod told_order;
mod whatsapp;
pub mod words;

pub(crate) use inbox::key_of;
pub use inbox::{InboxPage, Notification, list_notifications, mark_all_read, mark_read};
pub use message_log::{list_messages_of_customer, list_messages_of_order, resend_message};
pub use preferences::{
    Preferences, Settings, TurnedOff, get_preferences, get_settings, save_preferences, save_settings,
};
pub(crate) use tell_people::{address_hash, queue_mail, tell_people};
pub(crate) use told_order::{named_in, worded};
pub use whatsapp::{WhatsAppLink, WhatsAppMessage, link_to_write, note_opened, whatsapp_url};
