//! Reads reference records, one or a page by name. Never more than a page.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sync_core::ids::RecordId;

use crate::accounts::Principal;
use crate::app::App;
use crate::reference::{Record, ReferenceFields};
use crate::refusal::{FieldProblem, Refusal};
use crate::search_text::{fold, like_pattern, query_words};
use crate::store::ListPage;

const PAGE_ROWS_DEFAULT: i64 = 50;
const PAGE_ROWS_MAX: i64 = 200;
const QUERY_LENGTH_MAX: usize = 200;

/// What a caller asks of a list.
#[derive(Debug, Clone, Default)]
pub struct ListQuery {
    pub text: String,
    pub page: Option<PageAnchor>,
    pub rows_max: Option<i64>,
    pub with_archived: bool,
    pub customer: Option<RecordId>,
    /// A day, `YYYY-MM-DD`.
    pub due_before: Option<String>,
    pub barcode: Option<String>,
}

/// The last row of the page before; given to callers as opaque text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageAnchor {
    pub name: String,
    pub id: Vec<u8>,
}

impl PageAnchor {
    pub fn after(title: &str, id: &[u8]) -> Self {
        Self { name: fold(title), id: id.to_vec() }
    }

    pub fn encode(&self) -> String {
        let mut bytes = self.id.clone();
        bytes.extend_from_slice(self.name.as_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    pub fn decode(text: &str) -> Option<Self> {
        const ID_BYTES: usize = 16;
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (id, name) = bytes.split_at_checked(ID_BYTES)?;
        Some(Self { name: String::from_utf8(name.to_vec()).ok()?, id: id.to_vec() })
    }
}

impl ListQuery {
    /// The query as the store takes it; asks for one row more than the page holds, to know whether it is the last.
    pub fn to_page(&self) -> Result<ListPage, Refusal> {
        if self.text.chars().count() > QUERY_LENGTH_MAX {
            return Err(Refusal::invalid("q", FieldProblem::TooLong));
        }
        // PostgreSQL stores no text with a zero byte and refuses to look for one.
        let has_zero = |text: &str| text.contains('\0');
        if has_zero(&self.text) {
            return Err(Refusal::invalid("q", FieldProblem::Format));
        }
        if self.barcode.as_deref().is_some_and(has_zero) {
            return Err(Refusal::invalid("barcode", FieldProblem::Format));
        }
        let rows_max = self.rows_max();
        if !(1..=PAGE_ROWS_MAX).contains(&rows_max) {
            return Err(Refusal::invalid("limit", FieldProblem::Range));
        }
        let anchor = self.page.clone();
        Ok(ListPage {
            pattern: like_pattern(&self.text),
            word: query_words(&self.text).into_iter().max_by_key(String::len),
            after_name: anchor.as_ref().map(|anchor| anchor.name.clone()).unwrap_or_default(),
            after_id: anchor.map(|anchor| anchor.id).unwrap_or_default(),
            count_max: rows_max + 1,
            with_archived: self.with_archived,
            customer: self.customer,
            due_before: self.due_before.clone(),
            barcode: self.barcode.clone(),
        })
    }

    /// The same rows from the first one on, so many at a time.
    pub fn to_first_page(&self, rows: u32) -> Result<ListPage, Refusal> {
        let beginning = Self { page: None, rows_max: None, ..self.clone() };
        Ok(ListPage { count_max: i64::from(rows), ..beginning.to_page()? })
    }

    pub fn rows_max(&self) -> i64 {
        self.rows_max.unwrap_or(PAGE_ROWS_DEFAULT)
    }

    /// Cuts the extra row off and names the next page, if there is one.
    pub fn cut<T>(&self, rows: &mut Vec<T>, anchor: impl Fn(&T) -> PageAnchor) -> Option<String> {
        let rows_max = usize::try_from(self.rows_max()).unwrap_or_default();
        let more = rows.len() > rows_max;
        rows.truncate(rows_max);
        rows.last().filter(|_| more).map(|row| anchor(row).encode())
    }
}

pub async fn get_record<F: ReferenceFields>(
    app: &App,
    principal: &Principal,
    id: RecordId,
) -> Result<Record<F>, Refusal> {
    F::READERS.require(principal)?;
    let mut tx = app.store.begin_read(principal.organization).await?;
    F::get(&mut tx, id).await?.ok_or(Refusal::NotFound)
}

/// One page of records and the name of the next one.
pub async fn list_records<F: ReferenceFields>(
    app: &App,
    principal: &Principal,
    query: &ListQuery,
) -> Result<(Vec<Record<F>>, Option<String>), Refusal> {
    F::READERS.require(principal)?;
    let page = query.to_page()?;
    let mut tx = app.store.begin_read(principal.organization).await?;
    let mut records = F::list(&mut tx, &page).await?;
    let next =
        query.cut(&mut records, |record| PageAnchor::after(record.fields.title(), record.id.as_bytes()));
    Ok((records, next))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_anchor_reads_back_and_foreign_text_is_none() {
        let anchor = PageAnchor::after("São João", &[7; 16]);

        assert_eq!(PageAnchor::decode(&anchor.encode()), Some(anchor));
        for text in ["", "!", "AAAA", "_____________________________w"] {
            assert_eq!(PageAnchor::decode(text), None, "{text}");
        }
    }
}
