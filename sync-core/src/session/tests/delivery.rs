//! Sending and fetching: nothing acknowledged too early, nothing sent twice to effect, nothing stuck.

use super::*;
use crate::ids::ChangeHash;
use crate::message::{OrderUpdate, PUSH_CHANGES_MAX};
use crate::session::{Event, Failure, Notice, SyncState};

#[test]
fn work_made_offline_reaches_the_server_and_comes_back_as_known() {
    // covers: R14
    let (mut office, mut phone) = (Office::new(), Phone::new(1));
    phone.create(order(1));
    phone.note(order(1), 7);
    assert_eq!(phone.session.unsent_count(), 2);

    office.sync(&mut phone);
    office.sync(&mut phone);

    assert_eq!(phone.session.unsent_count(), 0);
    assert_eq!(office.feed.len(), 2);
    assert_eq!(phone.notes(order(1)), [7]);
    assert!(matches!(phone.session.state(), SyncState::Synced { at: Some(_) }));
}

#[test]
fn a_reply_whose_batch_is_not_stored_acknowledges_nothing_and_moves_no_cursor() {
    // covers: R1, R3
    let (mut office, mut phone) = (Office::new(), Phone::new(1));
    let mut other = Phone::new(2);
    other.create(order(2));
    office.sync(&mut other);
    phone.create(order(1));
    phone.event(Event::SyncAsked);
    let outgoing = phone.sent.pop().unwrap();

    phone.storage = Storage::Fails;
    phone.notices.clear();
    office.answer(&mut phone, &outgoing);

    assert_eq!((phone.session.unsent_count(), phone.session.cursor()), (1, None));
    let is_synced = |notice: &Notice| matches!(notice, Notice::StateChanged(SyncState::Synced { .. }));
    assert!(!phone.notices.iter().any(is_synced), "{:?}", phone.notices);
    phone.storage = Storage::Works;
    phone.wait_ms(300_000);
    office.serve(&mut phone);
    assert_eq!(phone.session.unsent_count(), 0);
    assert_eq!(phone.session.order_ids(), [order(1), order(2)]);
}

#[test]
fn a_change_without_a_result_stays_unsent() {
    // covers: R2
    let (mut office, mut phone) = (Office::new(), Phone::new(1));
    phone.create(order(1));
    let lost = phone.sent.pop().unwrap();
    phone.event(Event::ReplyFailed { request: lost.id, failure: Failure::NoConnection });
    phone.note(order(1), 7);
    phone.note(order(1), 8);
    phone.event(Event::SyncAsked);
    let outgoing = phone.sent.pop().unwrap();
    let mut reply = office.reply(&outgoing.request);
    let cut = reply.results[0].results.len() - 1;
    reply.results[0].results.truncate(cut);
    reply.results[0].results[0].hash = ChangeHash::from_bytes([0; 32]);

    phone.event(Event::ReplyArrived { request: outgoing.id, reply: Box::new(reply) });

    assert_eq!(phone.session.unsent_count(), 2, "the create and the last note have no result");
    office.serve(&mut phone);
    phone.wait_ms(60_000);
    office.serve(&mut phone);
    assert_eq!(phone.session.unsent_count(), 0);
}

#[test]
fn a_phone_killed_before_or_after_any_batch_ends_with_the_same_order() {
    // covers: R4, A1, A2
    for killed_at in 0..6 {
        for is_after in [false, true] {
            let (mut office, mut phone) = (Office::new(), Phone::new(1));
            let steps: [Step; 6] = [
                |_, phone| phone.event(create(1)),
                |_, phone| phone.event(give(1, 7)),
                |office, phone| assert!(office.sync(phone) > 0),
                |_, phone| phone.event(give(1, 8)),
                |office, phone| assert!(office.sync(phone) > 0),
                |_, phone| phone.event(give(1, 9)),
            ];
            for (at, step) in steps.iter().enumerate() {
                let before = phone.store.clone();
                step(&mut office, &mut phone);
                if at == killed_at {
                    phone.store = if is_after { phone.store.clone() } else { before };
                    phone.restart();
                    if !is_after {
                        step(&mut office, &mut phone);
                    }
                }
            }
            office.sync(&mut phone);
            phone.wait_ms(60_000);
            office.serve(&mut phone);
            assert_eq!(phone.notes(order(1)), [7, 8, 9], "killed at {killed_at}, after: {is_after}");
            assert_eq!(phone.session.unsent_count(), 0);
            assert_eq!(office.documents[&order(1)].tree().at(&["notes"]).unwrap().as_map().unwrap().len(), 3);
        }
    }
}

#[test]
fn lost_requests_and_lost_replies_lead_to_the_same_state() {
    // covers: R6, R12, A4
    for is_reply_lost in [false, true] {
        let (mut office, mut phone) = (Office::new(), Phone::new(1));
        phone.create(order(1));
        phone.note(order(1), 7);
        phone.event(Event::SyncAsked);
        for _ in 0..3 {
            let outgoing = phone.sent.pop().unwrap();
            if is_reply_lost {
                office.reply(&outgoing.request);
            }
            phone.event(Event::ReplyFailed { request: outgoing.id, failure: Failure::NoConnection });
            assert_eq!(phone.session.state(), SyncState::OfflinePending { unsent: 2 });
            phone.wait_ms(300_000);
        }
        office.serve(&mut phone);

        assert_eq!(phone.session.unsent_count(), 0);
        assert_eq!(office.feed.len(), 2);
    }
}

