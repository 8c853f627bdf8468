//! Twenty thousand worlds, and every world that ever failed.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use harness::fleet::{Fault, Violation, WorldPlan, run, shrink};

/// Worlds in one run of the tests; `CAMPO_WORLDS` asks for more.
const WORLDS: u64 = 20_000;
/// Failures after which a run stops looking.
const FAILURES_MAX: usize = 3;
/// Worlds that failed once, smallest form, one a line.
const SEEDS: &str = include_str!("seeds.txt");

#[test]
fn twenty_thousand_worlds_keep_every_promise() {
    // covers: T1, T2, T3, T19, T22
    let count = number("CAMPO_WORLDS").unwrap_or(WORLDS);
    let first = number("CAMPO_FIRST_SEED").unwrap_or(1);

    let failures = live_through(first, count);

    println!("{count} worlds from seed {first}, {} broken", failures.len());
    for (plan, violation) in &failures {
        println!("{violation}\n  {plan}\n  smallest: {}", shrink(plan, |plan| run(plan).is_err()));
    }
    assert!(failures.is_empty(), "{} worlds broke a promise", failures.len());
}

#[test]
fn worlds_that_failed_once_keep_every_promise() {
    for line in SEEDS.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let plan: WorldPlan = line.parse().unwrap();

        assert_eq!(run(&plan), Ok(()), "{line}");
    }
}

#[test]
fn a_failing_world_shrinks_to_what_makes_it_fail() {
    let is_failing = |plan: &WorldPlan| {
        plan.has(Fault::Clocks) && plan.has(Fault::Loss) && plan.steps > 4 && plan.devices > 2
    };
    let failing = (1..).map(WorldPlan::of_seed).filter(|plan| is_failing(plan) && plan.faults.len() > 6);

    for plan in failing.take(50) {
        let smallest = shrink(&plan, is_failing);

        assert_eq!((smallest.seed, smallest.steps, smallest.devices), (plan.seed, 5, 3));
        assert_eq!(smallest.faults, BTreeSet::from([Fault::Clocks, Fault::Loss]));
    }
}

#[test]
fn the_same_seed_is_the_same_world() {
    for seed in 1..200 {
        let plan = WorldPlan::of_seed(seed);

        assert_eq!(plan, WorldPlan::of_seed(seed));
        assert_eq!(plan.to_string().parse(), Ok(plan.clone()));
        assert_eq!(run(&plan), run(&plan));
    }
}

/// Runs `count` worlds on all cores; returns the first few that broke a promise.
fn live_through(first: u64, count: u64) -> Vec<(WorldPlan, Violation)> {
    let next = AtomicU64::new(first);
    let failures = Mutex::new(Vec::new());
    let threads = std::thread::available_parallelism().map_or(2, |count| count.get());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    let has_enough = failures.lock().unwrap().len() >= FAILURES_MAX;
                    if seed >= first + count || has_enough {
                        break;
                    }
                    let plan = WorldPlan::of_seed(seed);
                    if let Err(violation) = run(&plan) {
                        failures.lock().unwrap().push((plan, violation));
                    }
                }
            });
        }
    });
    failures.into_inner().unwrap()
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}
