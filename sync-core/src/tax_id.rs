//! Tax numbers of Brazil and Romania and their check digits. Never strips letters and never stores a number as one.

use serde::{Deserialize, Serialize};

/// What a tax number is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum TaxIdKind {
    /// A person in Brazil.
    Cpf,
    /// A company in Brazil; its first twelve places may hold letters.
    Cnpj,
    /// A company in Romania.
    Cui,
    /// A person in Romania; it reveals birth date and sex.
    Cnp,
    /// Any other number, kept as text.
    Other,
}

impl TaxIdKind {
    pub const ALL: [Self; 5] = [Self::Cpf, Self::Cnpj, Self::Cui, Self::Cnp, Self::Other];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cpf => "cpf",
            Self::Cnpj => "cnpj",
            Self::Cui => "cui",
            Self::Cnp => "cnp",
            Self::Other => "other",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// A checked tax number in its stored form: upper case, without punctuation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaxId {
    pub kind: TaxIdKind,
    pub text: String,
    /// A Romanian number was written with the prefix RO.
    pub vat_registered: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TaxIdError {
    #[error("a tax number of this kind has another form")]
    Form,
    #[error("the check digits do not fit")]
    CheckDigits,
}

const TEXT_MAX: usize = 32;

impl TaxId {
    /// Reads a number as people write it.
    pub fn parse(kind: TaxIdKind, written: &str) -> Result<Self, TaxIdError> {
        let mut text: String = written
            .chars()
            .filter(|letter| !letter.is_whitespace() && !matches!(letter, '.' | '-' | '/'))
            .collect::<String>()
            .to_uppercase();
        let vat_registered = kind == TaxIdKind::Cui && text.starts_with("RO");
        if vat_registered {
            text.drain(..2);
        }
        let fits = match kind {
            TaxIdKind::Cpf => cpf(&values(&text, 11)?),
            TaxIdKind::Cnpj => cnpj(&text)?,
            TaxIdKind::Cui => cui(&text)?,
            TaxIdKind::Cnp => cnp(&values(&text, 13)?),
            TaxIdKind::Other if text.is_empty() || text.len() > TEXT_MAX => return Err(TaxIdError::Form),
            TaxIdKind::Other => true,
        };
        if fits { Ok(Self { kind, text, vat_registered }) } else { Err(TaxIdError::CheckDigits) }
    }
}

/// A stored number with the punctuation people know it by; what has another form is told as it is.
pub fn formatted(kind: Option<TaxIdKind>, text: &str, vat_registered: bool) -> String {
    let cut = |lengths: &[usize], marks: &[&str]| {
        let mut rest = text;
        let mut told = String::new();
        for (length, mark) in lengths.iter().zip(marks) {
            let (part, after) = rest.split_at(*length);
            told.push_str(part);
            told.push_str(mark);
            rest = after;
        }
        told
    };
    match (kind, text.is_ascii().then_some(text.len())) {
        (Some(TaxIdKind::Cpf), Some(11)) => cut(&[3, 3, 3, 2], &[".", ".", "-", ""]),
        (Some(TaxIdKind::Cnpj), Some(14)) => cut(&[2, 3, 3, 4, 2], &[".", ".", "/", "-", ""]),
        // It reveals birth date and sex: only what tells two people apart is shown.
        (Some(TaxIdKind::Cnp), Some(13)) => format!("{}{}", "•".repeat(9), &text[9..]),
        (Some(TaxIdKind::Cui), _) if vat_registered => format!("RO{text}"),
        (Some(_) | None, _) => text.to_owned(),
    }
}

/// The digits of a text that holds exactly `count` of them and nothing else.
fn values(text: &str, count: usize) -> Result<Vec<u32>, TaxIdError> {
    let digits: Option<Vec<u32>> = text.chars().map(|letter| letter.to_digit(10)).collect();
    digits.filter(|digits| digits.len() == count).ok_or(TaxIdError::Form)
}

fn weighted(values: &[u32], weights: &[u32]) -> u32 {
    values.iter().zip(weights).map(|(value, weight)| value * weight).sum()
}

/// Brazil: a remainder below two gives zero.
fn brazilian_digit(values: &[u32], weights: &[u32]) -> u32 {
    match weighted(values, weights) % 11 {
        0 | 1 => 0,
        remainder => 11 - remainder,
    }
}

fn cpf(digits: &[u32]) -> bool {
    let all_equal = digits.iter().all(|digit| *digit == digits[0]);
    !all_equal
        && digits[9] == brazilian_digit(&digits[..9], &[10, 9, 8, 7, 6, 5, 4, 3, 2])
        && digits[10] == brazilian_digit(&digits[..10], &[11, 10, 9, 8, 7, 6, 5, 4, 3, 2])
}

/// The value of a place is its ASCII code less 48, so that A is 17 (in force for companies since July 2026).
fn cnpj(text: &str) -> Result<bool, TaxIdError> {
    let bytes = text.as_bytes();
    let well_formed = bytes.len() == 14
        && bytes[..12].iter().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase())
        && bytes[12..].iter().all(u8::is_ascii_digit);
    if !well_formed {
        return Err(TaxIdError::Form);
    }
    let values: Vec<u32> = bytes.iter().map(|byte| u32::from(byte - b'0')).collect();
    let all_zero = values.iter().all(|value| *value == 0);
    Ok(!all_zero
        && values[12] == brazilian_digit(&values[..12], &[5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2])
        && values[13] == brazilian_digit(&values[..13], &[6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2]))
}

