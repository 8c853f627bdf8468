//! What the server does not take: written again, or kept for a person; never dropped, never in the way of others.

use super::*;
use crate::ids::ChangeHash;
use crate::message::{HeldReason, Outcome, RejectCode};
use crate::order::OrderCommand;
use crate::session::{Event, SyncState};
use crate::time::Timestamp;

fn rejected(code: RejectCode) -> Outcome {
    Outcome::Rejected { code, path: None }
}

/// A phone with an order on the server, and three unsent notes 7, 8, 9 on it.
fn phone_with_three_notes(office: &mut Office) -> (Phone, Vec<ChangeHash>) {
    let mut phone = Phone::new(1);
    phone.create(order(1));
    office.sync(&mut phone);
    phone.storage = Storage::Works;
    let hashes = [7, 8, 9].map(|byte| phone.command(order(1), note(byte)).unwrap().change.unwrap()).to_vec();
    // The request for the first note is on its way; it is lost.
    let outgoing = phone.sent.pop().unwrap();
    let failure = crate::session::Failure::NoConnection;
    phone.event(Event::ReplyFailed { request: outgoing.id, failure });
    (phone, hashes)
}

fn notes_of(office: &Office) -> Vec<String> {
    let tree = office.documents[&order(1)].tree();
    tree.at(&["notes"]).unwrap().as_map().unwrap().keys().map(|id| id[..2].to_owned()).collect()
}

#[test]
fn a_refused_change_waits_for_a_person_and_what_builds_on_it_goes_on_alone() {
    // covers: R8
    let mut office = Office::new();
    let (mut phone, hashes) = phone_with_three_notes(&mut office);
    phone.create(order(2));
    office.refusals.insert(hashes[0], rejected(RejectCode::NotAssigned));

    office.sync(&mut phone);

    assert_eq!(notes_of(&office), ["08", "09"]);
    assert_eq!(phone.notes(order(1)), [8, 9]);
    assert!(office.documents.contains_key(&order(2)));
    assert_eq!(phone.session.state(), SyncState::Refused { count: 1 });
    let center = phone.session.center(&phone.store).unwrap();
    assert_eq!(center[0].refused.as_deref(), Some("not_assigned"));
    let command: OrderCommand = serde_json::from_str(&center[0].authored.as_ref().unwrap().command).unwrap();
    assert_eq!(command, note(7));
    assert!(phone.session.rescue_file(&phone.store).unwrap().contains("note 7"));
}

#[test]
fn a_person_may_try_a_refused_entry_again_or_give_it_up() {
    let mut office = Office::new();
    let (mut phone, hashes) = phone_with_three_notes(&mut office);
    office.refusals.insert(hashes[2], rejected(RejectCode::NotAssigned));
    office.sync(&mut phone);
    let number = phone.session.center(&phone.store).unwrap()[0].number;

    phone.event(Event::EntryRetried { order: order(1), number });
    office.serve(&mut phone);
    phone.event(Event::EntryDiscarded { order: order(1), number });

    assert_eq!(notes_of(&office), ["07", "08", "09"]);
    assert!(phone.session.is_safe_to_sign_out());
}

#[test]
fn a_form_the_guard_refuses_is_written_again_once_then_shown() {
    let mut office = Office::new();
    let (mut phone, hashes) = phone_with_three_notes(&mut office);
    office.refusals.insert(hashes[2], rejected(RejectCode::NotCanonical));
    phone.event(Event::SyncAsked);
    let outgoing = phone.sent.pop().unwrap();
    office.answer(&mut phone, &outgoing);

    let again = phone.sent.pop().unwrap();
    let rewritten = again.request.push[0].changes[0].hash;
    office.refusals.insert(rewritten, rejected(RejectCode::NotCanonical));
    office.answer(&mut phone, &again);
    office.serve(&mut phone);

    assert_ne!(rewritten, hashes[2]);
    let center = phone.session.center(&phone.store).unwrap();
    assert_eq!(
        center.iter().map(|entry| entry.refused.as_deref()).collect::<Vec<_>>(),
        [Some("not_canonical")]
    );
    assert_eq!(phone.notes(order(1)), [7, 8]);
}

