//! Refusals as RFC 9457 problem documents. The only place that knows statuses; never sends the cause of a fault.

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::RETRY_AFTER;
use actix_web::{HttpResponse, ResponseError};
use serde_json::{Value, json};

use sync_core::order::Refused;

use crate::messages::{self, Language};
use crate::refusal::{Keeping, Refusal};
use crate::store::StoreError;

/// Every result code of a whole request; anything else on the wire is a bug.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    Malformed,
    TokenExpired,
    TokenInvalid,
    SessionRevoked,
    RoleForbidden,
    ScopeMissing,
    NotFound,
    MethodNotAllowed,
    SlowRequest,
    Stale,
    OffsetMismatch,
    IdempotencyMismatch,
    Kept,
    IdempotencyRunning,
    IdempotencyLost,
    Gone,
    TusVersion,
    TooLarge,
    UnsupportedType,
    UnsupportedEncoding,
    Invalid,
    ImageTooBig,
    AppTooOld,
    RateLimited,
    ChecksumMismatch,
    Internal,
    Overloaded,
    DbUnavailable,
    ReadOnly,
    Starting,
    StorageFull,
    Quota,
}

impl Code {
    pub const ALL: &[Self] = &[
        Self::Malformed,
        Self::TokenExpired,
        Self::TokenInvalid,
        Self::SessionRevoked,
        Self::RoleForbidden,
        Self::ScopeMissing,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::SlowRequest,
        Self::Stale,
        Self::OffsetMismatch,
        Self::IdempotencyMismatch,
        Self::Kept,
        Self::IdempotencyRunning,
        Self::IdempotencyLost,
        Self::Gone,
        Self::TusVersion,
        Self::TooLarge,
        Self::UnsupportedType,
        Self::UnsupportedEncoding,
        Self::Invalid,
        Self::ImageTooBig,
        Self::AppTooOld,
        Self::RateLimited,
        Self::ChecksumMismatch,
        Self::Internal,
        Self::Overloaded,
        Self::DbUnavailable,
        Self::ReadOnly,
        Self::Starting,
        Self::StorageFull,
        Self::Quota,
    ];

    /// The status, the code on the wire, and whether the same request may succeed later without a person.
    const fn row(self) -> (u16, &'static str, bool) {
        match self {
            Self::Malformed => (400, "malformed", false),
            Self::TokenExpired => (401, "token_expired", true),
            Self::TokenInvalid => (401, "token_invalid", false),
            Self::SessionRevoked => (401, "session_revoked", false),
            Self::RoleForbidden => (403, "role_forbidden", false),
            Self::ScopeMissing => (403, "scope_missing", false),
            Self::NotFound => (404, "not_found", false),
            Self::MethodNotAllowed => (405, "method_not_allowed", false),
            Self::SlowRequest => (408, "slow_request", true),
            Self::Stale => (409, "stale", true),
            Self::OffsetMismatch => (409, "offset_mismatch", true),
            Self::IdempotencyMismatch => (409, "idempotency_mismatch", false),
            Self::Kept => (409, "kept", false),
            Self::IdempotencyRunning => (409, "idempotency_running", true),
            Self::IdempotencyLost => (409, "idempotency_lost", false),
            Self::Gone => (410, "gone", false),
            Self::TusVersion => (412, "tus_version", false),
            Self::TooLarge => (413, "too_large", false),
            Self::UnsupportedType => (415, "unsupported_type", false),
            Self::UnsupportedEncoding => (415, "unsupported_encoding", false),
            Self::Invalid => (422, "invalid", false),
            Self::ImageTooBig => (422, "image_too_big", false),
            Self::AppTooOld => (426, "app_too_old", false),
            Self::RateLimited => (429, "rate_limited", true),
            Self::ChecksumMismatch => (460, "checksum_mismatch", true),
            Self::Internal => (500, "internal", true),
            Self::Overloaded => (503, "overloaded", true),
            Self::DbUnavailable => (503, "db_unavailable", true),
            Self::ReadOnly => (503, "read_only", true),
            Self::Starting => (503, "starting", true),
            Self::StorageFull => (507, "storage_full", true),
            Self::Quota => (507, "quota", true),
        }
    }

