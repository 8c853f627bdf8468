//! Why the demo could not go on, in a sentence. Never a code to be handled.

/// Why the demo could not go on.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Failed(String);

impl Failed {
    pub fn new(why: impl Into<String>) -> Self {
        Self(why.into())
    }

    /// What was being done when another error came.
    pub fn during(what: &str, error: &dyn std::fmt::Display) -> Self {
        Self(format!("{what}: {error}"))
    }
}
