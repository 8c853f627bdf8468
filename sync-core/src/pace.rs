//! When to speak to the server. Never reads a clock or rolls dice: jitter is derived from the install and a count.

use sha2::{Digest as _, Sha256};

use crate::time::ClockReading;

/// Shortest pause after a failure.
const RETRY_MIN_MS: u64 = 1_000;
/// Longest pause after failures.
const RETRY_MAX_MS: u64 = 5 * 60_000;
/// After the network came back, devices spread over this time.
const RECONNECT_MAX_MS: u64 = 120_000;
/// Pull at least this often, even if the live socket seems well.
const POLL_MS: i64 = 50_000;
/// Requests at once that brought nothing forward; then a pause.
const IDLE_ROUNDS_MAX: u32 = 2;

/// What a stored reply says about the next request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// The server has more, or there is more to send.
    pub has_more: bool,
    /// Something was acknowledged, refused or received.
    pub is_progress: bool,
    /// Do not come back sooner.
    pub retry_after_s: Option<u32>,
}

/// The time of the next request and what it depends on.
#[derive(Debug, Default)]
pub struct Pace {
    due_ms: Option<i64>,
    failures: u32,
    idle_rounds: u32,
    draws: u64,
    is_held_back: bool,
}

impl Pace {
    /// When the next request is due, by the monotonic clock.
    pub const fn due_ms(&self) -> Option<i64> {
        self.due_ms
    }

    /// Whether a request is due.
    pub fn is_due(&self, now: ClockReading) -> bool {
        self.due_ms.is_none_or(|due_ms| due_ms <= now.monotonic_ms)
    }

    /// A monotonic clock that began again says nothing about the old times.
    pub fn follow_boot(&mut self, before: ClockReading, now: ClockReading) {
        if before.boot != now.boot || now.monotonic_ms < before.monotonic_ms {
            self.due_ms = Some(now.monotonic_ms);
            self.is_held_back = false;
        }
    }

    /// A person asks; only the server's own `Retry-After` is stronger.
    pub fn due_now(&mut self, now: ClockReading) {
        if !self.is_held_back {
            self.due_ms = Some(now.monotonic_ms);
        }
    }

    /// There is something to say, but a server that just failed is not pressed.
    pub fn due_now_unless_failing(&mut self, now: ClockReading) {
        if self.failures == 0 {
            self.due_now(now);
        }
    }

    /// The network came back: soon, spread over two minutes with everybody else.
    pub fn network_back(&mut self, now: ClockReading, install: &[u8; 16]) {
        if self.is_held_back {
            return;
        }
        let at = now.monotonic_ms + self.draw(RECONNECT_MAX_MS, install);
        self.due_ms = Some(self.due_ms.map_or(at, |due_ms| due_ms.min(at)));
    }

    /// The reply is stored.
    pub fn reply_stored(&mut self, now: ClockReading, progress: Progress, install: &[u8; 16]) {
        self.failures = 0;
        self.is_held_back = false;
        self.idle_rounds = if progress.is_progress { 0 } else { self.idle_rounds.saturating_add(1) };
        let is_immediate = progress.has_more && self.idle_rounds < IDLE_ROUNDS_MAX;
        let pause_ms = if is_immediate { 0 } else { POLL_MS - self.draw(10_000, install) };
        self.due_ms = Some(now.monotonic_ms + pause_ms);
        self.obey(now, progress.retry_after_s);
    }

    /// The request failed; full jitter, doubling from 1 s to 5 min, and `Retry-After` wins.
    pub fn failed(&mut self, now: ClockReading, retry_after_s: Option<u32>, install: &[u8; 16]) {
        let ceiling_ms = RETRY_MIN_MS.saturating_mul(1 << self.failures.min(20)).min(RETRY_MAX_MS);
        self.failures = self.failures.saturating_add(1);
        let pause_ms = self.draw(ceiling_ms, install).max(i64::try_from(RETRY_MIN_MS).unwrap_or(0));
        self.due_ms = Some(now.monotonic_ms + pause_ms);
        self.is_held_back = false;
        self.obey(now, retry_after_s);
    }

    fn obey(&mut self, now: ClockReading, retry_after_s: Option<u32>) {
        if let Some(seconds) = retry_after_s {
            self.due_ms = Some(now.monotonic_ms + i64::from(seconds) * 1_000);
            self.is_held_back = true;
        }
    }

    /// A number below `below_ms`, another one each time.
    fn draw(&mut self, below_ms: u64, install: &[u8; 16]) -> i64 {
        self.draws += 1;
        let mut sum = Sha256::new();
        sum.update(install);
        sum.update(self.draws.to_be_bytes());
        let bytes: [u8; 8] = sum.finalize()[..8].try_into().expect("a hash holds 8 bytes");
        i64::try_from(u64::from_be_bytes(bytes) % below_ms.max(1)).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Timestamp;

    const INSTALL: [u8; 16] = [3; 16];

    fn at(monotonic_ms: i64) -> ClockReading {
        ClockReading { wall: Timestamp(0), monotonic_ms, boot: 1 }
    }

    #[test]
    fn pauses_after_failures_stay_between_a_second_and_five_minutes() {
        let mut pace = Pace::default();
        for _ in 0..40 {
            pace.failed(at(0), None, &INSTALL);
            let pause_ms = pace.due_ms().unwrap();
            assert!((1_000..=300_000).contains(&pause_ms), "{pause_ms}");
        }
    }

    #[test]
    fn what_the_server_asks_for_wins_even_over_a_person() {
        let mut pace = Pace::default();
        pace.failed(at(0), Some(90), &INSTALL);

        pace.due_now(at(1_000));
        pace.network_back(at(1_000), &INSTALL);

        assert_eq!(pace.due_ms(), Some(90_000));
    }

    #[test]
    fn replies_that_bring_nothing_forward_do_not_become_a_loop() {
        let mut pace = Pace::default();
        let idle = Progress { has_more: true, is_progress: false, retry_after_s: None };
        pace.reply_stored(at(0), idle, &INSTALL);
        assert!(pace.is_due(at(0)));

        pace.reply_stored(at(0), idle, &INSTALL);

        assert!(!pace.is_due(at(30_000)) && pace.is_due(at(60_000)));
    }

    #[test]
    fn a_restart_of_the_phone_makes_an_old_pause_void() {
        let mut pace = Pace::default();
        pace.failed(at(1_000_000_000), None, &INSTALL);
        let rebooted = ClockReading { wall: Timestamp(0), monotonic_ms: 50, boot: 2 };

        pace.follow_boot(at(1_000_000_000), rebooted);

        assert!(pace.is_due(rebooted));
    }

    #[test]
    fn pulling_resumes_within_a_minute_without_any_poke() {
        // covers: R11
        let mut pace = Pace::default();
        let done = Progress { has_more: false, is_progress: true, retry_after_s: None };
        for _ in 0..50 {
            pace.reply_stored(at(0), done, &INSTALL);
            assert!(pace.due_ms().unwrap() <= 60_000);
        }
    }
}
