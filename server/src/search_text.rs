//! Folds text for searching and sorting in our four languages. Never used for what people read.

use std::collections::BTreeSet;

/// Lower case, without the diacritics of Portuguese, Spanish and Romanian.
pub fn fold(text: &str) -> String {
    text.to_lowercase().chars().map(fold_letter).collect()
}

fn fold_letter(letter: char) -> char {
    match letter {
        'á' | 'à' | 'â' | 'ã' | 'ä' | 'ă' => 'a',
        'é' | 'è' | 'ê' | 'ë' => 'e',
        'í' | 'ì' | 'î' | 'ï' => 'i',
        'ó' | 'ò' | 'ô' | 'õ' | 'ö' => 'o',
        'ú' | 'ù' | 'û' | 'ü' => 'u',
        'ç' => 'c',
        'ñ' => 'n',
        'ș' | 'ş' => 's',
        'ț' | 'ţ' => 't',
        other => other,
    }
}

/// Characters of a word that lists are searched by; the rest of a longer one does not count.
const WORD_LENGTH_MAX: usize = 40;
/// Words by which one thing is found; those of a longer text do not count.
const WORDS_MAX: usize = 64;
/// Words of one search; further ones do not narrow it.
const QUERY_WORDS_MAX: usize = 8;
/// From so many digits on, digits and punctuation are one number: a telephone's, a tax payer's.
const NUMBER_DIGITS_MIN: usize = 6;
/// How many last digits of an international number people type.
const SUBSCRIBER_DIGITS: std::ops::RangeInclusive<usize> = 8..=11;

/// The folded words a text is found by. A number is also found without its punctuation and its country.
pub fn words_of(text: &str) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    for token in fold(text).split_whitespace() {
        words.extend(token.split(|letter: char| !letter.is_alphanumeric()).map(cut));
        let digits = digits_of(token);
        if digits.len() >= NUMBER_DIGITS_MIN && !token.chars().any(char::is_alphabetic) {
            if token.starts_with('+') {
                let lengths = SUBSCRIBER_DIGITS.filter(|length| *length < digits.len());
                words.extend(lengths.map(|length| digits[digits.len() - length..].to_owned()));
            }
            words.insert(cut(&digits));
        }
    }
    words.remove("");
    words.into_iter().take(WORDS_MAX).collect()
}

/// The beginnings of words that a search is for: all of them have to occur. What looks like one number is one word.
pub fn query_words(query: &str) -> Vec<String> {
    let folded = fold(query);
    let digits = digits_of(&folded);
    let is_number =
        |letter: char| letter.is_ascii_digit() || letter.is_whitespace() || "+-./()".contains(letter);
    if digits.len() >= NUMBER_DIGITS_MIN && folded.chars().all(is_number) {
        return vec![cut(&digits)];
    }
    let words = folded.split(|letter: char| !letter.is_alphanumeric()).map(cut);
    let words: BTreeSet<_> = words.filter(|word| !word.is_empty()).collect();
    words.into_iter().take(QUERY_WORDS_MAX).collect()
}

/// The words that begin like one: from the first up to, not including, the second.
pub fn words_like(word: &str) -> (String, String) {
    /// Comes after every letter that occurs in a word.
    const AFTER_EVERY_LETTER: char = '\u{10ffff}';
    (word.to_owned(), format!("{word}{AFTER_EVERY_LETTER}"))
}

fn cut(word: &str) -> String {
    word.chars().take(WORD_LENGTH_MAX).collect()
}

fn digits_of(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

/// A LIKE pattern (escape character `\`) that finds the folded text anywhere.
pub fn like_pattern(query: &str) -> String {
    let mut pattern = String::from("%");
    for letter in fold(query.trim()).chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn diacritics_and_case_do_not_hide_a_name() {
        assert_eq!(fold("São Gonçalo Ñandú Țepeș"), "sao goncalo nandu tepes");
    }

    #[test]
    fn a_number_is_found_as_people_type_it() {
        let words = words_of("Padaria +5511987654321 12.345.678/0001-95");

        for query in [
            "(11) 98765-4321",
            "98765-4321",
            "+55 11 98765-4321",
            "12345678000195",
            "12.345.678/0001",
            "padar",
        ] {
            let sought = query_words(query);
            assert_eq!(sought.len(), 1, "{query}");
            assert!(words.iter().any(|word| word.starts_with(&sought[0])), "{query} in {words:?}");
        }
    }

    #[test]
    fn a_search_is_for_the_beginnings_of_its_words() {
        assert_eq!(query_words("  São-João  SN/44 "), ["44", "joao", "sao", "sn"]);
        assert!(query_words(" - ").is_empty());
    }

    #[test]
    fn wildcards_in_a_query_are_letters() {
        assert_eq!(like_pattern(" 100%_\\ "), "%100\\%\\_\\\\%");
    }
}
