//! How many files and connections this process may hold open. Never more than the system allows.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Raises the limit of this process, and of those it starts, to what the system allows.
///
/// # Panics
///
/// When the system refuses what it says it allows.
pub fn allow_many() {
    let allowed = getrlimit(Resource::Nofile);
    let more = Rlimit { current: allowed.maximum, ..allowed };
    setrlimit(Resource::Nofile, more).expect("a process may raise its limit up to what the system allows");
}
