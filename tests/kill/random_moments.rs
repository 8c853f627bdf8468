//! `kill -9` from outside, at moments nobody chose. Never aims at a point in the code.

use futures_util::future::join_all;
use harness::databases::{self, TestDatabase};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use tokio::sync::watch;

use super::crew::Crew;

const SEED: u64 = 0x00c0_ffee;
/// A round of work is far longer than one turn of the scheduler, so the kill falls anywhere into a round.
const TURNS_MAX: u32 = 4_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_killed_from_outside_at_any_moment_loses_nothing_it_acknowledged() {
    // covers: B1 B2 R3
    kill_from_outside(databases::sqlite(), 40).await;
    kill_from_outside(databases::postgres(), 10).await;
}

async fn kill_from_outside(database: TestDatabase, kills: usize) {
    let mut crew = Crew::gather(database).await;
    let mut dice = ChaCha8Rng::seed_from_u64(SEED);
    for _ in 0..kills {
        let (rounds, turns) = (dice.random_range(0..12), dice.random_range(0..TURNS_MAX));
        crew = kill_under_load(crew, rounds, turns).await;
        crew.start("").await;
        crew.recover().await;
    }
    crew.assert_nothing_is_lost().await;
}

async fn kill_under_load(crew: Crew, rounds: usize, turns: u32) -> Crew {
    let (server, mut absent) = crew.split();
    let (answered, mut seen) = watch::channel(0);
    let killing = async {
        seen.wait_for(|count| *count >= rounds).await.expect("the phones are at work");
        for _ in 0..turns {
            tokio::task::yield_now().await;
        }
        server.kill().await.expect("a child can be killed")
    };
    let work =
        absent.hands.iter_mut().map(|hand| hand.work_until_cut(|| answered.send_modify(|count| *count += 1)));
    let (options, _) = tokio::join!(killing, join_all(work));
    absent.with(options)
}
