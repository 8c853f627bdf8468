//! Goes through the rows of an import, batch by batch; a job that dies goes on after the last batch that was kept.

use std::collections::HashMap;
use std::slice::from_ref;
use std::time::{Duration, Instant};

use sync_core::ids::{OrganizationId, RecordId};
use sync_core::workflow::Role;

use super::apply::{RecordBatch, Taken, apply_order, is_of_one, refused};
use super::expire::expire;
use super::names::Names;
use super::row::{ReadRow, RowReader, RowRefusal};
use super::sheet::{RowProblem, Sheet, SheetRow, decode};
use super::{Import, ImportKind, ImportState};
use crate::accounts::Principal;
use crate::app::App;
use crate::audit::{self, AuditEntry};
use crate::evidence::blob_store::BlobError;
use crate::messages::Language;
use crate::refusal::Refusal;
use crate::store::imports::{self, ImportRefusalRow};
use crate::store::{StoreError, Tx, organizations, users};

/// Rows of one transaction.
const BATCH_ROWS: usize = 200;
/// A job lets others of its lane go on after this.
const TURN_TIME_MAX: Duration = Duration::from_secs(15);

/// Goes through rows for a while.
///
/// # Errors
///
/// When the database or the place of the file fails: what was kept so far stays kept, and the next run goes on.
pub async fn run_import(app: &App, organization: OrganizationId, id: RecordId) -> Result<(), Refusal> {
    let mut tx = app.store.begin_read(organization).await?;
    let Some(import) = imports::get(&mut tx, id).await? else { return Ok(()) };
    if !import.state.is_active() {
        return Ok(());
    }
    let profile = organizations::get(&mut tx).await?.ok_or(Refusal::NotFound)?;
    let technicians = users::list_enabled(&mut tx, Role::Technician).await?;
    tx.commit().await?;
    let bytes = match app.evidence.blobs().read_import(organization, id).await {
        Ok(bytes) => bytes,
        // A backup has no files of imports.
        Err(BlobError::NotFound) => return expire(app, organization, import).await,
        Err(error) => return Err(Refusal::internal(&error.to_string())),
    };
    let text =
        decode(&bytes, &import.settings.encoding).ok_or_else(|| Refusal::internal("an unknown encoding"))?;
    drop(bytes);
    let sheet = Sheet::new(text, import.settings.separator);
    let technicians = technicians.into_iter().map(|user| (user.email, user.id)).collect();
    let meaning = (import.kind, import.settings.clone());
    let reader = RowReader::new(meaning, &sheet.headings(), (&profile.currency, &profile.zone), technicians);
    let principal = Principal {
        role: Role::from_name(&import.role).unwrap_or(Role::Viewer),
        user: import.created_by,
        ..Principal::operator(organization, Language::from_name(&import.language).unwrap_or_default())
    };
    let run = Run { app, principal: &principal, reader: &reader };
    run.turn(import, &sheet).await
}

/// Whether the job has to come back.
pub async fn has_more(tx: &mut Tx, id: RecordId) -> Result<bool, StoreError> {
    Ok(imports::get(tx, id).await?.is_some_and(|import| import.state.is_active()))
}

struct Run<'a> {
    app: &'a App,
    principal: &'a Principal,
    reader: &'a RowReader,
}

