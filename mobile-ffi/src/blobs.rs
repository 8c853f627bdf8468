//! The bytes of photos and drawings on this phone, each under its SHA-256. Never changes or deletes one.

use std::fs::{self, File};
use std::io::{self, Read, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};
use sync_core::ids::BlobHash;

use crate::error::ClientError;

const RUN_BYTES: usize = 256 * 1024;
/// What was being written when the app died begins so.
const DRAFT: &str = "draft-";

/// A blob whose bytes are durable on this phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeptBlob {
    /// Names the bytes; what a photo of an order refers to.
    pub sha256: BlobHash,
    /// How many there are.
    pub size_bytes: u64,
}

/// The directory of one person's blobs.
#[derive(Debug, Clone)]
pub struct BlobDirectory {
    directory: PathBuf,
}

impl BlobDirectory {
    /// Uses a directory, which is made if need be; drafts of an earlier life are removed.
    ///
    /// # Errors
    ///
    /// `StorageFull`, or a bug when the directory cannot be used.
    pub fn open(directory: PathBuf) -> Result<Self, ClientError> {
        let opened = || -> io::Result<()> {
            fs::create_dir_all(&directory)?;
            for entry in fs::read_dir(&directory)? {
                let entry = entry?;
                if entry.file_name().to_string_lossy().starts_with(DRAFT) {
                    fs::remove_file(entry.path())?;
                }
            }
            Ok(())
        };
        opened().map_err(|error| failed(&error))?;
        Ok(Self { directory })
    }

    /// Makes bytes durable; the same bytes again are the same blob.
    ///
    /// # Errors
    ///
    /// `StorageFull`, or a bug when they cannot be read or written; nothing is kept then.
    pub fn keep(&self, source: &mut impl Read) -> Result<KeptBlob, ClientError> {
        let draft = self.directory.join(format!("{DRAFT}{:016x}", rand::random::<u64>()));
        let kept = self.write(source, &draft);
        if kept.is_err() {
            drop(fs::remove_file(&draft));
        }
        kept.map_err(|error| failed(&error))
    }

    /// First the bytes, then their name, then the directory: a blob under its name is whole.
    fn write(&self, source: &mut impl Read, draft: &Path) -> io::Result<KeptBlob> {
        let mut file = File::create_new(draft)?;
        let (mut sum, mut size_bytes) = (Sha256::new(), 0);
        each_run(source, |run| {
            sum.update(run);
            size_bytes += u64::try_from(run.len()).unwrap_or(u64::MAX);
            fail::fail_point!("blob.between_writes", |_| std::process::abort());
            file.write_all(run)
        })?;
        file.sync_all()?;
        fail::fail_point!("blob.after_write", |_| std::process::abort());
        let sha256 = BlobHash::from_bytes(sum.finalize().into());
        fs::rename(draft, self.path(sha256))?;
        File::open(&self.directory)?.sync_all()?;
        fail::fail_point!("blob.after_rename", |_| std::process::abort());
        Ok(KeptBlob { sha256, size_bytes })
    }

    /// Every blob that is here.
    ///
    /// # Errors
    ///
    /// A bug when the directory cannot be read.
    pub fn all(&self) -> Result<Vec<KeptBlob>, ClientError> {
        let read = || -> io::Result<Vec<KeptBlob>> {
            let mut kept = Vec::new();
            for entry in fs::read_dir(&self.directory)? {
                let entry = entry?;
                if let Ok(sha256) = entry.file_name().to_string_lossy().parse() {
                    kept.push(KeptBlob { sha256, size_bytes: entry.metadata()?.len() });
                }
            }
            Ok(kept)
        };
        read().map_err(|error| failed(&error))
    }

    /// Where the bytes of a blob are, or would be.
    pub fn path(&self, sha256: BlobHash) -> PathBuf {
        self.directory.join(sha256.to_string())
    }

    /// Some bytes of a blob; `None` when they are not there.
    pub fn read(&self, sha256: BlobHash, offset: u64, length: u64) -> Option<Vec<u8>> {
        let read = || -> io::Result<Vec<u8>> {
            let mut file = File::open(self.path(sha256))?;
            file.seek(SeekFrom::Start(offset))?;
            let mut bytes = Vec::new();
            file.take(length).read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        read().ok().filter(|bytes| u64::try_from(bytes.len()) == Ok(length))
    }

    /// Whether the bytes under a name still have that hash.
    pub fn is_whole(&self, sha256: BlobHash) -> bool {
        let read = || -> io::Result<BlobHash> {
            let mut sum = Sha256::new();
            each_run(&mut File::open(self.path(sha256))?, |run| {
                sum.update(run);
                Ok(())
            })?;
            Ok(BlobHash::from_bytes(sum.finalize().into()))
        };
        read().is_ok_and(|found| found == sha256)
    }
}

/// Never more than one run is in memory.
fn each_run(source: &mut impl Read, mut take: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
    let mut run = vec![0; RUN_BYTES];
    loop {
        let count = source.read(&mut run)?;
        if count == 0 {
            return Ok(());
        }
        take(&run[..count])?;
    }
}

fn failed(error: &io::Error) -> ClientError {
    if error.kind() == io::ErrorKind::StorageFull {
        return ClientError::StorageFull;
    }
    ClientError::Bug(format!("the bytes cannot be kept: {error}"))
}
