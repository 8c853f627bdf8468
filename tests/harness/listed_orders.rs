//! Many orders as lists have them, made up the same way every time. Never through the documents they would come from.
//!
//! The rows go in by the store's own functions, many in a transaction: lists and search read nothing else.

use std::collections::BTreeSet;

use campo::reference::{CustomerFields, EquipmentFields, Record, ReferenceFields, SiteFields};
use campo::search_text::{fold, words_of};
use campo::store::order_list::{self, FAR_FUTURE, OrderListRow, ranked};
use campo::store::order_summaries::{self, OrderSummaryRow};
use campo::store::{Result, Store, order_assignees, order_equipment, order_words};
use sync_core::ids::{OrderId, OrganizationId, RecordId, UserId};
use sync_core::order::CrewRole;
use sync_core::time::Timestamp;
use sync_core::workflow::StatusCategory;

/// Rows in one transaction.
const ROWS_AT_ONCE: usize = 2_000;
const DAY_MS: i64 = 86_400_000;
/// How many days back the orders reach.
const DAYS: i64 = 3 * 365;

const CATEGORIES: [StatusCategory; 8] = [
    StatusCategory::New,
    StatusCategory::Scheduled,
    StatusCategory::Traveling,
    StatusCategory::Working,
    StatusCategory::Waiting,
    StatusCategory::Done,
    StatusCategory::Closed,
    StatusCategory::Cancelled,
];
/// Of a thousand orders of the last six weeks, and of a thousand older ones.
const RECENT: [u64; 8] = [200, 300, 20, 50, 130, 100, 150, 50];
const OLD: [u64; 8] = [2, 1, 0, 1, 6, 20, 900, 70];
const KINDS: [(&str, u64); 8] = [
    ("repair", 400),
    ("maintenance", 200),
    ("installation", 150),
    ("inspection", 100),
    ("delivery", 80),
    ("training", 40),
    ("recall", 29),
    ("audit", 1),
];

/// How many there are of each.
#[derive(Debug, Clone, Copy)]
pub struct Population {
    /// Orders.
    pub orders: u64,
    /// Customers, each with a site.
    pub customers: u64,
    /// Pieces of equipment.
    pub equipment: u64,
    /// Technicians.
    pub technicians: u64,
    /// The moment of the last order.
    pub now: Timestamp,
}

/// One order with everything lists know of it.
#[derive(Debug, Clone)]
pub struct MadeOrder {
    /// What lists show.
    pub summary: OrderSummaryRow,
    /// By what they sort and filter.
    pub row: OrderListRow,
    /// Who works on it.
    pub crew: Vec<UserId>,
    /// Who may take it, while nobody works on it.
    pub offered_to: Vec<UserId>,
}

/// Numbers that look like dice and are the same every time.
#[derive(Debug, Clone, Copy)]
struct Dice(u64);

impl Dice {
    const fn of(kind: u64, number: u64) -> Self {
        Self(kind.wrapping_mul(0xA076_1D64_78BD_642F) ^ number.wrapping_mul(0xE703_7ED1_A0B4_28DB))
    }

    const fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % end
    }

    fn among<T: Copy>(&mut self, weighted: impl Iterator<Item = (T, u64)> + Clone) -> T {
        let total = weighted.clone().map(|(_, weight)| weight).sum();
        let mut rest = self.below(total);
        for (value, weight) in weighted {
            if rest < weight {
                return value;
            }
            rest -= weight;
        }
        unreachable!("the rest is below the sum of the weights")
    }

    /// Smaller numbers more often, as words of a language are.
    const fn skewed_below(&mut self, end: u64) -> u64 {
        let first = self.below(end);
        let second = self.below(end);
        first * second / end
    }
}

fn id(kind: u8, number: u64) -> [u8; 16] {
    let mut bytes = [kind; 16];
    // Spread over the whole range, as random ids are.
    bytes[..8].copy_from_slice(&Dice::of(u64::from(kind), number).below(u64::MAX).to_be_bytes());
    bytes[8..].copy_from_slice(&number.to_be_bytes());
    bytes
}

