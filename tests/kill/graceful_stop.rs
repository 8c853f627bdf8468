//! The server is told to stop while everybody pushes. Never answers with an error other than 503.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use harness::databases;
use tokio::sync::watch;

use super::crew::Crew;

const STOPS: usize = 20;
const STOPS_WITHIN: Duration = Duration::from_secs(25);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_told_to_stop_under_load_answers_what_it_took_and_refuses_the_rest_kindly() {
    // covers: E11
    let mut crew = Crew::gather(databases::sqlite()).await;

    for stop in 0..STOPS {
        crew = stop_under_load(crew, 4 + stop % 7).await;
        crew.start("").await;
        crew.recover().await;
    }

    for hand in &crew.hands {
        let unexpected: Vec<_> =
            hand.ledger.statuses().iter().filter(|(status, _)| !matches!(status, 200 | 503)).collect();
        assert!(unexpected.is_empty(), "answers besides 200 and 503: {unexpected:?}");
    }
    crew.assert_nothing_is_lost().await;
}

/// Stops the server once it has answered so many rounds, while all phones go on.
async fn stop_under_load(crew: Crew, rounds: usize) -> Crew {
    let (mut server, mut absent) = crew.split();
    let (answered, mut seen) = watch::channel(0);
    let stopping = async {
        seen.wait_for(|count| *count >= rounds).await.expect("the phones are at work");
        let began = Instant::now();
        server.terminate().await.expect("the process can be signalled");
        let (status, options) = server.ended().await.expect("a child can be waited for");
        assert!(status.success(), "the server ended with {status}");
        assert!(began.elapsed() <= STOPS_WITHIN, "the server took {:?} to stop", began.elapsed());
        options
    };
    let work =
        absent.hands.iter_mut().map(|hand| hand.work_until_cut(|| answered.send_modify(|count| *count += 1)));
    let (options, _) = tokio::join!(stopping, join_all(work));
    absent.with(options)
}
