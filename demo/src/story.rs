//! A day of three technicians and an office who cannot always reach each other. Never steps around the real protocol.

mod away;
mod cast;
mod ended_access;
mod ledger;
mod morning;
mod replaced_phone;
mod reunion;
mod verify;
mod words;

use std::path::Path;

use crate::server_process::ServerProcess;
use campo_demo_company::failed::Failed;
use campo_demo_company::seed::Company;

/// Plays the day and proves at the end that nothing was lost and nothing was doubled.
pub async fn play(server: &ServerProcess, company: &Company, phones: &Path) -> Result<(), Failed> {
    let mut cast = morning::begin(server, company, phones).await?;
    away::work_apart(&mut cast, company).await?;
    reunion::come_together(&cast).await?;
    cast = replaced_phone::lose_a_phone(cast).await?;
    ended_access::end_access(&mut cast, company).await?;
    verify::verify(&cast, server).await
}
