//! Figures for operators, in Prometheus text. Never a label that names a person, an order or an organization.

use prometheus::{
    Encoder, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry,
    TextEncoder,
};

pub struct Metrics {
    registry: Registry,
    /// Requests answered, by route and status.
    pub requests: IntCounterVec,
    /// Seconds until the answer was ready, by route.
    pub request_seconds: HistogramVec,
    /// Jobs, by state and kind.
    pub jobs: IntGaugeVec,
    /// When the newest complete backup was made, in seconds since the epoch; 0 while none is known.
    pub backup_newest_seconds: IntGauge,
    /// Scheduled backups that could not be made.
    pub backup_failures: IntCounter,
    /// What is free of the disk of the data, of a hundred.
    pub disk_free_percent: IntGauge,
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
        let backup_newest_seconds =
            IntGauge::new("campo_backup_newest_timestamp_seconds", "When the newest backup was made")
                .expect("the name is valid");
        let backup_failures =
            IntCounter::new("campo_backup_failures_total", "Scheduled backups that could not be made")
                .expect("the name is valid");
        let disk_free_percent =
            IntGauge::new("campo_disk_free_percent", "What is free of the disk of the data")
                .expect("the name is valid");
        for collector in [
            Box::new(requests.clone()) as Box<dyn prometheus::core::Collector>,
            Box::new(request_seconds.clone()),
            Box::new(jobs.clone()),
            Box::new(backup_newest_seconds.clone()),
            Box::new(backup_failures.clone()),
            Box::new(disk_free_percent.clone()),
        ] {
            registry.register(collector).expect("each figure is registered once");
        }
        Self {
            registry,
            requests,
            request_seconds,
            jobs,
            backup_newest_seconds,
            backup_failures,
            disk_free_percent,
        }
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
