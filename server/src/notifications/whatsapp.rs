//! Links that open WhatsApp with a message already written. A person sends it: Campo knows at most that it was opened.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sync_core::ids::{OrderId, RecordId};

use crate::accounts::Principal;
use crate::app::App;
use crate::clock::fresh_id;
use crate::notifications::told_order::{ToldOrder, worded};
use crate::notifications::words::tell;
use crate::orders::Caller;
use crate::refusal::{FieldProblem, Refusal, optional_phone};
use crate::store::messages::{self, MessageRow};
use crate::store::{Tx, organizations};

/// What is to be said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WhatsAppMessage {
    Scheduled,
    #[default]
    OnTheWay,
    Arrived,
    Waiting,
    Done,
}

impl WhatsAppMessage {
    const fn key(self) -> &'static str {
        match self {
            Self::Scheduled => "whatsapp-scheduled",
            Self::OnTheWay => "whatsapp-on-the-way",
            Self::Arrived => "whatsapp-arrived",
            Self::Waiting => "whatsapp-waiting",
            Self::Done => "whatsapp-done",
        }
    }
}

/// A link with a message, for a person to tap and to send.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct WhatsAppLink {
    /// `https://wa.me/…`
    pub url: String,
    pub text: String,
    /// The language of the text.
    pub language: String,
    #[serde(skip)]
    phone: String,
    #[serde(skip)]
    customer: Option<RecordId>,
}

pub async fn link_to_write(
    app: &App,
    principal: &Principal,
    order: OrderId,
    message: WhatsAppMessage,
) -> Result<WhatsAppLink, Refusal> {
    let mut tx = app.store.begin_read(principal.organization).await?;
    link(app, &mut tx, principal, (order, message)).await
}

/// Notes that a person opened such a link; nobody can know whether the message was sent.
pub async fn note_opened(
    app: &App,
    principal: &Principal,
    order: OrderId,
    message: WhatsAppMessage,
) -> Result<MessageRow, Refusal> {
    let now = app.clock.now();
    let mut tx = app.store.begin_write(principal.organization).await?;
    let link = link(app, &mut tx, principal, (order, message)).await?;
    let id = RecordId::from_bytes(fresh_id());
    let row = MessageRow {
        id,
        channel: "whatsapp".to_owned(),
        event: message.key().replace('-', "_"),
        cause: id.to_string(),
        order_id: Some(order),
        customer_id: link.customer,
        user_id: Some(principal.user),
        address: link.phone,
        language: link.language,
        facts: "{}".to_owned(),
        state: "opened".to_owned(),
        reason: String::new(),
        attempts: 0,
        created_at: now,
        updated_at: now,
    };
    messages::insert(&mut tx, &row).await?;
    tx.commit().await?;
    Ok(row)
}

async fn link(
    app: &App,
    tx: &mut Tx,
    principal: &Principal,
    (order, message): (OrderId, WhatsAppMessage),
) -> Result<WhatsAppLink, Refusal> {
    let told = ToldOrder::load(app, tx, order).await?.ok_or(Refusal::NotFound)?;
    let caller = Caller::of(principal);
    if !caller.is_office() && !told.order.is_assigned(principal.user) {
        return Err(Refusal::NotFound);
    }
    let phone = told.phone().ok_or(Refusal::invalid("phone", FieldProblem::Required))?;
    let phone = optional_phone("phone", phone)?;
    let profile = organizations::get(tx).await?.ok_or(Refusal::NotFound)?;
    let language = told.language(&profile);
    let text = tell(language, message.key(), &worded(&told.workflows, told.facts(), &profile, language));
    Ok(WhatsAppLink {
        url: whatsapp_url(&phone, &text),
        text,
        language: language.as_str().to_owned(),
        phone,
        customer: told.customer.map(|(id, _)| id),
    })
}

/// The address that opens a message to a phone, ready to be sent.
pub fn whatsapp_url(phone: &str, text: &str) -> String {
    format!("https://wa.me/{}?text={}", digits_of(phone), percent_encoded(text))
}

/// Country code and number, digits only.
fn digits_of(phone: &str) -> String {
    phone.chars().filter(char::is_ascii_digit).collect()
}

/// Every byte but the unreserved ones of RFC 3986, so that a space never becomes a plus.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

fn percent_encoded(text: &str) -> String {
    utf8_percent_encode(text, ESCAPED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_has_digits_and_percent_signs_only() {
        assert_eq!(digits_of("+5511987654321"), "5511987654321");
        assert_eq!(percent_encoded("Olá, a+b & c?"), "Ol%C3%A1%2C%20a%2Bb%20%26%20c%3F");
    }
}
