//! Photos, strokes and other bytes that orders refer to: how they arrive, where they are kept, who may see them.
//!
//! Bytes arrive by resumable upload, named by their SHA-256, in any order with the order that refers to them. Knows no
//! HTTP and no SQL.

pub mod append_upload;
pub mod blob_store;
pub mod create_upload;
pub mod end_upload;
pub mod erase_blob;
pub mod expire_uploads;
mod finish_upload;
pub mod image_process;
pub mod image_worker;
pub mod make_pictures;
pub mod read_drawing;
pub mod read_photo;
pub mod resume_upload;
pub mod sniff;
pub mod sweep_blobs;

use std::sync::Arc;

use sync_core::ids::{DeviceId, OrganizationId, UploadId, UserId};
use sync_core::time::Timestamp;
use sync_core::workflow::Role;

use crate::clock::Clock;
use crate::config::Config;
use crate::refusal::{FieldProblem, Refusal};
use crate::store::uploads::{self, UploadRow};
use crate::store::{Store, StoreError, Tx, storage_use};
use blob_store::{BlobError, BlobStore, UploadName};
use image_process::ImageProcess;

const DAY_MS: i64 = 24 * 3_600_000;
/// An upload that does not move for so long is given up.
pub const UPLOAD_KEPT_MS: i64 = 30 * DAY_MS;
/// A writer that is not heard of for so long is taken for lost.
pub const LEASE_MS: i64 = 30_000;

/// Everything that handlers of blobs share. Cheap to clone; nothing in it is truth.
#[derive(Clone)]
pub struct Evidence {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    blobs: BlobStore,
    clock: Clock,
    images: ImageProcess,
    limits: UploadLimits,
}

/// What one installation takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UploadLimits {
    pub upload_bytes_max: u64,
    pub organization_quota_bytes: u64,
    pub user_quota_bytes: u64,
}

/// Who brings bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Uploader {
    pub organization: OrganizationId,
    pub user: UserId,
    pub device: Option<DeviceId>,
    pub role: Role,
}

/// Where an upload stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UploadStatus {
    pub id: UploadId,
    pub size_bytes: u64,
    /// What is stored for good; equal to the size once the whole was checked.
    pub offset: u64,
    pub expires_at: Timestamp,
}

/// Why an upload did not do what was asked.
#[derive(Debug, Clone, thiserror::Error)]
pub enum UploadRefusal {
    #[error("no such upload is visible to the caller")]
    NotFound,
    #[error("the caller's role brings nothing")]
    RoleForbidden,
    #[error("the field {field} is not acceptable")]
    Invalid { field: &'static str, problem: FieldProblem },
    #[error("the content is larger than allowed or declared")]
    TooLarge,
    #[error("the upload stands at {offset}")]
    OffsetMismatch { offset: u64 },
    #[error("the upload has ended")]
    Gone,
    #[error("the bytes do not have the checksum they came with")]
    ChecksumMismatch,
    #[error("content of this type is not accepted")]
    UnsupportedType,
    #[error("the image has too many pixels")]
    ImageTooBig,
    #[error("the bytes stopped coming")]
    Stalled,
    #[error("the quota is used up")]
    Quota,
    #[error("no picture could be made: {0}")]
    Decoder(Arc<str>),
    #[error(transparent)]
    Blob(#[from] BlobError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Evidence {
    /// Opens the place of the blobs.
    ///
    /// # Errors
    ///
    /// When the place that the configuration names cannot be used.
    pub fn open(config: &Config, store: Store, clock: Clock) -> Result<Self, BlobError> {
        let blobs = BlobStore::open(&config.blobs)?;
        let limits = UploadLimits {
            upload_bytes_max: config.upload_bytes_max,
            organization_quota_bytes: config.organization_quota_bytes,
            user_quota_bytes: config.user_quota_bytes,
        };
        let program = config.program_of_workers()?;
        let images = ImageProcess::new(program);
        Ok(Self { inner: Arc::new(Inner { store, blobs, clock, images, limits }) })
    }

    /// The place of the bytes.
    pub fn blobs(&self) -> &BlobStore {
        &self.inner.blobs
    }

    /// The decoder of images.
    pub fn images(&self) -> &ImageProcess {
        &self.inner.images
    }

    /// What this installation takes.
    pub fn limits(&self) -> UploadLimits {
        self.inner.limits
    }

    /// The store underneath.
    pub fn store(&self) -> &Store {
        &self.inner.store
    }

    fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }
}

impl Uploader {
    fn name(&self, upload: UploadId) -> UploadName {
        UploadName { organization: self.organization, upload }
    }

    /// The upload, if it is the caller's own and may still be asked about.
    async fn own_upload(&self, tx: &mut Tx, id: UploadId) -> Result<UploadRow, UploadRefusal> {
        let row = uploads::get(tx, id).await?.filter(|row| row.user == self.user);
        row.ok_or(UploadRefusal::NotFound)
    }
}

impl UploadStatus {
    fn of(row: &UploadRow) -> Self {
        Self { id: row.id, size_bytes: row.size_bytes, offset: row.offset, expires_at: row.expires_at }
    }
}

impl UploadRefusal {
    /// The two refusals that an upload keeps, by their stored names.
    const KEPT: [(&'static str, Self); 2] =
        [("unsupported_type", Self::UnsupportedType), ("image_too_big", Self::ImageTooBig)];

    /// What a refused upload answers from then on.
    fn kept(name: &str) -> Self {
        let found = Self::KEPT.into_iter().find(|(known, _)| *known == name);
        found.map_or(Self::Gone, |(_, refusal)| refusal)
    }

    const fn kept_name(&self) -> &'static str {
        match self {
            Self::ImageTooBig => "image_too_big",
            Self::UnsupportedType
            | Self::NotFound
            | Self::RoleForbidden
            | Self::Invalid { .. }
            | Self::TooLarge
            | Self::OffsetMismatch { .. }
            | Self::Gone
            | Self::ChecksumMismatch
            | Self::Stalled
            | Self::Quota
            | Self::Decoder(_)
            | Self::Blob(_)
            | Self::Store(_) => "unsupported_type",
        }
    }
}

/// For jobs, which tell nobody which of them it was.
impl From<UploadRefusal> for Refusal {
    fn from(refusal: UploadRefusal) -> Self {
        if let UploadRefusal::Store(error) = refusal {
            return Self::Store(error);
        }
        Self::internal(&refusal.to_string())
    }
}

/// Gives back what an upload that will not be completed had reserved.
async fn release(tx: &mut Tx, user: UserId, size_bytes: u64) -> Result<(), StoreError> {
    storage_use::release(tx, user, size_bytes).await?;
    storage_use::release(tx, storage_use::WHOLE_ORGANIZATION, size_bytes).await
}
