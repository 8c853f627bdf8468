//! Where the bytes of blobs are: a local directory, or anything that speaks S3. Knows no rows and decides nothing.
//!
//! `parts/` holds what open uploads have brought, `originals/` what arrived whole, by its SHA-256, and `derived/` the
//! pictures made from it. Everything lies under its organization.

mod error;
mod part_writer;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::BoxStream;
use futures_util::{StreamExt, TryStreamExt};
use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{
    BackoffConfig, GetOptions, GetRange, ObjectStore, ObjectStoreExt, PutPayload, RetryConfig, WriteMultipart,
};
use sha2::{Digest as _, Sha256};
use sync_core::ids::{BlobHash, OrganizationId, RecordId, UploadId};
use sync_core::time::Timestamp;

pub use error::BlobError;
pub use part_writer::{PartWriter, RUN_BYTES};

use crate::config::BlobConfig;
use crate::store::uploads::UploadPartRow;

/// Pieces in which an object is copied; S3 takes none but the last below 5 MiB.
const COPY_BYTES: usize = 5 * 1024 * 1024;
const COPIES_AT_ONCE: usize = 2;
/// A store that does not answer for so long is reported instead of waited for.
const RETRY_TIMEOUT: Duration = Duration::from_secs(20);
const RETRIES_MAX: usize = 4;

/// The picture made from an original.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Derivative {
    /// For lists.
    Thumbnail,
    /// For a screen.
    Screen,
}

impl Derivative {
    /// Every one.
    pub const ALL: [Self; 2] = [Self::Thumbnail, Self::Screen];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Thumbnail => "thumbnail",
            Self::Screen => "screen",
        }
    }
}

/// One file of the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFile {
    path: Path,
    pub size_bytes: u64,
    pub modified_at: Timestamp,
}

/// The names of an upload's parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UploadName {
    pub organization: OrganizationId,
    pub upload: UploadId,
}

/// The bytes of every blob. Cheap to clone.
#[derive(Clone)]
pub struct BlobStore {
    objects: Arc<dyn ObjectStore>,
    /// The directory, when it is one.
    root: Option<Arc<PathBuf>>,
}

impl BlobStore {
    /// Opens the place that the configuration names; a directory is created.
    ///
    /// # Errors
    ///
    /// When the directory cannot be made or the settings do not name a bucket.
    pub fn open(config: &BlobConfig) -> Result<Self, BlobError> {
        match config {
            BlobConfig::Directory(root) => {
                std::fs::create_dir_all(root)?;
                let files = LocalFileSystem::new_with_prefix(root)?.with_fsync(true);
                Ok(Self { objects: Arc::new(files), root: Some(Arc::new(root.canonicalize()?)) })
            }
            BlobConfig::S3 { url, settings } => {
                let retry = RetryConfig {
                    backoff: BackoffConfig::default(),
                    max_retries: RETRIES_MAX,
                    retry_timeout: RETRY_TIMEOUT,
                };
                let mut builder = AmazonS3Builder::new().with_url(url).with_retry(retry);
                for (name, value) in settings.iter() {
                    if let Ok(key) = name.to_ascii_lowercase().parse() {
                        builder = builder.with_config(key, value);
                    }
                }
                Ok(Self { objects: Arc::new(builder.build()?), root: None })
            }
        }
    }

    /// Begins another part of an upload.
    pub fn part_writer(&self, name: UploadName, start: u64, fence: i64) -> PartWriter {
        PartWriter::new(self.clone(), name, start, fence)
    }

