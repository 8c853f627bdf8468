//! The way out to receivers of webhooks: one request, no redirect, ten seconds, never to an inner address.
//!
//! Names are looked up here and the addresses that were judged are those that are connected to, so that a name which
//! changes its address between two questions gains nothing.

use std::error::Error;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER, USER_AGENT};
use reqwest::redirect::Policy;

use crate::refusal::{FieldProblem, Refusal};
use crate::webhooks::is_inner;

/// Connecting, sending and reading the answer take no longer.
pub const TIME_MAX: Duration = Duration::from_secs(10);
const URL_LENGTH_MAX: usize = 2_000;
/// As much of an answer is kept for the log; no more is read.
const ANSWER_BYTES_MAX: usize = 1_024;
const RETRY_AFTER_S_MAX: i64 = 24 * 3_600;
const AGENT: &str = concat!("Campo/", env!("CARGO_PKG_VERSION"), " webhooks");

/// Turns names into addresses.
pub trait Lookup: Send + Sync + 'static {
    fn addresses(&self, name: String) -> BoxFuture<'static, std::io::Result<Vec<IpAddr>>>;
}

/// The operating system's way.
pub struct SystemLookup;

impl Lookup for SystemLookup {
    fn addresses(&self, name: String) -> BoxFuture<'static, std::io::Result<Vec<IpAddr>>> {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name, 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        })
    }
}

/// A receiver is at an inner address, and the operator did not allow its host.
#[derive(Debug)]
struct InnerAddress;

impl fmt::Display for InnerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the receiver is at an inner address")
    }
}

impl Error for InnerAddress {}

struct GuardedLookup {
    lookup: Arc<dyn Lookup>,
    inner_hosts: Arc<[String]>,
}

impl Resolve for GuardedLookup {
    fn resolve(&self, name: Name) -> Resolving {
        let host = name.as_str().to_lowercase();
        let is_allowed = self.inner_hosts.contains(&host);
        let asked = self.lookup.addresses(host);
        Box::pin(async move {
            let addresses = asked.await?;
            if !is_allowed && addresses.iter().any(|address| is_inner(*address)) {
                return Err(Box::new(InnerAddress) as Box<dyn Error + Send + Sync>);
            }
            let addresses: Addrs = Box::new(addresses.into_iter().map(|address| SocketAddr::new(address, 0)));
            Ok(addresses)
        })
    }
}

/// What came of one attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The status of the answer, if one came.
    pub status: Option<u16>,
    /// Why it failed; empty when it did not.
    pub cause: &'static str,
    /// The beginning of the answer.
    pub answer: String,
    pub duration: Duration,
    /// How long the receiver asks to be left alone.
    pub retry_after_s: Option<i64>,
}

/// Sends to receivers.
pub struct Receivers {
    client: reqwest::Client,
    inner_hosts: Arc<[String]>,
}

impl Receivers {
    /// Hosts of the operator's own may be inside and without TLS.
    pub fn new(inner_hosts: &[String], lookup: Arc<dyn Lookup>, time_max: Duration) -> Result<Self, Refusal> {
        let inner_hosts: Arc<[String]> = inner_hosts.iter().map(|host| host.to_lowercase()).collect();
        let guarded = GuardedLookup { lookup, inner_hosts: Arc::clone(&inner_hosts) };
        let client = reqwest::Client::builder()
            .dns_resolver(Arc::new(guarded))
            .redirect(Policy::none())
            .no_proxy()
            .timeout(time_max)
            .build()
            .map_err(|error| Refusal::internal(&error.to_string()))?;
        Ok(Self { client, inner_hosts })
    }

    /// The address of a receiver in the form it is stored, or why it cannot be one.
    pub fn check(&self, url: &str) -> Result<String, Refusal> {
        self.read(url).map(String::from).map_err(|problem| Refusal::invalid("url", problem))
    }

