//! `campo rebuild-projections` and `campo begin-epoch`: what follows a restore by other means than `campo backup restore`.

use campo::clock::Clock;
use campo::config::Config;
use campo::projection::rebuild::{RebuildMode, rebuild_all};
use campo::store::{Store, exchange_state};

use super::{Failed, Outcome};

#[expect(clippy::print_stdout, reason = "what was gone through is the command's output")]
pub async fn rebuild_projections(config: &Config, check: bool) -> Outcome {
    let store = Store::open(&config.database).await?;
    let mode = if check { RebuildMode::Check } else { RebuildMode::Write };
    let report = rebuild_all(&store, mode).await?;
    match report.difference {
        Some(difference) => Err(Failed::new(difference.to_string())),
        None => {
            println!("{} orders follow from their changes", report.order_count);
            Ok(())
        }
    }
}

#[expect(clippy::print_stdout, reason = "the epoch is the command's output")]
pub async fn begin_epoch(config: &Config) -> Outcome {
    let store = Store::open(&config.database).await?;
    println!("epoch {}", exchange_state::begin_epoch(&store, Clock::system().now()).await?);
    Ok(())
}
