//! The templates an organization replaces ours with. Nothing is stored that does not render the sample.

use campo_documents::built_in_template;
use campo_documents::pipe::{Job, Outcome};
use campo_documents::template::{TEMPLATE_BYTES_MAX, TemplateProblem};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use sync_core::time::Timestamp;

use crate::accounts::Principal;
use crate::app::App;
use crate::audit::{self, AuditEntry};
use crate::documents::printer::PrintFailure;
use crate::refusal::{FieldProblem, Refusal};
use crate::store::document_templates::{self, DocumentTemplateRow};
use crate::worker_process::WorkerFailure;

/// Which document a template is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TemplateKind {
    ServiceOrder,
}

impl TemplateKind {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ServiceOrder => "service-order",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        (name == Self::ServiceOrder.as_str()).then_some(Self::ServiceOrder)
    }
}

/// The template in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DocumentTemplate {
    pub kind: TemplateKind,
    pub source: String,
    /// False for ours.
    pub is_own: bool,
    /// The entity tag; 0 for ours.
    pub version: i64,
    pub updated_at: Option<Timestamp>,
}

/// The organization's template, or ours.
pub async fn get_template(
    app: &App,
    principal: &Principal,
    kind: TemplateKind,
) -> Result<DocumentTemplate, Refusal> {
    principal.require_admin()?;
    let mut tx = app.store.begin_read(principal.organization).await?;
    let row = document_templates::get(&mut tx, kind.as_str()).await?;
    tx.commit().await?;
    Ok(template_of(kind, row))
}

fn template_of(kind: TemplateKind, row: Option<DocumentTemplateRow>) -> DocumentTemplate {
    match row {
        Some(row) => DocumentTemplate {
            kind,
            source: row.source,
            is_own: true,
            version: row.version,
            updated_at: Some(row.updated_at),
        },
        None => DocumentTemplate {
            kind,
            source: built_in_template().to_owned(),
            is_own: false,
            version: 0,
            updated_at: None,
        },
    }
}

/// Judges a template in a child and stores it.
///
/// # Errors
///
/// `Template` with every problem of one that does not render the sample; nothing is stored then.
pub async fn save_template(
    app: &App,
    principal: &Principal,
    kind: TemplateKind,
    version: i64,
    source: String,
) -> Result<DocumentTemplate, Refusal> {
    principal.require_admin()?;
    if source.len() > TEMPLATE_BYTES_MAX {
        return Err(Refusal::invalid("source", FieldProblem::TooLong));
    }
    judge(app, &source).await?;
    let now = app.clock.now();
    let mut tx = app.store.begin_write(principal.organization).await?;
    let row = DocumentTemplateRow { source, version: version + 1, updated_at: now };
    if !document_templates::save(&mut tx, kind.as_str(), &row).await? {
        let current = template_of(kind, document_templates::get(&mut tx, kind.as_str()).await?);
        tx.commit().await?;
        return Err(stale(&current));
    }
    audit(&mut tx, principal, "document_template.save", kind, row.version, now).await?;
    tx.commit().await?;
    Ok(template_of(kind, Some(row)))
}

/// Returns to our template.
pub async fn delete_template(
    app: &App,
    principal: &Principal,
    kind: TemplateKind,
    version: i64,
) -> Result<(), Refusal> {
    principal.require_admin()?;
    let now = app.clock.now();
    let mut tx = app.store.begin_write(principal.organization).await?;
    let Some(row) = document_templates::get(&mut tx, kind.as_str()).await? else {
        return Err(Refusal::NotFound);
    };
    if row.version != version {
        tx.commit().await?;
        return Err(stale(&template_of(kind, Some(row))));
    }
    document_templates::delete(&mut tx, kind.as_str()).await?;
    audit(&mut tx, principal, "document_template.delete", kind, version, now).await?;
    tx.commit().await?;
    Ok(())
}

async fn judge(app: &App, source: &str) -> Result<(), Refusal> {
    let problem = |message: &str| TemplateProblem {
        line: None,
        column: None,
        message: message.to_owned(),
        hints: Vec::new(),
    };
    let problems = match app.printer.run(&Job::Check { template: source.to_owned() }).await {
        Ok(Outcome::Good) => return Ok(()),
        Ok(Outcome::Bad(problems)) => problems,
        Ok(Outcome::Rendered { .. }) => return Err(Refusal::internal("a judged template was rendered")),
        Err(PrintFailure::Worker(WorkerFailure::TooSlow)) => vec![problem("the template takes too long")],
        Err(PrintFailure::Worker(WorkerFailure::Died)) => vec![problem("the template needs too much memory")],
        Err(failure) => return Err(failure.into()),
    };
    Err(Refusal::Template { problems })
}

fn stale(current: &DocumentTemplate) -> Refusal {
    match serde_json::to_value(current) {
        Ok(current) => Refusal::Stale { current },
        Err(error) => Refusal::internal(&error.to_string()),
    }
}

async fn audit(
    tx: &mut crate::store::Tx,
    principal: &Principal,
    action: &str,
    kind: TemplateKind,
    version: i64,
    now: Timestamp,
) -> Result<(), Refusal> {
    let details = json!({ "version": version });
    let entry = AuditEntry { action: action.to_owned(), subject: kind.as_str().to_owned(), details };
    Ok(audit::append(tx, principal.author(), entry, now).await?)
}
