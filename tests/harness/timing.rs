//! Takes time on purpose, where that is what a test is about. Never waits for something to happen.

use std::time::Duration;

/// Does nothing for a while, like a writer who is slow to commit.
pub async fn dawdle(length: Duration) {
    tokio::time::sleep(length).await;
}
