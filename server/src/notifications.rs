//! Tells people what happened, each by the way they want: who is told is the organization's matrix. Never sends a mail.

pub mod settings;
