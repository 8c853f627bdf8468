//! What people do with an import: bring a file, give its columns a meaning, try it, start it, stop it.

use std::collections::BTreeSet;

use serde_json::json;
use sync_core::ids::RecordId;

use super::fields::{fields_of, propose};
use super::sheet::{Sheet, decode, guess_encoding, guess_separator};
use super::{
    DateOrder, FILE_BYTES_MAX, FieldLook, Import, ImportKind, ImportLook, ImportProgress, ImportSettings,
    ImportState, OnError, ROWS_MAX,
};
use crate::accounts::Principal;
use crate::app::App;
use crate::audit::{self, AuditEntry};
use crate::clock::fresh_id;
use crate::evidence::blob_store::BlobError;
use crate::jobs::{Job, enqueue};
use crate::messages::Language;
use crate::refusal::{FieldProblem, Refusal};
use crate::store::{StoreError, Tx, imports};

const PREVIEW_ROWS: usize = 20;
const LIST_MAX: i64 = 100;

/// A file that is brought.
pub struct NewImport {
    pub kind: ImportKind,
    pub bytes: Vec<u8>,
}

/// Keeps the file and proposes what its columns mean.
///
/// # Errors
///
/// The office only. A file without rows, or with more than there may be, is refused.
pub async fn begin_import(app: &App, principal: &Principal, new: NewImport) -> Result<ImportLook, Refusal> {
    principal.require_office()?;
    let wrong = |problem| Refusal::invalid("file", problem);
    if new.bytes.len() > FILE_BYTES_MAX {
        return Err(wrong(FieldProblem::TooLong));
    }
    let encoding = guess_encoding(&new.bytes);
    let text = decode(&new.bytes, &encoding).ok_or(wrong(FieldProblem::Format))?;
    let separator = guess_separator(&text);
    let sheet = Sheet::new(text, separator);
    let rows_total = sheet.rows().count() as u64;
    if rows_total == 0 || rows_total > ROWS_MAX {
        return Err(wrong(if rows_total == 0 { FieldProblem::Required } else { FieldProblem::TooLong }));
    }
    let now = app.clock.now();
    let settings = ImportSettings {
        encoding,
        separator,
        mapping: propose(new.kind, &sheet.headings()),
        decimal_comma: principal.language != Language::English,
        date_order: DateOrder::DayFirst,
        on_error: OnError::Skip,
    };
    let import = Import {
        id: RecordId::from_bytes(fresh_id()),
        version: 1,
        kind: new.kind,
        state: ImportState::Draft,
        settings,
        progress: ImportProgress { rows_total, ..ImportProgress::default() },
        created_by: principal.user,
        role: principal.role.as_str().to_owned(),
        language: principal.language.as_str().to_owned(),
        created_at: now,
        updated_at: now,
    };
    // The file first: a row without its file would be an import that never ends.
    let put = app.evidence.blobs().put_import(principal.organization, import.id, new.bytes).await;
    put.map_err(|error| match error {
        BlobError::StorageFull => StoreError::StorageFull.into(),
        BlobError::NotFound | BlobError::Unavailable(_) => Refusal::internal(&error.to_string()),
    })?;
    let mut tx = app.store.begin_write(principal.organization).await?;
    save(app, principal, &mut tx, &import, "begin").await?;
    tx.commit().await?;
    Ok(look(import, Some(&sheet)))
}

fn look(import: Import, sheet: Option<&Sheet>) -> ImportLook {
    let fields = fields_of(import.kind).iter();
    ImportLook {
        columns: sheet.map(Sheet::headings).unwrap_or_default(),
        preview: sheet.map(preview).unwrap_or_default(),
        fields: fields
            .map(|field| FieldLook { name: field.name.to_owned(), required: field.is_required })
            .collect(),
        import,
    }
}

fn preview(sheet: &Sheet) -> Vec<Vec<String>> {
    sheet.written_rows().skip(1).take(PREVIEW_ROWS).map(|(_, cells)| cells).collect()
}

async fn save(
    app: &App,
    principal: &Principal,
    tx: &mut Tx,
    import: &Import,
    action: &str,
) -> Result<(), Refusal> {
    if !imports::save(tx, import).await? {
        return Err(StoreError::Unavailable("a concurrent write came first".into()).into());
    }
    let entry = AuditEntry {
        action: format!("import.{action}"),
        subject: import.id.to_string(),
        details: json!({ "kind": import.kind, "rows": import.progress.rows_total }),
    };
    audit::append(tx, principal.author(), entry, app.clock.now()).await?;
    Ok(())
}

/// The newest imports.
///
/// # Errors
///
/// The office only.
pub async fn list_imports(app: &App, principal: &Principal) -> Result<Vec<Import>, Refusal> {
    principal.require_office()?;
    let mut tx = app.store.begin_read(principal.organization).await?;
    Ok(imports::list(&mut tx, LIST_MAX).await?)
}

/// How far an import has come.
///
/// # Errors
///
/// The office only.
pub async fn get_import(app: &App, principal: &Principal, id: RecordId) -> Result<Import, Refusal> {
    principal.require_office()?;
    let mut tx = app.store.begin_read(principal.organization).await?;
    imports::get(&mut tx, id).await?.ok_or(Refusal::NotFound)
}

