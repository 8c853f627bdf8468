//! Lets so many exchanges run at once that each finds a database connection. The rest wait, in order and not for ever.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};

use crate::store::{Result, StoreError};

/// Exchanges at work at once on this node; below the connections of a pool.
const RUNNING_MAX: usize = 16;
/// Exchanges that wait for their turn; more are told to come later.
const WAITING_MAX: usize = 512;
/// Nobody waits longer.
const WAIT_MAX: Duration = Duration::from_secs(10);

/// The turns of this node.
#[derive(Debug)]
pub struct Admission {
    turns: Semaphore,
    waiting: AtomicUsize,
}

impl Default for Admission {
    fn default() -> Self {
        Self { turns: Semaphore::new(RUNNING_MAX), waiting: AtomicUsize::new(0) }
    }
}

impl Admission {
    /// Waits for a turn, which ends when the permit is dropped. Whoever holds a turn never waits for another.
    ///
    /// # Errors
    ///
    /// `Overloaded` when too many wait already, or when the turn does not come in time.
    pub(crate) async fn turn(&self) -> Result<SemaphorePermit<'_>> {
        let waiting = Waiting::join(&self.waiting);
        if waiting.count > WAITING_MAX {
            return Err(StoreError::Overloaded);
        }
        let turn = tokio::time::timeout(WAIT_MAX, self.turns.acquire()).await;
        turn.ok().and_then(std::result::Result::ok).ok_or(StoreError::Overloaded)
    }
}

/// One of those who wait, until dropped.
struct Waiting<'a> {
    all: &'a AtomicUsize,
    count: usize,
}

impl<'a> Waiting<'a> {
    fn join(all: &'a AtomicUsize) -> Self {
        Self { all, count: all.fetch_add(1, Ordering::SeqCst) + 1 }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.all.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_turn_comes_when_another_ends() {
        let admission = Admission::default();
        let mut turns = Vec::new();
        for _ in 0..RUNNING_MAX {
            turns.push(admission.turn().await.unwrap());
        }

        let (next, ()) = tokio::join!(admission.turn(), async { drop(turns.pop()) });

        assert!(next.is_ok());
    }
}
