//! Reads identifiers from stored bytes. Never accepts a wrong length.

use sync_core::ids::{DeviceId, OrderId, OrganizationId, RecordId, UploadId, UserId};

use crate::store::{Result, StoreError};

/// An identifier that is stored as its bytes.
pub trait StoredId: Sized {
    fn from_stored(bytes: &[u8]) -> Option<Self>;
}

macro_rules! stored_id {
    ($($id:ident),*) => { $(
        impl StoredId for $id {
            fn from_stored(bytes: &[u8]) -> Option<Self> {
                Self::from_slice(bytes)
            }
        }
    )* };
}

stored_id!(DeviceId, OrderId, OrganizationId, RecordId, UploadId, UserId);

/// Reads an identifier column.
pub fn read_id<T: StoredId>(bytes: &[u8]) -> Result<T> {
    T::from_stored(bytes).ok_or_else(|| StoreError::internal("a stored identifier has a wrong length"))
}
