//! The people of the story with their phones, and the orders it is about. Never acts by itself.

use std::path::PathBuf;

use sync_core::ids::{EntryId, OrderId};
use sync_core::order::{Order, OrderCommand, Position};

use super::ledger::Ledger;
use super::words::Words;
use crate::phone::Phone;
use campo_demo_company::failed::Failed;
use campo_demo_company::office::Office;

/// An order of the story.
#[derive(Debug, Clone, Copy)]
pub struct StoryOrder {
    pub id: OrderId,
    /// Where the customer is.
    pub site: Position,
}

/// Everybody.
pub struct Cast {
    pub office: Office,
    pub ana: Phone,
    pub ivo: Phone,
    pub caio: Phone,
    /// The dispatcher's own device: the whole organization's orders.
    pub tablet: Phone,
    /// Worked on by Ana and Ivo at once.
    pub bakery: StoryOrder,
    /// The filter line that the office put into the bakery's order.
    pub filter: EntryId,
    /// Finished by Ana while the office cancels it.
    pub parlor: StoryOrder,
    /// Caio's, whose access ends.
    pub hotel: StoryOrder,
    /// Where the phones keep their data.
    pub phones: PathBuf,
    pub ledger: Ledger,
    pub words: Words,
}

impl Cast {
    pub const fn orders(&self) -> [StoryOrder; 3] {
        [self.bakery, self.parlor, self.hotel]
    }

    /// An order as the office sees it, with everything the server has.
    pub async fn office_order(&self, order: OrderId) -> Result<Order, Failed> {
        self.tablet.sync().await?;
        self.tablet.order(order).await
    }

    /// The office gives a command over REST.
    pub async fn office_does(&self, order: OrderId, command: &OrderCommand) -> Result<(), Failed> {
        let body = serde_json::to_value(command).map_err(|error| Failed::during("a command", &error))?;
        self.office.post(&format!("/v1/orders/{order}/commands"), &body).await.map(drop)
    }
}
