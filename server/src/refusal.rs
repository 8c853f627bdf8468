//! Why an operation was refused, as a value. Never an HTTP status: `http/error.rs` decides those.

use campo_documents::TemplateProblem;

use crate::store::StoreError;

/// What is wrong with a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldProblem {
    Required,
    TooLong,
    Format,
    Range,
    Unknown,
    Taken,
    CheckDigits,
    Weak,
    /// A page of another list.
    OtherList,
}

impl FieldProblem {
    /// The name of the sentence that says so.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Required => "field-required",
            Self::TooLong => "field-too-long",
            Self::Format => "field-format",
            Self::Range => "field-range",
            Self::Unknown => "field-unknown",
            Self::Taken => "field-taken",
            Self::CheckDigits => "field-check-digits",
            Self::Weak => "field-weak",
            Self::OtherList => "field-other-list",
        }
    }
}

/// Why somebody's data is kept although its erasure was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keeping {
    LegalHold,
    OpenOrders,
    /// Somebody who may still sign in.
    Active,
}

/// Why an operation did not do what was asked.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Refusal {
    #[error("nothing of that name is visible to the caller")]
    NotFound,
    #[error("the caller's role does not allow it")]
    RoleForbidden,
    #[error("the field {field} is not acceptable")]
    Invalid { field: &'static str, problem: FieldProblem },
    #[error("the template does not render")]
    Template { problems: Vec<TemplateProblem> },
    #[error("the {field} has {} problems", problems.len())]
    Definition { field: &'static str, problems: Vec<serde_json::Value> },
    #[error("a published version is never changed")]
    Fixed,
    #[error("the caller's version is not the current one")]
    Stale { current: serde_json::Value },
    #[error("too many attempts")]
    RateLimited { retry_after_s: u32 },
    #[error("email or password is wrong")]
    SignInRefused,
    #[error("the token has expired")]
    TokenExpired,
    #[error("the token is not valid")]
    TokenInvalid,
    #[error("the session was ended")]
    SessionRevoked,
    #[error("it is gone for good")]
    Gone,
    #[error("it has to be kept")]
    Kept(Keeping),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Refusal {
    pub const fn invalid(field: &'static str, problem: FieldProblem) -> Self {
        Self::Invalid { field, problem }
    }

    /// A broken promise of our own code or data.
    pub fn internal(message: &str) -> Self {
        Self::Store(StoreError::internal(message))
    }
}

/// A trimmed text of at least one and at most `length_max` characters, without control characters.
pub fn require_text(field: &'static str, text: &str, length_max: usize) -> Result<String, Refusal> {
    let text = optional_text(field, text, length_max)?;
    if text.is_empty() { Err(Refusal::invalid(field, FieldProblem::Required)) } else { Ok(text) }
}

/// A trimmed text of at most `length_max` characters, without control characters but line breaks and tabs.
pub fn optional_text(field: &'static str, text: &str, length_max: usize) -> Result<String, Refusal> {
    let text = text.trim();
    if text.chars().count() > length_max {
        return Err(Refusal::invalid(field, FieldProblem::TooLong));
    }
    if text.chars().any(|letter| letter.is_control() && !matches!(letter, '\n' | '\r' | '\t')) {
        return Err(Refusal::invalid(field, FieldProblem::Format));
    }
    Ok(text.to_owned())
}

/// An email address in the form it is compared in, or nothing.
pub fn optional_email(field: &'static str, text: &str) -> Result<String, Refusal> {
    const LENGTH_MAX: usize = 254;
    let text = optional_text(field, text, LENGTH_MAX)?.to_lowercase();
    let plausible = match text.split_once('@') {
        Some((local, domain)) => {
            !local.is_empty()
                && !domain.is_empty()
                && !domain.contains('@')
                && !text.contains(char::is_whitespace)
        }
        None => text.is_empty(),
    };
    if plausible { Ok(text) } else { Err(Refusal::invalid(field, FieldProblem::Format)) }
}

/// A phone number in the international form `+5511987654321`, or nothing; punctuation is dropped.
pub fn optional_phone(field: &'static str, text: &str) -> Result<String, Refusal> {
    let mut number = String::new();
    for letter in text.trim().chars() {
        match letter {
            '0'..='9' => number.push(letter),
            '+' if number.is_empty() => number.push(letter),
            ' ' | '-' | '(' | ')' | '.' | '/' => {}
            _ => return Err(Refusal::invalid(field, FieldProblem::Format)),
        }
    }
    let digits = number.trim_start_matches('+').len();
    let plausible = number.is_empty() || number.starts_with('+') && (7..=15).contains(&digits);
    if plausible { Ok(number) } else { Err(Refusal::invalid(field, FieldProblem::Format)) }
}

/// A day that exists, `YYYY-MM-DD`, or nothing.
pub fn optional_date(field: &'static str, text: &str) -> Result<String, Refusal> {
    const LENGTH: usize = 10;
    let text = text.trim();
    let is_date = text.len() == LENGTH && text.parse::<jiff::civil::Date>().is_ok();
    if text.is_empty() || is_date {
        Ok(text.to_owned())
    } else {
        Err(Refusal::invalid(field, FieldProblem::Format))
    }
}

/// A day that exists, `YYYY-MM-DD`.
pub fn require_date(field: &'static str, text: &str) -> Result<String, Refusal> {
    let date = optional_date(field, text)?;
    if date.is_empty() { Err(Refusal::invalid(field, FieldProblem::Required)) } else { Ok(date) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phones_are_kept_in_their_international_form() {
        assert_eq!(optional_phone("phone", "+55 (11) 98765-4321").unwrap(), "+5511987654321");
        assert_eq!(optional_phone("phone", "").unwrap(), "");
        for wrong in ["11 98765", "+1", "+55 abc", "55+11987654321"] {
            assert!(optional_phone("phone", wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn control_characters_and_long_texts_are_refused() {
        assert!(optional_text("name", "a\u{0}b", 10).is_err());
        assert!(optional_text("name", "elevenchars", 10).is_err());
        assert_eq!(require_text("name", "  é\n ", 10).unwrap(), "é");
        assert!(require_text("name", "   ", 10).is_err());
    }

    #[test]
    fn an_address_needs_two_sides() {
        assert_eq!(optional_email("email", " Ana@Example.com ").unwrap(), "ana@example.com");
        for wrong in ["ana", "@example.com", "ana@", "a b@example.com", "a@b@c"] {
            assert!(optional_email("email", wrong).is_err(), "{wrong}");
        }
    }
}
