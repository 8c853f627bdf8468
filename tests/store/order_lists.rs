//! Every filter with every sort gives what a plain look through all orders gives, page by page. Never how fast.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use campo::orders::list_orders::{ListOrders, PageTokenError, list_orders};
use campo::orders::{Caller, OrderRefusal};
use campo::projection::rebuild::{RebuildMode, rebuild};
use campo::search_text::{fold, words_of};
use campo::store::order_search::{
    self, OrderFilter, OrderQuery, OrderSort, SearchBounds, SortKey, TimeRange,
};
use campo::store::{Store, customers};
use campo::sync::Orders;
use harness::databases;
use harness::listed_orders::{self as made, MadeOrder, Population};
use sync_core::ids::{OrderId, RecordId, UserId};
use sync_core::order::Priority;
use sync_core::order::plan::Place;
use sync_core::time::Timestamp;
use sync_core::workflow::{Role, StatusCategory};

use super::phone::NOW;
use super::support::{ORGANIZATION, OTHER, open};

const DAY_MS: i64 = 86_400_000;
const POPULATION: Population =
    Population { orders: 3_000, customers: 300, equipment: 400, technicians: 9, now: NOW };
const DISPATCHER: Caller =
    Caller { organization: ORGANIZATION, user: UserId::from_bytes([1; 16]), role: Role::Dispatcher };

/// So small that these orders are found by every way.
const SMALL_BOUNDS: SearchBounds = SearchBounds {
    counted: 900,
    driven_at_once: 60,
    looked_up: 150,
    word_set: 200,
    driven_at_once_by_word: 40,
    walk: (120, 400),
    walk_with_sets: 80,
    walk_with_words: (100, 250),
};

/// All orders, and the words they are found by.
struct Model {
    orders: Vec<(MadeOrder, BTreeSet<String>)>,
    names: BTreeMap<RecordId, String>,
}

impl Model {
    fn new() -> Self {
        let mut records = BTreeMap::<RecordId, BTreeSet<String>>::new();
        let mut names = BTreeMap::new();
        for number in 0..POPULATION.customers {
            let text = [made::customer_name(number), made::phone(number), made::tax_id(number)].join(" ");
            records.insert(made::customer(number), words_of(&text));
            names.insert(made::customer(number), fold(&made::customer_name(number)));
            let site = format!("{} {}", made::word(number % 70), number % 1_000);
            records.insert(made::site(number), words_of(&site));
        }
        for number in 0..POPULATION.equipment {
            let name = [made::word(number % 90), made::word(number % 400), made::serial(number)].join(" ");
            records.insert(made::equipment(number), words_of(&name));
        }
        let with_words = |number| {
            let order = POPULATION.order(number);
            let mut words: BTreeSet<_> = order.summary.search.split_whitespace().map(str::to_owned).collect();
            let about = order.summary.equipment.iter().copied();
            for record in about.chain(order.summary.customer).chain(order.summary.site) {
                words.extend(records[&record].iter().cloned());
            }
            (order, words)
        };
        Self { orders: (0..POPULATION.orders).map(with_words).collect(), names }
    }

    fn find(&self, filter: &OrderFilter, sort: OrderSort) -> Vec<OrderId> {
        let is_in = |(order, words): &&(MadeOrder, BTreeSet<String>)| lets_through(filter, order, words);
        let mut found: Vec<_> = self.orders.iter().filter(is_in).map(|(order, _)| order).collect();
        found.sort_by(|one, other| {
            let order = self.compare(one, other, sort.key).then(one.row.order.cmp(&other.row.order));
            if sort.is_descending { order.reverse() } else { order }
        });
        found.iter().map(|order| order.row.order).collect()
    }

    fn compare(&self, one: &MadeOrder, other: &MadeOrder, key: SortKey) -> Ordering {
        let (a, b) = (&one.row, &other.row);
        match key {
            SortKey::Listed => a.listed_at.cmp(&b.listed_at),
            SortKey::Promised => a.promised.cmp(&b.promised),
            SortKey::Window => a.window_start.cmp(&b.window_start),
            SortKey::Priority => a.priority.cmp(&b.priority),
            SortKey::Number => a.number.cmp(&b.number),
            SortKey::Status => a.status.cmp(&b.status),
            SortKey::Customer => {
                let name = |order: &MadeOrder| order.row.customer.map(|id| self.names[&id].clone());
                name(one).cmp(&name(other))
            }
        }
    }
}

