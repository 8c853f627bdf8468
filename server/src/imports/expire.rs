//! Forgets the files of imports that are over: they are full of what people may ask to be erased. Never one under way.

use sync_core::ids::OrganizationId;
use sync_core::time::Timestamp;

use super::{Import, ImportState};
use crate::app::App;
use crate::refusal::Refusal;
use crate::store::{imports, organizations};

const DAY_MS: i64 = 24 * 3_600_000;
/// Time to mend what was not taken.
const KEEP_MS: i64 = 30 * DAY_MS;

/// Removes files and refused rows of imports that nobody touched for a month; the figures stay.
///
/// # Errors
///
/// When the database or the place of the files fails; the next run goes on.
pub async fn expire_imports(app: &App) -> Result<(), Refusal> {
    let organizations = organizations::all(&app.store).await?;
    let before = app.clock.now().plus_millis(-KEEP_MS);
    for organization in organizations {
        expire_before(app, organization, before).await?;
    }
    Ok(())
}

/// Removes the files and refused rows of every import that is over: somebody who may stand in them was erased.
///
/// # Errors
///
/// When the database or the place of the files fails; doing it again goes on.
pub async fn forget_files(app: &App, organization: OrganizationId) -> Result<(), Refusal> {
    expire_before(app, organization, app.clock.now().plus_millis(1)).await
}

/// Expires what is over and was not touched since `before`.
async fn expire_before(app: &App, organization: OrganizationId, before: Timestamp) -> Result<(), Refusal> {
    let mut tx = app.store.begin_read(organization).await?;
    let untouched = imports::list_untouched(&mut tx, before).await?;
    tx.commit().await?;
    for import in untouched.into_iter().filter(|import| !import.state.is_active()) {
        expire(app, organization, import).await?;
    }
    Ok(())
}

/// Ends an import whose file is gone, or removes it.
pub(super) async fn expire(
    app: &App,
    organization: OrganizationId,
    mut import: Import,
) -> Result<(), Refusal> {
    let removed = app.evidence.blobs().delete_import(organization, import.id).await;
    removed.map_err(|error| Refusal::internal(&error.to_string()))?;
    import.state = ImportState::Expired;
    import.version += 1;
    import.updated_at = app.clock.now();
    let mut tx = app.store.begin_write(organization).await?;
    imports::clear_refusals(&mut tx, import.id).await?;
    if imports::save(&mut tx, &import).await? {
        tx.commit().await?;
    }
    Ok(())
}