#[test]
fn a_reply_to_an_older_request_is_not_taken_for_the_present_one() {
    let (mut office, mut phone) = (Office::new(), Phone::new(1));
    phone.create(order(1));
    let first = phone.sent.pop().unwrap();
    phone.event(Event::ReplyFailed { request: first.id, failure: Failure::NoConnection });
    phone.note(order(1), 7);
    phone.wait_ms(300_000);
    let late = office.reply(&first.request);

    phone.event(Event::ReplyArrived { request: first.id, reply: Box::new(late) });

    assert_eq!(phone.session.unsent_count(), 2);
}

#[test]
fn a_thousand_orders_made_before_a_restart_are_sent_without_opening_any() {
    // covers: R9
    let (mut office, mut phone) = (Office::new(), Phone::new(1));
    let ids: Vec<_> = (0..1_000_u16).map(wide_order).collect();
    for id in &ids {
        phone.create(*id);
    }
    phone.restart();
    phone.sign_in(1);

    let rounds = office.sync(&mut phone);

    assert_eq!(phone.session.unsent_count(), 0);
    assert_eq!(office.documents.len(), 1_000);
    assert!(rounds <= 4, "{rounds} rounds");
}

#[test]
fn a_request_holds_at_most_the_limit_and_the_rest_follows() {
    let (mut office, mut phone) = (Office::new(), Phone::new(1));
    phone.create(order(1));
    phone.sent.clear();
    for byte in 0..=200 {
        for id in [2, 3, 4] {
            if byte == 0 {
                phone.create(order(id));
            }
            phone.note(order(id), byte);
        }
    }
    phone.restart();
    phone.sign_in(1);

    phone.event(Event::SyncAsked);
    let first: usize = phone.sent[0].request.push.iter().map(|order| order.changes.len()).sum();
    office.serve(&mut phone);

    assert_eq!(first, PUSH_CHANGES_MAX);
    assert_eq!(phone.session.unsent_count(), 0);
}

#[test]
fn a_page_cut_anywhere_resumes_without_gap_or_repetition() {
    // covers: B15, R17
    let (mut office, mut author) = (Office::new(), Phone::new(2));
    for id in 1..=5 {
        author.create(order(id));
        author.note(order(id), 1);
        author.note(order(id), 2);
    }
    office.sync(&mut author);
    office.page_max = 2;
    let mut phone = Phone::new(1);

    phone.event(Event::SyncAsked);
    let mut pages = 0;
    while let Some(outgoing) = phone.sent.pop() {
        pages += 1;
        if pages % 3 == 0 {
            phone.event(Event::ReplyFailed { request: outgoing.id, failure: Failure::NoConnection });
            phone.wait_ms(300_000);
        } else {
            office.answer(&mut phone, &outgoing);
        }
    }

    assert_eq!(phone.session.order_ids(), [1, 2, 3, 4, 5].map(order));
    assert!((1..=5).all(|id| phone.notes(order(id)) == [1, 2]));
    assert!(pages <= 13, "{pages}");
}

#[test]
fn a_left_order_is_hidden_at_once_and_dropped_after_its_last_change_is_acknowledged() {
    let (mut office, mut phone) = (Office::new(), Phone::new(1));
    phone.create(order(1));
    office.sync(&mut phone);
    phone.note(order(1), 7);
    let outgoing = phone.sent.pop().unwrap();
    let mut reply = office.reply(&outgoing.request);
    reply.orders.push(OrderUpdate::Leave { order: order(1) });
    reply.results.clear();
    office.left.insert(order(1));

    phone.event(Event::ReplyArrived { request: outgoing.id, reply: Box::new(reply) });

    assert_eq!(phone.session.order_ids(), []);
    assert_eq!(phone.session.unsent_count(), 1);
    office.sync(&mut phone);
    assert_eq!(phone.session.unsent_count(), 0);
    assert!(phone.session.document(order(1), &phone.store).unwrap().is_none());
}

/// One step of a day.
type Step = fn(&mut Office, &mut Phone);

fn wide_order(number: u16) -> crate::ids::OrderId {
    let [high, low] = number.to_be_bytes();
    crate::ids::OrderId::from_bytes([high, low, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1])
}

fn create(id: u8) -> Event {
    let command = crate::order::OrderCommand::CreateOrder(Box::default());
    Event::CommandGiven { ticket: 1, order: order(id), command: Box::new(command) }
}

fn give(id: u8, byte: u8) -> Event {
    Event::CommandGiven { ticket: 1, order: order(id), command: Box::new(note(byte)) }
}

#[test]
fn a_phone_told_to_send_only_when_asked_says_everything_once_and_then_keeps_still() {
    let (mut office, mut phone) = (Office::new(), Phone::asked_only(1));
    phone.create(order(1));
    phone.wait_ms(600_000);
    assert!(phone.sent.is_empty());

    office.sync(&mut phone);
    phone.note(order(1), 7);
    phone.wait_ms(600_000);

    assert!(phone.sent.is_empty());
    assert_eq!((office.feed.len(), phone.session.unsent_count()), (1, 1));
}
