//! The morning: the office plans three orders, and three phones fetch their day. Everybody has a network.

use std::path::Path;

use serde_json::{Value, json};
use sync_core::ids::{EntryId, OrderId};
use sync_core::order::OrderCommand;
use sync_core::order::command::NewLine;

use super::cast::{Cast, StoryOrder};
use super::ledger::Ledger;
use super::words::Words;
use crate::phone::Phone;
use crate::server_process::ServerProcess;
use crate::telling;
use campo_demo_company::clock::{at_local_hour, now};
use campo_demo_company::failed::Failed;
use campo_demo_company::office::Office;
use campo_demo_company::seed::{CURRENCY, Company, Customer, PASSWORD, Person, ZONE};

/// The customers of the story among the seeded ones.
const BAKERY: usize = 0;
const HOTEL: usize = 3;
const PARLOR: usize = 8;
/// The filter among the seeded materials.
const FILTER: usize = 1;
const FILTER_LINE: EntryId = EntryId::from_bytes(*b"bakery-filter-01");

pub async fn begin(server: &ServerProcess, company: &Company, phones: &Path) -> Result<Cast, Failed> {
    telling::chapter("Morning: the office plans, the phones fetch their day");
    let office = Office::sign_in(&server.url, company.dispatcher.email, PASSWORD).await?;
    let [ana, ivo, caio] = [0, 1, 2].map(|index: usize| &company.technicians[index]);
    let customer = |index: usize| &company.customers[index];
    let bakery = plan(&office, customer(BAKERY), &[ana, ivo], "Câmara fria não atinge a temperatura").await?;
    let parlor = plan(&office, customer(PARLOR), &[ana], "Freezer de sorvete descongelando").await?;
    let hotel = plan(&office, customer(HOTEL), &[caio], "Máquina de gelo do bar parada").await?;
    telling::event(
        "Office",
        "Beatriz plans three orders: the bakery (Ana and Ivo), the ice-cream parlor (Ana),",
    );
    telling::detail("the hotel (Caio), and puts one filter on the bakery's order, R$ 45,90.");

    let mut cast = Cast {
        office,
        ana: first_sync(ana, server, phones).await?,
        ivo: first_sync(ivo, server, phones).await?,
        caio: first_sync(caio, server, phones).await?,
        tablet: first_sync(&company.dispatcher, server, phones).await?,
        bakery,
        filter: FILTER_LINE,
        parlor,
        hotel,
        phones: phones.to_owned(),
        ledger: Ledger::default(),
        words: Words::of(company),
    };
    add_filter(&mut cast, company).await?;
    for phone in [&cast.ana, &cast.ivo] {
        let cost = phone.sync().await?;
        telling::event(first_name(&phone.owner), format!("hears of the filter: {}", telling::cost(cost)));
    }
    Ok(cast)
}

pub fn first_name(person: &Person) -> &'static str {
    person.name.split(' ').next().unwrap_or(person.name)
}

async fn plan(
    office: &Office,
    customer: &Customer,
    crew: &[&Person],
    reason: &str,
) -> Result<StoryOrder, Failed> {
    let today = now();
    let assignees: Vec<Value> = crew
        .iter()
        .enumerate()
        .map(|(index, person)| {
            json!({ "technician": person.id, "role": if index == 0 { "lead" } else { "helper" } })
        })
        .collect();
    let body = json!({
        "kind": "Corretiva", "reason": reason, "priority": "high",
        "customer": customer.id, "site": customer.site, "currency": CURRENCY, "zone": ZONE,
        "window": { "start": at_local_hour(today, ZONE, 14), "end": at_local_hour(today, ZONE, 15) },
        "duration_minutes": 60, "assignees": assignees, "origin": "call",
    });
    let made = office.post("/v1/orders", &body).await?;
    let id: Option<OrderId> = made["id"].as_str().and_then(|id| id.parse().ok());
    let id = id.ok_or_else(|| Failed::new("an order without an id"))?;
    office.post(&format!("/v1/orders/{id}/status"), &json!({ "to": "scheduled" })).await?;
    Ok(StoryOrder { id, site: customer.position })
}

async fn first_sync(person: &Person, server: &ServerProcess, phones: &Path) -> Result<Phone, Failed> {
    let phone = Phone::install(person, &server.url, phones.join(first_name(person))).await?;
    let cost = phone.sync().await?;
    let count = phone.order_ids().await?.len();
    let told = format!("first sync: {count} orders, the customers, the catalogue; {}", telling::cost(cost));
    telling::event(first_name(person), told);
    Ok(phone)
}

async fn add_filter(cast: &mut Cast, company: &Company) -> Result<(), Failed> {
    let item = &company.materials[FILTER];
    let line = NewLine {
        line: FILTER_LINE,
        item: Some(item.id),
        description: item.name.to_owned(),
        quantity: "1".to_owned(),
        unit: Some(item.unit.to_owned()),
        price_minor: Some(item.price_minor),
        source: None,
        is_additional: false,
    };
    cast.office_does(cast.bakery.id, &OrderCommand::AddMaterial(line)).await?;
    cast.ledger.record(cast.bakery.id, "materials", FILTER_LINE);
    Ok(())
}
