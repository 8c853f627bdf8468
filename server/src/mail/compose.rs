//! Writes one mail from what the log says is to be told. Never decides whether it is sent.

use std::collections::BTreeMap;
use std::sync::Arc;

use campo_documents::data::{CopyFor, Style};
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment, Mailbox, MultiPart};
use lettre::{Address, Message};
use sync_core::evidence::Signing;
use sync_core::ids::{OrderId, OrganizationId};
use sync_core::order::{SYSTEM_USER, Workflows};
use sync_core::workflow::{Role, StatusCategory};

use crate::accounts::{PasswordLink, PasswordLinkCause};
use crate::app::App;
use crate::documents::{OrderPrint, PrintRequest, print_order};
use crate::events::EventKind;
use crate::mail::Mailer;
use crate::mail::page::Letter;
use crate::messages::Language;
use crate::notifications::opt_out::OptOutLink;
use crate::notifications::settings::NotificationSettings;
use crate::notifications::words::tell;
use crate::notifications::{address_hash, key_of, named_in, worded};
use crate::orders::Caller;
use crate::orders::read_order::read_order;
use crate::proof::verification_link::VerificationLink;
use crate::refusal::Refusal;
use crate::store::messages::MessageRow;
use crate::store::organizations::OrganizationRow;
use crate::store::{listeners, organizations, users};

/// The end of message ids where the server has no public name.
const NO_DOMAIN: &str = "campo.invalid";

/// Why a mail cannot be written.
#[derive(Debug)]
pub(super) enum Unwritable {
    /// Nothing is to be said, or the address is none.
    Never(String),
    Refused(Refusal),
}

impl<E: Into<Refusal>> From<E> for Unwritable {
    fn from(error: E) -> Self {
        Self::Refused(error.into())
    }
}

/// What is known when one mail is written.
struct Writing<'a> {
    app: &'a App,
    organization: OrganizationId,
    row: &'a MessageRow,
    profile: OrganizationRow,
    settings: NotificationSettings,
    language: Language,
    facts: BTreeMap<String, String>,
    workflows: Arc<Workflows>,
}

pub(super) async fn compose(
    app: &App,
    mailer: &Mailer,
    organization: OrganizationId,
    row: &MessageRow,
) -> Result<Message, Unwritable> {
    let mut tx = app.store.begin_read(organization).await?;
    let profile = organizations::get(&mut tx).await?.ok_or(Refusal::NotFound)?;
    let settings = listeners::get(&mut tx).await?.map(|row| NotificationSettings::read(&row.settings));
    let facts: BTreeMap<String, String> = serde_json::from_str(&row.facts).unwrap_or_default();
    let workflows = app.orders.workflows(&mut tx, &named_in(&facts)).await?;
    tx.commit().await?;
    let language = Language::from_name(&row.language).unwrap_or_default();
    let facts = worded(&workflows, facts, &profile, language);
    let settings = settings.unwrap_or_default();
    let writing = Writing { app, organization, row, profile, settings, language, facts, workflows };
    let key = match PasswordLinkCause::from_name(&row.event) {
        Some(cause) => writing.password_link(cause).await?,
        None => writing.key()?,
    };
    let print = writing.print(&key).await;
    let link = writing.verification_link(&key).await;
    let letter = writing.letter(&key, print.is_some(), link);
    writing.message(mailer, &letter, print)
}