fn lets_through(filter: &OrderFilter, order: &MadeOrder, words: &BTreeSet<String>) -> bool {
    let (row, summary) = (&order.row, &order.summary);
    let is = |wanted: &Option<String>, value: &str| wanted.as_deref().is_none_or(|wanted| wanted == value);
    let is_open = !matches!(row.state.as_str(), "done" | "closed" | "cancelled");
    let is_late = |now: Timestamp| {
        let is_planned = matches!(row.state.as_str(), "new" | "scheduled");
        let has_passed = |at: Option<Timestamp>| at.is_some_and(|at| at < now);
        is_open && (has_passed(summary.promised) || is_planned && has_passed(summary.window_end))
    };
    let in_range = |range: TimeRange, at: Option<Timestamp>| {
        range == TimeRange::default()
            || at.is_some_and(|at| {
                range.from.is_none_or(|from| at >= from) && range.until.is_none_or(|until| at < until)
            })
    };
    let touches = |range: TimeRange| {
        range == TimeRange::default()
            || summary.window_start.zip(summary.window_end).is_some_and(|(start, end)| {
                range.from.is_none_or(|from| end > from) && range.until.is_none_or(|until| start < until)
            })
    };
    is(&filter.state, &row.state)
        && is(&filter.kind, &row.kind)
        && is(&filter.currency, &row.currency)
        && filter.category.is_none_or(|category| category.as_str() == row.state)
        && filter.place.is_none_or(|place| place.as_str() == row.place)
        && filter.priority.is_none_or(|priority| priority.as_str() == summary.priority)
        && filter.is_open.is_none_or(|wanted| wanted == is_open)
        && filter.customer.is_none_or(|customer| row.customer == Some(customer))
        && filter.site.is_none_or(|site| row.site == Some(site))
        && filter.equipment.is_none_or(|equipment| summary.equipment.contains(&equipment))
        && filter.is_paid.is_none_or(|wanted| wanted == row.is_paid)
        && filter.needs_attention.is_none_or(|wanted| wanted == (row.attention_count > 0))
        && filter.is_unassigned.is_none_or(|wanted| wanted == order.crew.is_empty())
        && filter
            .is_in_pool
            .is_none_or(|wanted| wanted == (order.crew.is_empty() && !order.offered_to.is_empty()))
        && filter.is_late.is_none_or(|(wanted, now)| wanted == is_late(now))
        && filter
            .technicians
            .iter()
            .all(|any| any.iter().any(|user| order.crew.contains(user) || order.offered_to.contains(user)))
        && touches(filter.window)
        && in_range(filter.promised, summary.promised)
        && in_range(filter.created, Some(row.created_at))
        && filter.words.iter().all(|word| words.iter().any(|known| known.starts_with(word.as_str())))
}

fn words(words: &[&str]) -> OrderFilter {
    OrderFilter { words: words.iter().map(|word| fold(word)).collect(), ..OrderFilter::default() }
}

fn range(from_days: i64, until_days: i64) -> TimeRange {
    let at = |days: i64| Some(NOW.plus_millis(days * DAY_MS));
    TimeRange { from: at(from_days), until: at(until_days) }
}

fn sorts() -> impl Iterator<Item = OrderSort> {
    let both = |key| [false, true].map(|is_descending| OrderSort { key, is_descending });
    SortKey::ALL.into_iter().flat_map(both)
}

