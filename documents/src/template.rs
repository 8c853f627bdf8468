//! Judges a template before it is stored: it has to render the sample, whatever an order has or lacks.

use campo_locale::Language;

use crate::data::{CopyFor, Style};
use crate::render::render;
use crate::sample;

pub use crate::render::TemplateProblem;

/// Longer templates are refused before they are read, bytes.
pub const TEMPLATE_BYTES_MAX: usize = 60 * 1024;

/// Renders the sample in both copies, both styles, full and bare.
///
/// # Errors
///
/// Says what is wrong, of the first rendering that fails.
pub fn check(template: &str) -> Result<(), Vec<TemplateProblem>> {
    let pictures = sample::pictures();
    for copy in [CopyFor::Company, CopyFor::Customer] {
        for style in [Style::Full, Style::Compact] {
            render(&sample::full(copy, style, Language::Portuguese), &pictures, Some(template))?;
            render(&sample::bare(copy, style, Language::English), &pictures, Some(template))?;
        }
    }
    Ok(())
}
