//! `campo demo`: makes a believable company on an empty installation and serves it. Never beside another organization.

use std::net::SocketAddr;

use campo::accounts::offer_set_up;
use campo::app::App;
use campo::clock::Clock;
use campo::config::Config;
use campo::startup::Application;
use campo_demo_company::seed::{self, Company, PASSWORD};

use super::serve::wait_for_signal;
use super::{Failed, Outcome, worded};

#[expect(clippy::print_stdout, reason = "the address is the command's output")]
pub async fn demo(config: Config) -> Outcome {
    let application = Application::build(config, Clock::system())?;
    let address = application.address();
    let (opened, stopper) = (application.opened(), application.stopper());
    println!("listening on http://{address}");
    let serving = tokio::spawn(application.run());
    let Some(app) = opened.wait().await else { return Ok(serving.await??) };
    let made = make_company(&app, address).await;
    if made.is_ok() {
        println!("ready");
        wait_for_signal().await;
    }
    stopper.stop().await;
    serving.await??;
    made
}

async fn make_company(app: &App, address: SocketAddr) -> Outcome {
    let token = offer_set_up(app).await.map_err(worded)?;
    let token = token.ok_or_else(|| {
        Failed::new(
            "there is an organization already; CAMPO_DATA=demo campo demo begins in another directory",
        )
    })?;
    // Whoever listens everywhere is reached here.
    let host = if address.ip().is_unspecified() { "127.0.0.1".to_owned() } else { address.ip().to_string() };
    let url = format!("http://{host}:{}", address.port());
    tell(&seed::seed(&url, &token, app.clock.now()).await?);
    Ok(())
}

#[expect(clippy::print_stdout, reason = "who can sign in is the command's output")]
fn tell(company: &Company) {
    let Company { name, dispatcher, technicians, customers, orders_by_state, .. } = company;
    let orders: usize = orders_by_state.values().sum();
    println!("{name}: {} customers, {orders} orders today", customers.len());
    let (admin, email) = seed::ADMIN;
    println!("admin       {email}  {admin}");
    println!("dispatcher  {}  {}", dispatcher.email, dispatcher.name);
    for technician in technicians {
        println!("technician  {}  {}", technician.email, technician.name);
    }
    println!("password for everybody: {PASSWORD}");
}
