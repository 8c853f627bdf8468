//! Takes understood rows: makes a record, changes it, or finds that it is so already. Never around the record's own rules.

use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use sync_core::ids::{OrderId, OrganizationId, RecordId};
use sync_core::order::Refused;
use sync_core::order::command::NewOrder;

use crate::accounts::Principal;
use crate::app::App;
use crate::imports::ImportKind;
use crate::imports::names::Names;
use crate::imports::row::{ReadRow, RowRefusal};
use crate::orders::create_order::{check_order, create_order};
use crate::orders::{Caller, OrderRefusal};
use crate::reference::{
    CatalogueItemFields, CustomerFields, EquipmentFields, Record, RecordWriter, ReferenceFields, SiteFields,
};
use crate::refusal::Refusal;
use crate::store::{StoreError, Tx, import_keys};

/// What became of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Taken {
    Created,
    Changed,
    Unchanged,
    Refused(RowRefusal),
}

/// Takes rows of records in one transaction. After an error the transaction is good for nothing.
pub(super) struct RecordBatch<'a> {
    kind: ImportKind,
    names: &'a Names,
    writer: RecordWriter<'a>,
    /// What the records made so far are called in the file.
    made: Vec<(String, RecordId)>,
}

impl<'a> RecordBatch<'a> {
    pub fn new(app: &'a App, principal: &'a Principal, kind: ImportKind, names: &'a Names) -> Self {
        Self { kind, names, writer: RecordWriter::new(app, principal), made: Vec::new() }
    }

    pub async fn apply(&mut self, tx: &mut Tx, row: ReadRow) -> Result<Taken, Refusal> {
        match self.kind {
            ImportKind::Customers => self.apply_as::<CustomerFields>(tx, row).await,
            ImportKind::Sites => self.apply_as::<SiteFields>(tx, row).await,
            ImportKind::Equipment => self.apply_as::<EquipmentFields>(tx, row).await,
            ImportKind::CatalogueItems => self.apply_as::<CatalogueItemFields>(tx, row).await,
            ImportKind::Orders => Err(Refusal::internal("orders are made one by one")),
        }
    }

    async fn apply_as<F: Importable>(&mut self, tx: &mut Tx, row: ReadRow) -> Result<Taken, Refusal> {
        let existing = match self.names.get(self.kind, &row.external_id) {
            Some(id) => F::get(tx, id).await?,
            None => None,
        };
        let mut values = match &existing {
            Some(record) => match serde_json::to_value(&record.fields) {
                Ok(Value::Object(values)) => values,
                _ => return Err(Refusal::internal("fields of a record are an object")),
            },
            None => Map::new(),
        };
        values.extend(row.fields);
        F::complete(&mut values);
        let mut fields: F = match serde_json::from_value(Value::Object(values)) {
            Ok(fields) => fields,
            Err(error) => return Err(Refusal::internal(&format!("an imported {}: {error}", F::KIND))),
        };
        if let Err(refusal) = fields.check() {
            return refused(refusal).map(Taken::Refused);
        }
        let is_same = |record: &Record<F>| {
            serde_json::to_value(&record.fields).ok() == serde_json::to_value(&fields).ok()
        };
        match existing {
            Some(record) if is_same(&record) => Ok(Taken::Unchanged),
            Some(record) => {
                self.writer.change(tx, (record, "update"), |record| record.fields = fields).await?;
                Ok(Taken::Changed)
            }
            None => {
                let record = self.writer.create(tx, fields).await?;
                self.made.push((row.external_id, record.id));
                Ok(Taken::Created)
            }
        }
    }

    /// Writes what follows from the rows; the last thing of their transaction that others wait for.
    pub async fn settle(self, tx: &mut Tx) -> Result<(), Refusal> {
        let made: Vec<_> = self.made.iter().map(|(name, record)| (name.as_str(), *record)).collect();
        if !import_keys::put_all(tx, self.kind.as_str(), &made).await? {
            // Another worker took one of the rows a moment ago: what this one made is not kept.
            return Err(StoreError::Unavailable("a row was taken elsewhere".into()).into());
        }
        self.writer.settle(tx).await
    }
}

/// A refusal as a reason of its row, or the failure of everything.
pub(super) fn refused(refusal: Refusal) -> Result<RowRefusal, Refusal> {
    if let Refusal::Invalid { field, problem } = refusal {
        return Ok(RowRefusal::new(field, problem.sentence()));
    }
    Err(refusal)
}