/// One of each part, and parts together: rare with rare, common with common, and such as never meet.
fn filters() -> Vec<OrderFilter> {
    let all = OrderFilter::default;
    let kind = |kind: &str| Some(kind.to_owned());
    let technician = |number| vec![vec![made::technician(number)]];
    vec![
        all(),
        OrderFilter { state: kind("waiting"), ..all() },
        OrderFilter { category: Some(StatusCategory::New), ..all() },
        OrderFilter { category: Some(StatusCategory::Closed), ..all() },
        OrderFilter { is_open: Some(true), is_unassigned: Some(true), ..all() },
        OrderFilter { is_open: Some(true), ..words(&["r"]) },
        OrderFilter { is_unassigned: Some(true), ..all() },
        OrderFilter { is_in_pool: Some(true), ..all() },
        OrderFilter { is_in_pool: Some(true), is_open: Some(true), ..words(&["r"]) },
        OrderFilter { is_in_pool: Some(false), needs_attention: Some(true), ..all() },
        OrderFilter { is_open: Some(false), needs_attention: Some(false), ..all() },
        OrderFilter { technicians: technician(2), ..all() },
        OrderFilter { technicians: vec![vec![made::technician(1), made::technician(2)]], ..all() },
        OrderFilter { technicians: [technician(1), technician(2)].concat(), ..all() },
        OrderFilter { technicians: technician(8), kind: kind("audit"), ..all() },
        OrderFilter { customer: Some(made::customer(3)), ..all() },
        OrderFilter { site: Some(made::site(3)), is_unassigned: Some(false), ..all() },
        OrderFilter { equipment: Some(made::equipment(5)), ..all() },
        OrderFilter { is_paid: Some(true), ..all() },
        OrderFilter { is_paid: Some(false), category: Some(StatusCategory::Closed), ..all() },
        OrderFilter { kind: kind("audit"), ..all() },
        OrderFilter { kind: kind("unheard-of"), ..all() },
        OrderFilter { priority: Some(Priority::Urgent), place: Some(Place::Remote), ..all() },
        OrderFilter { currency: kind("USD"), needs_attention: Some(true), ..all() },
        OrderFilter { is_late: Some((true, NOW)), ..all() },
        OrderFilter { is_late: Some((false, NOW)), priority: Some(Priority::High), ..all() },
        OrderFilter { window: range(-3, 2), ..all() },
        OrderFilter { window: TimeRange { from: Some(NOW), until: None }, ..all() },
        OrderFilter { promised: TimeRange { from: Some(NOW), until: None }, ..all() },
        OrderFilter { promised: range(-400, -390), created: range(-420, -395), ..all() },
        words(&["r"]),
        OrderFilter { kind: kind("audit"), ..words(&["r"]) },
        words(&["antigamente"]),
        words(&["antigamente", &made::word(0)]),
        OrderFilter { technicians: technician(8), ..words(&["antigamente"]) },
        words(&["SN1000007"]),
        words(&[&made::phone(4)[3..]]),
        words(&[&made::customer_name(7).split(' ').next().unwrap()[..4], "repa"]),
        words(&["1234"]),
        words(&["zzzz"]),
    ]
}

/// Within the bounds that a server has, and within small ones.
async fn everything(
    store: &Store,
    filter: &OrderFilter,
    sort: OrderSort,
    bounds: Option<SearchBounds>,
) -> Vec<OrderId> {
    let mut found = Vec::new();
    let mut query = OrderQuery { filter: filter.clone(), sort, after: None, limit: 97 };
    loop {
        let mut tx = store.begin_read(ORGANIZATION).await.unwrap();
        let places = match bounds {
            Some(bounds) => order_search::page_within(&mut tx, &query, bounds).await.unwrap(),
            None => order_search::page(&mut tx, &query).await.unwrap(),
        };
        tx.commit().await.unwrap();
        found.extend(places.iter().map(|place| place.order));
        // The end of a long list is like its middle.
        if places.len() < 97 || found.len() > 300 {
            return found;
        }
        query.after = places.last().cloned();
    }
}

#[tokio::test]
async fn every_filter_with_every_sort_gives_what_a_look_through_all_orders_gives() {
    let model = Model::new();
    for database in databases::each_database() {
        let store = open(&database).await;
        POPULATION.store(&store, ORGANIZATION).await.unwrap();

        for (filter, bounds) in
            filters().iter().flat_map(|filter| [(filter, None), (filter, Some(SMALL_BOUNDS))])
        {
            for sort in sorts() {
                let found = everything(&store, filter, sort, bounds).await;

                let expected = model.find(filter, sort);
                let length = found.len();
                assert!(
                    found == expected[..length.min(expected.len())]
                        && (length > 300 || length == expected.len()),
                    "{:?}: {filter:?} by {sort:?} within {bounds:?}: {length} of {}",
                    database.kind(),
                    expected.len()
                );
            }
        }
        let mut tx = store.begin_read(OTHER).await.unwrap();
        let sort = OrderSort::default();
        let query = OrderQuery { filter: words(&["r"]), sort, after: None, limit: 10 };
        assert_eq!(order_search::page(&mut tx, &query).await.unwrap(), []);
    }
}