/// Which text it is: one of the customer's, or the sentence of the inbox.
enum Text {
    Customer(&'static str),
    Staff(String),
    /// The words of a link to choose a password, and the link.
    Password(&'static str, String),
}

impl Writing<'_> {
    fn key(&self) -> Result<Text, Unwritable> {
        if self.row.user_id.is_some() {
            return Ok(Text::Staff(key_of(&self.row.event)));
        }
        let kind = EventKind::from_name(&self.row.event);
        let key = kind.and_then(|kind| self.customer_key(kind));
        key.map(Text::Customer).ok_or_else(|| Unwritable::Never("nothing to say to a customer".to_owned()))
    }

    /// The link is made of the password that the person has now, and is kept nowhere.
    async fn password_link(&self, cause: PasswordLinkCause) -> Result<Text, Unwritable> {
        let user = self.row.user_id.ok_or_else(|| Unwritable::Never("nobody to write to".to_owned()))?;
        let until = self.row.created_at.plus_millis(cause.works_for_ms());
        if self.app.clock.now() >= until {
            return Err(Unwritable::Never("the link would have ended".to_owned()));
        }
        let mut tx = self.app.store.begin_read(self.organization).await?;
        let password_hash = users::password_hash(&mut tx, user).await?.unwrap_or_default();
        tx.commit().await?;
        let link = PasswordLink { organization: self.organization, user, until };
        let token = link.to_token(&self.app.proof, &password_hash);
        let words = match cause {
            PasswordLinkCause::Forgotten => "mail-password-forgotten",
            PasswordLinkCause::Invited => "mail-invited",
        };
        Ok(Text::Password(words, format!("{}/password/{token}", self.app.base_url())))
    }

    fn customer_key(&self, kind: EventKind) -> Option<&'static str> {
        match kind {
            EventKind::OrderCreated => Some("mail-order-created"),
            EventKind::OrderScheduled => Some("mail-order-scheduled"),
            EventKind::OrderCancelled => Some("mail-order-cancelled"),
            EventKind::OrderSigned => Some("mail-order-signed"),
            EventKind::OrderRatingAsked => Some("mail-rating"),
            EventKind::VisitTravelStarted => Some("mail-on-the-way"),
            EventKind::VisitCheckedIn => Some("mail-arrived"),
            EventKind::VisitCheckedOut => Some("mail-left"),
            EventKind::OrderStatusChanged => Some(self.status_key()),
            EventKind::OrderAssigned
            | EventKind::OrderOffered
            | EventKind::OrderAttentionRaised
            | EventKind::CustomerCreated
            | EventKind::CustomerUpdated
            | EventKind::SignInNewDevice
            | EventKind::SessionTokenReused
            | EventKind::RecordExpiring
            | EventKind::JobGivenUp
            | EventKind::WebhookDisabled => None,
        }
    }

