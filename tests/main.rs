//! Every test that crosses a crate, in one binary so that it links once. Never a test of one crate alone.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on fails, and this binary holds nothing but tests"
)]

mod api;
mod commands;
mod convergence;
mod harness_tests;
mod kill;
mod nodes;
mod store;
