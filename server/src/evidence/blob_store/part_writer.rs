//! Writes one part of an upload: a file that grows, or one object after the other. Never shares a file with another
//! writer, so that two that do not know of each other cannot mix their bytes.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use object_store::{ObjectStoreExt as _, PutPayload};

use super::{BlobError, BlobStore, UploadName, part_of};
use crate::store::uploads::UploadPartRow;

/// Bytes that are gathered in memory before they are written.
pub const RUN_BYTES: usize = 512 * 1024;
/// How often progress is worth a row.
const SAVE_FILE_EVERY: Duration = Duration::from_millis(40);
/// An object cannot grow: each time makes another one.
const SAVE_OBJECT_EVERY: Duration = Duration::from_secs(1);

/// The writer of one part, or of one row of parts where an object cannot grow.
pub struct PartWriter {
    blobs: BlobStore,
    name: UploadName,
    /// The one that is or would be written last.
    part: UploadPartRow,
    /// Those before it.
    earlier: Vec<UploadPartRow>,
    file: Option<Arc<File>>,
}

impl PartWriter {
    pub(super) const fn new(blobs: BlobStore, name: UploadName, start: u64, fence: i64) -> Self {
        let part = UploadPartRow { start, fence, size_bytes: 0 };
        Self { blobs, name, part, earlier: Vec::new(), file: None }
    }

    /// Adds bytes and returns the row that covers them: the last one, grown, or a further one.
    pub async fn append(&mut self, bytes: Bytes) -> Result<UploadPartRow, BlobError> {
        let size_bytes = u64::try_from(bytes.len()).expect("a run of bytes fits in memory");
        let Some(path) = self.local_path() else {
            if self.part.size_bytes > 0 {
                self.earlier.push(self.part);
            }
            self.part.start += self.part.size_bytes;
            self.part.size_bytes = size_bytes;
            let path = part_of(self.name, self.part);
            self.blobs.objects.put(&path, PutPayload::from_bytes(bytes)).await?;
            return Ok(self.part);
        };
        let open = self.file.take();
        let file = blocking(move || {
            let file = match open {
                Some(file) => file,
                None => Arc::new(create(&path)?),
            };
            (&*file).write_all(&bytes)?;
            Ok(file)
        })
        .await?;
        self.file = Some(file);
        self.part.size_bytes += size_bytes;
        Ok(self.part)
    }

    /// Makes everything that was added durable; an object is so already.
    pub async fn sync(&self) -> Result<(), BlobError> {
        let Some(path) = self.local_path() else { return Ok(()) };
        let open = self.file.clone();
        blocking(move || {
            match open {
                Some(file) => file.sync_all()?,
                None => File::open(&path)?.sync_all()?,
            }
            path.parent().map_or(Ok(()), |directory| File::open(directory)?.sync_all())
        })
        .await
    }

    /// Removes everything that was added; what cannot be removed is swept later.
    pub async fn remove(&self) {
        for part in self.earlier.iter().chain([&self.part]) {
            self.blobs.delete(&part_of(self.name, *part)).await.ok();
        }
    }

    /// How often progress is worth a row.
    pub const fn save_every(&self) -> Duration {
        if self.blobs.root.is_some() { SAVE_FILE_EVERY } else { SAVE_OBJECT_EVERY }
    }

    fn local_path(&self) -> Option<PathBuf> {
        let root = self.blobs.root.as_ref()?;
        Some(root.join(part_of(self.name, self.part).as_ref()))
    }
}

/// Writes the files one after the other, each to the length it is known with, into one that is made anew.
pub(super) async fn join(files: Vec<(PathBuf, u64)>, target: PathBuf) -> Result<(), BlobError> {
    blocking(move || {
        match fs::remove_file(&target) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        let mut joined = create(&target)?;
        for (path, size_bytes) in files {
            let copied = io::copy(&mut File::open(path)?.take(size_bytes), &mut joined)?;
            if copied != size_bytes {
                return Err(io::ErrorKind::NotFound.into());
            }
        }
        Ok(())
    })
    .await
}

fn create(path: &FilePath) -> io::Result<File> {
    if let Some(directory) = path.parent() {
        fs::create_dir_all(directory)?;
    }
    OpenOptions::new().create_new(true).append(true).open(path)
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, BlobError> {
    let done = tokio::task::spawn_blocking(work).await;
    Ok(done.map_err(|_| BlobError::unavailable("a write was interrupted"))??)
}
