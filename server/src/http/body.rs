//! Reads request bodies under a size limit and a minimum rate. Never decompresses.

use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use actix_web::web::Bytes;
use actix_web::{FromRequest, HttpRequest};
use futures_util::future::LocalBoxFuture;
use futures_util::{Stream, StreamExt};
use serde::de::DeserializeOwned;
use serde_json::error::Category;
use tokio::time::Instant;

use crate::http::error::{Code, Problem};

pub const JSON_BYTES_MAX: usize = 64 * 1024;

/// How slow a body may come.
#[derive(Debug, Clone, Copy)]
pub struct BodyPace {
    /// Nothing is asked of a body before this.
    pub grace: Duration,
    pub bytes_per_s_min: u32,
    /// The end, whatever the rate.
    pub total: Duration,
}

impl BodyPace {
    pub const STANDARD: Self =
        Self { grace: Duration::from_secs(5), bytes_per_s_min: 1_024, total: Duration::from_secs(60) };

    fn deadline(&self, start: Instant, received_bytes: usize) -> Instant {
        let earned_s = received_bytes as f64 / f64::from(self.bytes_per_s_min);
        start + (self.grace + Duration::from_secs_f64(earned_s)).min(self.total)
    }
}

/// Reads a whole body of at most `bytes_max`.
pub async fn read_body(
    mut payload: impl Stream<Item = Result<Bytes, PayloadError>> + Unpin,
    bytes_max: usize,
    pace: BodyPace,
) -> Result<Vec<u8>, Problem> {
    let start = Instant::now();
    let mut body = Vec::new();
    loop {
        let chunk = tokio::time::timeout_at(pace.deadline(start, body.len()), payload.next()).await;
        match chunk.map_err(|_| Problem::new(Code::SlowRequest))? {
            None => return Ok(body),
            Some(Err(_)) => return Err(Problem::new(Code::Malformed)),
            Some(Ok(chunk)) if body.len() + chunk.len() > bytes_max => {
                return Err(Problem::new(Code::TooLarge));
            }
            Some(Ok(chunk)) => body.extend_from_slice(&chunk),
        }
    }
}

/// Refuses a body whose declared length is too large before reading any of it.
pub fn check_declared_length(request: &HttpRequest, bytes_max: usize) -> Result<(), Problem> {
    let declared = request.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    match declared.and_then(|text| text.parse::<usize>().ok()) {
        Some(declared) if declared > bytes_max => Err(Problem::new(Code::TooLarge)),
        Some(_) | None => Ok(()),
    }
}

/// A JSON body, with its bytes for those who check a seal over them.
pub struct Json<T> {
    pub value: T,
    pub bytes: Vec<u8>,
}

impl<T: DeserializeOwned> FromRequest for Json<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let allowed = check_type(request).and_then(|()| check_declared_length(request, JSON_BYTES_MAX));
        let payload = payload.take();
        Box::pin(async move {
            allowed?;
            let bytes = read_body(payload, JSON_BYTES_MAX, BodyPace::STANDARD).await?;
            let value = serde_json::from_slice(&bytes).map_err(|error| match error.classify() {
                Category::Data => Problem::unreadable_field(&error.to_string()),
                Category::Io | Category::Syntax | Category::Eof => Problem::new(Code::Malformed),
            })?;
            Ok(Self { value, bytes })
        })
    }
}

fn check_type(request: &HttpRequest) -> Result<(), Problem> {
    let value = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = value.split(';').next().unwrap_or_default().trim();
    if media_type.eq_ignore_ascii_case("application/json") {
        Ok(())
    } else {
        Err(Problem::new(Code::UnsupportedType))
    }
}

#[cfg(test)]
mod tests {
    use futures_util::stream;

    use super::*;

    const IMPATIENT: BodyPace = BodyPace { grace: Duration::ZERO, ..BodyPace::STANDARD };

    // covers: F16
    #[tokio::test]
    async fn a_body_that_stops_coming_is_given_up() {
        let body = stream::iter([Ok(Bytes::from_static(b"{"))]).chain(stream::pending());

        let refused = read_body(body, 100, IMPATIENT).await;

        assert_eq!(refused.err().map(|problem| problem.code()), Some(Code::SlowRequest));
    }

    #[tokio::test]
    async fn a_body_without_declared_length_stops_at_the_limit() {
        let endless = stream::repeat_with(|| Ok(Bytes::from_static(&[b'x'; 1_000])));

        let refused = read_body(endless, 10_000, BodyPace::STANDARD).await;

        assert_eq!(refused.err().map(|problem| problem.code()), Some(Code::TooLarge));
    }

    #[test]
    fn each_received_kibibyte_earns_a_second_up_to_the_total() {
        let start = Instant::now();
        let pace = BodyPace::STANDARD;

        assert_eq!(pace.deadline(start, 0), start + Duration::from_secs(5));
        assert_eq!(pace.deadline(start, 10 * 1_024), start + Duration::from_secs(15));
        assert_eq!(pace.deadline(start, 4 << 20), start + Duration::from_secs(60));
    }
}