    pub const fn as_str(self) -> &'static str {
        self.row().1
    }

    pub const fn status(self) -> u16 {
        self.row().0
    }

    /// Whether answers with it say when to come again.
    pub const fn is_retryable_later(self) -> bool {
        self.retry_after_s().is_some()
    }

    /// How long callers are asked to wait; they add jitter of their own.
    const fn retry_after_s(self) -> Option<u32> {
        match self {
            Self::IdempotencyRunning => Some(1),
            Self::RateLimited | Self::Overloaded | Self::Starting => Some(5),
            Self::DbUnavailable | Self::ReadOnly | Self::Internal => Some(15),
            Self::StorageFull | Self::Quota => Some(60),
            Self::Malformed
            | Self::TokenExpired
            | Self::TokenInvalid
            | Self::SessionRevoked
            | Self::RoleForbidden
            | Self::ScopeMissing
            | Self::NotFound
            | Self::MethodNotAllowed
            | Self::SlowRequest
            | Self::Stale
            | Self::OffsetMismatch
            | Self::IdempotencyMismatch
            | Self::IdempotencyLost
            | Self::Kept
            | Self::Gone
            | Self::TusVersion
            | Self::TooLarge
            | Self::UnsupportedType
            | Self::UnsupportedEncoding
            | Self::Invalid
            | Self::ImageTooBig
            | Self::AppTooOld
            | Self::ChecksumMismatch => None,
        }
    }
}

/// One refused request.
#[derive(Debug, Clone)]
pub struct Problem {
    code: Code,
    /// The sentence, where it says more than the code does.
    sentence: Option<&'static str>,
    field: Option<&'static str>,
    current: Option<Box<Value>>,
    /// Which rule of an order stands against it.
    rule: Option<&'static str>,
    /// What is wrong with a template, place by place.
    problems: Option<Box<Value>>,
    retry_after_s: Option<u32>,
    /// For the log only.
    cause: Option<String>,
}

impl Problem {
    pub fn new(code: Code) -> Self {
        let retry_after_s = code.retry_after_s();
        let (sentence, field, current, rule, problems) = (None, None, None, None, None);
        Self { code, sentence, field, current, rule, problems, retry_after_s, cause: None }
    }

    /// A refusal that tells the caller how things stand instead.
    pub fn with_current(code: Code, current: Value) -> Self {
        Self { current: Some(Box::new(current)), ..Self::new(code) }
    }

    /// The same refusal in a sentence that says more than its code.
    pub const fn saying(mut self, sentence: &'static str) -> Self {
        self.sentence = Some(sentence);
        self
    }

    /// A code with a cause for the log.
    pub fn caused(code: Code, cause: &str) -> Self {
        Self { cause: Some(cause.to_owned()), ..Self::new(code) }
    }

    /// A fault of ours; the cause goes to the log.
    pub fn internal(cause: &str) -> Self {
        Self::caused(Code::Internal, cause)
    }

    /// A body that is JSON but not of the expected shape; which part, only the log says.
    pub fn unreadable_field(cause: &str) -> Self {
        let new = Self::new(Code::Invalid);
        Self { field: Some("body"), sentence: Some("field-format"), cause: Some(cause.to_owned()), ..new }
    }

    /// A rule of the order forbids it; callers read which one from `rule`.
    pub fn refused_by_rule(refused: &Refused) -> Self {
        let code = match refused {
            Refused::RoleForbidden | Refused::NotAssigned => Code::RoleForbidden,
            Refused::OrderClosed
            | Refused::WrongMoment
            | Refused::NoSuchEntry
            | Refused::InvalidValue { .. }
            | Refused::NoTransition { .. }
            | Refused::ReasonRequired
            | Refused::GuardsUnmet(_)
            | Refused::VisitStep { .. }
            | Refused::Immutable => Code::Invalid,
        };
        let field = match refused {
            Refused::InvalidValue { field } => Some(*field),
            Refused::RoleForbidden
            | Refused::NotAssigned
            | Refused::OrderClosed
            | Refused::WrongMoment
            | Refused::NoSuchEntry
            | Refused::NoTransition { .. }
            | Refused::ReasonRequired
            | Refused::GuardsUnmet(_)
            | Refused::VisitStep { .. }
            | Refused::Immutable => None,
        };
        Self { rule: Some(refused.code()), field, ..Self::new(code) }
    }

