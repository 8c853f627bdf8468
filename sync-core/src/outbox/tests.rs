//! What is unsent is what has no fate, whatever happened before.

use super::*;

const ORDER: OrderId = OrderId::from_bytes([1; 16]);

fn entry(byte: u8) -> OwnEntry {
    OwnEntry { hash: ChangeHash::from_bytes([byte; 32]), size_bytes: 90, fate: None, voucher: None }
}

fn outbox() -> Outbox {
    let mut outbox = Outbox::default();
    for number in 1..=4_u8 {
        outbox.insert(ORDER, u64::from(number), entry(number));
    }
    outbox
}

#[test]
fn a_change_is_unsent_until_it_has_a_fate() {
    let mut outbox = outbox();

    outbox.set_fate(ORDER, 1, Some(Fate::Acknowledged { at: Timestamp(5) }));
    outbox.set_fate(ORDER, 2, Some(Fate::Held { reason: HeldReason::OrderFull, until: Timestamp(9) }));
    outbox.set_fate(ORDER, 3, Some(Fate::Refused { code: "not_assigned".to_owned(), path: None }));

    assert_eq!(outbox.unacknowledged(ORDER).map(|(number, _)| number).collect::<Vec<_>>(), [4]);
    assert_eq!((outbox.unacknowledged_count(), outbox.refused_count()), (1, 1));
    assert_eq!(outbox.orders_to_send(), [ORDER]);
}

#[test]
fn the_digest_of_what_the_server_lacks_counts_unsent_and_held_changes() {
    let mut outbox = outbox();
    outbox.set_fate(ORDER, 1, Some(Fate::Acknowledged { at: Timestamp(5) }));
    outbox.set_fate(ORDER, 2, Some(Fate::Held { reason: HeldReason::OrderFull, until: Timestamp(9) }));
    outbox.set_fate(ORDER, 3, Some(Fate::Refused { code: "not_assigned".to_owned(), path: None }));

    let expected: Digest = [entry(2).hash, entry(4).hash].iter().collect();

    assert_eq!(outbox.ahead_digest(ORDER), expected);
}

#[test]
fn numbers_grow_and_an_order_without_entries_is_forgotten() {
    let mut outbox = outbox();
    assert_eq!(outbox.next_number(ORDER), 5);
    assert_eq!(outbox.number_of(ORDER, &entry(3).hash), Some(3));

    for number in 1..=4 {
        outbox.remove(ORDER, number);
    }

    assert_eq!(outbox, Outbox::default());
    assert_eq!(outbox.next_number(ORDER), 1);
}
