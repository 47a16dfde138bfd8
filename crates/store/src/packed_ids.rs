//! Lists of ids in one column: 16 bytes each, one after the other.

use uuid::Uuid;

use crate::error::{StoreError, StoreResult};

/// Bytes of one id.
const ID_BYTES: usize = 16;

pub(crate) fn pack(ids: impl IntoIterator<Item = Uuid>) -> Vec<u8> {
    ids.into_iter().flat_map(Uuid::into_bytes).collect()
}

pub(crate) fn unpack<T>(packed: &[u8], id: impl Fn(Uuid) -> T) -> StoreResult<Vec<T>> {
    packed
        .chunks(ID_BYTES)
        .map(|bytes| {
            Uuid::from_slice(bytes).map(&id).map_err(|error| StoreError::Corrupt(error.to_string()))
        })
        .collect()
}
