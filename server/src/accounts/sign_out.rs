//! Ends the caller's own session. Never another one.

use crate::accounts::Principal;
use crate::app::App;
use crate::refusal::Refusal;
use crate::store::sessions::{self, Ending};

pub async fn sign_out(app: &App, principal: &Principal) -> Result<(), Refusal> {
    let now = app.clock.now();
    let mut tx = app.store.begin_write(principal.organization).await?;
    let ended = sessions::revoke(&mut tx, Ending::Family(principal.session), "signed_out", now).await?;
    tx.commit().await?;
    app.revocations.add(&ended, now);
    Ok(())
}
