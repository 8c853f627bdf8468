//! The fonts of documents, part of the program. Never looks for a font on the machine.

use std::sync::OnceLock;

use typst::foundations::Bytes;
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;

const FILES: [&[u8]; 2] =
    [include_bytes!("../fonts/Inter-Regular.otf"), include_bytes!("../fonts/Inter-SemiBold.otf")];

/// The fonts and what Typst asks about them.
pub struct Fonts {
    pub book: LazyHash<FontBook>,
    pub fonts: Vec<Font>,
}

pub fn fonts() -> &'static Fonts {
    static FONTS: OnceLock<Fonts> = OnceLock::new();
    FONTS.get_or_init(|| {
        let fonts: Vec<Font> = FILES.iter().flat_map(|file| Font::iter(Bytes::new(*file))).collect();
        Fonts { book: LazyHash::new(FontBook::from_fonts(&fonts)), fonts }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_letter_of_our_languages_is_there_with_the_comma_below() {
        let letters = "ăâîșțĂÂÎȘȚáéíóúüñÁÉÍÓÚÑ¿¡ãõçàêôÃÕÇ€–—„”“’·±×ş";

        assert_eq!(fonts().fonts.len(), FILES.len());
        for font in &fonts().fonts {
            let missing: Vec<char> =
                letters.chars().filter(|letter| !font.info().coverage.contains(u32::from(*letter))).collect();
            assert!(missing.is_empty(), "{missing:?} in {:?}", font.info().family);
        }
    }
}