/// The id of a customer.
pub fn customer(number: u64) -> RecordId {
    RecordId::from_bytes(id(b'c', number))
}

/// The id of a customer's site.
pub fn site(number: u64) -> RecordId {
    RecordId::from_bytes(id(b's', number))
}

/// The id of a piece of equipment.
pub fn equipment(number: u64) -> RecordId {
    RecordId::from_bytes(id(b'e', number))
}

/// The id of a technician.
pub fn technician(number: u64) -> UserId {
    UserId::from_bytes(id(b't', number))
}

/// A made-up word of two to four syllables; word 0 is the most common one in reasons.
pub fn word(number: u64) -> String {
    let mut dice = Dice::of(7, number);
    let syllables = 2 + dice.below(3);
    let mut word = String::new();
    for _ in 0..syllables {
        let consonants = b"bcdfglmnprstv";
        let vowels = b"aeiou";
        word.push(char::from(consonants[usize::try_from(dice.below(13)).unwrap_or(0)]));
        word.push(char::from(vowels[usize::try_from(dice.below(5)).unwrap_or(0)]));
    }
    word
}

const WORDS: u64 = 2_500;
const TOTAL_MINOR: i64 = 12_345;

fn customer_fields(number: u64) -> CustomerFields {
    let mut dice = Dice::of(1, number);
    let first = dice.skewed_below(300);
    let last = dice.skewed_below(600);
    CustomerFields {
        name: format!("{} {} {}", word(10_000 + first), word(20_000 + last), word(dice.below(WORDS))),
        tax_id: format!("{}", 10_000_000_000_000 + number * 7_919),
        phone: format!("+55119{:08}", 10_000_000 + number * 37),
        ..CustomerFields::default()
    }
}

fn equipment_fields(number: u64, population: Population) -> EquipmentFields {
    EquipmentFields {
        customer_id: customer(number % population.customers),
        site_id: None,
        parent_id: None,
        name: format!("{} {}", word(number % 90), word(number % 400)),
        kind: String::new(),
        manufacturer: String::new(),
        model: String::new(),
        serial: serial(number),
        code: String::new(),
        installed_on: String::new(),
        notes: String::new(),
    }
}

/// The serial number of a piece of equipment.
pub fn serial(number: u64) -> String {
    format!("SN{:07}", 1_000_000 + number)
}

/// The telephone number of a customer, as it is dialled.
pub fn phone(number: u64) -> String {
    customer_fields(number).phone
}

/// What a customer is called.
pub fn customer_name(number: u64) -> String {
    customer_fields(number).name
}

/// The tax id of a customer.
pub fn tax_id(number: u64) -> String {
    customer_fields(number).tax_id
}

impl Population {
    /// An order, the first of which is the oldest.
    pub fn order(self, number: u64) -> MadeOrder {
        let mut dice = Dice::of(3, number);
        let age_ms = DAYS * DAY_MS / signed(self.orders.max(1)) * signed(self.orders - number);
        let weights = if age_ms < 45 * DAY_MS { RECENT } else { OLD };
        let category = dice.among(CATEGORIES.into_iter().zip(weights));
        let priority = dice.among([0, 1, 2].into_iter().zip([850, 120, 30]));
        let crew = self.crew(&mut dice, number, category);
        let listed_at = Timestamp(self.now.0 - age_ms);
        let summary = self.summary(&mut dice, (number, listed_at), (category, priority));
        let row = list_row(&summary, (category, priority), crew.len());
        let offered_to = self.offered_to(number, crew.is_empty());
        MadeOrder { summary, row, crew, offered_to }
    }

