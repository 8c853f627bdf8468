//! What the office does over REST, below HTTP: commands, lists, history, held work. Never through a device.

use std::collections::{BTreeMap, BTreeSet};

use campo::orders::create_order::create_order;
use campo::orders::decide_held_change::{discard_held_change, list_held_changes, merge_held_changes};
use campo::orders::execute_command::{GivenCommand, execute_command};
use campo::orders::list_orders::{ListOrders, list_orders};
use campo::orders::order_history::order_history;
use campo::orders::read_order::read_order;
use campo::orders::{Caller, OrderRefusal};
use campo::store::order_search::OrderFilter;
use campo::store::{Store, actors, exchange_state};
use campo::sync::Orders;
use campo::sync::accept_changes::{Push, accept_changes};
use harness::databases;
use sync_core::ids::{ActorId, EntryId, OrderId, UserId};
use sync_core::intake::{Access, Pusher};
use sync_core::message::{HeldReason, Outcome, PushedOrder};
use sync_core::order::command::NewOrder;
use sync_core::order::{CrewRole, OrderCommand};
use sync_core::workflow::Role;

use super::phone::{NOW, Phone};
use super::support::{ORGANIZATION, OTHER, open};

const DISPATCHER: Caller =
    Caller { organization: ORGANIZATION, user: UserId::from_bytes([1; 16]), role: Role::Dispatcher };

fn order(number: u8) -> OrderId {
    OrderId::from_bytes([number; 16])
}

fn given(order: OrderId, command: OrderCommand) -> GivenCommand {
    GivenCommand { caller: DISPATCHER, order, command, expected_version: None, now: NOW }
}

fn new_order(reason: &str) -> NewOrder {
    NewOrder { reason: Some(reason.to_owned()), ..NewOrder::default() }
}

fn note(number: u8) -> OrderCommand {
    OrderCommand::AddNote {
        note: EntryId::from_bytes([number; 16]),
        text: "call before".to_owned(),
        is_internal: true,
    }
}

#[tokio::test]
async fn an_order_made_by_the_office_is_numbered_and_reaches_a_phone() {
    for database in databases::each_database() {
        let orders = Orders::open(open(&database).await).await.unwrap();
        let mut ana = Phone::new(ORGANIZATION, 2, Role::Technician, 102);

        let first = create_order(&orders, DISPATCHER, order(1), new_order("hums"), NOW).await.unwrap();
        create_order(&orders, DISPATCHER, order(2), new_order("drips"), NOW).await.unwrap();
        let assign = OrderCommand::Assign { technician: UserId::from_bytes([2; 16]), role: CrewRole::Lead };
        execute_command(&orders, given(order(2), assign)).await.unwrap();
        ana.sync(&orders).await;

        assert_eq!(first.plan.number.as_deref(), Some("1"));
        assert_eq!(ana.order(order(2)).plan.number.as_deref(), Some("2"));
        assert!(!ana.documents.contains_key(&order(1)));
    }
}

#[tokio::test]
async fn in_another_epoch_the_server_writes_with_other_pens() {
    for database in databases::each_database() {
        let store = open(&database).await;
        let orders = Orders::open(store.clone()).await.unwrap();
        create_order(&orders, DISPATCHER, order(1), new_order("hums"), NOW).await.unwrap();
        execute_command(&orders, given(order(1), note(1))).await.unwrap();
        let before = pens(&store, order(1)).await;

        exchange_state::begin_epoch(&store, NOW).await.unwrap();
        let restored = Orders::open(store.clone()).await.unwrap();
        execute_command(&restored, given(order(1), note(2))).await.unwrap();

        let after = pens(&store, order(1)).await;
        assert_eq!(after.difference(&before).count(), 1);
        assert!(after.is_superset(&before));
    }
}

/// The pens that wrote in an order.
async fn pens(store: &Store, order: OrderId) -> BTreeSet<ActorId> {
    let mut tx = store.begin_read(ORGANIZATION).await.unwrap();
    let bound = actors::of_orders(&mut tx, &[order]).await.unwrap().remove(&order).unwrap_or_default();
    tx.commit().await.unwrap();
    bound.into_keys().collect()
}

