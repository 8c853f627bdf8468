//! Ivo's phone is lost; a new one is restored from a copy made before his last work. Nothing is lost, nothing doubled.

use super::away::add_note;
use super::cast::Cast;
use crate::telling;
use campo_demo_company::failed::Failed;

/// The directory of the backup, which becomes the other phone's.
const BACKUP: &str = "Ivo, from the backup";

pub async fn lose_a_phone(mut cast: Cast) -> Result<Cast, Failed> {
    telling::chapter("Later: a phone is lost, and an old copy of it is put back");
    let Cast { ivo, ledger, bakery, phones, .. } = &mut cast;
    ivo.lose_network();
    add_note(ivo, ledger, *bakery, "Cliente pediu orçamento para trocar o compressor.").await?;
    let backup = phones.join(BACKUP);
    ivo.copy_data(&backup)?;
    telling::event("Ivo", "writes a note without network; the nightly backup copies his phone like that");
    ivo.find_network();
    ivo.sync().await?;
    add_note(ivo, ledger, *bakery, "Número de série do compressor: KX-20-118.").await?;
    ivo.sync().await?;
    telling::event("Ivo", "sends it, writes another, sends that too, and loses the phone on a roof");

    cast.ivo = cast.ivo.replaced_by(backup).await?;
    let Cast { ivo, ledger, bakery, .. } = &mut cast;
    let cost = ivo.sync().await?;
    let told = format!("on a new phone with the old copy: {}", telling::cost(cost));
    telling::event("Ivo", told);
    add_note(ivo, ledger, *bakery, "Celular novo, mesma OS.").await?;
    let cost = ivo.sync().await?;
    telling::event("Ivo", format!("goes on working: {}", telling::cost(cost)));
    let notes = ivo.order(bakery.id).await?.notes.len();
    telling::event(
        "Campo",
        format!("the note in the copy was offered again and known: {notes} notes, each once"),
    );
    Ok(cast)
}
