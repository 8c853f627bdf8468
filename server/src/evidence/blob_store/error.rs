//! What can go wrong with stored bytes, without the library. Never carries a path.

use std::error::Error;
use std::io;
use std::sync::Arc;

/// Why bytes could not be stored or read.
#[derive(Debug, Clone, thiserror::Error)]
pub enum BlobError {
    #[error("the stored bytes are not there")]
    NotFound,
    #[error("the place of the blobs has no space left")]
    StorageFull,
    #[error("the place of the blobs cannot be used: {0}")]
    Unavailable(Arc<str>),
}

impl BlobError {
    pub(crate) fn unavailable(message: &str) -> Self {
        Self::Unavailable(message.into())
    }
}

impl From<io::Error> for BlobError {
    #[expect(clippy::wildcard_enum_match_arm, reason = "every other kind of failure is one to try again")]
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::NotFound,
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::StorageFull,
            _ => Self::unavailable(&error.to_string()),
        }
    }
}

impl From<object_store::Error> for BlobError {
    fn from(error: object_store::Error) -> Self {
        if matches!(error, object_store::Error::NotFound { .. }) {
            return Self::NotFound;
        }
        let mut cause: Option<&(dyn Error + 'static)> = Some(&error);
        while let Some(found) = cause {
            if let Some(io) = found.downcast_ref::<io::Error>()
                && matches!(io.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
            {
                return Self::StorageFull;
            }
            cause = found.source();
        }
        Self::unavailable(&error.to_string())
    }
}
