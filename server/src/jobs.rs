//! Work that follows from what was committed: rows written with their cause, done at least once, with one effect.

mod expire_sessions;
mod lane;
mod raise_alerts;
mod visible;
mod worker;

use serde_json::{Value, json};
use sync_core::ids::{BlobHash, OrganizationId, RecordId};
use sync_core::time::Timestamp;

use crate::app::App;
use crate::clock::fresh_id;
use crate::events::{Event, spread::spread_event};
use crate::evidence::erase_blob::erase_blob;
use crate::evidence::expire_uploads::expire_uploads;
use crate::evidence::make_pictures::make_pictures;
use crate::evidence::sweep_blobs::sweep_blobs;
use crate::imports::{self, expire_imports, run_import};
use crate::mail::send_mail;
use crate::refusal::Refusal;
use crate::store::job_rows::{LeasedJobRow, NewJobRow};
use crate::store::{StoreError, Tx, job_rows, organizations, webhook_deliveries};
use crate::webhooks::deliver::deliver_due;

pub use lane::Lane;
pub use visible::{JobPage, list_jobs, retry_job};
pub use worker::{run_due_jobs, work};

const HOUR_MS: i64 = 3_600_000;

/// Jobs of the installation itself belong to no organization.
pub const INSTALLATION: OrganizationId = OrganizationId::from_bytes([0; 16]);

/// Everything that can be done later. Running one twice has no further effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Job {
    /// Forgets sessions, failed sign-ins and finished jobs that nobody can ask for any more.
    ExpireSessions,
    /// Ends uploads that nobody continued, and forgets files of imports that are over.
    ExpireUploads,
    /// Tells people about records that run out.
    RaiseAlerts,
    /// Has the blobs of every organization compared with their rows.
    SweepBlobs { hour: u16 },
    /// Compares the stored files of an organization with their rows.
    SweepOrganization { organization: OrganizationId, hour: u16 },
    /// Makes the smaller pictures of a photo.
    MakePictures { organization: OrganizationId, sha256: BlobHash },
    /// Removes the bytes of a file whose person was erased.
    EraseBlob { organization: OrganizationId, sha256: BlobHash },
    /// Writes down for everybody who listens what happened.
    SpreadEvent { organization: OrganizationId, event: Box<Event> },
    /// Sends what waits for one webhook, as long as something does.
    DeliverWebhook { organization: OrganizationId, webhook: RecordId },
    /// Goes through the rows of an import, a while at a time.
    RunImport { organization: OrganizationId, import: RecordId },
    /// Sends one mail, as often as it takes.
    SendMail { organization: OrganizationId, message: RecordId },
}

