//! The scan of a prescription and the organization's logo: files that records refer to. Nothing served here runs in a
//! browser.

use actix_web::{HttpRequest, HttpResponse, web};
use sync_core::ids::BlobHash;

use crate::accounts::{self, Principal};
use crate::evidence::read_photo::{FoundPhoto, read_file};
use crate::http::error::{Code, Problem};
use crate::http::node::Node;
use crate::http::photos::show;
use crate::reference::{PrescriptionFields, get_record};

pub async fn get_scan(
    node: Node,
    principal: Principal,
    request: HttpRequest,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let id = path.parse().map_err(|_| Problem::new(Code::NotFound))?;
    let app = node.0.clone();
    let reading = async move {
        let record = get_record::<PrescriptionFields>(&app, &principal, id).await?;
        find(&app, &principal, record.fields.scan).await
    };
    show(&request, node.run(reading).await?, true)
}

pub async fn get_logo(
    node: Node,
    principal: Principal,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let app = node.0.clone();
    let reading = async move {
        let organization = accounts::get_organization(&app, &principal).await?;
        find(&app, &principal, organization.fields.logo).await
    };
    show(&request, node.run(reading).await?, false)
}

async fn find(
    app: &crate::app::App,
    principal: &Principal,
    file: Option<BlobHash>,
) -> Result<FoundPhoto, Problem> {
    let file = file.ok_or_else(|| Problem::new(Code::NotFound))?;
    Ok(read_file(&app.evidence, principal.organization, file).await?)
}
