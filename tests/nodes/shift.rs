//! Everybody of a crew at work while something happens to the servers. Never ends before it has happened.

use std::ops::ControlFlow;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::watch;
use tokio::time::timeout;

use crate::kill::hand::{Attempt, Hand};

/// Far above what any of these tests takes; one that hangs says so.
const PATIENCE: Duration = Duration::from_secs(300);

/// How the attempts of all hands ended so far.
#[derive(Debug, Clone, Copy, Default)]
pub struct Tally {
    pub sent: usize,
    pub refused: usize,
    pub cut: usize,
    is_over: bool,
}

/// What happens to the servers hears of the work through this.
pub struct Shift {
    tally: watch::Sender<Tally>,
}

impl Shift {
    /// Waits until so many more attempts went well.
    pub async fn sent(&self, more: usize) {
        let target = self.tally.borrow().sent + more;
        self.until(|tally| tally.sent >= target).await;
    }

    /// Waits until so many more attempts were refused.
    pub async fn refused(&self, more: usize) {
        let target = self.tally.borrow().refused + more;
        self.until(|tally| tally.refused >= target).await;
    }

    async fn until(&self, is_reached: impl FnMut(&Tally) -> bool) {
        let mut seen = self.tally.subscribe();
        let reached = timeout(PATIENCE, seen.wait_for(is_reached)).await;
        reached.unwrap_or_else(|_| panic!("the work stands still: {:?}", self.tally.borrow())).unwrap();
    }
}

/// Lets all hands work until `happening` is over, and returns what came of it and how the attempts ended.
pub async fn work_while<T>(hands: &mut [Hand], happening: impl AsyncFnOnce(&Shift) -> T) -> (T, Tally) {
    let shift = Shift { tally: watch::Sender::new(Tally::default()) };
    let happens = async {
        let outcome = happening(&shift).await;
        shift.tally.send_modify(|tally| tally.is_over = true);
        outcome
    };
    let work = hands.iter_mut().map(|hand| hand.work_through(|attempt| count(&shift.tally, attempt)));
    let (outcome, _) = tokio::join!(happens, join_all(work));
    let tally = *shift.tally.borrow();
    (outcome, tally)
}

fn count(tally: &watch::Sender<Tally>, attempt: Attempt) -> ControlFlow<()> {
    let mut is_over = false;
    tally.send_modify(|tally| {
        match attempt {
            Attempt::Sent => tally.sent += 1,
            Attempt::Refused => tally.refused += 1,
            Attempt::Cut => tally.cut += 1,
        }
        is_over = tally.is_over;
    });
    if is_over { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
}
