//! The text by which a page is asked for. Opaque to callers, and good only for the list that it came from.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use sync_core::ids::OrderId;

use crate::store::order_search::{ListPlace, OrderQuery, SortValue};

const ID_BYTES: usize = 16;
const LIST_BYTES: usize = 8;

/// Why a page cannot be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PageTokenError {
    /// No page of ours is called so.
    #[error("no page is called so")]
    Format,
    /// It is a page of a list with another sort or another filter.
    #[error("the page belongs to a list with another sort or filter")]
    OtherList,
}

/// Names a list: its sort and its filter.
fn list_of(query: &OrderQuery) -> [u8; LIST_BYTES] {
    let filter = serde_json::to_string(&query.filter).expect("a filter has a JSON form");
    let late = query.filter.is_late.map(|(is_late, _)| is_late);
    let text = format!("{} {} {late:?} {filter}", query.sort.key.as_str(), query.sort.is_descending);
    let digest = Sha256::digest(text.as_bytes());
    digest.first_chunk().copied().expect("a SHA-256 has more bytes than a list's name")
}

pub(super) fn text_of(place: &ListPlace, query: &OrderQuery) -> String {
    let mut bytes = list_of(query).to_vec();
    bytes.extend_from_slice(place.order.as_bytes());
    match &place.value {
        SortValue::Number(number) => bytes.extend_from_slice(&number.to_be_bytes()),
        SortValue::Text(text) => bytes.extend_from_slice(text.as_bytes()),
    }
    URL_SAFE_NO_PAD.encode(bytes)
}

pub(super) fn place_of(text: &str, query: &OrderQuery) -> Result<ListPlace, PageTokenError> {
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| PageTokenError::Format)?;
    let (list, rest) = bytes.split_first_chunk::<LIST_BYTES>().ok_or(PageTokenError::Format)?;
    let (order, value) = rest.split_first_chunk::<ID_BYTES>().ok_or(PageTokenError::Format)?;
    if *list != list_of(query) {
        return Err(PageTokenError::OtherList);
    }
    let value = if query.sort.key.is_text() {
        String::from_utf8(value.to_vec()).ok().map(SortValue::Text)
    } else {
        value.try_into().ok().map(|number| SortValue::Number(i64::from_be_bytes(number)))
    };
    Ok(ListPlace { value: value.ok_or(PageTokenError::Format)?, order: OrderId::from_bytes(*order) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::order_search::{OrderFilter, OrderSort, SortKey};

    fn query(key: SortKey, kind: Option<&str>) -> OrderQuery {
        let filter = OrderFilter { kind: kind.map(str::to_owned), ..OrderFilter::default() };
        OrderQuery { filter, sort: OrderSort { key, is_descending: false }, after: None, limit: 1 }
    }

    #[test]
    fn a_page_reads_back_and_belongs_to_its_list_alone() {
        let order = OrderId::from_bytes([9; 16]);
        let place = ListPlace { value: SortValue::Text("padaria".to_owned()), order };
        let of = query(SortKey::Customer, None);
        let text = text_of(&place, &of);

        assert_eq!(place_of(&text, &of), Ok(place));
        for other in [query(SortKey::Number, None), query(SortKey::Customer, Some("repair"))] {
            assert_eq!(place_of(&text, &other), Err(PageTokenError::OtherList));
        }
        for wrong in ["", "yesterday", "!", "AAAA"] {
            assert!(place_of(wrong, &of).is_err(), "{wrong}");
        }
    }
}