impl Job {
    /// The name stored in the row.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::ExpireSessions => "expire_sessions",
            Self::ExpireUploads => "expire_uploads",
            Self::RaiseAlerts => "raise_alerts",
            Self::SweepBlobs { .. } => "sweep_blobs",
            Self::SweepOrganization { .. } => "sweep_organization",
            Self::MakePictures { .. } => "make_pictures",
            Self::EraseBlob { .. } => "erase_blob",
            Self::SpreadEvent { .. } => "spread_event",
            Self::DeliverWebhook { .. } => "deliver_webhook",
            Self::RunImport { .. } => "run_import",
            Self::SendMail { .. } => "send_mail",
        }
    }

    /// The jobs it waits for.
    pub const fn lane(&self) -> Lane {
        match self {
            Self::ExpireSessions
            | Self::ExpireUploads
            | Self::RaiseAlerts
            | Self::SweepBlobs { .. }
            | Self::SweepOrganization { .. }
            | Self::EraseBlob { .. } => Lane::House,
            Self::MakePictures { .. } => Lane::Pictures,
            Self::SpreadEvent { .. } => Lane::Events,
            Self::DeliverWebhook { .. } => Lane::Webhooks,
            Self::RunImport { .. } => Lane::Imports,
            Self::SendMail { .. } => Lane::Mail,
        }
    }

    fn payload(&self) -> Value {
        match self {
            Self::ExpireSessions | Self::ExpireUploads | Self::RaiseAlerts => Value::Null,
            Self::SweepBlobs { hour } => json!({ "hour": hour }),
            Self::SweepOrganization { organization, hour } => {
                json!({ "organization": organization, "hour": hour })
            }
            Self::MakePictures { organization, sha256 } | Self::EraseBlob { organization, sha256 } => {
                json!({ "organization": organization, "sha256": sha256 })
            }
            Self::SpreadEvent { organization, event } => {
                json!({ "organization": organization, "event": event })
            }
            Self::DeliverWebhook { organization, webhook } => {
                json!({ "organization": organization, "webhook": webhook })
            }
            Self::RunImport { organization, import } => {
                json!({ "organization": organization, "import": import })
            }
            Self::SendMail { organization, message } => {
                json!({ "organization": organization, "message": message })
            }
        }
    }

    /// Reads a stored job; `None` for a kind this version does not know.
    fn read(kind: &str, payload: &str) -> Option<Self> {
        let payload: Value = serde_json::from_str(payload).ok()?;
        let organization = || payload["organization"].as_str()?.parse().ok();
        let sha256 = || payload["sha256"].as_str()?.parse().ok();
        let hour = || u16::try_from(payload["hour"].as_u64()?).ok();
        match kind {
            "expire_sessions" => Some(Self::ExpireSessions),
            "expire_uploads" => Some(Self::ExpireUploads),
            "raise_alerts" => Some(Self::RaiseAlerts),
            "sweep_blobs" => Some(Self::SweepBlobs { hour: hour()? }),
            "sweep_organization" => {
                Some(Self::SweepOrganization { organization: organization()?, hour: hour()? })
            }
            "make_pictures" => Some(Self::MakePictures { organization: organization()?, sha256: sha256()? }),
            "erase_blob" => Some(Self::EraseBlob { organization: organization()?, sha256: sha256()? }),
            "spread_event" => {
                let event = serde_json::from_value(payload["event"].clone()).ok()?;
                Some(Self::SpreadEvent { organization: organization()?, event })
            }
            "deliver_webhook" => {
                let webhook = payload["webhook"].as_str()?.parse().ok()?;
                Some(Self::DeliverWebhook { organization: organization()?, webhook })
            }
            "run_import" => {
                let import = payload["import"].as_str()?.parse().ok()?;
                Some(Self::RunImport { organization: organization()?, import })
            }
            "send_mail" => {
                let message = payload["message"].as_str()?.parse().ok()?;
                Some(Self::SendMail { organization: organization()?, message })
            }
            _ => None,
        }
    }

    async fn run(&self, app: &App, lease: &LeasedJobRow) -> Result<(), Refusal> {
        match self {
            Self::ExpireSessions => expire_sessions::expire_sessions(app).await,
            Self::ExpireUploads => {
                expire_uploads(&app.evidence).await?;
                expire_imports(app).await
            }
            Self::RaiseAlerts => raise_alerts::raise_alerts(app).await,
            Self::SweepBlobs { hour } => enqueue_sweeps(app, *hour).await,
            Self::SweepOrganization { organization, hour } => {
                Ok(sweep_blobs(&app.evidence, *organization, *hour).await.map(drop)?)
            }
            Self::MakePictures { organization, sha256 } => {
                Ok(make_pictures(&app.evidence, *organization, *sha256).await?)
            }
            Self::EraseBlob { organization, sha256 } => {
                Ok(erase_blob(&app.evidence, *organization, *sha256).await?)
            }
            Self::SpreadEvent { organization, event } => spread_event(app, *organization, event).await,
            Self::DeliverWebhook { organization, webhook } => {
                deliver_due(app, *organization, *webhook, lease).await
            }
            Self::RunImport { organization, import } => run_import(app, *organization, *import).await,
            Self::SendMail { organization, message } => {
                send_mail::send_mail(app, *organization, *message, lease).await
            }
        }
    }

    /// When a job that did what was due has to run again, as the transaction sees it that ends the job.
    async fn next_run(&self, tx: &mut Tx, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        match self {
            Self::DeliverWebhook { webhook, .. } => {
                let next = webhook_deliveries::next_due(tx, *webhook).await?;
                Ok(next.map(|at| at.max(now)))
            }
            Self::RunImport { import, .. } => Ok(imports::has_more(tx, *import).await?.then_some(now)),
            Self::SendMail { message, .. } => send_mail::next_attempt(tx, *message, now).await,
            Self::ExpireSessions
            | Self::ExpireUploads
            | Self::RaiseAlerts
            | Self::SweepBlobs { .. }
            | Self::SweepOrganization { .. }
            | Self::MakePictures { .. }
            | Self::EraseBlob { .. }
            | Self::SpreadEvent { .. } => Ok(None),
        }
    }

    fn row(&self, cause: &str, run_at: Timestamp) -> NewJobRow {
        NewJobRow {
            id: fresh_id(),
            kind: self.kind(),
            lane: self.lane().as_str(),
            payload: self.payload().to_string(),
            cause: cause.to_owned(),
            run_at,
        }
    }
}

/// Adds one job for each organization; the job that adds them is the cause.
async fn enqueue_sweeps(app: &App, hour: u16) -> Result<(), Refusal> {
    let now = app.clock.now();
    let organizations = organizations::all(&app.store).await?;
    for organization in organizations {
        let job = Job::SweepOrganization { organization, hour };
        let mut tx = app.store.begin_write(organization).await?;
        enqueue(&mut tx, &job, &format!("hour {}", now.0 / HOUR_MS), now).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// Adds a job to the transaction of its cause; the same cause adds it once.
pub async fn enqueue(tx: &mut Tx, job: &Job, cause: &str, run_at: Timestamp) -> Result<(), StoreError> {
    job_rows::insert(tx, &[job.row(cause, run_at)]).await.map(drop)
}

/// Adds several jobs, each with its cause.
pub async fn enqueue_all(tx: &mut Tx, jobs: &[(Job, String)], run_at: Timestamp) -> Result<(), StoreError> {
    let rows: Vec<_> = jobs.iter().map(|(job, cause)| job.row(cause, run_at)).collect();
    job_rows::insert(tx, &rows).await.map(drop)
}

/// Makes sure that a job which comes back again and again runs at a moment.
pub async fn arm(tx: &mut Tx, job: &Job, name: &str, run_at: Timestamp) -> Result<(), StoreError> {
    job_rows::arm(tx, &job.row(name, run_at)).await
}
