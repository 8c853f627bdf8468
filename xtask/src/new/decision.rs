//! Creates a page for a decision. Never decides.

use std::path::Path;

use super::{file_name_words, next_number, write_new};
use crate::failure::Failure;

pub fn create(root: &Path, title: &str) -> Result<(), Failure> {
    let directory = root.join("docs").join("decisions");
    let number = next_number(&directory)?;
    let path = directory.join(format!("{number:04}-{}.md", file_name_words(title, '-')?));
    write_new(
        &path,
        &format!(
            "# {number:04} {title}\n\n## Context\n\n## Decision\n\n## Alternatives\n\n## Consequences\n"
        ),
    )
}
