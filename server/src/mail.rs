//! E-mail by SMTP: the way to the mail server, and the job that sends one message. Off where no server is configured.

mod compose;
mod page;
pub mod send_mail;

use std::error::Error as _;
use std::time::Duration;

use lettre::message::Mailbox;
use lettre::transport::smtp::AsyncSmtpTransportBuilder;
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};

use crate::config::MailConfig;
use crate::refusal::Refusal;

/// Handing over one mail, from connecting to the last answer, takes no longer.
pub const TIME_MAX: Duration = Duration::from_secs(30);
/// As much of what a server said is kept for the log.
const REASON_LENGTH_MAX: usize = 300;

/// Why a mail was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailFailure {
    /// May go later: the server is away, busy, or hangs.
    Temporary(String),
    /// Never: the server refuses the address or the mail.
    Permanent(String),
}

/// Sends mails.
pub struct Mailer {
    server: AsyncSmtpTransportBuilder,
    from: Mailbox,
    time_max: Duration,
}

impl Mailer {
    /// Prepares the way to a server; connects with the first mail.
    pub fn open(config: &MailConfig, time_max: Duration) -> Result<Self, Refusal> {
        let server = AsyncSmtpTransport::<Tokio1Executor>::from_url(&config.url)
            .map_err(|_| Refusal::internal("CAMPO_SMTP_URL cannot be read"))?;
        let from =
            config.from.parse().map_err(|_| Refusal::internal("CAMPO_MAIL_FROM is no mail address"))?;
        Ok(Self { server: server.timeout(Some(time_max)), from, time_max })
    }

    /// In whose name mails go out.
    pub const fn from(&self) -> &Mailbox {
        &self.from
    }

    /// Whether the server takes us, without a mail.
    pub async fn try_out(&self) -> Result<(), String> {
        let transport: AsyncSmtpTransport<Tokio1Executor> = self.server.clone().build();
        match tokio::time::timeout(self.time_max, transport.test_connection()).await {
            Ok(Ok(true)) => Ok(()),
            Ok(Ok(false)) => Err("it ends the connection".to_owned()),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err("it takes too long".to_owned()),
        }
    }

    /// Hands one mail to the server, over a connection of its own: one that was given up halfway is never used again.
    pub async fn send(&self, mail: Message) -> Result<(), MailFailure> {
        let transport: AsyncSmtpTransport<Tokio1Executor> = self.server.clone().build();
        match tokio::time::timeout(self.time_max, transport.send(mail)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(failure_of(&error)),
            Err(_) => Err(MailFailure::Temporary("the mail server does not answer".to_owned())),
        }
    }
}

fn failure_of(error: &lettre::transport::smtp::Error) -> MailFailure {
    let mut said = error.to_string();
    if let Some(source) = error.source().filter(|source| !said.contains(&source.to_string())) {
        said = format!("{said}: {source}");
    }
    let said: String = said.chars().filter(|letter| *letter != '\0').take(REASON_LENGTH_MAX).collect();
    if error.is_permanent() { MailFailure::Permanent(said) } else { MailFailure::Temporary(said) }
}