    pub fn code(&self) -> Code {
        self.code
    }

    pub fn cause(&self) -> Option<&str> {
        self.cause.as_deref()
    }

    /// The sentence a person reads.
    pub fn detail(&self, language: Language) -> String {
        let key = self.sentence.map_or_else(|| self.code.as_str().replace('_', "-"), str::to_owned);
        messages::sentence(language, &key, &[("field", self.field.unwrap_or_default().into())])
    }

    /// The document in the caller's language.
    pub fn render(&self, language: Language, request_id: &str) -> HttpResponse {
        let (status, code, retryable) = self.code.row();
        let detail = self.detail(language);
        let mut body = json!({
            "type": format!("urn:campo:problem:{code}"),
            "title": code.replace('_', " "),
            "status": status,
            "detail": detail,
            "code": code,
            "retryable": retryable,
            "retry_after_s": self.retry_after_s,
            "request_id": request_id,
        });
        if let Some(field) = self.field {
            body["field"] = field.into();
        }
        if let Some(rule) = self.rule {
            body["rule"] = rule.into();
        }
        if let Some(problems) = &self.problems {
            body["problems"] = (**problems).clone();
        }
        if let Some(current) = &self.current {
            body["current"] = (**current).clone();
        }
        let mut response = HttpResponse::build(self.status_code());
        if let Some(retry_after_s) = self.retry_after_s {
            response.insert_header((RETRY_AFTER, retry_after_s.to_string()));
        }
        response.content_type("application/problem+json").body(body.to_string())
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code.as_str())
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.code.row().0).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// Only what the envelope does not render itself: it knows the language and the request.
    fn error_response(&self) -> HttpResponse {
        self.render(Language::English, "")
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NotFound => Self::new(Code::NotFound),
            Refusal::RoleForbidden => Self::new(Code::RoleForbidden),
            Refusal::Invalid { field, problem } => {
                Self { sentence: Some(problem.sentence()), field: Some(field), ..Self::new(Code::Invalid) }
            }
            Refusal::Template { problems } => Self {
                sentence: Some("template-problems"),
                field: Some("source"),
                problems: Some(Box::new(serde_json::to_value(problems).unwrap_or_default())),
                ..Self::new(Code::Invalid)
            },
            Refusal::Definition { field, problems } => Self {
                sentence: Some("definition-problems"),
                field: Some(field),
                problems: Some(Box::new(serde_json::Value::Array(problems))),
                ..Self::new(Code::Invalid)
            },
            Refusal::Fixed => Self { sentence: Some("record-fixed"), ..Self::new(Code::Invalid) },
            Refusal::Stale { current } => Self { current: Some(Box::new(current)), ..Self::new(Code::Stale) },
            Refusal::RateLimited { retry_after_s } => {
                Self { retry_after_s: Some(retry_after_s), ..Self::new(Code::RateLimited) }
            }
            Refusal::SignInRefused => {
                Self { sentence: Some("sign-in-refused"), ..Self::new(Code::TokenInvalid) }
            }
            Refusal::TokenExpired => Self::new(Code::TokenExpired),
            Refusal::TokenInvalid => Self::new(Code::TokenInvalid),
            Refusal::SessionRevoked => Self::new(Code::SessionRevoked),
            Refusal::Gone => Self::new(Code::Gone),
            Refusal::Kept(keeping) => Self::new(Code::Kept).saying(match keeping {
                Keeping::LegalHold => "kept-legal-hold",
                Keeping::OpenOrders => "kept-open-orders",
                Keeping::Active => "kept-active",
            }),
            Refusal::Store(error) => error.into(),
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        let code = match &error {
            StoreError::NotFound => Code::NotFound,
            StoreError::Overloaded => Code::Overloaded,
            StoreError::Unavailable(_) => Code::DbUnavailable,
            StoreError::StorageFull => Code::StorageFull,
            StoreError::ReadOnly => Code::ReadOnly,
            StoreError::Conflict(_) | StoreError::Internal(_) => Code::Internal,
        };
        Self { cause: Some(error.to_string()), ..Self::new(code) }
    }
}