#[tokio::test]
async fn creating_again_under_the_same_id_returns_what_was_created() {
    for database in databases::each_database() {
        let orders = Orders::open(open(&database).await).await.unwrap();
        let first = create_order(&orders, DISPATCHER, order(1), new_order("hums"), NOW).await.unwrap();

        let again = create_order(&orders, DISPATCHER, order(1), new_order("hums"), NOW).await.unwrap();

        assert_eq!(first.version, again.version);
    }
}

#[tokio::test]
async fn of_two_dispatchers_at_once_the_second_learns_what_the_first_did() {
    // covers: C8
    for database in databases::each_database() {
        let orders = Orders::open(open(&database).await).await.unwrap();
        let created = create_order(&orders, DISPATCHER, order(1), new_order("hums"), NOW).await.unwrap();
        let assign =
            |user| OrderCommand::Assign { technician: UserId::from_bytes([user; 16]), role: CrewRole::Lead };
        let looking_at_created = |user| GivenCommand {
            expected_version: Some(created.version.clone()),
            ..given(order(1), assign(user))
        };

        let first = execute_command(&orders, looking_at_created(2)).await.unwrap();
        let second = execute_command(&orders, looking_at_created(3)).await;

        let Err(OrderRefusal::Stale(current)) = second else { panic!("{second:?}") };
        assert_eq!(current.version, first.version);
        assert_eq!(current.assignees.keys().copied().collect::<Vec<_>>(), [UserId::from_bytes([2; 16])]);
    }
}

#[tokio::test]
async fn commands_on_one_order_at_once_are_performed_one_after_the_other() {
    for database in databases::each_database() {
        let orders = Orders::open(open(&database).await).await.unwrap();
        create_order(&orders, DISPATCHER, order(1), new_order("hums"), NOW).await.unwrap();

        let commands = (10..30).map(|number| execute_command(&orders, given(order(1), note(number))));
        let done = futures_util::future::join_all(commands).await;

        assert!(done.iter().all(Result::is_ok));
        assert_eq!(read_order(&orders, DISPATCHER, order(1)).await.unwrap().notes.len(), 20);
    }
}

#[tokio::test]
async fn orders_of_another_organization_are_not_found() {
    for database in databases::each_database() {
        let orders = Orders::open(open(&database).await).await.unwrap();
        create_order(&orders, DISPATCHER, order(1), new_order("hums"), NOW).await.unwrap();
        let stranger = Caller { organization: OTHER, ..DISPATCHER };
        let outsider = Caller { role: Role::Technician, user: UserId::from_bytes([9; 16]), ..DISPATCHER };

        for caller in [stranger, outsider] {
            let read = read_order(&orders, caller, order(1)).await;
            let written = execute_command(&orders, GivenCommand { caller, ..given(order(1), note(1)) }).await;
            let told = order_history(&orders, caller, order(1)).await;
            assert!(matches!(read, Err(OrderRefusal::NotFound)));
            assert!(matches!(written, Err(OrderRefusal::NotFound)));
            assert!(matches!(told, Err(OrderRefusal::NotFound)));
        }
    }
}

#[tokio::test]
async fn the_list_is_narrowed_searched_and_paged_without_repetition_while_others_write() {
    for database in databases::each_database() {
        let orders = Orders::open(open(&database).await).await.unwrap();
        for number in 1..=7 {
            let reason = if number % 2 == 0 { "Aparelho não liga" } else { "drips" };
            create_order(&orders, DISPATCHER, order(number), new_order(reason), NOW).await.unwrap();
        }

        let search = OrderFilter { words: vec!["nao".to_owned()], ..OrderFilter::default() };
        let search = ListOrders { filter: search, limit: 50, ..ListOrders::default() };
        let found = list_orders(&orders, DISPATCHER, search, NOW).await.unwrap();
        let mut seen = Vec::new();
        let mut next = None;
        loop {
            let asked = ListOrders { page: next, limit: 3, ..ListOrders::default() };
            let page = list_orders(&orders, DISPATCHER, asked, NOW).await.unwrap();
            seen.extend(page.orders.iter().map(|row| row.summary.order));
            execute_command(&orders, given(order(1), note(100 + u8::try_from(seen.len()).unwrap())))
                .await
                .unwrap();
            next = page.next;
            if next.is_none() {
                break;
            }
        }

        assert_eq!(found.orders.len(), 3);
        let expected: Vec<_> = (1..=7).rev().map(order).collect();
        assert_eq!(seen, expected);
        let nobody = Caller { role: Role::Technician, user: UserId::from_bytes([9; 16]), ..DISPATCHER };
        let all = ListOrders { limit: 50, ..ListOrders::default() };
        let none = list_orders(&orders, nobody, all, NOW).await.unwrap();
        assert!(none.orders.is_empty());
    }
}

