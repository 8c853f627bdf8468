//! Without a network: two technicians work on one order while the office changes it. Nobody hears of anybody.

use mobile_ffi::{KeptBlob, ToSign};
use serde_json::json;
use sync_core::evidence::strokes::Strokes;
use sync_core::ids::EntryId;
use sync_core::order::command::{LineEdit, NewLine, NewPhoto, NewSignature, StatusStep, VisitStamp};
use sync_core::order::entry::{AnswerValue, PhotoStage, SignaturePurpose, Source};
use sync_core::order::{OrderCommand, Position, Window};
use sync_core::tax_id::TaxIdKind;
use sync_core::workflow::StateKey;

use super::cast::{Cast, StoryOrder};
use super::ledger::Ledger;
use crate::phone::{Phone, fresh_entry};
use crate::telling;
use campo_demo_company::clock::{at_local_hour, now};
use campo_demo_company::failed::Failed;
use campo_demo_company::seed::{Company, Item, ZONE};

const COMPRESSOR_OIL: usize = 24;
const COOLANT: usize = 3;
const LABOR: usize = 1;
const LEAK_TEST: usize = 8;
/// About eleven metres in degrees: nobody stands exactly where the map says.
const DOORSTEP_E7: i64 = 1_000;
const ACCURACY_M: u32 = 12;
/// When the office moves the bakery to, and what it asks for the filter then.
pub const OFFICE_HOUR: i8 = 15;
pub const OFFICE_PRICE_MINOR: i64 = 3_990;
const PHOTO: &[u8] = include_bytes!("../../../documents/sample/photo.jpg");
const TERMS: &str = "Declaro que o serviço descrito foi executado e aceito os valores apresentados.";

pub async fn work_apart(cast: &mut Cast, company: &Company) -> Result<(), Failed> {
    telling::chapter("Midday: both vans drive into a garage, and the network is gone");
    cast.ana.lose_network();
    cast.ivo.lose_network();
    ana_at_the_bakery(cast, company).await?;
    ivo_at_the_bakery(cast, company).await?;
    ana_at_the_parlor(cast).await?;
    office_meanwhile(cast).await?;
    let cost = cast.ana.sync().await?;
    let told = format!(
        "tries to send: no network. {} changes wait on her phone, {} on Ivo's ({} delivered)",
        cast.ana.unsent_count().await?,
        cast.ivo.unsent_count().await?,
        cost.sent_bytes + cost.received_bytes
    );
    telling::event("Ana", told);
    Ok(())
}

async fn ana_at_the_bakery(cast: &mut Cast, company: &Company) -> Result<(), Failed> {
    let Cast { ana, ledger, bakery, filter, .. } = cast;
    let visit = check_in(ana, ledger, *bakery, Some("on_site")).await?;
    telling::event("Ana", "checks in at the bakery, 11 m from its door by GPS");
    let edit = LineEdit {
        line: *filter,
        description: None,
        quantity: Some("2".to_owned()),
        price_minor: None,
        source: Some(Source::Van),
    };
    ana.does(bakery.id, OrderCommand::ChangeMaterial(edit)).await?;
    add_line(ana, ledger, *bakery, &company.materials[COOLANT], "1.5").await?;
    answer(ana, ledger, *bakery, "temperatura_final", number("-18.5", "°C")).await?;
    let note = "Evaporador limpo; gás completado. Orientar a não encostar caixas no ventilador.";
    add_note(ana, ledger, *bakery, note).await?;
    photo(ana, ledger, *bakery).await?;
    telling::event(
        "Ana",
        "sets the filter to 2, adds 1.5 kg of coolant, a reading of −18.5 °C, a note, a photo",
    );
    sign(ana, ledger, *bakery).await?;
    check_out(ana, ledger, *bakery, visit, Some("done")).await?;
    telling::event(
        "Ana",
        "lets Lúcia Ferrari sign on the screen, seals it with the phone's key, checks out: Finished",
    );
    Ok(())
}

