//! Hashes and checks passwords, few at a time, so that a crowd at the door cannot take all memory. Never logs one.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use argon2::Argon2;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

use crate::refusal::{FieldProblem, Refusal};

/// Each takes 19 MiB and one core for some tens of milliseconds.
const AT_ONCE_MAX: usize = 3;
const QUEUE_MAX: usize = 64;
const RETRY_AFTER_S: u32 = 5;
const LENGTH_MIN: usize = 10;
const LENGTH_MAX: usize = 200;

/// The door at which passwords are checked.
pub struct PasswordGate {
    permits: Arc<Semaphore>,
    waiting: Arc<AtomicUsize>,
}

impl Default for PasswordGate {
    fn default() -> Self {
        Self { permits: Arc::new(Semaphore::new(AT_ONCE_MAX)), waiting: Arc::default() }
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
        self.run(move || hash_now(&password)).await?
    }

    /// Which of the hashes the password fits; checks every one, and one even when there is none.
    pub async fn matches(&self, password: &str, hashes: Vec<String>) -> Result<Vec<bool>, Refusal> {
        let password = Zeroizing::new(password.chars().take(LENGTH_MAX + 1).collect::<String>());
        self.run(move || {
            if hashes.is_empty() {
                let _ = fits(&password, decoy()?);
            }
            Ok(hashes.iter().map(|hash| fits(&password, hash)).collect())
        })
        .await?
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Refusal> {
        let waiting = Waiting(Arc::clone(&self.waiting));
        if self.waiting.fetch_add(1, Ordering::SeqCst) >= QUEUE_MAX {
            return Err(Refusal::RateLimited { retry_after_s: RETRY_AFTER_S });
        }
        let permit = Arc::clone(&self.permits).acquire_owned().await;
        let permit = permit.map_err(|_| Refusal::internal("the password gate was closed"))?;
        drop(waiting);
        let done = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            work()
        });
        done.await.map_err(|_| Refusal::internal("a password check was interrupted"))
    }
}

fn hash_now(password: &str) -> Result<String, Refusal> {
    let hash = Argon2::default().hash_password(password.as_bytes());
    Ok(hash.map_err(|error| Refusal::internal(&error.to_string()))?.to_string())
}

fn fits(password: &str, hash: &str) -> bool {
    Argon2::default().verify_password(password.as_bytes(), hash).is_ok()
}

/// A hash nobody has, checked when there is no such person, so that the answer takes as long.
fn decoy() -> Result<&'static str, Refusal> {
    static DECOY: OnceLock<String> = OnceLock::new();
    if DECOY.get().is_none() {
        let _ = DECOY.set(hash_now("nobody signs in with this")?);
    }
    Ok(DECOY.get().map_or("", String::as_str))
}
