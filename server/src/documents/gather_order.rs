//! Gathers what an order and the records around it say, as the data of one document. Never renders.

use campo_documents::data::{self, ServiceOrderDocument};
use sync_core::evidence::Snapshot;
use sync_core::ids::BlobHash;
use sync_core::order::entry::{self, Line, PhotoStage};
use sync_core::order::visit::Visit;
use sync_core::order::{Order, Priority, Workflows};

use crate::documents::PrintRequest;
use crate::documents::checklist::checklist;
use crate::documents::letterhead;
use crate::documents::moments::{latest_ms, moment};
use crate::documents::people::People;
use crate::messages::Language;
use crate::reference::OrderKindFields;
use crate::store::{StoreError, Tx, organizations, records};

/// How much of a version's name stands on paper.
const VERSION_LETTERS: usize = 12;

/// Which paper of which version.
#[derive(Debug, Clone)]
pub struct Paper {
    pub request: PrintRequest,
    pub version: String,
    /// Where its QR code leads.
    pub verification_url: String,
}

/// The data of a document, and which blobs it shows under which names.
pub struct Gathered {
    pub document: ServiceOrderDocument,
    pub pictures: Vec<(String, BlobHash)>,
    /// The drawings of signatures, by their place in the document.
    pub strokes: Vec<(usize, BlobHash)>,
}

/// Gathers one order in one read transaction.
pub async fn gather_order(
    tx: &mut Tx,
    order: &Order,
    workflows: &Workflows,
    paper: &Paper,
) -> Result<Gathered, StoreError> {
    let profile = organizations::get(tx).await?.ok_or(StoreError::NotFound)?;
    let (customer, customer_fields) = letterhead::customer(tx, &order.plan).await?;
    let site = letterhead::site(tx, &order.plan).await?;
    let contact = letterhead::contact(tx, &order.plan).await?;
    let people = People::of(tx, order).await?;
    let own_language = Language::from_name(&profile.language).unwrap_or_default();
    let customers = customer_fields.and_then(|fields| fields.language);
    let expected = match paper.request.copy {
        data::CopyFor::Customer => customers.unwrap_or(own_language),
        data::CopyFor::Company => own_language,
    };
    let language = paper.request.language.unwrap_or(expected);
    let logo: Option<BlobHash> = profile.logo.parse().ok();
    let document = ServiceOrderDocument {
        copy: paper.request.copy,
        style: paper.request.style,
        language,
        zone: order.plan.zone.clone().unwrap_or_else(|| profile.zone.clone()),
        currency: order.plan.currency.clone().unwrap_or_else(|| profile.currency.clone()),
        dated_ms: latest_ms(order),
        version: paper.version.chars().take(VERSION_LETTERS).collect(),
        verification_url: Some(paper.verification_url.clone()),
        organization: letterhead::organization(&profile, logo.map(|hash| hash.to_string())),
        customer,
        site,
        contact,
        order: data::OrderFields {
            kind: kind_name(tx, order, language).await?,
            ..order_fields(order, workflows, language)
        },
        equipment: letterhead::equipment(tx, &order.plan).await?,
        visits: order.visits.values().map(|visit| visit_of(visit, &people)).collect(),
        materials: lines(order.materials.values(), &people),
        services: lines(order.services.values(), &people),
        expenses: expenses(order, &people),
        checklist: checklist(tx, order, workflows, (&people, language)).await?,
        notes: notes(order, &people),
        photos: photos(order, &people),
        signatures: order.signatures.values().map(signature).collect(),
    };
    let photos = order.photos.values().filter(|photo| photo.removed.is_none()).map(|photo| photo.sha256);
    let pictures = photos.chain(logo).map(|hash| (hash.to_string(), hash)).collect();
    let drawn = order.signatures.values().enumerate();
    let strokes = drawn.filter_map(|(index, signature)| Some((index, signature.strokes?))).collect();
    Ok(Gathered { document, pictures, strokes })
}

fn order_fields(order: &Order, workflows: &Workflows, language: Language) -> data::OrderFields {
    let plan = &order.plan;
    let workflow = workflows.of(plan);
    let state = workflow.states.iter().find(|state| state.key == order.status.state);
    let name = state.map(|state| state.name.in_language(language.as_str()));
    data::OrderFields {
        number: plan.number.clone(),
        kind: String::new(),
        reason: plan.reason.clone().unwrap_or_default(),
        status: name.unwrap_or(order.status.state.as_str()).to_owned(),
        priority: match plan.priority {
            Priority::Normal => data::Priority::Normal,
            Priority::High => data::Priority::High,
            Priority::Urgent => data::Priority::Urgent,
        },
        created_ms: plan.created_at.map(|at| at.0),
        window_ms: plan.window.map(|window| (window.start.0, window.end.0)),
        promised_ms: plan.promised.map(|at| at.0),
    }
}