#[test]
fn damage_on_the_way_is_sent_again_three_times() {
    // covers: B6
    let mut office = Office::new();
    let (mut phone, hashes) = phone_with_three_notes(&mut office);
    office.refusals.insert(hashes[2], rejected(RejectCode::HashMismatch));
    for _ in 0..2 {
        office.sync(&mut phone);
        phone.wait_ms(60_000);
    }
    office.serve(&mut phone);

    assert_eq!(phone.session.center(&phone.store).unwrap()[0].refused.as_deref(), Some("hash_mismatch"));
    assert_eq!(notes_of(&office), ["07", "08"]);
}

#[test]
fn held_work_that_the_office_discards_is_shown_with_its_reason_and_kept() {
    let mut office = Office::new();
    let (mut phone, hashes) = phone_with_three_notes(&mut office);
    let held = Outcome::Held { reason: HeldReason::OrderFull, until: Timestamp(9) };
    office.refusals.insert(hashes[2], held);
    office.sync(&mut phone);
    office.refusals.insert(hashes[2], rejected(RejectCode::DiscardedByOffice));

    phone.wait_ms(60_000);
    office.serve(&mut phone);
    let soon = phone.session.center(&phone.store).unwrap();
    phone.wait_ms(3_600_000);
    office.serve(&mut phone);

    assert_eq!(soon[0].held, Some(HeldReason::OrderFull), "not asked with every request");
    let center = phone.session.center(&phone.store).unwrap();
    assert_eq!((center[0].held.clone(), center[0].refused.as_deref()), (None, Some("discarded_by_office")));
    assert_eq!(phone.notes(order(1)), [7, 8]);
    assert!(phone.session.rescue_file(&phone.store).unwrap().contains("note 9"));
}

#[test]
fn held_work_is_acknowledged_and_shown_as_waiting_until_the_office_merges_it() {
    let mut office = Office::new();
    let (mut phone, hashes) = phone_with_three_notes(&mut office);
    let held = Outcome::Held { reason: HeldReason::OrderFull, until: Timestamp(9) };
    office.refusals.insert(hashes[2], held);
    office.sync(&mut phone);
    assert_eq!(phone.session.unsent_count(), 0);
    assert_eq!(phone.session.center(&phone.store).unwrap()[0].held, Some(HeldReason::OrderFull));
    assert_eq!(phone.notes(order(1)), [7, 8, 9]);

    let bytes =
        phone.session.document(order(1), &phone.store).unwrap().unwrap().change(&hashes[2]).unwrap().bytes;
    office.documents.get_mut(&order(1)).unwrap().apply(&bytes).unwrap();
    office.feed.push((order(1), hashes[2], None));
    office.sync(&mut phone);

    assert_eq!(phone.session.center(&phone.store).unwrap(), []);
    assert!(phone.session.is_safe_to_sign_out());
}

#[test]
fn commands_given_while_a_refusal_is_on_its_way_are_written_again_too() {
    // covers: R7
    let mut office = Office::new();
    let (mut phone, hashes) = phone_with_three_notes(&mut office);
    office.refusals.insert(hashes[0], rejected(RejectCode::NotAssigned));
    phone.event(Event::SyncAsked);
    let outgoing = phone.sent.pop().unwrap();
    phone.note(order(1), 10);
    phone.note(order(1), 11);

    office.answer(&mut phone, &outgoing);
    office.serve(&mut phone);

    assert_eq!(notes_of(&office), ["08", "09", "0a", "0b"]);
    assert_eq!(phone.session.unsent_count(), 0);
    assert_eq!(phone.session.center(&phone.store).unwrap().len(), 1);
}

#[test]
fn what_the_server_lacks_is_sent_first() {
    // covers: B4
    let mut office = Office::new();
    let (mut phone, _) = phone_with_three_notes(&mut office);
    office.sync(&mut phone);
    phone.note(order(1), 10);
    phone.sent.clear();
    // The server lost the last acknowledged change without saying so.
    let mut shorter = crate::document::OrderDocument::new();
    for (order_of_change, hash, _) in &office.feed[..3] {
        shorter.apply(&office.documents[order_of_change].change(hash).unwrap().bytes).unwrap();
    }
    office.documents.insert(order(1), shorter);
    phone.restart();
    phone.sign_in(1);

    office.sync(&mut phone);
    phone.wait_ms(60_000);
    office.serve(&mut phone);

    assert_eq!(notes_of(&office), ["07", "08", "09", "0a"]);
    assert_eq!(phone.session.unsent_count(), 0);
}