async fn ivo_at_the_bakery(cast: &mut Cast, company: &Company) -> Result<(), Failed> {
    let Cast { ivo, ledger, bakery, .. } = cast;
    let visit = check_in(ivo, ledger, *bakery, None).await?;
    add_service(ivo, ledger, *bakery, &company.services[LABOR], "2").await?;
    add_service(ivo, ledger, *bakery, &company.services[LEAK_TEST], "1").await?;
    add_line(ivo, ledger, *bakery, &company.materials[COMPRESSOR_OIL], "0.5").await?;
    answer(ivo, ledger, *bakery, "vazamento", AnswerValue::No).await?;
    check_out(ivo, ledger, *bakery, visit, None).await?;
    telling::event("Ivo", "on the same order, on his own phone: 2 h of labor, a leak test, oil, an answer");
    Ok(())
}

async fn ana_at_the_parlor(cast: &mut Cast) -> Result<(), Failed> {
    let Cast { ana, ledger, parlor, .. } = cast;
    let visit = check_in(ana, ledger, *parlor, Some("on_site")).await?;
    add_note(ana, ledger, *parlor, "Resistência de degelo religada; testado por 20 minutos.").await?;
    check_out(ana, ledger, *parlor, visit, Some("done")).await?;
    telling::event("Ana", "goes on to the ice-cream parlor and finishes that one too");
    Ok(())
}

async fn office_meanwhile(cast: &Cast) -> Result<(), Failed> {
    let today = now();
    let window = Window {
        start: at_local_hour(today, ZONE, OFFICE_HOUR),
        end: at_local_hour(today, ZONE, OFFICE_HOUR + 1),
    };
    let schedule = OrderCommand::Schedule { window: Some(window), duration_minutes: None };
    cast.office_does(cast.bakery.id, &schedule).await?;
    let edit = |quantity: Option<&str>, price_minor| {
        OrderCommand::ChangeMaterial(LineEdit {
            line: cast.filter,
            description: None,
            quantity: quantity.map(str::to_owned),
            price_minor,
            source: None,
        })
    };
    cast.office_does(cast.bakery.id, &edit(Some("3"), Some(OFFICE_PRICE_MINOR))).await?;
    telling::event(
        "Office",
        "moves the bakery to 15:00–16:00, sets the filter to 3 and its price to R$ 39,90",
    );
    let reason = json!({ "reason": "A cliente ligou: o freezer voltou a funcionar" });
    cast.office.post(&format!("/v1/orders/{}/cancel", cast.parlor.id), &reason).await?;
    telling::event("Office", "cancels the parlor: the customer called");
    Ok(())
}

pub async fn check_in(
    phone: &Phone,
    ledger: &mut Ledger,
    order: StoryOrder,
    then: Option<&str>,
) -> Result<EntryId, Failed> {
    let visit = fresh_entry();
    let position = Position {
        latitude_e7: order.site.latitude_e7 + DOORSTEP_E7,
        accuracy_m: Some(ACCURACY_M),
        ..order.site
    };
    let stamp = stamp(ledger, order, visit, Some(position), then);
    phone.does(order.id, OrderCommand::CheckIn(stamp)).await?;
    Ok(visit)
}

async fn check_out(
    phone: &Phone,
    ledger: &mut Ledger,
    order: StoryOrder,
    visit: EntryId,
    then: Option<&str>,
) -> Result<(), Failed> {
    let stamp = stamp(ledger, order, visit, None, then);
    phone.does(order.id, OrderCommand::CheckOut(stamp)).await
}

fn stamp(
    ledger: &mut Ledger,
    order: StoryOrder,
    visit: EntryId,
    position: Option<Position>,
    then: Option<&str>,
) -> VisitStamp {
    let stamp = fresh_entry();
    ledger.record(order.id, "stamps", stamp);
    let then = then.map(|to| StatusStep { event: fresh_entry(), to: StateKey::new(to) });
    VisitStamp { visit, stamp, position, reason: None, then }
}

