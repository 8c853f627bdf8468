//! What a backup says about itself. Written last: a folder without it is no backup.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use sync_core::ids::{BlobHash, OrganizationId};
use sync_core::time::Timestamp;

use crate::backups::BackupError;

pub(crate) const MANIFEST_FILE: &str = "manifest.json";
pub(crate) const BLOBS_FILE: &str = "blobs.txt";
/// What this program writes and reads.
const FORMAT: u32 = 1;
const READ_BYTES: usize = 1024 * 1024;

/// Which database a copy is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DatabaseKind {
    Sqlite,
    Postgres,
}

impl DatabaseKind {
    pub(crate) const fn file(self) -> &'static str {
        match self {
            Self::Sqlite => "database.sqlite",
            Self::Postgres => "database.pgdump",
        }
    }
}

impl fmt::Display for DatabaseKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        })
    }
}

/// One file of a backup, with what it has to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupFile {
    pub name: String,
    pub size_bytes: u64,
    pub sha256: BlobHash,
}

/// What a backup is of, and what its files have to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    pub format: u32,
    /// The version of the program that made it.
    pub campo: String,
    /// Everything committed before this instant is in it.
    pub created_at: Timestamp,
    pub database: DatabaseKind,
    /// The last migration of the copy.
    pub schema: i64,
    /// The database, the list of photos and files, the key of vouchers where there is one.
    pub files: Vec<BackupFile>,
    pub blob_count: u64,
    pub blob_bytes: u64,
    /// Photos and files that were lost already when the backup was made.
    pub blobs_lost: u64,
}

impl Manifest {
    pub(crate) fn new(created_at: Timestamp, database: DatabaseKind, schema: i64) -> Self {
        Self {
            format: FORMAT,
            campo: env!("CARGO_PKG_VERSION").to_owned(),
            created_at,
            database,
            schema,
            files: Vec::new(),
            blob_count: 0,
            blob_bytes: 0,
            blobs_lost: 0,
        }
    }

    /// Adds a file that is complete and durable.
    pub(crate) fn add(&mut self, folder: &Path, name: &str) -> Result<(), BackupError> {
        self.files.push(describe(folder, name)?);
        Ok(())
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.files.iter().any(|file| file.name == name)
    }

    /// Writes the manifest in one step, durably.
    pub(crate) fn write(&self, folder: &Path) -> Result<(), BackupError> {
        let text = serde_json::to_vec_pretty(self).expect("a manifest is plain data");
        write_durably(folder, MANIFEST_FILE, &text)
    }

    pub(crate) fn read(folder: &Path) -> Result<Self, BackupError> {
        let path = folder.join(MANIFEST_FILE);
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(BackupError::Incomplete(folder.to_owned()));
            }
            Err(error) => return Err(BackupError::File(path, error)),
        };
        let unreadable = |error: serde_json::Error| BackupError::Manifest(path.clone(), error.to_string());
        let value: serde_json::Value = serde_json::from_slice(&text).map_err(unreadable)?;
        if value["format"].as_u64().is_some_and(|format| format > u64::from(FORMAT)) {
            return Err(BackupError::Newer(value["campo"].as_str().unwrap_or("?").to_owned()));
        }
        let manifest: Self = serde_json::from_value(value).map_err(unreadable)?;
        // Names come from a file that anybody may have written: none leads out of the folder.
        match manifest
            .files
            .iter()
            .find(|file| Path::new(&file.name).components().count() != 1 || file.name == "..")
        {
            Some(file) => Err(BackupError::Manifest(path, format!("{:?} is no name of a file", file.name))),
            None => Ok(manifest),
        }
    }
}

/// One photo or file of a backup.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct BlobLine {
    pub organization: OrganizationId,
    pub sha256: BlobHash,
}

/// The list of photos and files: one line each, with its length in bytes.
pub(crate) type BlobList = BTreeMap<BlobLine, u64>;

