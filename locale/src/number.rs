//! Numbers and amounts as each language writes them. Never rounds what was recorded.

use crate::Language;

/// A decimal number, kept as text so that no digit changes, with the mark the language uses.
pub fn decimal(number: &str, language: Language) -> String {
    match language {
        Language::English => number.to_owned(),
        Language::Portuguese | Language::Spanish | Language::Romanian => number.replace('.', ","),
    }
}

/// An amount in minor units, such as "R$ 1.420,00".
pub fn money(amount_minor: i64, currency: &str, language: Language) -> String {
    let digits = minor_digits(currency);
    let scale = 10_u64.pow(digits);
    let amount = amount_minor.unsigned_abs();
    let mut number = grouped(amount / scale, language);
    if digits > 0 {
        let width = usize::try_from(digits).expect("at most three digits");
        number.push(if language == Language::English { '.' } else { ',' });
        number.push_str(&format!("{:0width$}", amount % scale));
    }
    let sign = if amount_minor < 0 { "-" } else { "" };
    match (currency, language) {
        ("RON", Language::Romanian) => format!("{sign}{number} lei"),
        ("EUR", Language::English) => format!("{sign}€{number}"),
        ("EUR", Language::Portuguese | Language::Spanish | Language::Romanian) => {
            format!("{sign}{number} €")
        }
        ("BRL", _) => format!("{sign}R$ {number}"),
        (other, _) => format!("{sign}{other} {number}"),
    }
}

/// Digits of the minor unit (ISO 4217); two for currencies not listed.
pub fn minor_digits(currency: &str) -> u32 {
    match currency {
        "CLP" | "PYG" | "JPY" | "KRW" | "ISK" => 0,
        "TND" | "KWD" | "BHD" | "JOD" => 3,
        _ => 2,
    }
}

fn grouped(number: u64, language: Language) -> String {
    let mark = if language == Language::English { ',' } else { '.' };
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(mark);
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_read_as_in_their_country() {
        assert_eq!(money(142_000, "BRL", Language::Portuguese), "R$ 1.420,00");
        assert_eq!(money(-142_050, "RON", Language::Romanian), "-1.420,50 lei");
        assert_eq!(money(142_050, "EUR", Language::Spanish), "1.420,50 €");
        assert_eq!(money(142_050, "EUR", Language::English), "€1,420.50");
        assert_eq!(money(1_420, "CLP", Language::Spanish), "CLP 1.420");
    }
}
