//! What a template reads: every value as the reader of this copy is told it.
//!
//! What a copy does not show is not in its view, so that no template can tell it.

mod evidence;
mod lines;
mod parties;
mod visits;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::data::{CopyFor, OrderFields, Priority, ServiceOrderDocument, Style};
use crate::picture_names::QR;
use crate::teller::{Teller, some_text, text};
use crate::words;
use evidence::{AnswerView, NoteView, PhotoView, SignatureView};
use lines::{ExpenseView, LineView, Totals};
use parties::{ContactView, CustomerView, EquipmentView, OrganizationView, SiteView};
use visits::VisitView;

/// The data of one document; its shape is described in `docs/document-templates.md`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct View {
    pub words: BTreeMap<&'static str, String>,
    pub language: &'static str,
    pub copy: CopyFor,
    pub style: Style,
    pub title: String,
    pub copy_name: String,
    pub date: String,
    pub dated: [i16; 3],
    pub version: String,
    pub organization: OrganizationView,
    pub customer: Option<CustomerView>,
    pub site: Option<SiteView>,
    pub contact: Option<ContactView>,
    pub order: OrderView,
    pub equipment: Vec<EquipmentView>,
    pub visits: Vec<VisitView>,
    pub materials: Vec<LineView>,
    pub services: Vec<LineView>,
    pub totals: Totals,
    pub expenses: Vec<ExpenseView>,
    pub expenses_totals: Vec<String>,
    pub checklist: Vec<AnswerView>,
    pub notes: Vec<NoteView>,
    pub photos: Vec<PhotoView>,
    pub signatures: Vec<SignatureView>,
    /// What is missing, one sentence each.
    pub gaps: Vec<String>,
    pub verification: Option<VerificationView>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OrderView {
    pub number: Option<String>,
    pub kind: Option<String>,
    pub reason: Option<String>,
    pub status: Option<String>,
    /// Absent when it is the usual one.
    pub priority: Option<String>,
    pub created: Option<String>,
    pub window: Option<String>,
    pub promised: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VerificationView {
    pub url: String,
    pub qr: &'static str,
    pub alt: String,
}

impl View {
    pub fn of(document: &ServiceOrderDocument) -> Self {
        let teller = &Teller::of(document);
        let is_company = document.copy == CopyFor::Company;
        let notes = document.notes.iter().filter(|note| is_company || !note.is_internal);
        let expenses = document.expenses.iter().filter(|_| is_company);
        let lines = |lines: &[crate::data::Line]| -> Vec<LineView> {
            lines.iter().map(|line| LineView::of(line, is_company, teller)).collect()
        };
        Self {
            words: words::labels(document.language),
            language: document.language.as_str(),
            copy: document.copy,
            style: document.style,
            title: title(&document.order, teller),
            copy_name: teller.say(if is_company { "label-company-copy" } else { "label-customer-copy" }, &[]),
            date: teller.moment(document.dated_ms),
            dated: dated(document.dated_ms, teller),
            version: document.version.clone(),
            organization: OrganizationView::of(&document.organization, teller),
            customer: document.customer.as_ref().map(CustomerView::of),
            site: document.site.as_ref().map(SiteView::of),
            contact: document.contact.as_ref().map(ContactView::of),
            order: OrderView::of(&document.order, teller),
            equipment: document.equipment.iter().map(EquipmentView::of).collect(),
            visits: document.visits.iter().map(|visit| VisitView::of(visit, teller)).collect(),
            materials: lines(&document.materials),
            services: lines(&document.services),
            totals: Totals::of(document, teller),
            expenses_totals: lines::expenses_totals(expenses.clone(), teller),
            expenses: expenses.map(|expense| ExpenseView::of(expense, teller)).collect(),
            checklist: document.checklist.iter().map(|answer| AnswerView::of(answer, teller)).collect(),
            notes: notes.map(|note| NoteView::of(note, teller)).collect(),
            photos: document.photos.iter().map(|photo| PhotoView::of(photo, teller)).collect(),
            signatures: evidence::signatures(document, teller),
            gaps: evidence::gaps(document, teller),
            verification: document.verification_url.as_deref().map(|url| VerificationView::of(url, teller)),
        }
    }
}

impl OrderView {
    fn of(order: &OrderFields, teller: &Teller) -> Self {
        let priority = match order.priority {
            Priority::Normal => None,
            Priority::High => Some("priority-high"),
            Priority::Urgent => Some("priority-urgent"),
        };
        Self {
            number: order.number.as_deref().map(text),
            kind: some_text(&order.kind),
            reason: some_text(&order.reason),
            status: some_text(&order.status),
            priority: priority.map(|key| teller.say(key, &[])),
            created: order.created_ms.map(|at_ms| teller.moment(at_ms)),
            window: order.window_ms.map(|(start_ms, end_ms)| teller.window(start_ms, end_ms)),
            promised: order.promised_ms.map(|at_ms| teller.moment(at_ms)),
        }
    }
}

impl VerificationView {
    fn of(url: &str, teller: &Teller) -> Self {
        Self { url: text(url), qr: QR, alt: teller.say("qr-alt", &[("url", url.into())]) }
    }
}

fn title(order: &OrderFields, teller: &Teller) -> String {
    match &order.number {
        Some(number) => teller.say("title", &[("number", number.as_str().into())]),
        None => teller.say("title-without-number", &[]),
    }
}

fn dated(at_ms: i64, teller: &Teller) -> [i16; 3] {
    let at = teller.local(at_ms);
    [at.year(), at.month().into(), at.day().into()]
}