    /// What is stored of these parts, in their order, each cut to the length it is known with.
    pub fn read_parts(
        &self,
        name: UploadName,
        parts: &[UploadPartRow],
    ) -> BoxStream<'static, Result<Bytes, BlobError>> {
        let objects = Arc::clone(&self.objects);
        let parts = parts.to_vec();
        let runs = futures_util::stream::iter(parts).then(move |part| {
            let objects = Arc::clone(&objects);
            async move {
                let path = part_of(name, part);
                let range = Some(GetRange::Bounded(0..part.size_bytes));
                let found = objects.get_opts(&path, GetOptions { range, ..GetOptions::default() }).await?;
                if found.range.end - found.range.start != part.size_bytes {
                    return Err(BlobError::NotFound);
                }
                Ok::<_, BlobError>(found.into_stream().map_err(BlobError::from))
            }
        });
        runs.try_flatten().boxed()
    }

    /// Makes the original out of all parts of an upload, durably. The parts stay, but for one that became it.
    pub async fn place(
        &self,
        name: UploadName,
        parts: &[UploadPartRow],
        fence: i64,
        sha256: BlobHash,
    ) -> Result<(), BlobError> {
        let original = original_path(name.organization, sha256);
        let Some(root) = &self.root else {
            return match parts {
                [part] => Ok(self.objects.copy(&part_of(name, *part), &original).await?),
                _ => self.put_stream(&original, self.read_parts(name, parts)).await,
            };
        };
        let part = match parts {
            [part] => *part,
            _ => {
                let files =
                    parts.iter().map(|part| (root.join(part_of(name, *part).as_ref()), part.size_bytes));
                let joined = UploadPartRow { start: 0, fence, size_bytes: 0 };
                part_writer::join(files.collect(), root.join(part_of(name, joined).as_ref())).await?;
                joined
            }
        };
        self.part_writer(name, part.start, part.fence).sync().await?;
        fail::fail_point!("upload.after_fsync", |_| std::process::abort());
        Ok(self.objects.rename(&part_of(name, part), &original).await?)
    }

    /// Writes something and removes it again.
    pub async fn try_out(&self) -> Result<(), BlobError> {
        let path = Path::from(format!("probe-{}", uuid::Uuid::now_v7()));
        self.objects.put(&path, PutPayload::from_static(b"probe")).await?;
        self.delete(&path).await
    }

    async fn put_stream(
        &self,
        path: &Path,
        mut bytes: BoxStream<'static, Result<Bytes, BlobError>>,
    ) -> Result<(), BlobError> {
        let upload = self.objects.put_multipart(path).await?;
        let mut write = WriteMultipart::new_with_chunk_size(upload, COPY_BYTES);
        loop {
            match bytes.try_next().await {
                Ok(Some(run)) => {
                    write.wait_for_capacity(COPIES_AT_ONCE).await?;
                    write.put(run);
                }
                Ok(None) => break,
                Err(error) => {
                    // What cannot be aborted either is swept by the store's own rules.
                    write.abort().await.ok();
                    return Err(error);
                }
            }
        }
        write.finish().await?;
        Ok(())
    }

    /// Removes every stored part of an upload.
    pub async fn delete_upload(&self, name: UploadName) -> Result<(), BlobError> {
        let prefix = upload_prefix(name);
        let found: Vec<Path> =
            self.objects.list(Some(&prefix)).map_ok(|meta| meta.location).try_collect().await?;
        for path in found {
            self.delete(&path).await?;
        }
        if let Some(root) = &self.root {
            // Only tidiness: an empty directory is nothing to sweep.
            tokio::fs::remove_dir(root.join(prefix.as_ref())).await.ok();
        }
        Ok(())
    }

    /// The length of an original; `None` when it is not there.
    pub async fn original_size(
        &self,
        organization: OrganizationId,
        sha256: BlobHash,
    ) -> Result<Option<u64>, BlobError> {
        match self.objects.head(&original_path(organization, sha256)).await.map_err(BlobError::from) {
            Ok(meta) => Ok(Some(meta.size)),
            Err(BlobError::NotFound) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Stores an original whose bytes end with an error when they are not those of its hash.
    pub async fn put_original(
        &self,
        organization: OrganizationId,
        sha256: BlobHash,
        bytes: BoxStream<'static, Result<Bytes, BlobError>>,
    ) -> Result<(), BlobError> {
        self.put_stream(&original_path(organization, sha256), bytes).await
    }

    /// Keeps a file that somebody brought to be imported.
    pub async fn put_import(
        &self,
        organization: OrganizationId,
        import: RecordId,
        bytes: Vec<u8>,
    ) -> Result<(), BlobError> {
        self.objects.put(&import_path(organization, import), PutPayload::from(bytes)).await?;
        Ok(())
    }

    /// A file that was brought to be imported.
    pub async fn read_import(
        &self,
        organization: OrganizationId,
        import: RecordId,
    ) -> Result<Bytes, BlobError> {
        Ok(self.objects.get(&import_path(organization, import)).await?.bytes().await?)
    }

    /// Removes it; one that is not there is removed already.
    pub async fn delete_import(
        &self,
        organization: OrganizationId,
        import: RecordId,
    ) -> Result<(), BlobError> {
        self.delete(&import_path(organization, import)).await
    }

    /// Removes an original and the pictures made from it; what is not there is removed already.
    pub async fn delete_original(
        &self,
        organization: OrganizationId,
        sha256: BlobHash,
    ) -> Result<(), BlobError> {
        for derivative in Derivative::ALL {
            self.delete(&derivative_path(organization, sha256, derivative)).await?;
        }
        self.delete(&original_path(organization, sha256)).await
    }

    /// The original, from its beginning.
    pub async fn read_original(
        &self,
        organization: OrganizationId,
        sha256: BlobHash,
    ) -> Result<BoxStream<'static, Result<Bytes, BlobError>>, BlobError> {
        let found = self.objects.get(&original_path(organization, sha256)).await?;
        Ok(found.into_stream().map_err(BlobError::from).boxed())
    }

    /// Whether the bytes of an original are those of its name.
    pub async fn is_whole(&self, organization: OrganizationId, sha256: BlobHash) -> Result<bool, BlobError> {
        Ok(digest_of(self.read_original(organization, sha256).await?).await? == sha256)
    }

    /// A picture made from an original.
    pub async fn read_derivative(
        &self,
        organization: OrganizationId,
        sha256: BlobHash,
        derivative: Derivative,
    ) -> Result<Bytes, BlobError> {
        let path = derivative_path(organization, sha256, derivative);
        Ok(self.objects.get(&path).await?.bytes().await?)
    }

    /// Stores a picture made from an original.
    pub async fn put_derivative(
        &self,
        organization: OrganizationId,
        sha256: BlobHash,
        derivative: Derivative,
        bytes: Vec<u8>,
    ) -> Result<(), BlobError> {
        let path = derivative_path(organization, sha256, derivative);
        self.objects.put(&path, PutPayload::from(bytes)).await?;
        Ok(())
    }

    /// The stored originals of an organization whose hashes begin with a byte.
    pub fn originals(
        &self,
        organization: OrganizationId,
        first: u8,
    ) -> BoxStream<'static, Result<StoredFile, BlobError>> {
        self.list(Path::from(format!("originals/{organization}/{first:02x}")))
    }

    /// Every stored part of an organization's uploads.
    pub fn parts(&self, organization: OrganizationId) -> BoxStream<'static, Result<StoredFile, BlobError>> {
        self.list(Path::from(format!("parts/{organization}")))
    }

    fn list(&self, prefix: Path) -> BoxStream<'static, Result<StoredFile, BlobError>> {
        let listed = self.objects.list(Some(&prefix));
        listed
            .map_ok(|meta| StoredFile {
                path: meta.location,
                size_bytes: meta.size,
                modified_at: Timestamp(meta.last_modified.timestamp_millis()),
            })
            .map_err(BlobError::from)
            .boxed()
    }

    /// Removes a file; one that is not there is removed already.
    pub async fn delete_file(&self, file: &StoredFile) -> Result<(), BlobError> {
        self.delete(&file.path).await
    }

    async fn delete(&self, path: &Path) -> Result<(), BlobError> {
        match self.objects.delete(path).await.map_err(BlobError::from) {
            Ok(()) | Err(BlobError::NotFound) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

impl StoredFile {
    /// The hash an original is named by; `None` for a foreign file.
    pub fn blob(&self) -> Option<BlobHash> {
        self.path.filename()?.parse().ok()
    }

    /// The upload, start and writer a part is named by; `None` for a foreign file.
    pub fn part(&self) -> Option<(UploadId, u64, i64)> {
        let names: Vec<_> = self.path.parts().collect();
        let [_, _, upload, part] = names.as_slice() else { return None };
        let (start, fence) = part.as_ref().split_once('-')?;
        Some((upload.as_ref().parse().ok()?, start.parse().ok()?, fence.parse().ok()?))
    }
}

/// The SHA-256 of a stream.
pub async fn digest_of(
    mut bytes: BoxStream<'static, Result<Bytes, BlobError>>,
) -> Result<BlobHash, BlobError> {
    let mut digest = Sha256::new();
    while let Some(run) = bytes.try_next().await? {
        digest.update(&run);
    }
    Ok(BlobHash::from_bytes(digest.finalize().into()))
}

fn upload_prefix(name: UploadName) -> Path {
    Path::from(format!("parts/{}/{}", name.organization, name.upload))
}

fn part_of(name: UploadName, part: UploadPartRow) -> Path {
    Path::from(format!("parts/{}/{}/{}-{}", name.organization, name.upload, part.start, part.fence))
}

fn original_path(organization: OrganizationId, sha256: BlobHash) -> Path {
    let hash = sha256.to_string();
    Path::from(format!("originals/{organization}/{}/{hash}", &hash[..2]))
}

fn import_path(organization: OrganizationId, import: RecordId) -> Path {
    Path::from(format!("imports/{organization}/{import}"))
}

fn derivative_path(organization: OrganizationId, sha256: BlobHash, derivative: Derivative) -> Path {
    let hash = sha256.to_string();
    Path::from(format!("derived/{organization}/{}/{hash}.{}", &hash[..2], derivative.as_str()))
}
