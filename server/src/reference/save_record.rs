//! Creates, updates and archives reference records. Row, audit and the phones' copy commit together, or nothing does.

use serde_json::json;
use sync_core::ids::RecordId;
use sync_core::time::Timestamp;

use crate::accounts::Principal;
use crate::app::App;
use crate::audit::{self, AuditEntry, Author};
use crate::clock::fresh_id;
use crate::events::{self, Event};
use crate::reference::publish::{PhoneCopy, publish_all};
use crate::reference::{CustomerFields, Record, ReferenceFields};
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
    let mut writer = RecordWriter::new(app, principal);
    let record = writer.create(&mut tx, fields).await?;
    writer.settle(&mut tx).await?;
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
    let mut writer = RecordWriter::new(app, principal);
    let record = writer.change(&mut tx, (before, action), edit).await?;
    writer.settle(&mut tx).await?;
    tx.commit().await?;
    Ok(record)
}

/// Writes records in one transaction; what follows from all of them is written together at its end.
pub(crate) struct RecordWriter<'a> {
    app: &'a App,
    principal: &'a Principal,
    deeds: Vec<(Author, AuditEntry, Timestamp)>,
    events: Vec<Event>,
    copies: Vec<PhoneCopy>,
}

impl<'a> RecordWriter<'a> {
    pub fn new(app: &'a App, principal: &'a Principal) -> Self {
        Self { app, principal, deeds: Vec::new(), events: Vec::new(), copies: Vec::new() }
    }

    /// Creates a record.
    pub async fn create<F: ReferenceFields>(&mut self, tx: &mut Tx, fields: F) -> Result<Record<F>, Refusal> {
        let (now, id) = (self.app.clock.now(), RecordId::from_bytes(fresh_id()));
        let record = Record { id, version: 1, archived: false, created_at: now, updated_at: now, fields };
        self.write(tx, (None, &record), "create").await?;
        Ok(record)
    }

    /// Writes the next version of a record; the edit says what is other in it.
    pub async fn change<F: ReferenceFields>(
        &mut self,
        tx: &mut Tx,
        (before, action): (Record<F>, &str),
        edit: impl FnOnce(&mut Record<F>) + Send,
    ) -> Result<Record<F>, Refusal> {
        let mut record = before.clone();
        edit(&mut record);
        record.version += 1;
        record.updated_at = self.app.clock.now();
        self.write(tx, (Some(&before), &record), action).await?;
        Ok(record)
    }

    async fn write<F: ReferenceFields>(
        &mut self,
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
            Ok(false) => {
                return Err(StoreError::Unavailable("a concurrent write came first".into()).into());
            }
            Err(StoreError::Conflict("catalogue_items_code_key")) => {
                return Err(Refusal::invalid("code", FieldProblem::Taken));
            }
            Err(StoreError::Conflict("records_unique_key_key")) => {
                return Err(Refusal::invalid(F::UNIQUE_FIELD, FieldProblem::Taken));
            }
            Err(error) => return Err(error.into()),
        }
        F::written(tx, before, record, self.principal.user).await?;
        self.note(record, action)
    }

    /// Remembers what follows from a record that was written.
    fn note<F: ReferenceFields>(&mut self, record: &Record<F>, action: &str) -> Result<(), Refusal> {
        let now = self.app.clock.now();
        let entry = AuditEntry {
            action: format!("{}.{action}", F::KIND),
            subject: record.id.to_string(),
            details: json!({ "version": record.version }),
        };
        self.deeds.push((self.principal.author(), entry, now));
        if F::KIND == CustomerFields::KIND {
            self.events.push(Event::customer_written(record.id, record.version, now));
        }
        if F::FOR_PHONES {
            let is_gone = record.archived && !F::OUTLIVES_ARCHIVING;
            self.copies.push(PhoneCopy::of(F::KIND, record.id, record, is_gone)?);
        }
        Ok(())
    }

    /// Writes what follows: the deeds, what they mean for those who listen, the phones' copies. Nothing that others wait
    /// for is taken before, and no record may have been written twice.
    pub async fn settle(self, tx: &mut Tx) -> Result<(), Refusal> {
        audit::append_all(tx, self.deeds).await?;
        if !self.events.is_empty() {
            events::announce(tx, self.events).await?;
        }
        publish_all(tx, &self.copies).await
    }
}

/// Answers with the current state, once it is known to be durable.
async fn stale<T, F: ReferenceFields>(tx: Tx, record: &Record<F>) -> Result<T, Refusal> {
    tx.commit().await?;
    let current = serde_json::to_value(record).map_err(|error| Refusal::internal(&error.to_string()))?;
    Err(Refusal::Stale { current })
}
