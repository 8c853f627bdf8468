//! `/v1/equipment-labels.pdf` and `/e/{code}`: labels for equipment, and what their QR code shows to anybody.

use actix_web::http::header::CONTENT_DISPOSITION;
use actix_web::{HttpRequest, HttpResponse, web};
use campo_documents::labels::LabelForm;
use maud::{Markup, html};
use schemars::JsonSchema;
use serde::Deserialize;
use sync_core::equipment_label::EquipmentLabel;
use sync_core::ids::RecordId;

use crate::accounts::Principal;
use crate::documents::{LabelRequest, print_labels};
use crate::http::error::{Code, Problem};
use crate::http::node::Node;
use crate::http::public_page::{PageRequest, PublicPage, language_of};
use crate::messages::Language;
use crate::notifications::whatsapp_url;
use crate::orders::Caller;
use crate::reference::{LabelledEquipment, labelled_equipment};
use crate::refusal::{FieldProblem, Refusal};
use crate::sentences::say;

/// What the pages say whatever they show.
const PAGE: PublicPage = PublicPage {
    title: "equipment-page-title",
    footer: "equipment-page-footer",
    unknown: ("equipment-page-unknown", "equipment-page-unknown-hint"),
};

/// Which labels, and on which paper.
#[derive(Deserialize, JsonSchema)]
pub struct LabelsQuery {
    /// Ids, separated by commas; at most 500.
    equipment: Option<String>,
    /// Without ids: everything this customer has.
    customer: Option<RecordId>,
    /// `a4_24` (as without it), `a4_21`, `letter_30` or `roll`.
    form: Option<String>,
    /// Labels of the first page that are used already.
    #[schemars(range(min = 0, max = 29))]
    skip: Option<u32>,
    locale: Option<String>,
}

impl LabelsQuery {
    fn read(&self) -> Result<LabelRequest, Refusal> {
        let unknown = |field| Refusal::invalid(field, FieldProblem::Unknown);
        let ids = self.equipment.as_deref().unwrap_or_default().split(',').map(str::trim);
        let ids = ids.filter(|id| !id.is_empty()).map(|id| id.parse().map_err(|_| unknown("equipment")));
        let form = match self.form.as_deref() {
            None => LabelForm::A4By24,
            Some(name) => LabelForm::ALL
                .into_iter()
                .find(|form| form.as_str() == name)
                .ok_or_else(|| unknown("form"))?,
        };
        let skip = usize::try_from(self.skip.unwrap_or(0)).unwrap_or(usize::MAX);
        if skip >= form.count() {
            return Err(Refusal::invalid("skip", FieldProblem::Range));
        }
        Ok(LabelRequest {
            equipment: ids.collect::<Result<_, _>>()?,
            customer: self.customer,
            form,
            skip,
            language: match self.locale.as_deref() {
                None => None,
                Some(name) => Some(Language::from_name(name).ok_or_else(|| unknown("locale"))?),
            },
        })
    }
}

pub async fn get_labels(
    node: Node,
    principal: Principal,
    query: web::Query<LabelsQuery>,
) -> Result<HttpResponse, Problem> {
    let (app, caller, request) = (node.0.clone(), Caller::of(&principal), query.read()?);
    let pdf = node.run(async move { print_labels(&app, caller, request).await }).await?;
    let mut response = HttpResponse::Ok();
    response.content_type("application/pdf");
    response.insert_header((CONTENT_DISPOSITION, "inline; filename=\"labels.pdf\""));
    Ok(response.body(pdf))
}

pub async fn show_equipment(
    node: Node,
    request: HttpRequest,
    code: web::Path<String>,
    query: web::Query<PageRequest>,
) -> Result<HttpResponse, Problem> {
    let language = language_of(&request, &query);
    let Some(label) = EquipmentLabel::from_code(&code) else { return Ok(PAGE.not_found(language)) };
    let app = node.0.clone();
    match node.run(async move { labelled_equipment(&app.store, label).await }).await {
        Ok(equipment) => Ok(PAGE.answer(HttpResponse::Ok(), language, &page(&equipment, language))),
        Err(problem) if problem.code() == Code::NotFound => Ok(PAGE.not_found(language)),
        Err(problem) => Err(problem),
    }
}

fn page(equipment: &LabelledEquipment, language: Language) -> Markup {
    let word = |key: &'static str| say(language, key, &[]);
    let called = [equipment.name.as_str(), equipment.details.as_str(), equipment.code.as_str()];
    let called = called.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ");
    let request = say(language, "equipment-page-request", &[("equipment", called.into())]);
    html! {
        section {
            h1 { (equipment.name) }
            @if !equipment.details.is_empty() { p.quiet { (equipment.details) } }
            @if !equipment.code.is_empty() { p { code { (equipment.code) } } }
        }
        section {
            h2 { (say(language, "equipment-page-company", &[("company", equipment.company.as_str().into())])) }
            @if equipment.phone.is_empty() && equipment.email.is_empty() {
                p { (word("equipment-page-no-contact")) }
            } @else {
                ul.actions {
                    @if !equipment.phone.is_empty() {
                        li { a href={ "tel:" (equipment.phone) } { (word("equipment-page-call")) " " (equipment.phone) } }
                        li { a href=(whatsapp_url(&equipment.phone, &request)) { (word("equipment-page-whatsapp")) } }
                    }
                    @if !equipment.email.is_empty() {
                        li { a href={ "mailto:" (equipment.email) } { (word("equipment-page-write")) " " (equipment.email) } }
                    }
                }
            }
        }
    }
}
