//! `campo serve`: prints where it listens, the set-up link at the first start, and `ready`.

use campo::ballast::keep_ballast;
use campo::clock::Clock;
use campo::config::{Config, Settings};
use campo::startup::{Application, allow_many_connections, set_up_link};
use tokio::signal::unix::{SignalKind, signal};

use super::Outcome;

#[expect(clippy::print_stdout, reason = "the settings are the command's output")]
pub fn print_config(settings: &Settings) -> Outcome {
    print!("{}", settings.print());
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the address and the set-up link are the command's output")]
pub async fn serve(config: Config) -> Outcome {
    let data = config.data_directory.clone();
    if let Err(error) = allow_many_connections() {
        tracing::warn!(%error, "no more connections than the shell allows can be kept");
    }
    let application = Application::build(config, Clock::system())?;
    let address = application.address();
    let (opened, stopper) = (application.opened(), application.stopper());
    println!("listening on http://{address}");
    tokio::spawn(async move {
        wait_for_signal().await;
        stopper.stop().await;
    });
    tokio::spawn(async move {
        let Some(app) = opened.wait().await else { return };
        if let Err(error) = keep_ballast(&data) {
            tracing::warn!(%error, "no space could be kept back on the disk of the data");
        }
        match set_up_link(&app, address).await {
            Ok(Some(link)) => println!("set up your organization: {link}"),
            Ok(None) => {}
            Err(error) => tracing::error!(%error, "the set-up link could not be made"),
        }
        println!("ready");
    });
    Ok(application.run().await?)
}

pub async fn wait_for_signal() {
    match (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) {
        (Ok(mut terminate), Ok(mut interrupt)) => {
            tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
        }
        _ => std::future::pending().await,
    }
}