#[tokio::test]
async fn history_tells_who_wrote_what() {
    for database in databases::each_database() {
        let orders = Orders::open(open(&database).await).await.unwrap();
        create_order(&orders, DISPATCHER, order(1), new_order("hums"), NOW).await.unwrap();
        execute_command(&orders, given(order(1), note(4))).await.unwrap();

        let history = order_history(&orders, DISPATCHER, order(1)).await.unwrap();

        assert_eq!(history.len(), 3, "creation, number, remark");
        assert_eq!(history[0].user, Some(DISPATCHER.user));
        assert!(history[1].is_by_server && history[1].writes.iter().any(|write| write.path == "plan/number"));
        let text = history[2].writes.iter().find(|write| write.path.ends_with("/text")).unwrap();
        assert_eq!(text.value, "call before");
    }
}

#[tokio::test]
async fn work_deposited_after_access_ended_waits_until_the_office_merges_or_discards_it() {
    for database in databases::each_database() {
        let orders = Orders::open(open(&database).await).await.unwrap();
        let mut ana = Phone::new(ORGANIZATION, 2, Role::Technician, 102);
        create_order(&orders, DISPATCHER, order(1), new_order("hums"), NOW).await.unwrap();
        let assign = OrderCommand::Assign { technician: ana.reader.user, role: CrewRole::Lead };
        execute_command(&orders, given(order(1), assign)).await.unwrap();
        ana.sync(&orders).await;
        let hashes = [ana.note(order(1), 1), ana.note(order(1), 2)];

        let held = offer(&orders, &ana, Access::Ended).await;
        let again = offer(&orders, &ana, Access::Ended).await;
        let waiting = list_held_changes(&orders, DISPATCHER).await.unwrap();
        let author = (ana.reader.user, Role::Technician);
        let merged = merge_held_changes(&orders, DISPATCHER, order(1), author, NOW).await.unwrap();

        assert!(held.iter().all(is_held), "{held:?}");
        assert_eq!(held, again);
        assert_eq!(waiting.len(), 2);
        assert_eq!(merged, hashes.map(|hash| (hash, Outcome::Applied)));
        assert!(list_held_changes(&orders, DISPATCHER).await.unwrap().is_empty());
        let view = read_order(&orders, DISPATCHER, order(1)).await.unwrap();
        assert_eq!(view.notes.len(), 2);
        assert!(!view.attention.is_empty(), "what was deposited is labeled");
    }
}

#[tokio::test]
async fn a_discarded_change_is_refused_to_its_device() {
    for database in databases::each_database() {
        let orders = Orders::open(open(&database).await).await.unwrap();
        let mut ana = Phone::new(ORGANIZATION, 2, Role::Technician, 102);
        let hash = ana.create(order(1), &[]);
        offer(&orders, &ana, Access::Ended).await;

        discard_held_change(&orders, DISPATCHER, order(1), hash, NOW).await.unwrap();
        let outcomes = offer(&orders, &ana, Access::Granted).await;

        assert!(matches!(&outcomes[0], Outcome::Rejected { .. }), "{outcomes:?}");
        assert!(list_held_changes(&orders, DISPATCHER).await.unwrap().is_empty());
    }
}

fn is_held(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Held { reason: HeldReason::AuthorDisabled, .. })
}

/// Offers everything unsent in the name of its author, whose access stands so.
async fn offer(orders: &Orders, phone: &Phone, access: Access) -> Vec<Outcome> {
    let pusher = Pusher {
        user: phone.reader.user,
        role: phone.reader.role,
        device: Some(phone.reader.device),
        access,
    };
    let push =
        |(order, changes): (&OrderId, &Vec<_>)| PushedOrder { order: *order, changes: changes.clone() };
    let (organization, vouched) = (ORGANIZATION, BTreeMap::new());
    let push = Push { organization, pusher, orders: phone.unsent.iter().map(push).collect(), vouched };
    let results = accept_changes(orders, push, NOW).await.unwrap();
    results.into_iter().flat_map(|order| order.results).map(|result| result.outcome).collect()
}
