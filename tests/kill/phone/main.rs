//! The real client in a process of its own, so that it can be killed. Speaks JSON lines; sends without being asked.

use std::io::{self, Error};

use harness::phone::{Asked, PhoneSettings, Said};
use mobile_ffi::{BlobFate, Client, ClientError, Notice, SyncState};
use sync_core::ids::OrderId;

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let _fail_points = fail::FailScenario::setup();
    let settings = std::env::args().nth(1).ok_or_else(|| Error::other("the settings are the argument"))?;
    let settings: PhoneSettings = serde_json::from_str(&settings)?;
    let client = Client::open(settings.client()).map_err(Error::other)?;
    say(&Said::Opened { unsent: client.unsent_count().await.unwrap_or(0) })?;
    for line in io::stdin().lines() {
        let said = perform(&client, serde_json::from_str(&line?)?).await;
        say(&said.unwrap_or_else(|error| Said::Failed { error: error.to_string() }))?;
    }
    Ok(())
}

async fn perform(client: &Client, asked: Asked) -> Result<Said, ClientError> {
    Ok(match asked {
        Asked::SignIn { email, password } => {
            client.sign_in(&email, &password).await?;
            synced(client, client.sync_now().await?).await?
        }
        Asked::Do(order, command) => Said::Stored { change: client.execute(order, *command).await?.change },
        Asked::Sync => synced(client, client.sync_now().await?).await?,
        Asked::Settle => synced(client, settled(client).await).await?,
        Asked::Keep(path) => Said::Kept { sha256: client.keep_file(&path).await?.sha256 },
        Asked::SendBlobs => Said::Blobs { unsent: client.send_blobs().await? },
        Asked::CountBlobs => {
            let kept = client.blobs().await?;
            Said::Blobs { unsent: kept.iter().filter(|blob| blob.fate != Some(BlobFate::Sent)).count() }
        }
        Asked::AwaitOrder(order) => {
            tokio::select! {
                listened = client.run() => listened?,
                () = arrived(client, order) => {}
            }
            Said::OrderIsHere
        }
    })
}

async fn synced(client: &Client, state: SyncState) -> Result<Said, ClientError> {
    let is_complete = matches!(state, SyncState::Synced { at: Some(_) });
    Ok(Said::Synced { is_complete, unsent: client.unsent_count().await? })
}

/// Waits until there is nothing to send any more, or no way to.
async fn settled(client: &Client) -> SyncState {
    loop {
        let notice = client.next_event().await.expect("the client is open");
        if let Notice::StateChanged(
            state @ (SyncState::Synced { at: Some(_) }
            | SyncState::Offline
            | SyncState::OfflinePending { .. }
            | SyncState::Refused { .. }),
        ) = notice
        {
            return state;
        }
    }
}

async fn arrived(client: &Client, order: OrderId) {
    loop {
        let notice = client.next_event().await.expect("the client is open");
        if matches!(&notice, Notice::OrdersChanged(orders) if orders.contains(&order)) {
            return;
        }
    }
}

#[expect(clippy::print_stdout, reason = "standard output is how the process answers")]
fn say(said: &Said) -> io::Result<()> {
    println!("{}", serde_json::to_string(said)?);
    Ok(())
}