fn line(item: &Item, quantity: &str) -> NewLine {
    NewLine {
        line: fresh_entry(),
        item: Some(item.id),
        description: item.name.to_owned(),
        quantity: quantity.to_owned(),
        unit: Some(item.unit.to_owned()),
        price_minor: Some(item.price_minor),
        source: Some(Source::Van),
        is_additional: true,
    }
}

pub async fn add_line(
    phone: &Phone,
    ledger: &mut Ledger,
    order: StoryOrder,
    item: &Item,
    quantity: &str,
) -> Result<(), Failed> {
    let line = line(item, quantity);
    ledger.record(order.id, "materials", line.line);
    phone.does(order.id, OrderCommand::AddMaterial(line)).await
}

async fn add_service(
    phone: &Phone,
    ledger: &mut Ledger,
    order: StoryOrder,
    item: &Item,
    quantity: &str,
) -> Result<(), Failed> {
    let line = NewLine { source: None, ..line(item, quantity) };
    ledger.record(order.id, "services", line.line);
    phone.does(order.id, OrderCommand::AddService(line)).await
}

fn number(value: &str, unit: &str) -> AnswerValue {
    AnswerValue::Number { value: value.to_owned(), unit: Some(unit.to_owned()) }
}

async fn answer(
    phone: &Phone,
    ledger: &mut Ledger,
    order: StoryOrder,
    question: &str,
    answer: AnswerValue,
) -> Result<(), Failed> {
    ledger.record(order.id, "checklist", question);
    phone.does(order.id, OrderCommand::AnswerQuestion { question: question.to_owned(), answer }).await
}

pub async fn add_note(
    phone: &Phone,
    ledger: &mut Ledger,
    order: StoryOrder,
    text: &str,
) -> Result<(), Failed> {
    let note = fresh_entry();
    ledger.record(order.id, "notes", note);
    phone.does(order.id, OrderCommand::AddNote { note, text: text.to_owned(), is_internal: false }).await
}

async fn photo(phone: &Phone, ledger: &mut Ledger, order: StoryOrder) -> Result<(), Failed> {
    let photo = fresh_entry();
    ledger.record(order.id, "photos", photo);
    let KeptBlob { sha256, size_bytes } = phone.keeps(PHOTO).await?;
    let new = NewPhoto {
        photo,
        sha256,
        size_bytes,
        media_type: "image/jpeg".to_owned(),
        stage: PhotoStage::After,
        caption: Some("Evaporador depois da limpeza".to_owned()),
        position: Some(order.site),
    };
    phone.does(order.id, OrderCommand::AddPhoto(new)).await
}

/// The customer signs what the phone shows.
async fn sign(phone: &Phone, ledger: &mut Ledger, order: StoryOrder) -> Result<(), Failed> {
    let shown = phone.order(order.id).await?;
    let ToSign { snapshot, heads } = phone.to_sign(order.id, "pt-BR", TERMS).await?;
    let drawing = phone.keeps(&drawn().to_bytes()).await?;
    let signature = fresh_entry();
    ledger.record(order.id, "signatures", signature);
    let new = NewSignature {
        signature,
        purpose: SignaturePurpose::Completion,
        index: u32::try_from(shown.signatures.len()).unwrap_or_default(),
        signer_name: "Lúcia Ferrari".to_owned(),
        document_kind: Some(TaxIdKind::Cpf),
        document_number: Some("529.982.247-25".to_owned()),
        signer_role: Some("gerente".to_owned()),
        strokes: Some(drawing.sha256),
        snapshot,
        heads,
        refusal: None,
        position: Some(order.site),
        at: None,
        seal: None,
    };
    phone.signs(order.id, new).await
}

/// A name in one stroke, 40 ms from point to point.
fn drawn() -> Strokes {
    let point = |step: u32| (20 + step * 9, 100 + (step * 37) % 70, step * 40, 600);
    Strokes { campo_strokes: 1, width: 600, height: 200, strokes: vec![(0..60).map(point).collect()] }
}
