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

/// Stands for a letter that our fonts do not have; a tagged document with a missing letter is none.
const NO_LETTER: char = '?';

/// The text with what the fonts can show. What only steers other letters, as joiners and turns of direction, is left out.
pub fn printable(text: &str) -> String {
    let shown = |letter: char| match letter {
        '\u{ad}' | '\u{200b}' | '\u{2060}' => Some(letter),
        '\u{200c}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2066}'..='\u{2069}'
        | '\u{fe00}'..='\u{fe0f}' => None,
        _ if letter.is_whitespace() || is_covered(letter) => Some(letter),
        _ => Some(NO_LETTER),
    };
    text.chars().filter_map(shown).collect()
}

fn is_covered(letter: char) -> bool {
    fonts().fonts.iter().all(|font| font.info().coverage.contains(u32::from(letter)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_that_the_fonts_lack_are_replaced_and_the_others_stay() {
        assert_eq!(printable("Ar não gela\n10 °C — ok"), "Ar não gela\n10 °C — ok");
        assert_eq!(printable("👍\u{1f3fd} \u{fdd0}漢\u{202e}x\u{fe0f}"), "?? ??x");
    }

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
