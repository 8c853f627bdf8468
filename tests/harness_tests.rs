//! The harness itself is held to its promises here. Never tests Campo.

mod databases_are_fresh_and_removed;
mod processes_end_with_the_test;
mod proxy_fails_on_demand;