    fn status_key(&self) -> &'static str {
        let workflow = self.facts.get("workflow").and_then(|name| self.workflows.get(name));
        let state = self.facts.get("state_key").map(|key| key.as_str().into());
        match workflow.zip(state).map(|(workflow, state)| workflow.category(&state)) {
            Some(StatusCategory::Traveling) => "mail-on-the-way",
            Some(StatusCategory::Waiting) => "mail-waiting",
            Some(StatusCategory::Done) => "mail-done",
            Some(
                StatusCategory::New
                | StatusCategory::Scheduled
                | StatusCategory::Working
                | StatusCategory::Closed
                | StatusCategory::Cancelled,
            )
            | None => "mail-status",
        }
    }

    /// The order on paper, with mails about finished or signed work. Where it cannot be printed the mail goes without.
    async fn print(&self, key: &Text) -> Option<OrderPrint> {
        if !self.settings.attach_document || !carries_document(key) {
            return None;
        }
        let request =
            PrintRequest { copy: CopyFor::Customer, style: Style::Full, language: Some(self.language) };
        match print_order(self.app, self.server(), self.row.order_id?, request).await {
            Ok(print) => Some(print),
            Err(refusal) => {
                tracing::warn!(%refusal, "an order could not be printed for a mail");
                None
            }
        }
    }

    /// The page on which anybody checks the signed order, where it is signed.
    async fn verification_link(&self, key: &Text) -> Option<String> {
        let order = self.row.order_id.filter(|_| carries_document(key))?;
        let view = read_order(&self.app.orders, self.server(), order).await.ok()?;
        let signature = match view.order.signing {
            Signing::Signed { signature } => signature,
            Signing::Unsigned | Signing::Refused { .. } | Signing::NeedsSignature { .. } => return None,
        };
        Some(self.verify_address(order, signature))
    }

    fn verify_address(&self, order: OrderId, signature: sync_core::ids::EntryId) -> String {
        let link = VerificationLink { organization: self.organization, order, signature: Some(signature) };
        format!("{}/verify/{}", self.app.base_url(), link.to_token(&self.app.proof))
    }

    /// The server itself reads every order.
    const fn server(&self) -> Caller {
        Caller { organization: self.organization, user: SYSTEM_USER, role: Role::System }
    }

    fn say(&self, key: &str) -> String {
        tell(self.language, key, &self.facts)
    }

    fn letter(&self, key: &Text, has_document: bool, link: Option<String>) -> Letter {
        let company = self.profile.name.clone();
        match key {
            Text::Staff(key) => {
                let sentence = self.say(key);
                Letter {
                    subject: sentence.clone(),
                    company,
                    paragraphs: vec![sentence],
                    small: vec![self.say("mail-why-staff")],
                    ..Letter::default()
                }
            }
            Text::Password(key, address) => Letter {
                subject: self.say(&format!("{key}-subject")),
                company,
                paragraphs: vec![self.say("mail-greeting"), self.say(&format!("{key}-body"))],
                links: vec![(self.say("mail-password-link"), address.clone())],
                small: vec![self.say(&format!("{key}-why"))],
                ..Letter::default()
            },
            Text::Customer(key) => {
                let mut paragraphs = vec![self.say("mail-greeting"), self.say(&format!("{key}-body"))];
                paragraphs.extend(has_document.then(|| self.say("mail-attached")));
                paragraphs.push(self.say("mail-regards"));
                let links = link.map(|address| (self.say("mail-verify"), address));
                Letter {
                    subject: self.say(&format!("{key}-subject")),
                    company,
                    paragraphs,
                    links: links.into_iter().collect(),
                    small: vec![self.say("mail-why-customer")],
                    opt_out: Some((self.say("mail-opt-out"), self.opt_out_address())),
                }
            }
        }
    }

    fn opt_out_address(&self) -> String {
        let address_hash = address_hash(&self.row.address);
        let link = OptOutLink { organization: self.organization, address_hash };
        format!("{}/mail/opt-out/{}", self.app.base_url(), link.to_token(&self.app.proof))
    }

    fn message(
        &self,
        mailer: &Mailer,
        letter: &Letter,
        print: Option<OrderPrint>,
    ) -> Result<Message, Unwritable> {
        let never = |reason: &str| Unwritable::Never(reason.to_owned());
        let to: Address = self.row.address.parse().map_err(|_| never("the address is none"))?;
        let from = Mailbox::new(Some(self.profile.name.clone()), mailer.from().email.clone());
        let mut builder = Message::builder()
            .from(from)
            .to(Mailbox::new(None, to))
            .subject(one_line(&letter.subject))
            .message_id(Some(self.message_id()));
        if let Ok(reply_to) = self.profile.email.parse::<Address>() {
            builder = builder.reply_to(Mailbox::new(Some(self.profile.name.clone()), reply_to));
        }
        if let Some((_, address)) = &letter.opt_out {
            // One click, by RFC 8058.
            let post = "List-Unsubscribe=One-Click".to_owned();
            builder = builder
                .raw_header(raw("List-Unsubscribe", format!("<{address}>")))
                .raw_header(raw("List-Unsubscribe-Post", post));
        }
        builder = builder.raw_header(raw("Auto-Submitted", "auto-generated".to_owned()));
        let text = MultiPart::alternative_plain_html(letter.to_text(), letter.to_html(self.language));
        let body = match print {
            None => text,
            Some(OrderPrint { pdf, file_name, is_fallback: _ }) => {
                let kind = ContentType::parse("application/pdf").map_err(|_| never("no such type"))?;
                let paper = Attachment::new(format!("{file_name}.pdf")).body(pdf, kind);
                MultiPart::mixed().multipart(text).singlepart(paper)
            }
        };
        builder.multipart(body).map_err(|error| never(&error.to_string()))
    }

    /// The same at every attempt, so that a mail that was taken twice is shown once.
    fn message_id(&self) -> String {
        let base = self.app.base_url();
        let host = base.split("://").nth(1).and_then(|rest| rest.split(['/', ':']).next());
        let domain = host.filter(|host| host.contains('.')).unwrap_or(NO_DOMAIN);
        format!("<{}@{domain}>", self.row.id)
    }
}

fn carries_document(key: &Text) -> bool {
    matches!(key, Text::Customer("mail-done" | "mail-order-signed"))
}

fn raw(name: &'static str, value: String) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value)
}

fn one_line(subject: &str) -> String {
    subject.split_whitespace().collect::<Vec<_>>().join(" ")
}
