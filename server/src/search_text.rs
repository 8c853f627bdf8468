//! Folds text for searching and sorting in our four languages. Never used for what people read.

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
    fn wildcards_in_a_query_are_letters() {
        assert_eq!(like_pattern(" 100%_\\ "), "%100\\%\\_\\\\%");
    }
}
