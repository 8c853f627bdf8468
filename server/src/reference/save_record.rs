//! Creates, updates and archives reference records. Row, audit and the phones' copy commit together, or nothing does.

use serde_json::json;
use sync_core::ids::RecordId;

use crate::accounts::Principal;
use crate::app::App;
use crate::audit::{self, AuditEntry};
use crate::clock::fresh_id;
use crate::events::{self, Event};
use crate::reference::{CustomerFields, Record, ReferenceFields, publish_one};
use crate::refusal::{FieldProblem, Refusal};
use crate::store::{StoreError, Tx};

pub async fn create_record<F: ReferenceFields>(
    app: &App,
    principal: &Principal,
    mut fields: F,
) -> Result<Record<F>, Refusal> {
    F::WRITERS.require(principal)?;
    fields.check()?;
    let mut tx = app.store.begin_write(principal.organization).await?;
    fields.settle(&mut tx).await?;
    let record = create_in(app, principal, &mut tx, fields).await?;
    tx.commit().await?;
    Ok(record)
}

/// Replaces the fields of a record that still has the caller's version.
pub async fn update_record<F: ReferenceFields>(
    app: &App,
    principal: &Principal,
    id: RecordId,
    version: i64,
    mut fields: F,
) -> Result<Record<F>, Refusal> {
    F::WRITERS.require(principal)?;
    if F::IS_FIXED {
        return Err(Refusal::Fixed);
    }
    fields.check()?;
    change(app, principal, id, version, "update", |record| record.fields = fields).await
}

/// Takes a record out of lists; what refers to it stays whole.
pub async fn archive_record<F: ReferenceFields>(
    app: &App,
    principal: &Principal,
    id: RecordId,
    version: i64,
) -> Result<Record<F>, Refusal> {
    F::WRITERS.require(principal)?;
    change(app, principal, id, version, "archive", |record: &mut Record<F>| record.archived = true).await
}

async fn change<F: ReferenceFields>(
    app: &App,
    principal: &Principal,
    id: RecordId,
    version: i64,
    action: &str,
    edit: impl FnOnce(&mut Record<F>) + Send,
) -> Result<Record<F>, Refusal> {
    let mut tx = app.store.begin_write(principal.organization).await?;
    let before = F::get(&mut tx, id).await?.ok_or(Refusal::NotFound)?;
    if before.version != version {
        return stale(tx, &before).await;
    }
    let record = change_in(app, principal, &mut tx, (before, action), edit).await?;
    tx.commit().await?;
    Ok(record)
}

/// Writes the next version of a record, in a transaction that may do more; the edit says what is other in it.
pub(crate) async fn change_in<F: ReferenceFields>(
    app: &App,
    principal: &Principal,
    tx: &mut Tx,
    (before, action): (Record<F>, &str),
    edit: impl FnOnce(&mut Record<F>) + Send,
) -> Result<Record<F>, Refusal> {
    let mut record = before.clone();
    edit(&mut record);
    record.version += 1;
    record.updated_at = app.clock.now();
    write(app, principal, tx, (Some(&before), &record), action).await?;
    Ok(record)
}

/// Creates a record, in a transaction that may do more.
pub(crate) async fn create_in<F: ReferenceFields>(
    app: &App,
    principal: &Principal,
    tx: &mut Tx,
    fields: F,
) -> Result<Record<F>, Refusal> {
    let (now, id) = (app.clock.now(), RecordId::from_bytes(fresh_id()));
    let record = Record { id, version: 1, archived: false, created_at: now, updated_at: now, fields };
    write(app, principal, tx, (None, &record), "create").await?;
    Ok(record)
}

/// Answers with the current state, once it is known to be durable.
async fn stale<T, F: ReferenceFields>(tx: Tx, record: &Record<F>) -> Result<T, Refusal> {
    tx.commit().await?;
    let current = serde_json::to_value(record).map_err(|error| Refusal::internal(&error.to_string()))?;
    Err(Refusal::Stale { current })
}

async fn write<F: ReferenceFields>(
    app: &App,
    principal: &Principal,
    tx: &mut Tx,
    (before, record): (Option<&Record<F>>, &Record<F>),
    action: &str,
) -> Result<(), Refusal> {
    if let Some(customer) = record.fields.customer()
        && CustomerFields::get(tx, customer).await?.is_none()
    {
        return Err(Refusal::invalid("customer_id", FieldProblem::Unknown));
    }
    record.fields.check_references(tx, record.id).await?;
    match F::save(tx, record).await {
        Ok(true) => {}
        // Somebody else wrote between our read and our write; only PostgreSQL lets that happen.
        Ok(false) => return Err(StoreError::Unavailable("a concurrent write came first".into()).into()),
        Err(StoreError::Conflict("catalogue_items_code_key")) => {
            return Err(Refusal::invalid("code", FieldProblem::Taken));
        }
        Err(StoreError::Conflict("records_unique_key_key")) => {
            return Err(Refusal::invalid(F::UNIQUE_FIELD, FieldProblem::Taken));
        }
        Err(error) => return Err(error.into()),
    }
    F::written(tx, before, record, principal.user).await?;
    let entry = AuditEntry {
        action: format!("{}.{action}", F::KIND),
        subject: record.id.to_string(),
        details: json!({ "version": record.version }),
    };
    audit::append(tx, principal.author(), entry, app.clock.now()).await?;
    if F::KIND == CustomerFields::KIND {
        let event = Event::customer_written(record.id, record.version, app.clock.now());
        events::announce(tx, vec![event]).await?;
    }
    if !F::FOR_PHONES {
        return Ok(());
    }
    publish_one(tx, F::KIND, record.id, record, record.archived && !F::OUTLIVES_ARCHIVING).await
}