#[tokio::test]
async fn a_page_of_another_list_is_refused_and_a_technician_sees_only_their_own() {
    for database in databases::each_database() {
        let store = open(&database).await;
        Population { orders: 120, ..POPULATION }.store(&store, ORGANIZATION).await.unwrap();
        let orders = Orders::open(store).await.unwrap();
        let ask = |sort: &str, kind: Option<&str>, page: Option<String>| ListOrders {
            filter: OrderFilter { kind: kind.map(str::to_owned), ..OrderFilter::default() },
            sort: OrderSort::parse(sort).unwrap(),
            page,
            limit: 10,
        };

        let first = list_orders(&orders, DISPATCHER, ask("-promised", None, None), NOW).await.unwrap();
        let next = first.next.clone();
        let second =
            list_orders(&orders, DISPATCHER, ask("-promised", None, next.clone()), NOW).await.unwrap();
        let other_sort = list_orders(&orders, DISPATCHER, ask("promised", None, next.clone()), NOW).await;
        let other_filter =
            list_orders(&orders, DISPATCHER, ask("-promised", Some("repair"), next), NOW).await;
        let technician = Caller { user: made::technician(2), role: Role::Technician, ..DISPATCHER };
        let own = list_orders(&orders, technician, ask("number", None, None), NOW).await.unwrap();

        assert!(first.orders.iter().all(|order| !second.orders.contains(order)));
        for refused in [other_sort, other_filter] {
            assert!(matches!(refused, Err(OrderRefusal::Page(PageTokenError::OtherList))), "{refused:?}");
        }
        assert!(!own.orders.is_empty());
        assert!(own.orders.iter().all(|order| order.assignees.contains_key(&made::technician(2))));
        assert!(own.orders.iter().all(|order| order.customer_name.is_some()));
    }
}

#[tokio::test]
async fn a_renamed_customer_is_found_and_sorted_by_the_new_name() {
    for database in databases::each_database() {
        let store = open(&database).await;
        Population { orders: 200, ..POPULATION }.store(&store, ORGANIZATION).await.unwrap();
        let mut tx = store.begin_write(ORGANIZATION).await.unwrap();
        let mut record = customers::get(&mut tx, made::customer(0)).await.unwrap().unwrap();
        record.fields.name = "Zzyzx Panificadora".to_owned();
        record.version += 1;
        campo::reference::ReferenceFields::save(&mut tx, &record)
            .await
            .map(|is_saved: bool| assert!(is_saved))
            .unwrap();
        tx.commit().await.unwrap();

        let by_name = OrderSort { key: SortKey::Customer, is_descending: true };
        let found = everything(&store, &words(&["panif"]), OrderSort::default(), None).await;
        let sorted = everything(&store, &OrderFilter::default(), by_name, None).await;

        let own = OrderFilter { customer: Some(made::customer(0)), ..OrderFilter::default() };
        let expected = everything(&store, &own, by_name, None).await;
        assert!(!expected.is_empty() && found.len() == expected.len());
        assert_eq!(sorted[..expected.len()], expected);
    }
}

#[tokio::test]
async fn the_words_of_records_are_made_again_by_a_rebuild() {
    for database in databases::each_database() {
        let store = open(&database).await;
        Population { orders: 0, ..POPULATION }.store(&store, ORGANIZATION).await.unwrap();
        let mut tx = store.begin_write(ORGANIZATION).await.unwrap();
        let wrong = BTreeSet::from(["wrong".to_owned()]);
        campo::store::record_words::replace(&mut tx, "site", made::site(1), &wrong).await.unwrap();
        tx.commit().await.unwrap();

        let found = rebuild(&store, &[ORGANIZATION], RebuildMode::Check).await.unwrap().difference;
        rebuild(&store, &[ORGANIZATION], RebuildMode::Write).await.unwrap();
        let again = rebuild(&store, &[ORGANIZATION], RebuildMode::Check).await.unwrap().difference;

        assert_eq!(found.map(|difference| difference.what), Some("the words of its records differ"));
        assert_eq!(again, None);
    }
}