/// Makes an order, or only tries to; the same row again finds it.
pub(super) async fn apply_order(
    app: &App,
    principal: &Principal,
    (row, names): (ReadRow, &Names),
    is_kept: bool,
) -> Result<Taken, Refusal> {
    if names.get(ImportKind::Orders, &row.external_id).is_some() {
        return Ok(Taken::Unchanged);
    }
    let external_id = row.external_id.clone();
    let new = match new_order(row) {
        Ok(new) => new,
        Err(refusal) => return Ok(Taken::Refused(refusal)),
    };
    let id = order_id(principal.organization, &external_id);
    let (caller, now) = (Caller::of(principal), app.clock.now());
    let made = if is_kept {
        create_order(&app.orders, caller, id, new, now).await.map(drop)
    } else {
        check_order(&app.orders, caller, id, new, now).await
    };
    if let Err(refusal) = made {
        return order_refused(refusal).map(Taken::Refused);
    }
    if is_kept {
        let mut tx = app.store.begin_write(principal.organization).await?;
        let named = (external_id.as_str(), RecordId::from_bytes(*id.as_bytes()));
        import_keys::put_all(&mut tx, ImportKind::Orders.as_str(), &[named]).await?;
        tx.commit().await?;
    }
    Ok(Taken::Created)
}

/// Why an order was not made as a reason of its row, or the failure of everything.
fn order_refused(refusal: OrderRefusal) -> Result<RowRefusal, Refusal> {
    match refusal {
        OrderRefusal::Store(error) => Err(error.into()),
        OrderRefusal::Other(refusal) => refused(refusal),
        OrderRefusal::RoleForbidden | OrderRefusal::Refused(Refused::RoleForbidden) => {
            Ok(RowRefusal::new("", "role-forbidden"))
        }
        OrderRefusal::Refused(Refused::InvalidValue { field }) => Ok(RowRefusal::new(field, "invalid")),
        OrderRefusal::NotFound
        | OrderRefusal::Stale(_)
        | OrderRefusal::Refused(_)
        | OrderRefusal::Stopped
        | OrderRefusal::Page(_) => Ok(RowRefusal::with("", "import-order", refusal.to_string())),
    }
}

/// What a row says of an order, in the form the office would give it.
fn new_order(row: ReadRow) -> Result<NewOrder, RowRefusal> {
    let mut values = row.fields;
    values.remove("external_id");
    let (start, end) = (values.remove("window_start"), values.remove("window_end"));
    let technician = values.remove("technician");
    if let Some(start) = start.as_ref().and_then(Value::as_i64) {
        const HOUR_MS: i64 = 3_600_000;
        let end = end.as_ref().and_then(Value::as_i64).unwrap_or(start + HOUR_MS);
        if end <= start {
            return Err(RowRefusal::new("window_end", "field-range"));
        }
        values.insert("window".to_owned(), serde_json::json!({ "start": start, "end": end }));
    }
    if let Some(technician) = technician {
        let assignees = serde_json::json!([{ "technician": technician, "role": "lead" }]);
        values.insert("assignees".to_owned(), assignees);
    }
    // An empty text is none.
    values.retain(|_, value| value.as_str() != Some(""));
    let order = serde_json::from_value(Value::Object(values));
    order.map_err(|error| RowRefusal::with("", "import-order", error.to_string()))
}

/// The same for the same name in the same organization, so that a row taken twice makes one order.
fn order_id(organization: OrganizationId, external_id: &str) -> OrderId {
    let mut hash = Sha256::new();
    hash.update(b"campo/import/order");
    hash.update(organization.as_bytes());
    hash.update(external_id.as_bytes());
    let hash: [u8; 32] = hash.finalize().into();
    OrderId::from_bytes(hash[..16].try_into().expect("a hash has more bytes"))
}

/// A kind of record that files may bring.
trait Importable: ReferenceFields {
    /// Fills in what a column may leave out and the kind requires, and drops the name that only other software uses.
    fn complete(values: &mut Map<String, Value>);
}

impl Importable for CustomerFields {
    fn complete(values: &mut Map<String, Value>) {
        values.entry("name").or_insert_with(|| "".into());
    }
}

impl Importable for SiteFields {
    fn complete(values: &mut Map<String, Value>) {
        values.remove("external_id");
        values.entry("name").or_insert_with(|| "".into());
    }
}

impl Importable for EquipmentFields {
    fn complete(values: &mut Map<String, Value>) {
        values.remove("external_id");
        values.entry("name").or_insert_with(|| "".into());
    }
}

impl Importable for CatalogueItemFields {
    fn complete(values: &mut Map<String, Value>) {
        for text in ["code", "name", "unit"] {
            values.entry(text).or_insert_with(|| "".into());
        }
        values.entry("kind").or_insert_with(|| "material".into());
        values.entry("price_minor").or_insert_with(|| 0.into());
    }
}

/// Whether an error is of the row alone: then its neighbours are tried without it.
pub(super) fn is_of_one(error: &Refusal) -> bool {
    match error {
        Refusal::Invalid { .. } | Refusal::NotFound => true,
        Refusal::Store(error) => matches!(error, StoreError::Conflict(_) | StoreError::Internal(_)),
        Refusal::RoleForbidden
        | Refusal::Template { .. }
        | Refusal::Definition { .. }
        | Refusal::Fixed
        | Refusal::Stale { .. }
        | Refusal::RateLimited { .. }
        | Refusal::SignInRefused
        | Refusal::TokenExpired
        | Refusal::TokenInvalid
        | Refusal::SessionRevoked
        | Refusal::Gone
        | Refusal::Kept(_) => false,
    }
}
