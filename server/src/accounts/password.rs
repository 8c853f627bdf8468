//! Hashes and checks passwords, few at a time, so that a crowd at the door cannot take all memory. Never logs one.

mod hasher;

use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::available_parallelism;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

use crate::refusal::{FieldProblem, Refusal};
use hasher::Hasher;

/// Each takes 19 MiB and one core for some tens of milliseconds, and half of the cores are left to everybody else.
const AT_ONCE_MAX: usize = 3;
const QUEUE_MAX: usize = 64;
const RETRY_AFTER_S: u32 = 5;
const LENGTH_MIN: usize = 10;
const LENGTH_MAX: usize = 200;

/// The door at which passwords are checked.
pub struct PasswordGate {
    permits: Arc<Semaphore>,
    waiting: Arc<AtomicUsize>,
    /// Hashers that rest: as many as ever worked at the same time.
    hashers: Arc<Mutex<Vec<Hasher>>>,
}

impl Default for PasswordGate {
    fn default() -> Self {
        let cores = available_parallelism().map_or(1, NonZero::get);
        let permits = Arc::new(Semaphore::new((cores / 2).clamp(1, AT_ONCE_MAX)));
        Self { permits, waiting: Arc::default(), hashers: Arc::default() }
    }
}

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
        let permit = Arc::clone(&self.permits).acquire_owned().await;
        let permit = permit.map_err(|_| Refusal::internal("the password gate was closed"))?;
        drop(waiting);
        let hashers = Arc::clone(&self.hashers);
        let done = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            let rested = || hashers.lock().unwrap_or_else(PoisonError::into_inner);
            let hasher = rested().pop().unwrap_or_default();
            let done = work(&hasher);
            rested().push(hasher);
            done
        });
        done.await.map_err(|_| Refusal::internal("a password check was interrupted"))
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
