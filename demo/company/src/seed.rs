//! Fills an empty server with a believable company: a refrigeration service in Curitiba. Writes only over REST.
//!
//! The same every time: what is not in the tables comes from a generator with a fixed seed.

mod catalogue;
mod check_digits;
mod customers;
mod day;

use std::collections::BTreeMap;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use serde_json::{Value, json};
use sync_core::ids::{RecordId, UserId};
use sync_core::order::Position;
use sync_core::time::Timestamp;

use crate::clock::at_local_hour;
use crate::failed::Failed;
use crate::office::Office;
use catalogue::ItemPlan;
use customers::{CustomerPlan, DISTRICTS, District};

/// Whoever wants another believable company changes this number.
const SEED: u64 = 1_808;
/// Everybody's in the demo; a real organization's set-up asks for one.
pub const PASSWORD: &str = "campo-demo-2026";
pub const ZONE: &str = "America/Sao_Paulo";
pub const CURRENCY: &str = "BRL";
const FIRST_HOUR: i8 = 8;
const ORDER_HOURS: i8 = 2;
const JITTER_DEGREES: f64 = 0.006;

/// Somebody who can sign in.
#[derive(Debug, Clone)]
pub struct Person {
    pub id: UserId,
    pub name: &'static str,
    pub email: &'static str,
}

/// A customer and where to find it.
#[derive(Debug, Clone)]
pub struct Customer {
    pub id: RecordId,
    pub site: RecordId,
    pub position: Position,
}

/// Something from the catalogue.
#[derive(Debug, Clone)]
pub struct Item {
    pub id: RecordId,
    pub name: &'static str,
    pub unit: &'static str,
    pub price_minor: i64,
}

/// What was made.
#[derive(Debug)]
pub struct Company {
    pub name: &'static str,
    pub admin: Office,
    pub dispatcher: Person,
    pub technicians: Vec<Person>,
    pub customers: Vec<Customer>,
    pub materials: Vec<Item>,
    pub services: Vec<Item>,
    pub orders_by_state: BTreeMap<&'static str, usize>,
}

const NAME: &str = "Polo Sul Refrigeração";
pub const ADMIN: (&str, &str) = ("Marina Duarte", "marina@polosul.example");
const DISPATCHER: (&str, &str) = ("Beatriz Lima", "beatriz@polosul.example");
const TECHNICIANS: [(&str, &str); 5] = [
    ("Ana Ribeiro", "ana@polosul.example"),
    ("Ivo Kowalski", "ivo@polosul.example"),
    ("Caio Nunes", "caio@polosul.example"),
    ("Débora Farias", "debora@polosul.example"),
    ("Rui Tanaka", "rui@polosul.example"),
];

/// Makes the organization with the one-time token of an empty server, and everything in it.
pub async fn seed(server_url: &str, setup_token: &str, now: Timestamp) -> Result<Company, Failed> {
    let mut dice = ChaCha8Rng::seed_from_u64(SEED);
    let admin = Office::set_up(server_url, &set_up_request(setup_token, &mut dice)).await?;
    let dispatcher = user(&admin, DISPATCHER, "dispatcher", &mut dice).await?;
    let mut technicians = Vec::new();
    for technician in TECHNICIANS {
        technicians.push(user(&admin, technician, "technician", &mut dice).await?);
    }
    let mut customers = Vec::new();
    for (index, plan) in customers::CUSTOMERS.iter().enumerate() {
        customers.push(customer(&admin, index, plan, &mut dice).await?);
    }
    let materials = items(&admin, "material", &catalogue::MATERIALS).await?;
    let services = items(&admin, "service", &catalogue::SERVICES).await?;
    let orders_by_state = orders(&admin, &technicians, &customers, now).await?;
    Ok(Company {
        name: NAME,
        admin,
        dispatcher,
        technicians,
        customers,
        materials,
        services,
        orders_by_state,
    })
}

fn set_up_request(setup_token: &str, dice: &mut ChaCha8Rng) -> Value {
    let (name, email) = ADMIN;
    json!({
        "token": setup_token,
        "organization": {
            "name": NAME,
            "legal_name": "Polo Sul Refrigeração e Climatização Ltda.",
            "tax_id": check_digits::cnpj(&format!("{}0001", digits(8, dice))),
            "tax_id_kind": "cnpj",
            "language": "pt-BR",
            "currency": CURRENCY,
            "zone": ZONE,
        },
        "admin": { "email": email, "name": name, "password": PASSWORD, "language": "pt-BR" },
    })
}

async fn user(
    admin: &Office,
    (name, email): (&'static str, &'static str),
    role: &str,
    dice: &mut ChaCha8Rng,
) -> Result<Person, Failed> {
    let body = json!({
        "email": email, "name": name, "role": role, "password": PASSWORD, "language": "pt-BR",
        "phone": mobile(dice),
    });
    let made = admin.post("/v1/users", &body).await?;
    Ok(Person { id: id_of(&made)?, name, email })
}

