//! How many simulated fleets a second live through their worlds, on one core and on all. Never looks for a new seed.

use std::thread;
use std::time::Instant;

use harness::fleet::{WorldPlan, run as live_through};

use crate::report::{Report, Spread};
use crate::size::Size;

pub fn run(size: Size) -> Report {
    let mut report = Report::new("simulation");
    let worlds = size.choose(1_000, 20);
    let cores = thread::available_parallelism().map_or(1, |count| count.get() as u64);
    for threads in [1, cores] {
        let rates: Vec<f64> = (0..=size.repetitions()).map(|_| worlds_per_s(worlds, threads)).collect();
        report.add(vec![
            ("threads", threads.into()),
            ("worlds", worlds.into()),
            // The first time warms up.
            ("worlds_per_s", Spread::of(rates[1..].iter().copied()).into()),
        ]);
    }
    report
}

/// The same worlds every time, dealt out to the threads.
fn worlds_per_s(worlds: u64, threads: u64) -> f64 {
    let began = Instant::now();
    thread::scope(|scope| {
        for thread in 0..threads {
            scope.spawn(move || {
                for seed in (1..=worlds).filter(|seed| seed % threads == thread) {
                    let lived = live_through(&WorldPlan::of_seed(seed));
                    assert_eq!(lived, Ok(()), "only a world that keeps every promise is worth timing");
                }
            });
        }
    });
    #[expect(clippy::cast_precision_loss, reason = "a benchmark's worlds are few")]
    let worlds = worlds as f64;
    worlds / began.elapsed().as_secs_f64()
}