impl Run<'_> {
    async fn turn(&self, mut import: Import, sheet: &Sheet) -> Result<(), Refusal> {
        let started = Instant::now();
        let mut seen: HashMap<String, u64> = HashMap::new();
        let mut rows = sheet.rows();
        // What was done is gone through again for its names alone.
        for row in rows.by_ref().take(usize::try_from(import.progress.rows_done).unwrap_or(usize::MAX)) {
            self.note(&mut seen, &row);
        }
        loop {
            let batch: Vec<SheetRow> = rows.by_ref().take(BATCH_ROWS).collect();
            if batch.is_empty() {
                return self.finish(import).await;
            }
            let doubled: Vec<Option<u64>> = batch.iter().map(|row| self.note(&mut seen, row)).collect();
            let Some(kept) = self.batch(import, batch, doubled).await? else { return Ok(()) };
            import = kept;
            fail::fail_point!("import.after_batch", |_| std::process::abort());
            if started.elapsed() > TURN_TIME_MAX || self.app.is_stopping() {
                return Ok(());
            }
        }
    }

    /// Remembers the name of a row's record, and says in which earlier row it stood.
    fn note(&self, seen: &mut HashMap<String, u64>, row: &SheetRow) -> Option<u64> {
        let key = row.cells.as_ref().ok().and_then(|cells| self.reader.key_of(cells))?;
        match seen.get(key) {
            Some(first) => Some(*first),
            None => {
                seen.insert(key.to_owned(), row.number);
                None
            }
        }
    }

    /// Takes or tries a batch; `None` when somebody changed the import meanwhile.
    async fn batch(
        &self,
        import: Import,
        batch: Vec<SheetRow>,
        doubled: Vec<Option<u64>>,
    ) -> Result<Option<Import>, Refusal> {
        let is_kept = import.state == ImportState::Running;
        let (written, outcomes) = self.outcomes(&batch, &doubled, is_kept).await?;
        let mut tx = match written {
            Some(tx) => tx,
            None => self.app.store.begin_write(self.principal.organization).await?,
        };
        self.keep(&mut tx, import, &batch, outcomes).await?.settle(tx).await
    }

    /// What becomes of a batch, with the transaction that its records were written in and that is still to be committed.
    async fn outcomes(
        &self,
        batch: &[SheetRow],
        doubled: &[Option<u64>],
        is_kept: bool,
    ) -> Result<(Option<Tx>, Vec<Taken>), Refusal> {
        if self.reader.kind == ImportKind::Orders {
            return Ok((None, self.orders(batch, doubled, is_kept).await?));
        }
        let mut tx = self.app.store.begin_write(self.principal.organization).await?;
        match self.records(&mut tx, batch, doubled).await {
            // Without the transaction, what was tried is taken back.
            Ok(outcomes) => Ok((is_kept.then_some(tx), outcomes)),
            Err(error) if is_of_one(&error) => {
                drop(tx);
                Ok((None, self.one_by_one(batch, doubled, is_kept).await?))
            }
            Err(error) => Err(error),
        }
    }

    async fn records(
        &self,
        tx: &mut Tx,
        batch: &[SheetRow],
        doubled: &[Option<u64>],
    ) -> Result<Vec<Taken>, Refusal> {
        let names = self.names(tx, batch).await?;
        let mut records = RecordBatch::new(self.app, self.principal, self.reader.kind, &names);
        let mut outcomes = Vec::with_capacity(batch.len());
        for (row, doubled) in batch.iter().zip(doubled) {
            outcomes.push(match self.read(&names, row, *doubled) {
                Ok(read) => records.apply(tx, read).await?,
                Err(refusal) => Taken::Refused(refusal),
            });
        }
        records.settle(tx).await?;
        Ok(outcomes)
    }

    /// Each row in a transaction of its own, for a batch with one that the database refuses.
    async fn one_by_one(
        &self,
        batch: &[SheetRow],
        doubled: &[Option<u64>],
        is_kept: bool,
    ) -> Result<Vec<Taken>, Refusal> {
        let mut outcomes = Vec::with_capacity(batch.len());
        for (row, doubled) in batch.iter().zip(doubled) {
            let mut tx = self.app.store.begin_write(self.principal.organization).await?;
            match self.records(&mut tx, from_ref(row), from_ref(doubled)).await {
                Ok(taken) => {
                    if is_kept {
                        tx.commit().await?;
                    }
                    outcomes.extend(taken);
                }
                Err(error) => outcomes.push(Taken::Refused(refused_alone(error)?)),
            }
        }
        Ok(outcomes)
    }

    async fn orders(
        &self,
        batch: &[SheetRow],
        doubled: &[Option<u64>],
        is_kept: bool,
    ) -> Result<Vec<Taken>, Refusal> {
        let mut tx = self.app.store.begin_read(self.principal.organization).await?;
        let names = self.names(&mut tx, batch).await?;
        tx.commit().await?;
        let mut outcomes = Vec::with_capacity(batch.len());
        for (row, doubled) in batch.iter().zip(doubled) {
            outcomes.push(match self.read(&names, row, *doubled) {
                Ok(read) => apply_order(self.app, self.principal, (read, &names), is_kept).await?,
                Err(refusal) => Taken::Refused(refusal),
            });
        }
        Ok(outcomes)
    }

    /// What the names in a batch mean.
    async fn names(&self, tx: &mut Tx, batch: &[SheetRow]) -> Result<Names, StoreError> {
        let cells = batch.iter().filter_map(|row| row.cells.as_ref().ok());
        let wanted = cells.flat_map(|cells| self.reader.names_in(cells)).collect();
        Names::look_up(tx, self.reader.kind, &wanted).await
    }

    fn read(&self, names: &Names, row: &SheetRow, doubled: Option<u64>) -> Result<ReadRow, RowRefusal> {
        let cells = match &row.cells {
            Ok(cells) => cells,
            Err(RowProblem::Columns) => return Err(RowRefusal::new("", "import-columns")),
            Err(RowProblem::Encoding) => return Err(RowRefusal::new("", "import-encoding")),
        };
        match doubled {
            Some(first) => Err(RowRefusal::with("external_id", "import-duplicate", first.to_string())),
            None => self.reader.read(cells, names),
        }
    }

    /// Writes down how far it came, with the rows that were not taken.
    async fn keep(
        &self,
        tx: &mut Tx,
        mut import: Import,
        batch: &[SheetRow],
        outcomes: Vec<Taken>,
    ) -> Result<Kept, Refusal> {
        let mut refusals = Vec::new();
        for (row, taken) in batch.iter().zip(outcomes) {
            let count = match taken {
                Taken::Created => &mut import.progress.created,
                Taken::Changed => &mut import.progress.changed,
                Taken::Unchanged => &mut import.progress.unchanged,
                Taken::Refused(RowRefusal { field, problem, detail }) => {
                    let problem = problem.to_owned();
                    refusals.push(ImportRefusalRow { row_number: row.number, field, problem, detail });
                    &mut import.progress.refused
                }
            };
            *count += 1;
        }
        import.progress.rows_done += batch.len() as u64;
        imports::refuse(tx, import.id, &refusals).await?;
        self.save(tx, import).await
    }

    async fn save(&self, tx: &mut Tx, mut import: Import) -> Result<Kept, Refusal> {
        import.version += 1;
        import.updated_at = self.app.clock.now();
        let is_ours = imports::save(tx, &import).await?;
        Ok(Kept(is_ours.then_some(import)))
    }

    /// The rows are at their end.
    async fn finish(&self, mut import: Import) -> Result<(), Refusal> {
        let mut tx = self.app.store.begin_write(self.principal.organization).await?;
        let all_are_right = import.progress.refused == 0;
        import.state = match (import.state, import.progress.goes_on) {
            (ImportState::Checking, true) if all_are_right => {
                let rows_total = import.progress.rows_total;
                import.progress = super::ImportProgress { rows_total, ..Default::default() };
                ImportState::Running
            }
            (ImportState::Checking, true) => ImportState::Refused,
            (ImportState::Checking, false) => ImportState::Checked,
            _ => ImportState::Done,
        };
        if import.state == ImportState::Done {
            let entry = AuditEntry {
                action: "import.done".to_owned(),
                subject: import.id.to_string(),
                details: serde_json::json!({ "kind": import.kind, "progress": import.progress }),
            };
            audit::append(&mut tx, self.principal.author(), entry, self.app.clock.now()).await?;
        }
        self.save(&mut tx, import).await?.settle(tx).await?;
        Ok(())
    }
}

/// Why a row alone was not taken, where that is not the failure of everything.
fn refused_alone(error: Refusal) -> Result<RowRefusal, Refusal> {
    match refused(error) {
        Err(error) if is_of_one(&error) => {
            tracing::error!(%error, "a row of an import could not be stored");
            Ok(RowRefusal::new("", "import-not-stored"))
        }
        said => said,
    }
}

/// The import as it was written; `None` when somebody else wrote it first.
struct Kept(Option<Import>);

impl Kept {
    /// Keeps everything, or nothing when the import is not ours any more.
    async fn settle(self, tx: Tx) -> Result<Option<Import>, Refusal> {
        if self.0.is_some() {
            tx.commit().await?;
        }
        Ok(self.0)
    }
}
