//! Hashes and checks passwords, few at a time, so that a crowd at the door cannot take all memory. Never logs one.

mod hasher;

use std::num::NonZero;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use rustix::process::nice;
use tokio::sync::oneshot;
use zeroize::Zeroizing;

use crate::refusal::{FieldProblem, Refusal};
use hasher::Hasher;

/// Each takes 19 MiB and one core for some tens of milliseconds, and half of the cores are left to everybody else.
const AT_ONCE_MAX: usize = 3;
/// How far they stand back where all cores are busy, in steps of `nice`: a crowd that guesses makes nobody else slow.
const NICE: i32 = 19;
const QUEUE_MAX: usize = 64;
const RETRY_AFTER_S: u32 = 5;
const LENGTH_MIN: usize = 10;
const LENGTH_MAX: usize = 200;

/// The door at which passwords are checked, by threads of its own.
#[derive(Default)]
pub struct PasswordGate {
    waiting: Arc<AtomicUsize>,
    /// Where work goes; the threads begin with the first and end with the gate.
    threads: OnceLock<Sender<Work>>,
}

type Work = Box<dyn FnOnce(&Hasher) + Send>;

/// Somebody whose turn has not come.
struct Waiting(Arc<AtomicUsize>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl PasswordGate {
    /// Hashes a password that somebody chose.
    pub async fn hash(&self, password: &str) -> Result<String, Refusal> {
        if password.chars().count() < LENGTH_MIN {
            return Err(Refusal::invalid("password", FieldProblem::Weak));
        }
        if password.chars().count() > LENGTH_MAX {
            return Err(Refusal::invalid("password", FieldProblem::TooLong));
        }
        let password = Zeroizing::new(password.to_owned());
        self.run(move |hasher| hash_now(hasher, &password)).await?
    }

    /// Which of the hashes the password fits; checks every one, and one even when there is none.
    pub async fn matches(&self, password: &str, hashes: Vec<String>) -> Result<Vec<bool>, Refusal> {
        let password = Zeroizing::new(password.chars().take(LENGTH_MAX + 1).collect::<String>());
        self.run(move |hasher| {
            if hashes.is_empty() {
                let _ = fits(hasher, &password, decoy(hasher)?);
            }
            Ok(hashes.iter().map(|hash| fits(hasher, &password, hash)).collect())
        })
        .await?
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Hasher) -> T + Send + 'static,
    ) -> Result<T, Refusal> {
        let waiting = Waiting(Arc::clone(&self.waiting));
        if self.waiting.fetch_add(1, Ordering::SeqCst) >= QUEUE_MAX {
            return Err(Refusal::RateLimited { retry_after_s: RETRY_AFTER_S });
        }
        let (answer, answered) = oneshot::channel();
        let turn: Work = Box::new(move |hasher| {
            drop(waiting);
            // Whoever asked may be gone.
            if !answer.is_closed() {
                let _ = answer.send(work(hasher));
            }
        });
        let interrupted = || Refusal::internal("a password check was interrupted");
        self.threads.get_or_init(start_threads).send(turn).map_err(|_| interrupted())?;
        answered.await.map_err(|_| interrupted())
    }
}

/// Starts the threads that take turns at whatever is sent.
fn start_threads() -> Sender<Work> {
    let (sender, receiver) = channel();
    let receiver = Arc::new(Mutex::new(receiver));
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    for _ in 0..(cores / 2).clamp(1, AT_ONCE_MAX) {
        let receiver = Arc::clone(&receiver);
        thread::spawn(move || work_through(&receiver));
    }
    sender
}

fn work_through(receiver: &Mutex<Receiver<Work>>) {
    if let Err(error) = nice(NICE) {
        tracing::warn!(%error, "passwords are checked with the same priority as everything else");
    }
    let hasher = Hasher::default();
    loop {
        let next = receiver.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(work) = next else { return };
        // Whoever waits hears of a panic, and the next one is served.
        let _ = catch_unwind(AssertUnwindSafe(|| work(&hasher)));
    }
}

fn hash_now(hasher: &Hasher, password: &str) -> Result<String, Refusal> {
    let hash = hasher.hash_password(password.as_bytes());
    Ok(hash.map_err(|error| Refusal::internal(&error.to_string()))?.to_string())
}

fn fits(hasher: &Hasher, password: &str, hash: &str) -> bool {
    PasswordHash::new(hash).is_ok_and(|hash| hasher.verify_password(password.as_bytes(), &hash).is_ok())
}

/// A hash nobody has, checked when there is no such person, so that the answer takes as long.
fn decoy(hasher: &Hasher) -> Result<&'static str, Refusal> {
    static DECOY: OnceLock<String> = OnceLock::new();
    if DECOY.get().is_none() {
        let _ = DECOY.set(hash_now(hasher, "nobody signs in with this")?);
    }
    Ok(DECOY.get().map_or("", String::as_str))
}

#[cfg(test)]
mod tests {
    use rustix::process::getpriority_process;

    use super::*;

    #[tokio::test]
    async fn passwords_are_checked_behind_everything_else() {
        let gate = PasswordGate::default();

        let there = gate.run(|_| getpriority_process(None).unwrap()).await.unwrap();

        assert_eq!(there, getpriority_process(None).unwrap() + NICE);
    }

    #[tokio::test]
    async fn few_are_checked_at_once_some_wait_and_the_rest_come_back_later() {
        let gate = Arc::new(PasswordGate::default());
        let (open, closed) = channel::<()>();
        let closed = Arc::new(Mutex::new(closed));
        let (inside, most_inside) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let check = || {
            let (gate, closed) = (Arc::clone(&gate), Arc::clone(&closed));
            let (inside, most_inside) = (Arc::clone(&inside), Arc::clone(&most_inside));
            tokio::spawn(async move {
                let check = move |_: &Hasher| {
                    most_inside.fetch_max(inside.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    // Nobody holds the other end any more when the door is opened.
                    let _ = closed.lock().unwrap().recv();
                    inside.fetch_sub(1, Ordering::SeqCst);
                };
                gate.run(check).await
            })
        };

        let crowd: Vec<_> = (0..QUEUE_MAX + AT_ONCE_MAX + 10).map(|_| check()).collect();
        while !crowd.iter().any(tokio::task::JoinHandle::is_finished) {
            tokio::task::yield_now().await;
        }
        drop(open);
        let mut outcomes = Vec::new();
        for check in crowd {
            outcomes.push(check.await.unwrap());
        }

        let refused = outcomes.iter().filter(|outcome| outcome.is_err()).count();
        assert!((10..=10 + AT_ONCE_MAX).contains(&refused), "{refused}");
        assert!(matches!(outcomes.last(), Some(Err(Refusal::RateLimited { retry_after_s: RETRY_AFTER_S }))));
        assert!((1..=AT_ONCE_MAX).contains(&most_inside.load(Ordering::SeqCst)));
    }

    #[tokio::test]
    async fn a_check_that_panics_fails_alone() {
        let gate = PasswordGate::default();

        for _ in 0..AT_ONCE_MAX {
            let failed = gate.run::<()>(|_| panic!("a check that panics")).await;
            assert!(failed.is_err());
        }

        let hash = gate.hash("correct horse battery").await.unwrap();
        assert_eq!(gate.matches("correct horse battery", vec![hash]).await.unwrap(), [true]);
    }
}
