//! Simulated fleets: real clients and the real decision of the server, with everything between them simulated.
//!
//! One seed is one world. Never uses a real clock, a thread or the system's randomness.

mod check;
mod commands;
mod device;
mod dice;
mod feed;
mod model;
mod plan;
mod server;
mod vouchers;
mod world;

pub use check::Violation;
pub use plan::{Fault, WorldPlan};
pub use world::World;

/// Lives through the world; a panic inside is a broken promise as well.
///
/// # Errors
///
/// The first promise that was broken.
pub fn run(plan: &WorldPlan) -> Result<(), Violation> {
    let lived = std::panic::catch_unwind(|| World::run(plan));
    lived.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        Err(format!("panic: {}", text.unwrap_or_default()))
    })
}

/// Makes a failing world as small as it can be while it still fails.
pub fn shrink(plan: &WorldPlan, fails: impl Fn(&WorldPlan) -> bool) -> WorldPlan {
    let mut smallest = plan.clone();
    while let Some(smaller) = smallest.smaller().into_iter().find(&fails) {
        smallest = smaller;
    }
    smallest
}
