//! Figures for operators, in Prometheus text. Never a label that names a person, an order or an organization.

use prometheus::{
    Encoder, HistogramOpts, HistogramVec, IntCounterVec, IntGaugeVec, Opts, Registry, TextEncoder,
};

pub struct Metrics {
    registry: Registry,
    /// Requests answered, by route and status.
    pub requests: IntCounterVec,
    /// Seconds until the answer was ready, by route.
    pub request_seconds: HistogramVec,
    /// Jobs, by state and kind.
    pub jobs: IntGaugeVec,
}

impl Metrics {
    pub fn new() -> Self {
        let registry = Registry::new();
        let requests =
            IntCounterVec::new(Opts::new("campo_requests_total", "Requests answered"), &["route", "status"])
                .expect("the name and labels are valid");
        let request_seconds = HistogramVec::new(
            HistogramOpts::new("campo_request_seconds", "Seconds until the answer was ready"),
            &["route"],
        )
        .expect("the name and labels are valid");
        let jobs =
            IntGaugeVec::new(Opts::new("campo_jobs", "Jobs of each kind in each state"), &["state", "kind"])
                .expect("the name and labels are valid");
        for collector in [
            Box::new(requests.clone()) as Box<dyn prometheus::core::Collector>,
            Box::new(request_seconds.clone()),
            Box::new(jobs.clone()),
        ] {
            registry.register(collector).expect("each figure is registered once");
        }
        Self { registry, requests, request_seconds, jobs }
    }

    /// Adds figures of another part of the server.
    pub fn register(&self, collector: Box<dyn prometheus::core::Collector>) {
        self.registry.register(collector).expect("each figure is registered once");
    }

    pub fn render(&self) -> String {
        let mut text = Vec::new();
        let encoded = TextEncoder::new().encode(&self.registry.gather(), &mut text);
        encoded.map_or_else(|_| String::new(), |()| String::from_utf8_lossy(&text).into_owned())
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}