    fn summary(
        self,
        dice: &mut Dice,
        (number, listed_at): (u64, Timestamp),
        (category, priority): (StatusCategory, usize),
    ) -> OrderSummaryRow {
        let kind = dice.among(KINDS.into_iter());
        let customer_number = dice.skewed_below(self.customers);
        let day = |dice: &mut Dice, from: u64, span: u64| {
            Timestamp(listed_at.0 + signed(from + dice.below(span)) * DAY_MS)
        };
        let window_start = (dice.below(10) < 9).then(|| day(dice, 1, 20));
        let reason = reason(dice, number, self.orders);
        let number_text = (number + 1).to_string();
        let mut words: BTreeSet<String> = BTreeSet::new();
        [number_text.as_str(), &reason, kind].into_iter().for_each(|text| words.extend(words_of(text)));
        OrderSummaryRow {
            order: OrderId::from_bytes(id(b'o', number)),
            listed_at,
            is_created: true,
            number: Some(number_text),
            kind: Some(kind.to_owned()),
            workflow: "field-service@1".to_owned(),
            state: category.as_str().to_owned(),
            category: category.as_str().to_owned(),
            priority: ["normal", "high", "urgent"][priority].to_owned(),
            reason: Some(reason),
            customer: Some(customer(customer_number)),
            draft_customer: None,
            site: Some(site(customer_number)),
            place: dice.among(["on_site", "in_shop", "remote"].into_iter().zip([800, 180, 20])).to_owned(),
            equipment: (dice.below(10) < 7)
                .then(|| equipment(dice.below(self.equipment)))
                .into_iter()
                .collect(),
            status_since: Some(day(dice, 0, 30)),
            window_start,
            window_end: window_start.map(|start| start.plus_millis(window_ms(number))),
            promised: (dice.below(10) < 7).then(|| day(dice, 5, 35)),
            currency: Some(if dice.below(100) == 0 { "USD" } else { "BRL" }.to_owned()),
            total_minor: Some(TOTAL_MINOR),
            paid_minor: if is_paid(number, category) { TOTAL_MINOR } else { 0 },
            created_by: None,
            created_at: Some(listed_at),
            attention_count: i64::from(dice.below(100) < 3),
            conflict_count: 0,
            running_visit_count: 0,
            line_count: 3,
            note_count: 1,
            photo_count: 2,
            expense_count: 0,
            is_signed: category == StatusCategory::Closed,
            search: words.iter().map(|word| format!(" {word}")).collect(),
        }
    }

    /// The last technician was hired late: only the newest orders are theirs.
    fn crew(self, dice: &mut Dice, number: u64, category: StatusCategory) -> Vec<UserId> {
        if category == StatusCategory::New && dice.below(10) < 6 || dice.below(100) == 0 {
            return Vec::new();
        }
        let is_recent = number > self.orders * 19 / 20;
        if is_recent && dice.below(3) == 0 {
            return vec![technician(self.technicians - 1)];
        }
        let lead = dice.below(self.technicians - 1);
        let helper = dice.below(self.technicians - 1);
        let has_helper = dice.below(100) < 15 && helper != lead;
        [Some(lead), has_helper.then_some(helper)].into_iter().flatten().map(technician).collect()
    }

    /// Some of those that nobody works on.
    fn offered_to(self, number: u64, has_nobody: bool) -> Vec<UserId> {
        let mut dice = Dice::of(11, number);
        let is_offered = has_nobody && dice.below(4) == 0;
        is_offered.then(|| technician(dice.below(self.technicians))).into_iter().collect()
    }

    /// Writes everything into the lists of an organization.
    ///
    /// # Errors
    ///
    /// Fails when the database does.
    pub async fn store(self, store: &Store, organization: OrganizationId) -> Result<()> {
        self.store_records(store, organization).await?;
        let mut numbers = 0..self.orders;
        loop {
            let made: Vec<_> = numbers.by_ref().take(ROWS_AT_ONCE).map(|number| self.order(number)).collect();
            if made.is_empty() {
                return Ok(());
            }
            let mut tx = store.begin_write(organization).await?;
            let shown: Vec<_> = made.iter().map(|order| order.summary.clone()).collect();
            order_summaries::put(&mut tx, &shown.iter().collect::<Vec<_>>()).await?;
            order_list::put(&mut tx, &made.iter().map(|order| (&order.row, "")).collect::<Vec<_>>()).await?;
            let words: Vec<_> = shown
                .iter()
                .flat_map(|row| row.search.split_whitespace().map(|word| (row.order, word)))
                .collect();
            order_words::add(&mut tx, &words).await?;
            let about: Vec<_> =
                shown.iter().flat_map(|row| row.equipment.iter().map(|id| (row.order, *id))).collect();
            order_equipment::add(&mut tx, &about).await?;
            for order in &made {
                for user in &order.crew {
                    order_assignees::put(&mut tx, order.row.order, *user, CrewRole::Lead).await?;
                }
                for user in &order.offered_to {
                    order_assignees::put(&mut tx, order.row.order, *user, CrewRole::Offered).await?;
                }
            }
            tx.commit().await?;
        }
    }

