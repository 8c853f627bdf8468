//! The server's clock and dice, so that tests may hold the clock. Never used for durations, which are monotonic.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use sync_core::time::Timestamp;

/// Tells the time: the machine's, or one that a test sets.
#[derive(Debug, Clone, Default)]
pub struct Clock {
    held_ms: Option<Arc<AtomicI64>>,
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self::default()
    }

    /// A clock that moves only when it is told to.
    pub fn held_at(start: Timestamp) -> Self {
        Self { held_ms: Some(Arc::new(AtomicI64::new(start.0))) }
    }

    pub fn now(&self) -> Timestamp {
        match &self.held_ms {
            Some(held_ms) => Timestamp(held_ms.load(Ordering::SeqCst)),
            None => machine_now(),
        }
    }

    /// Moves a held clock; the machine's clock stays as it is.
    pub fn advance_ms(&self, millis: i64) {
        if let Some(held_ms) = &self.held_ms {
            held_ms.fetch_add(millis, Ordering::SeqCst);
        }
    }
}

fn machine_now() -> Timestamp {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
}

/// Unpredictable bytes for secrets and identifiers.
pub fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    aws_lc_rs::rand::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

/// An identifier that sorts roughly by age, which keeps index pages warm; nothing may rely on that order.
pub fn fresh_id() -> [u8; 16] {
    *uuid::Uuid::now_v7().as_bytes()
}
