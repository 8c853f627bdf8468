//! Ends the fuzzer where a promise is broken. Never for a panic of the CRDT, which the guard catches.

use std::panic::{catch_unwind, set_hook, UnwindSafe};
use std::sync::Once;

/// Runs a check; the fuzzer keeps the input for which it is false or panics.
pub fn judge(is_kept: impl FnOnce() -> bool + UnwindSafe) {
    static QUIET: Once = Once::new();
    // The fuzzer's own hook ends the process at the first panic, caught or not.
    QUIET.call_once(|| set_hook(Box::new(|_| ())));
    if !matches!(catch_unwind(is_kept), Ok(true)) {
        std::process::abort();
    }
}