    async fn store_records(self, store: &Store, organization: OrganizationId) -> Result<()> {
        let mut numbers = 0..self.customers.max(self.equipment);
        loop {
            let some: Vec<_> = numbers.by_ref().take(ROWS_AT_ONCE).collect();
            if some.is_empty() {
                return Ok(());
            }
            let mut tx = store.begin_write(organization).await?;
            for number in some {
                if number < self.customers {
                    save(&mut tx, customer(number), customer_fields(number), self.now).await?;
                    let fields = SiteFields {
                        customer_id: customer(number),
                        name: format!("{} {}", word(number % 70), number % 1_000),
                        ..empty_site()
                    };
                    save(&mut tx, site(number), fields, self.now).await?;
                }
                if number < self.equipment {
                    save(&mut tx, equipment(number), equipment_fields(number, self), self.now).await?;
                }
            }
            tx.commit().await?;
        }
    }
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Four hours, or ten days for every fortieth order.
const fn window_ms(number: u64) -> i64 {
    if number.is_multiple_of(40) { 10 * DAY_MS } else { 4 * 3_600_000 }
}

/// Four of five closed orders are.
const fn is_paid(number: u64, category: StatusCategory) -> bool {
    matches!(category, StatusCategory::Closed) && Dice::of(9, number).below(5) < 4
}

fn list_row(
    summary: &OrderSummaryRow,
    (category, priority): (StatusCategory, usize),
    crew: usize,
) -> OrderListRow {
    let far = |at: Option<Timestamp>| at.map_or(FAR_FUTURE, |at| at.0);
    let rank = |rank: usize| signed(u64::try_from(rank).unwrap_or(0));
    OrderListRow {
        order: summary.order,
        listed_at: summary.listed_at,
        number: summary.number.as_deref().and_then(|number| number.parse().ok()).unwrap_or(0),
        priority: ranked(rank(priority), summary.listed_at),
        status: ranked(category as i64, summary.listed_at),
        window_start: far(summary.window_start),
        window_end: far(summary.window_end),
        promised: far(summary.promised),
        created_at: summary.listed_at,
        status_since: far(summary.status_since),
        attention_count: summary.attention_count,
        assignee_count: rank(crew),
        customer: summary.customer,
        site: summary.site,
        state: summary.state.clone(),
        kind: summary.kind.clone().unwrap_or_default(),
        place: summary.place.clone(),
        currency: summary.currency.clone().unwrap_or_default(),
        is_paid: summary.paid_minor >= TOTAL_MINOR,
    }
}

fn empty_site() -> SiteFields {
    SiteFields {
        customer_id: customer(0),
        name: String::new(),
        street: String::new(),
        number: String::new(),
        complement: String::new(),
        district: String::new(),
        city: String::new(),
        region: String::new(),
        postal_code: String::new(),
        country: String::new(),
        instructions: String::new(),
        latitude_e7: None,
        longitude_e7: None,
    }
}

async fn save<F: ReferenceFields>(
    tx: &mut campo::store::Tx,
    id: RecordId,
    fields: F,
    now: Timestamp,
) -> Result<()> {
    let record = Record { id, version: 1, archived: false, created_at: now, updated_at: now, fields };
    F::save(tx, &record).await.map(drop)
}

/// Four to nine words, the first ones of the language more often; the oldest twentieth of all orders shares a word.
fn reason(dice: &mut Dice, number: u64, orders: u64) -> String {
    let count = 4 + dice.below(6);
    let mut words: Vec<_> = (0..count).map(|_| word(dice.skewed_below(WORDS))).collect();
    if number < orders / 20 {
        words.push("antigamente".to_owned());
    }
    fold(&words.join(" "))
}