    fn read(&self, url: &str) -> Result<Url, FieldProblem> {
        if url.len() > URL_LENGTH_MAX {
            return Err(FieldProblem::TooLong);
        }
        let url = Url::parse(url.trim()).map_err(|_| FieldProblem::Format)?;
        let is_own = self.is_allowed(&url);
        let is_scheme = url.scheme() == "https" || url.scheme() == "http" && is_own;
        if !is_scheme || url.host_str().is_none() || !url.username().is_empty() || url.password().is_some() {
            return Err(FieldProblem::Format);
        }
        if !is_own && literal_address(&url).is_some_and(is_inner) {
            return Err(FieldProblem::Range);
        }
        Ok(url)
    }

    fn is_allowed(&self, url: &Url) -> bool {
        url.host_str().is_some_and(|host| self.inner_hosts.iter().any(|allowed| allowed == host))
    }

    /// Sends one body. The receiver is judged again: a setting may have changed since its address was stored.
    pub async fn post(&self, url: &str, mut headers: HeaderMap, body: String) -> Attempt {
        let begun = Instant::now();
        let failed = |cause, begun: Instant| Attempt {
            status: None,
            cause,
            answer: String::new(),
            duration: begun.elapsed(),
            retry_after_s: None,
        };
        let url = match self.read(url) {
            Ok(url) => url,
            Err(FieldProblem::Range) => return failed("inner_address", begun),
            Err(_) => return failed("url", begun),
        };
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(USER_AGENT, HeaderValue::from_static(AGENT));
        match self.client.post(url).headers(headers).body(body).send().await {
            Ok(response) => read_answer(response, begun).await,
            Err(error) => failed(cause_of(&error), begun),
        }
    }
}

fn literal_address(url: &Url) -> Option<IpAddr> {
    url.host_str()?.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

async fn read_answer(mut response: reqwest::Response, begun: Instant) -> Attempt {
    let status = response.status();
    let retry_after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
    let retry_after_s = retry_after.and_then(|text| text.trim().parse::<i64>().ok());
    let mut bytes = Vec::new();
    while bytes.len() < ANSWER_BYTES_MAX
        && let Ok(Some(chunk)) = response.chunk().await
    {
        bytes.extend_from_slice(&chunk[..chunk.len().min(ANSWER_BYTES_MAX - bytes.len())]);
    }
    let answer: String =
        String::from_utf8_lossy(&bytes).chars().filter(|letter| !matches!(letter, '\0')).collect();
    let cause = match status.as_u16() {
        200..=299 => "",
        300..=399 => "redirect",
        410 => "gone",
        _ => "status",
    };
    Attempt {
        status: Some(status.as_u16()),
        cause,
        answer,
        duration: begun.elapsed(),
        retry_after_s: retry_after_s.map(|seconds| seconds.clamp(0, RETRY_AFTER_S_MAX)),
    }
}

fn cause_of(error: &reqwest::Error) -> &'static str {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if error.is::<InnerAddress>() {
            return "inner_address";
        }
        cause = error.source();
    }
    if error.is_timeout() {
        "timeout"
    } else if error.is_connect() {
        "connect"
    } else {
        "protocol"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn receivers() -> Receivers {
        Receivers::new(&["hooks.inside".to_owned()], Arc::new(SystemLookup), TIME_MAX).unwrap()
    }

    #[test]
    fn only_https_to_the_outside_is_an_address_unless_the_operator_allows_the_host() {
        let receivers = receivers();

        for url in ["https://example.com/a?b=c", "http://hooks.inside:81/", "https://1.1.1.1/"] {
            assert!(receivers.check(url).is_ok(), "{url}");
        }
        let refused = [
            "http://example.com/",
            "ftp://hooks.inside/",
            "https://",
            "example.com",
            "https://127.0.0.1/",
            "https://0x7f.1/",
            "https://2130706433/",
            "https://[::1]/",
            "https://[::ffff:10.0.0.1]/",
            "https://user:secret@example.com/",
            "https://169.254.169.254/latest/meta-data",
        ];
        for url in refused {
            assert!(receivers.check(url).is_err(), "{url}");
        }
    }
}