async fn customer(
    admin: &Office,
    index: usize,
    plan: &CustomerPlan,
    dice: &mut ChaCha8Rng,
) -> Result<Customer, Failed> {
    let tax_id = match (plan.is_company, index) {
        (false, _) => check_digits::cpf(&digits(9, dice)),
        // The first company is young enough to have letters in its number.
        (true, 0) => check_digits::cnpj(&format!("{}PAO{}0001", digits(2, dice), digits(3, dice))),
        (true, _) => check_digits::cnpj(&format!("{}0001", digits(8, dice))),
    };
    let body = json!({
        "name": plan.name,
        "tax_id": tax_id,
        "tax_id_kind": if plan.is_company { "cnpj" } else { "cpf" },
        "phone": mobile(dice),
        "language": "pt-BR",
    });
    let id: RecordId = id_of(&admin.post("/v1/customers", &body).await?)?;
    if plan.is_company {
        let contact = json!({
            "customer_id": id, "name": plan.contact, "position": plan.position, "phone": mobile(dice),
        });
        admin.post("/v1/contacts", &contact).await?;
    }
    let District { name, postal_prefix, latitude, longitude } = &DISTRICTS[plan.district];
    let (latitude, longitude) = (latitude + jitter(dice), longitude + jitter(dice));
    let site = json!({
        "customer_id": id,
        "name": if plan.is_company { plan.name } else { "Casa" },
        "street": plan.street,
        "number": (10 + below(1_900, dice)).to_string(),
        "district": name,
        "city": "Curitiba",
        "region": "PR",
        "postal_code": format!("{postal_prefix}-{}", digits(3, dice)),
        "country": "BR",
        "latitude": latitude,
        "longitude": longitude,
    });
    let site = id_of(&admin.post("/v1/sites", &site).await?)?;
    Ok(Customer { id, site, position: position(latitude, longitude) })
}

async fn items(admin: &Office, kind: &str, plans: &'static [ItemPlan]) -> Result<Vec<Item>, Failed> {
    let mut items = Vec::new();
    for ItemPlan { code, name, unit, price_minor } in plans {
        let body =
            json!({ "kind": kind, "code": code, "name": name, "unit": unit, "price_minor": price_minor });
        let id = id_of(&admin.post("/v1/catalogue-items", &body).await?)?;
        items.push(Item { id, name, unit, price_minor: *price_minor });
    }
    Ok(items)
}

/// Makes the day's orders: technicians in turn, one visit after the other, and each order brought to its state.
async fn orders(
    admin: &Office,
    technicians: &[Person],
    customers: &[Customer],
    now: Timestamp,
) -> Result<BTreeMap<&'static str, usize>, Failed> {
    let mut counts = BTreeMap::new();
    let mut planned = 0_usize;
    for plan in &day::ORDERS {
        let customer = &customers[plan.customer];
        let mut body = json!({
            "kind": plan.kind, "reason": plan.reason, "priority": plan.priority,
            "customer": customer.id, "site": customer.site,
            "currency": CURRENCY, "zone": ZONE, "origin": "call",
        });
        if !plan.steps.is_empty() {
            let slot = i8::try_from(planned / technicians.len()).expect("a day has few slots");
            let start = FIRST_HOUR + slot * ORDER_HOURS;
            let window = [at_local_hour(now, ZONE, start), at_local_hour(now, ZONE, start + ORDER_HOURS)];
            let technician = technicians[planned % technicians.len()].id;
            body["window"] = json!({ "start": window[0], "end": window[1] });
            body["duration_minutes"] = json!(90);
            body["assignees"] = json!([{ "technician": technician, "role": "lead" }]);
            planned += 1;
        }
        let made = admin.post("/v1/orders", &body).await?;
        let path = format!("/v1/orders/{}/status", text_of(&made, "id")?);
        for state in plan.steps {
            let reason = (*state == "cancelled").then_some("O cliente comprou uma geladeira nova");
            admin.post(&path, &json!({ "to": state, "reason": reason })).await?;
        }
        *counts.entry(plan.steps.last().copied().unwrap_or("created")).or_insert(0) += 1;
    }
    Ok(counts)
}

fn text_of<'a>(made: &'a Value, field: &str) -> Result<&'a str, Failed> {
    made[field].as_str().ok_or_else(|| Failed::new(format!("an answer without `{field}`: {made}")))
}

fn id_of<T: std::str::FromStr>(made: &Value) -> Result<T, Failed> {
    text_of(made, "id")?.parse().map_err(|_| Failed::new(format!("an answer with another id: {made}")))
}

fn below(bound: u32, dice: &mut ChaCha8Rng) -> u32 {
    dice.next_u32() % bound
}

fn digits(count: usize, dice: &mut ChaCha8Rng) -> String {
    (0..count).map(|_| char::from_digit(below(10, dice), 10).expect("below ten")).collect()
}

fn mobile(dice: &mut ChaCha8Rng) -> String {
    format!("+55419{}", digits(8, dice))
}

fn jitter(dice: &mut ChaCha8Rng) -> f64 {
    (f64::from(below(2_001, dice)) / 1_000.0 - 1.0) * JITTER_DEGREES
}

#[expect(clippy::cast_possible_truncation, reason = "degrees on the earth fit")]
fn position(latitude: f64, longitude: f64) -> Position {
    Position {
        latitude_e7: (latitude * 1e7).round() as i64,
        longitude_e7: (longitude * 1e7).round() as i64,
        accuracy_m: None,
        is_mock: false,
    }
}
