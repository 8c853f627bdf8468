//! Writes down for everybody who listens what happened: deliveries for webhooks, notices for people. Sends nothing.

use sync_core::ids::OrganizationId;

use crate::app::App;
use crate::events::Event;
use crate::notifications::tell_people;
use crate::refusal::Refusal;
use crate::webhooks::queue_event;

/// Done twice, it writes nothing more.
pub async fn spread_event(app: &App, organization: OrganizationId, event: &Event) -> Result<(), Refusal> {
    let now = app.clock.now();
    let mut tx = app.store.begin_write(organization).await?;
    queue_event(&mut tx, organization, event, now).await?;
    tell_people(app, &mut tx, event, now).await?;
    tx.commit().await?;
    Ok(())
}