/// The same with columns and first rows, except while rows are gone through.
///
/// # Errors
///
/// The office only.
pub async fn import_page(app: &App, principal: &Principal, id: RecordId) -> Result<ImportLook, Refusal> {
    let import = get_import(app, principal, id).await?;
    // Whoever follows the progress asks often, and a file is large.
    if import.state.is_active() {
        return Ok(look(import, None));
    }
    let sheet = sheet_of(app, principal, &import).await?;
    Ok(look(import, Some(&sheet)))
}

pub(super) async fn sheet_of(app: &App, principal: &Principal, import: &Import) -> Result<Sheet, Refusal> {
    let bytes = app.evidence.blobs().read_import(principal.organization, import.id).await;
    let bytes = bytes.map_err(|error| match error {
        BlobError::NotFound => Refusal::Gone,
        BlobError::StorageFull | BlobError::Unavailable(_) => Refusal::internal(&error.to_string()),
    })?;
    let text = decode(&bytes, &import.settings.encoding);
    let text = text.ok_or(Refusal::invalid("encoding", FieldProblem::Unknown))?;
    Ok(Sheet::new(text, import.settings.separator))
}

/// Gives the columns other meanings.
///
/// # Errors
///
/// The office only; `Fixed` once rows were taken. The mapping names the file's columns and the kind's fields, each once.
pub async fn update_import(
    app: &App,
    principal: &Principal,
    (id, version): (RecordId, i64),
    settings: ImportSettings,
) -> Result<ImportLook, Refusal> {
    let mut import = get_import(app, principal, id).await?;
    if import.version != version {
        let current = serde_json::to_value(&import).map_err(|error| Refusal::internal(&error.to_string()))?;
        return Err(Refusal::Stale { current });
    }
    if !matches!(import.state, ImportState::Draft | ImportState::Checked | ImportState::Refused) {
        return Err(Refusal::Fixed);
    }
    import.settings = settings;
    let sheet = sheet_of(app, principal, &import).await?;
    check_mapping(&import, &sheet.headings())?;
    import.state = ImportState::Draft;
    import.progress = ImportProgress { rows_total: sheet.rows().count() as u64, ..ImportProgress::default() };
    import.version += 1;
    import.updated_at = app.clock.now();
    let mut tx = app.store.begin_write(principal.organization).await?;
    imports::clear_refusals(&mut tx, id).await?;
    save(app, principal, &mut tx, &import, "map").await?;
    tx.commit().await?;
    Ok(look(import, Some(&sheet)))
}

fn check_mapping(import: &Import, headings: &[String]) -> Result<(), Refusal> {
    let wrong = |problem| Err(Refusal::invalid("mapping", problem));
    let fields = fields_of(import.kind);
    let mut given = BTreeSet::new();
    for (column, field) in &import.settings.mapping {
        if !headings.contains(column) || !fields.iter().any(|known| known.name == field) {
            return wrong(FieldProblem::Unknown);
        }
        if !given.insert(field.as_str()) {
            return wrong(FieldProblem::Taken);
        }
    }
    Ok(())
}

/// Tries every row (`is_kept` false) or takes them, by a job.
///
/// # Errors
///
/// The office only; a mapping without a required field is refused, and `Fixed` what is done or under way.
pub async fn start_import(
    app: &App,
    principal: &Principal,
    id: RecordId,
    is_kept: bool,
) -> Result<Import, Refusal> {
    let mut import = get_import(app, principal, id).await?;
    if !matches!(import.state, ImportState::Draft | ImportState::Checked | ImportState::Refused) {
        return Err(Refusal::Fixed);
    }
    let is_given = |name: &str| import.settings.mapping.values().any(|field| field == name);
    if !fields_of(import.kind).iter().all(|field| !field.is_required || is_given(field.name)) {
        return Err(Refusal::invalid("mapping", FieldProblem::Required));
    }
    let goes_on = is_kept && import.settings.on_error == OnError::Stop;
    import.state = if is_kept && !goes_on { ImportState::Running } else { ImportState::Checking };
    let rows_total = import.progress.rows_total;
    import.progress = ImportProgress { rows_total, goes_on, ..ImportProgress::default() };
    import.version += 1;
    import.updated_at = app.clock.now();
    // Rows are taken in the name of who started it.
    import.role = principal.role.as_str().to_owned();
    let mut tx = app.store.begin_write(principal.organization).await?;
    imports::clear_refusals(&mut tx, id).await?;
    save(app, principal, &mut tx, &import, if is_kept { "run" } else { "check" }).await?;
    let job = Job::RunImport { organization: principal.organization, import: id };
    enqueue(&mut tx, &job, &format!("import {id} version {}", import.version), app.clock.now()).await?;
    tx.commit().await?;
    Ok(import)
}

/// Stops an import; what was taken stays.
///
/// # Errors
///
/// The office only; `Fixed` when it is over.
pub async fn cancel_import(app: &App, principal: &Principal, id: RecordId) -> Result<Import, Refusal> {
    let mut import = get_import(app, principal, id).await?;
    if matches!(import.state, ImportState::Done | ImportState::Cancelled) {
        return Err(Refusal::Fixed);
    }
    import.state = ImportState::Cancelled;
    import.version += 1;
    import.updated_at = app.clock.now();
    let mut tx = app.store.begin_write(principal.organization).await?;
    save(app, principal, &mut tx, &import, "cancel").await?;
    tx.commit().await?;
    Ok(import)
}
