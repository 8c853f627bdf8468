//! Writes the sample in every language, copy and style, to be looked at: `render_sample DIRECTORY`.

use std::path::PathBuf;

use campo_documents::data::{CopyFor, Style};
use campo_documents::{render, sample};
use campo_locale::Language;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let directory: PathBuf = std::env::args().nth(1).ok_or("say where to write")?.into();
    let pictures = sample::pictures();
    for language in Language::ALL {
        for (copy, style) in [
            (CopyFor::Customer, Style::Full),
            (CopyFor::Company, Style::Full),
            (CopyFor::Customer, Style::Compact),
            (CopyFor::Company, Style::Compact),
        ] {
            let name = format!("{}-{copy:?}-{style:?}.pdf", language.as_str()).to_lowercase();
            let rendered = render(&sample::full(copy, style, language), &pictures, None);
            let rendered = rendered.map_err(|problems| format!("{name}: {problems:#?}"))?;
            std::fs::write(directory.join(name), rendered.pdf)?;
        }
    }
    for (lines, photos) in [(1, 0), (60, 0), (1, 40), (60, 40)] {
        let size = sample::Size { lines, photos };
        let document = sample::of_size(CopyFor::Customer, Style::Full, Language::Romanian, size);
        let rendered = render(&document, &pictures, None).map_err(|problems| format!("{problems:#?}"))?;
        std::fs::write(directory.join(format!("size-{lines}-{photos}.pdf")), rendered.pdf)?;
    }
    Ok(())
}
