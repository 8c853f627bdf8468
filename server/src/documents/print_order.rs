//! Prints one order for somebody who may see it.

use campo_documents::data::{CopyFor, Style};
use campo_documents::pipe::{Job, Outcome};
use sync_core::evidence::Signing;
use sync_core::ids::{EntryId, OrderId};
use sync_core::order::Named;

use crate::app::App;
use crate::documents::gather_order::{Paper, gather_order};
use crate::documents::pictures;
use crate::documents::printer::PrintFailure;
use crate::messages::Language;
use crate::orders::{Caller, OrderRefusal, read_order::read_order};
use crate::proof::verification_link::VerificationLink;
use crate::refusal::Refusal;
use crate::store::{StoreError, document_templates};

use super::templates::TemplateKind;

/// What kind of paper is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PrintRequest {
    pub copy: CopyFor,
    pub style: Style,
    /// The customer's language or the organization's when not given.
    pub language: Option<Language>,
}

/// An order on paper.
#[derive(Debug)]
pub struct OrderPrint {
    pub pdf: Vec<u8>,
    /// Without its ending.
    pub file_name: String,
    /// The organization's template failed on this order and ours was used.
    pub is_fallback: bool,
}

/// Prints one order.
///
/// # Errors
///
/// `NotFound` for an order the caller does not see.
pub async fn print_order(
    app: &App,
    caller: Caller,
    order: OrderId,
    request: PrintRequest,
) -> Result<OrderPrint, OrderRefusal> {
    let view = read_order(&app.orders, caller, order).await?;
    let link = VerificationLink {
        organization: caller.organization,
        order,
        signature: shown_signature(&view.order.signing),
    };
    let paper = Paper { request, version: view.version.clone(), verification_url: address_of(app, link) };
    let mut tx = app.store.begin_read(caller.organization).await?;
    let workflows = app.orders.workflows(&mut tx, &Named::from(&view.plan)).await?;
    let mut gathered = gather_order(&mut tx, &view.order, &workflows, &paper).await?;
    let template = document_templates::get(&mut tx, TemplateKind::ServiceOrder.as_str()).await?;
    tx.commit().await?;
    let pictures = pictures::fetch(app, caller.organization, &mut gathered).await?;
    let file_name = file_name(gathered.document.order.number.as_deref(), order);
    let template = template.map(|row| row.source);
    let document = Box::new(gathered.document);
    let job = |template| Job::Render { document: document.clone(), pictures: pictures.clone(), template };
    let own = match &template {
        None => None,
        Some(_) => own_pdf(app, &job(template.clone()), order).await?,
    };
    let is_fallback = template.is_some() && own.is_none();
    let pdf = match own {
        Some(pdf) => pdf,
        None => pdf_of(app.printer.run(&job(None)).await.map_err(refused)?)
            .ok_or_else(|| StoreError::internal("our own template failed"))?,
    };
    Ok(OrderPrint { pdf, file_name, is_fallback })
}

/// The signature or refusal that stands for the order.
const fn shown_signature(signing: &Signing) -> Option<EntryId> {
    match signing {
        Signing::Unsigned => None,
        Signing::Signed { signature }
        | Signing::Refused { signature }
        | Signing::NeedsSignature { signature, .. } => Some(*signature),
    }
}

/// The page on which anybody can check the order.
fn address_of(app: &App, link: VerificationLink) -> String {
    format!("{}/verify/{}", app.base_url(), link.to_token(&app.proof))
}

/// With the organization's template; nothing when it fails on this order, which its sample could not foretell.
async fn own_pdf(app: &App, job: &Job, order: OrderId) -> Result<Option<Vec<u8>>, OrderRefusal> {
    match app.printer.run(job).await {
        Ok(Outcome::Bad(problems)) => {
            let problem = problems.first().map(|problem| problem.message.as_str()).unwrap_or_default();
            tracing::warn!(order.id = %order, problem, "the organization's template failed on an order");
            Ok(None)
        }
        Ok(outcome) => Ok(pdf_of(outcome)),
        Err(PrintFailure::Worker(failure)) => {
            tracing::warn!(order.id = %order, %failure, "the organization's template failed on an order");
            Ok(None)
        }
        Err(failure) => Err(refused(failure)),
    }
}

fn pdf_of(outcome: Outcome) -> Option<Vec<u8>> {
    match outcome {
        Outcome::Rendered { pdf, .. } => Some(pdf),
        Outcome::Good | Outcome::Bad(_) => None,
    }
}

fn refused(failure: PrintFailure) -> OrderRefusal {
    let refusal = Refusal::from(failure);
    if let Refusal::Store(error) = refusal {
        return OrderRefusal::Store(error);
    }
    OrderRefusal::Store(StoreError::internal(&refusal.to_string()))
}

/// The order's number, or its id, of letters that are safe in a header and on any disk.
fn file_name(number: Option<&str>, order: OrderId) -> String {
    let number = number.map_or_else(|| order.to_string(), str::to_owned);
    number.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '-' }).collect()
}
