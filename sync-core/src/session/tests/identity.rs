//! Whose work it is: restored and copied phones, other people, ended access.

use super::*;
use crate::ids::{DeviceId, UserId};
use crate::message::{HeldReason, Outcome, RejectCode};
use crate::session::{Event, Failure, Identity, Notice};
use crate::time::Timestamp;
use crate::workflow::Role;

#[test]
fn a_restored_phone_is_enrolled_again_and_both_lines_of_work_arrive() {
    // covers: A8
    let (mut office, mut phone) = (Office::new(), Phone::new(1));
    phone.create(order(1));
    office.sync(&mut phone);
    phone.note(order(1), 7);
    let backup = phone.store.clone();
    phone.note(order(1), 8);
    office.sync(&mut phone);

    let mut restored = Phone::unenrolled([3; 16], backup);
    assert!(restored.notices.contains(&Notice::EnrollNeeded));
    assert!(restored.sent.is_empty());
    restored.sign_in(3);
    restored.note(order(1), 9);
    office.sync(&mut restored);
    office.sync(&mut restored);

    assert_eq!(restored.notes(order(1)), [7, 8, 9]);
    assert_eq!(restored.session.unsent_count(), 0);
    office.sync(&mut phone);
    assert_eq!(phone.notes(order(1)), [7, 8, 9]);
}

#[test]
fn a_store_put_back_on_the_same_phone_forks_and_is_written_again() {
    // covers: A8
    let (mut office, mut phone) = (Office::new(), Phone::new(1));
    phone.create(order(1));
    office.sync(&mut phone);
    let backup = phone.store.clone();
    phone.note(order(1), 8);
    office.sync(&mut phone);

    let mut restored = Phone::unenrolled([1; 16], backup);
    restored.sign_in(1);
    restored.note(order(1), 9);
    restored.note(order(1), 10);
    office.sync(&mut restored);
    office.sync(&mut restored);

    assert_eq!(restored.notes(order(1)), [8, 9, 10]);
    assert_eq!(restored.session.unsent_count(), 0);
    assert_eq!(restored.session.center(&restored.store).unwrap(), []);
}

#[test]
fn unsent_work_of_another_install_that_the_server_refuses_is_written_again() {
    // covers: A8
    let (mut office, mut phone) = (Office::new(), Phone::new(1));
    phone.create(order(1));
    office.sync(&mut phone);
    let hash = phone.command(order(1), note(7)).unwrap().change.unwrap();
    office.refusals.insert(hash, Outcome::Rejected { code: RejectCode::ActorNotYours, path: None });

    let mut restored = Phone::unenrolled([3; 16], phone.store.clone());
    restored.sign_in(3);
    office.sync(&mut restored);
    office.sync(&mut restored);

    assert_eq!(restored.notes(order(1)), [7]);
    assert_eq!(restored.session.unsent_count(), 0);
    assert_eq!(office.feed.len(), 2);
}

#[test]
fn another_person_neither_sees_nor_sends_what_is_unsent() {
    // covers: A11
    let mut phone = Phone::unenrolled([1; 16], crate::replica::MemoryStore::default());
    phone.sign_in(1);
    phone.create(order(1));
    phone.restart();
    phone.sent.clear();
    let ion = UserId::from_bytes([0xb; 16]);
    let device = DeviceId::from_bytes([9; 16]);

    phone.event(Event::SignedIn(Identity { device, user: ion, role: Role::Technician }));

    assert!(phone.notices.contains(&Notice::AnotherPersonsStore));
    assert!(phone.sent.iter().all(|outgoing| outgoing.request.device == DeviceId::from_bytes([1; 16])));
}

#[test]
fn a_session_that_is_not_accepted_stops_sending_until_sign_in_and_loses_nothing() {
    // covers: A10
    let (mut office, mut phone) = (Office::new(), Phone::new(1));
    phone.create(order(1));
    let outgoing = phone.sent.pop().unwrap();
    phone.event(Event::ReplyFailed { request: outgoing.id, failure: Failure::SignInAgain });
    phone.note(order(1), 7);
    phone.wait_ms(86_400_000);
    assert!(phone.sent.is_empty());
    assert!(phone.notices.contains(&Notice::SignInNeeded));

    phone.sign_in(1);
    office.serve(&mut phone);
    phone.wait_ms(300_000);
    office.serve(&mut phone);

    assert_eq!(phone.session.unsent_count(), 0);
    assert_eq!(office.feed.len(), 2);
}

#[test]
fn after_access_ended_unsent_work_is_deposited_and_nothing_is_read() {
    // covers: A12
    let mut phone = Phone::new(1);
    phone.create(order(1));
    phone.note(order(1), 7);
    phone.sent.clear();
    phone.restart();
    phone.sent.clear();

    phone.event(Event::SessionRevoked);
    let outgoing = phone.sent.pop().unwrap();
    assert!(outgoing.is_deposit && outgoing.request.cursor.is_none() && outgoing.request.digest.is_none());
    assert_eq!(outgoing.request.push[0].changes.len(), 2);
    phone.event(Event::DepositTaken { request: outgoing.id, until: Timestamp(99) });

    assert_eq!(phone.session.unsent_count(), 0);
    assert!(phone.notices.contains(&Notice::DepositComplete));
    let center = phone.session.center(&phone.store).unwrap();
    assert!(center.iter().all(|entry| entry.held == Some(HeldReason::AuthorDisabled)));
    phone.wait_ms(1_000_000);
    assert!(phone.sent.is_empty());
}

#[test]
fn after_access_ended_all_that_is_held_is_handed_over_at_each_start_and_once_a_day() {
    // covers: A12
    let (mut office, mut phone) = (Office::new(), Phone::new(1));
    phone.create(order(1));
    office.sync(&mut phone);
    phone.note(order(1), 7);
    phone.sent.clear();
    phone.restart();
    phone.sent.clear();

    for _ in 0..3 {
        phone.event(Event::SessionRevoked);
        let outgoing = phone.sent.pop().unwrap();
        assert!(outgoing.is_deposit);
        assert_eq!(outgoing.request.push[0].changes.len(), 2);
        phone.event(Event::DepositTaken { request: outgoing.id, until: Timestamp(99) });
        assert!(phone.sent.is_empty());
        phone.wait_ms(86_400_000);
    }

    assert_eq!(phone.session.acknowledged().len(), 1);
    assert_eq!(phone.session.center(&phone.store).unwrap().len(), 1);
}