pub(crate) fn write_blob_list(folder: &Path, blobs: &BlobList) -> Result<(), BackupError> {
    let mut text = String::new();
    for (BlobLine { organization, sha256 }, size) in blobs {
        writeln!(text, "{organization} {sha256} {size}").expect("a text takes everything");
    }
    write_durably(folder, BLOBS_FILE, text.as_bytes())
}

pub(crate) fn read_blob_list(folder: &Path) -> Result<BlobList, BackupError> {
    let path = folder.join(BLOBS_FILE);
    let text = fs::read_to_string(&path).map_err(|error| BackupError::File(path.clone(), error))?;
    let line = |(index, line): (usize, &str)| {
        let mut parts = line.split(' ');
        let organization = parts.next().and_then(|text| text.parse().ok());
        let sha256 = parts.next().and_then(|text| text.parse().ok());
        let size = parts.next().and_then(|text| text.parse().ok());
        match (organization, sha256, size, parts.next()) {
            (Some(organization), Some(sha256), Some(size), None) => {
                Ok((BlobLine { organization, sha256 }, size))
            }
            _ => Err(BackupError::Manifest(path.clone(), format!("line {} cannot be read", index + 1))),
        }
    };
    text.lines().enumerate().map(line).collect()
}

/// What a file is at present.
pub(crate) fn describe(folder: &Path, name: &str) -> Result<BackupFile, BackupError> {
    let path = folder.join(name);
    let failed = |error| BackupError::File(path.clone(), error);
    let mut file = File::open(&path).map_err(failed)?;
    let (mut digest, mut size_bytes) = (Sha256::new(), 0);
    let mut buffer = vec![0; READ_BYTES];
    loop {
        let count = file.read(&mut buffer).map_err(failed)?;
        if count == 0 {
            break;
        }
        digest.update(&buffer[..count]);
        size_bytes += count as u64;
    }
    Ok(BackupFile {
        name: name.to_owned(),
        size_bytes,
        sha256: BlobHash::from_bytes(digest.finalize().into()),
    })
}

/// Writes a small file so that it is there whole or not at all.
pub(crate) fn write_durably(folder: &Path, name: &str, bytes: &[u8]) -> Result<(), BackupError> {
    let write = || -> io::Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist(folder.join(name)).map_err(|error| error.error)?;
        File::open(folder)?.sync_all()
    };
    write().map_err(|error| BackupError::File(folder.join(name), error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_files_reads_back_and_a_broken_line_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let line = BlobLine {
            organization: OrganizationId::from_bytes([1; 16]),
            sha256: BlobHash::from_bytes([2; 32]),
        };
        let list = BlobList::from([(line, 7)]);

        write_blob_list(folder.path(), &list).unwrap();

        assert_eq!(read_blob_list(folder.path()).unwrap(), list);
        fs::write(folder.path().join(BLOBS_FILE), "\n").unwrap();
        assert!(read_blob_list(folder.path()).unwrap_err().to_string().contains("line 1"));
    }

    #[test]
    fn a_manifest_leads_out_of_no_folder_and_a_newer_one_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let mut manifest = Manifest::new(Timestamp(5), DatabaseKind::Sqlite, 1);
        manifest.write(folder.path()).unwrap();
        assert_eq!(Manifest::read(folder.path()).unwrap(), manifest);

        for name in ["../x", "/etc/passwd", ".."] {
            let file =
                BackupFile { name: name.to_owned(), size_bytes: 0, sha256: BlobHash::from_bytes([0; 32]) };
            manifest.files = vec![file];
            manifest.write(folder.path()).unwrap();
            assert!(matches!(Manifest::read(folder.path()), Err(BackupError::Manifest(..))), "{name}");
        }
        manifest.format = FORMAT + 1;
        manifest.write(folder.path()).unwrap();
        assert!(matches!(Manifest::read(folder.path()), Err(BackupError::Newer(_))));
        assert!(matches!(Manifest::read(&folder.path().join("none")), Err(BackupError::Incomplete(_))));
    }
}