fn cui(text: &str) -> Result<bool, TaxIdError> {
    const WEIGHTS: [u32; 9] = [7, 5, 3, 2, 1, 7, 5, 3, 2];
    if !(2..=10).contains(&text.len()) {
        return Err(TaxIdError::Form);
    }
    let digits = values(text, text.len())?;
    let (body, check) = digits.split_at(digits.len() - 1);
    let sum = weighted(body, &WEIGHTS[WEIGHTS.len() - body.len()..]);
    Ok(check[0] == sum * 10 % 11 % 10)
}

fn cnp(digits: &[u32]) -> bool {
    let remainder = weighted(&digits[..12], &[2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9]) % 11;
    digits[12] == if remainder == 10 { 1 } else { remainder }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_examples_are_accepted_and_stored_without_punctuation() {
        for (kind, written, stored, vat_registered) in [
            (TaxIdKind::Cpf, "529.982.247-25", "52998224725", false),
            (TaxIdKind::Cnpj, "12.ABC.345/01DE-35", "12ABC34501DE35", false),
            (TaxIdKind::Cnpj, "12.abc.345/01de-35", "12ABC34501DE35", false),
            (TaxIdKind::Cnpj, "11.222.333/0001-81", "11222333000181", false),
            (TaxIdKind::Cui, "14399840", "14399840", false),
            (TaxIdKind::Cui, "RO18547290", "18547290", true),
            (TaxIdKind::Cnp, "1800101221144", "1800101221144", false),
            (TaxIdKind::Other, "B-12345678", "B12345678", false),
        ] {
            let expected = TaxId { kind, text: stored.to_owned(), vat_registered };
            assert_eq!(TaxId::parse(kind, written), Ok(expected), "{written}");
        }
    }

    #[test]
    fn one_wrong_digit_is_noticed() {
        for (kind, written) in [
            (TaxIdKind::Cpf, "52998224724"),
            (TaxIdKind::Cpf, "52998224735"),
            (TaxIdKind::Cpf, "11111111111"),
            (TaxIdKind::Cnpj, "12ABC34501DE36"),
            (TaxIdKind::Cnpj, "12ABD34501DE35"),
            (TaxIdKind::Cnpj, "11222333000180"),
            (TaxIdKind::Cnpj, "00000000000000"),
            (TaxIdKind::Cui, "14399841"),
            (TaxIdKind::Cnp, "1800101221145"),
        ] {
            assert_eq!(TaxId::parse(kind, written), Err(TaxIdError::CheckDigits), "{written}");
        }
    }

    #[test]
    fn another_form_is_refused_without_a_panic() {
        for kind in [TaxIdKind::Cpf, TaxIdKind::Cnpj, TaxIdKind::Cui, TaxIdKind::Cnp] {
            for written in ["", "1", "RO", "5299822472A", "éééééééé", "12ABC34501DEA5", "99999999999999999"]
            {
                assert_eq!(TaxId::parse(kind, written), Err(TaxIdError::Form), "{kind:?} {written}");
            }
        }
    }

    #[test]
    fn numbers_are_told_with_the_punctuation_of_their_kind() {
        assert_eq!(formatted(Some(TaxIdKind::Cpf), "52998224725", false), "529.982.247-25");
        assert_eq!(formatted(Some(TaxIdKind::Cnpj), "12ABC34501DE35", false), "12.ABC.345/01DE-35");
        assert_eq!(formatted(Some(TaxIdKind::Cui), "18547290", true), "RO18547290");
        assert_eq!(formatted(Some(TaxIdKind::Cnp), "1800101221144", false), "•••••••••1144");
        assert_eq!(formatted(None, "B-1234", false), "B-1234");
    }
}
