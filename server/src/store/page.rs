//! One page of a list by name: keyset paging, so that writes between two pages neither repeat nor hide a row.

use sync_core::ids::RecordId;

use crate::search_text::words_like;

/// What a list is asked for. The row after (`after_name`, `after_id`) comes first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListPage {
    /// A LIKE pattern over the folded search text.
    pub pattern: String,
    /// The longest word that is looked for; kinds that are found by words have one that begins like it.
    pub word: Option<String>,
    pub after_name: String,
    pub after_id: Vec<u8>,
    pub count_max: i64,
    pub with_archived: bool,
    /// Only rows that belong to this customer.
    pub customer: Option<RecordId>,
    /// Only rows that are due before this day, `YYYY-MM-DD`; kinds without such a day ignore it.
    pub due_before: Option<String>,
    /// Only rows with exactly this barcode; kinds without barcodes ignore it.
    pub barcode: Option<String>,
}

impl ListPage {
    /// The words that begin like the one that is looked for: from the first up to, not including, the second.
    pub(super) fn words_like(&self) -> (String, String) {
        words_like(self.word.as_deref().unwrap_or_default())
    }
}