/// What people call the kind; a kind nobody has described is called by its word.
async fn kind_name(tx: &mut Tx, order: &Order, language: Language) -> Result<String, StoreError> {
    let Some(key) = &order.plan.kind else { return Ok(String::new()) };
    let kind = records::find::<OrderKindFields>(tx, key).await?;
    let name = kind.map(|record| record.fields.kind.value.name.in_language(language.as_str()).to_owned());
    Ok(name.unwrap_or_else(|| key.clone()))
}

fn visit_of(visit: &Visit, people: &People) -> data::Visit {
    let pauses = visit.pauses.iter().map(|pause| data::Pause {
        from: moment(&pause.from),
        until: pause.until.as_ref().map(moment),
        reason: pause.reason.clone().unwrap_or_default(),
    });
    data::Visit {
        technician: people.name(visit.technician),
        travel_start: visit.travel_start.as_ref().map(moment),
        check_in: visit.arrived.as_ref().map(moment),
        pauses: pauses.collect(),
        check_out: visit.left.as_ref().map(moment),
    }
}

/// The lines that count, in the order they were written down.
fn lines<'a>(lines: impl Iterator<Item = &'a Line>, people: &People) -> Vec<data::Line> {
    let mut lines: Vec<&Line> = lines.filter(|line| line.is_active()).collect();
    lines.sort_by_key(|line| line.at.estimated);
    let line = |line: &&Line| data::Line {
        description: line.description.clone(),
        quantity: line.quantity.clone(),
        unit: line.unit.clone().unwrap_or_default(),
        price_minor: line.price_minor,
        total_minor: line.total_minor(),
        is_additional: line.is_additional,
        source: line.source.map(|source| match source {
            entry::Source::Van => data::Source::Van,
            entry::Source::Warehouse => data::Source::Warehouse,
            entry::Source::Bought => data::Source::Bought,
        }),
        by: people.name(line.by),
    };
    lines.iter().map(line).collect()
}

fn expenses(order: &Order, people: &People) -> Vec<data::Expense> {
    let kept = order.expenses.values().filter(|expense| expense.removed.is_none());
    kept.map(|expense| data::Expense {
        kind: expense.kind.clone(),
        amount_minor: expense.amount_minor,
        currency: expense.currency.clone(),
        description: expense.description.clone().unwrap_or_default(),
        by: people.name(expense.by),
    })
    .collect()
}

fn notes(order: &Order, people: &People) -> Vec<data::Note> {
    let mut kept: Vec<_> = order.notes.values().filter(|note| note.removed.is_none()).collect();
    kept.sort_by_key(|note| note.at.estimated);
    let note = |note: &entry::Note| data::Note {
        text: note.text.clone(),
        is_internal: note.is_internal,
        by: people.name(note.by),
        at: moment(&note.at),
    };
    kept.into_iter().map(note).collect()
}

/// Before, during, after; each in the order they were taken.
fn photos(order: &Order, people: &People) -> Vec<data::Photo> {
    let mut kept: Vec<_> = order.photos.values().filter(|photo| photo.removed.is_none()).collect();
    kept.sort_by_key(|photo| (photo.stage, photo.at.estimated));
    let photo = |photo: &entry::Photo| data::Photo {
        picture: Some(photo.sha256.to_string()),
        sha256: photo.sha256.to_string(),
        stage: match photo.stage {
            PhotoStage::Before => data::PhotoStage::Before,
            PhotoStage::During => data::PhotoStage::During,
            PhotoStage::After => data::PhotoStage::After,
        },
        caption: photo.caption.clone().unwrap_or_default(),
        by: people.name(photo.by),
        at: moment(&photo.at),
    };
    kept.into_iter().map(photo).collect()
}

fn signature(signature: &entry::Signature) -> data::Signature {
    data::Signature {
        signer_name: signature.signer_name.clone(),
        document_number: signature.document_number.clone().unwrap_or_default(),
        signer_role: signature.signer_role.clone().unwrap_or_default(),
        drawing: signature.strokes.map(|_| data::Drawing::OnItsWay),
        refusal: signature.refusal.clone(),
        terms: Snapshot::parse(&signature.snapshot).map(|snapshot| snapshot.terms).unwrap_or_default(),
        at: moment(&signature.at),
        snapshot_sha256: signature.snapshot_sha256.to_string(),
    }
}
