//! From data to the bytes of a PDF. The same input gives the same bytes; nothing else is looked at.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use typst::WorldExt;
use typst::diag::SourceDiagnostic;
use typst::foundations::{Bytes, Dict, Smart};
use typst::syntax::DiagSpan;
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards};

use crate::data::{Drawing, Pictures, ServiceOrderDocument};
use crate::drawing::{qr_svg, strokes_svg};
use crate::fonts::printable;
use crate::labels::{Label, LabelSheet, LabelView};
use crate::picture_names;
use crate::view::View;
use crate::world::MemoryWorld;

/// Our own template.
const BUILT_IN: &str = include_str!("../templates/service-order.typ");
const LABELS: &str = include_str!("../templates/labels.typ");
const CREATOR: &str = "Campo";
/// More problems than these tell nothing new.
const PROBLEMS_MAX: usize = 20;

/// One thing that is wrong with a template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemplateProblem {
    /// Counted from 1; absent where the problem is not in the template's own text.
    pub line: Option<usize>,
    pub column: Option<usize>,
    /// What Typst says about it, in English.
    pub message: String,
    pub hints: Vec<String>,
}

/// A finished document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    pub pdf: Vec<u8>,
    pub page_count: usize,
}

/// The text of our own template, to start one's own from.
pub const fn built_in_template() -> &'static str {
    BUILT_IN
}

/// Renders a document with an organization's template, or with our own.
///
/// # Errors
///
/// Says what is wrong with the template.
pub fn render(
    document: &ServiceOrderDocument,
    pictures: &Pictures,
    template: Option<&str>,
) -> Result<Rendered, Vec<TemplateProblem>> {
    let inputs = inputs(&View::of(document));
    let world = MemoryWorld::new(template.unwrap_or(BUILT_IN), inputs, drawings(document), pictures);
    render_in(&world, identity(document), template.is_none())
}

/// Renders labels for equipment.
///
/// # Errors
///
/// Never, unless our own template is wrong.
pub fn render_labels(sheet: &LabelSheet) -> Result<Rendered, Vec<TemplateProblem>> {
    let pictures = Pictures::new();
    let world = MemoryWorld::new(LABELS, inputs(&LabelView::of(sheet)), label_drawings(sheet), &pictures);
    render_in(&world, format!("labels/{}", sheet.organization), true)
}

fn render_in(
    world: &MemoryWorld<'_>,
    identity: String,
    is_ours: bool,
) -> Result<Rendered, Vec<TemplateProblem>> {
    let rendered = compile(world, identity, is_ours);
    // Typst remembers what it laid out; a document leaves nothing behind.
    comemo::evict(0);
    rendered
}

fn compile(
    world: &MemoryWorld<'_>,
    identity: String,
    is_ours: bool,
) -> Result<Rendered, Vec<TemplateProblem>> {
    let tell = |errors: &[SourceDiagnostic]| -> Vec<TemplateProblem> {
        errors.iter().take(PROBLEMS_MAX).map(|error| problem(error, world)).collect()
    };
    let pages: PagedDocument = typst::compile(world).output.map_err(|errors| tell(&errors))?;
    let options = PdfOptions {
        ident: Smart::Custom(identity),
        creator: Smart::Custom(Some(CREATOR.to_owned())),
        standards: standards(is_ours),
        ..PdfOptions::default()
    };
    let pdf = typst_pdf::pdf(&pages, &options).map_err(|errors| tell(&errors))?;
    Ok(Rendered { pdf, page_count: pages.pages().len() })
}

/// What we write ourselves is PDF/UA-1; an organization's template is tagged and promises no more.
fn standards(is_ours: bool) -> PdfStandards {
    let promised: &[PdfStandard] = if is_ours { &[PdfStandard::Ua_1] } else { &[PdfStandard::V_1_7] };
    PdfStandards::new(promised).expect("one standard never contradicts itself")
}

/// What is drawn rather than given: strokes and the QR code.
fn drawings(document: &ServiceOrderDocument) -> BTreeMap<String, Bytes> {
    let strokes = document.signatures.iter().enumerate().filter_map(|(index, signature)| {
        let Some(Drawing::Strokes { strokes }) = &signature.drawing else { return None };
        Some((picture_names::strokes(index), Bytes::from_string(strokes_svg(strokes))))
    });
    let qr = document.verification_url.iter();
    strokes.chain(qr.map(|url| (picture_names::QR.to_owned(), Bytes::from_string(qr_svg(url))))).collect()
}

fn label_drawings(sheet: &LabelSheet) -> BTreeMap<String, Bytes> {
    let drawn = |(index, label): (usize, &Label)| {
        (picture_names::label_qr(index), Bytes::from_string(qr_svg(&label.url)))
    };
    sheet.labels.iter().enumerate().map(drawn).collect()
}

fn inputs(view: &impl Serialize) -> Dict {
    let mut view = serde_json::to_value(view).expect("a view is plain data");
    make_printable(&mut view);
    serde_json::from_value(view).expect("an object becomes a dictionary")
}

/// People write letters that no font of ours has.
fn make_printable(value: &mut Value) {
    match value {
        Value::String(text) => *text = printable(text),
        Value::Array(values) => values.iter_mut().for_each(make_printable),
        Value::Object(fields) => fields.values_mut().for_each(make_printable),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Stays the same for the same paper of the same version.
fn identity(document: &ServiceOrderDocument) -> String {
    let language = document.language.as_str();
    let number = document.order.number.as_deref().unwrap_or_default();
    format!(
        "{}/{number}/{}/{:?}/{:?}/{language}",
        document.organization.name, document.version, document.copy, document.style
    )
}

/// Where the template itself went wrong, also when the fault shows in a building block it called.
fn problem(error: &SourceDiagnostic, world: &MemoryWorld<'_>) -> TemplateProblem {
    let calls = error.trace.iter().map(|call| DiagSpan::from(call.span));
    let own = [error.span].into_iter().chain(calls).find(|span| span.id() == Some(world.template_id()));
    let place = own.and_then(|span| {
        let start = world.range(span)?.start;
        typst::World::source(world, world.template_id()).ok()?.lines().byte_to_line_column(start)
    });
    TemplateProblem {
        line: place.map(|(line, _)| line + 1),
        column: place.map(|(_, column)| column + 1),
        message: error.message.to_string(),
        hints: error.hints.iter().map(|hint| hint.v.to_string()).collect(),
    }
}
