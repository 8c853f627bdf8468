//! Damage, holes and restored servers: found by what each side derives itself, healed without a wipe.

use super::*;
use crate::document::OrderDocument;
use crate::message::Outcome;
use crate::replica::record;
use crate::session::Event;
use crate::time::Timestamp;

/// A phone and a server that agree on two orders, the second made by another phone.
fn agreeing() -> (Office, Phone) {
    let (mut office, mut phone, mut other) = (Office::new(), Phone::new(1), Phone::new(2));
    other.create(order(2));
    other.note(order(2), 4);
    office.sync(&mut other);
    phone.create(order(1));
    phone.note(order(1), 7);
    office.sync(&mut phone);
    office.sync(&mut phone);
    assert_eq!(phone.session.order_ids(), [order(1), order(2)]);
    (office, phone)
}

fn start_again(phone: &mut Phone) {
    phone.restart();
    phone.sign_in(1);
}

#[test]
fn a_hole_in_the_local_documents_is_found_by_the_own_digest_and_healed() {
    // covers: R10, A13
    let (mut office, mut phone) = agreeing();
    phone.store.rows_mut().remove(&record::order_key(order(2)));
    start_again(&mut phone);

    office.sync(&mut phone);

    assert_eq!(phone.notes(order(2)), [4]);
    assert_eq!(phone.notes(order(1)), [7]);
}

#[test]
fn any_damaged_row_is_noticed_and_nothing_unsent_is_lost() {
    // covers: A13
    let (mut office, mut sound) = agreeing();
    sound.note(order(1), 8);
    sound.note(order(2), 9);
    let rows: Vec<_> = sound.store.rows_mut().clone().into_iter().collect();
    for (key, value) in rows {
        let mut office = office.clone();
        let mut phone = Phone::unenrolled([1; 16], sound.store.clone());
        let mut damaged = value.clone();
        let middle = damaged.len() / 2;
        damaged[middle] ^= 0x10;
        phone.store.rows_mut().insert(key.clone(), damaged);
        start_again(&mut phone);

        office.sync(&mut phone);
        phone.wait_ms(60_000);
        office.serve(&mut phone);

        let name = String::from_utf8_lossy(&key[..5]).into_owned();
        assert_eq!(phone.notes(order(1)), [7, 8], "{name}");
        assert_eq!(phone.notes(order(2)), [4, 9], "{name}");
        assert_eq!(phone.session.unsent_count(), 0, "{name}");
    }
    office.sync(&mut sound);
}

#[test]
fn a_row_whose_key_is_damaged_hides_no_unsent_work_from_the_server() {
    // covers: A13
    let (office, mut sound) = agreeing();
    sound.note(order(1), 8);
    sound.note(order(1), 10);
    sound.note(order(2), 9);
    let rows: Vec<_> = sound.store.rows_mut().clone().into_iter().collect();
    for (key, value) in rows {
        for at in 0..key.len() {
            let mut office = office.clone();
            let mut phone = Phone::unenrolled([1; 16], sound.store.clone());
            let mut damaged = key.clone();
            damaged[at] ^= 0x10;
            phone.store.rows_mut().remove(&key);
            phone.store.rows_mut().insert(damaged, value.clone());
            start_again(&mut phone);

            for _ in 0..3 {
                office.sync(&mut phone);
                phone.wait_ms(120_000);
                office.serve(&mut phone);
            }

            let name = format!("{}, byte {at}", String::from_utf8_lossy(&key[..5]));
            assert_eq!(phone.notes(order(1)), [7, 8, 10], "{name}");
            assert_eq!(phone.notes(order(2)), [4, 9], "{name}");
            for number in [1, 2] {
                let document = phone.session.document(order(number), &phone.store).unwrap().unwrap();
                assert_eq!(document.heads(), office.documents[&order(number)].heads(), "{name}");
            }
        }
    }
}

#[test]
fn an_unsent_change_that_is_lost_twice_over_is_kept_for_export() {
    // covers: A13
    let (_, mut phone) = agreeing();
    phone.note(order(1), 8);
    let own: Vec<_> =
        phone.store.rows_mut().keys().filter(|key| key.starts_with(record::OWN)).cloned().collect();
    let last = own.last().unwrap().clone();
    for key in [last.clone(), record::order_key(order(1))] {
        phone.store.rows_mut().get_mut(&key).unwrap()[3] ^= 1;
    }

    start_again(&mut phone);

    let center = phone.session.center(&phone.store).unwrap();
    assert_eq!(center[0].refused.as_deref(), Some("damaged"));
    assert!(phone.store.rows_mut().contains_key(&record::damaged_key(&last)));
}

#[test]
fn a_server_restored_from_a_backup_gets_everything_again() {
    // covers: B14, R16
    let (mut office, mut phone) = agreeing();
    let backup = office.clone();
    phone.note(order(1), 8);
    phone.note(order(2), 9);
    office.sync(&mut phone);
    assert_eq!(phone.session.unsent_count(), 0);

    let mut restored = Office { epoch: 2, page_max: 2, ..backup };
    phone.event(Event::SyncAsked);
    let pages = restored.feed.len().div_ceil(2);
    let rounds = restored.serve(&mut phone);

    assert_eq!(restored.documents[&order(1)].heads(), office.documents[&order(1)].heads());
    assert_eq!(restored.documents[&order(2)].heads(), office.documents[&order(2)].heads());
    assert!(rounds <= pages + 2, "{rounds} requests for {pages} pages");
}

#[test]
fn a_phone_that_lost_its_cursor_cannot_tell_whether_the_server_was_restored_and_offers_all() {
    // covers: B14
    let (mut office, mut phone) = agreeing();
    let backup = office.clone();
    phone.note(order(1), 8);
    office.sync(&mut phone);
    phone.store.rows_mut().remove(record::CURSOR);
    start_again(&mut phone);

    let mut restored = Office { epoch: 2, ..backup };
    restored.sync(&mut phone);

    assert_eq!(restored.documents[&order(1)].heads(), office.documents[&order(1)].heads());
}

#[test]
fn bytes_of_acknowledged_changes_go_when_a_backup_holds_them() {
    let (mut office, mut phone) = agreeing();
    assert_eq!(phone.session.acknowledged().len(), 2);

    office.watermark = Some(Timestamp(0));
    office.sync(&mut phone);
    assert_eq!(phone.session.acknowledged().len(), 2);
    office.watermark = Some(Timestamp(i64::MAX));
    office.sync(&mut phone);

    assert_eq!(phone.session.acknowledged(), []);
    assert_eq!(phone.notes(order(1)), [7]);
}

#[test]
fn work_on_changes_the_server_lost_for_good_is_written_again_on_what_it_has() {
    let (mut office, mut phone) = agreeing();
    phone.note(order(2), 9);
    phone.sent.clear();
    // The other phone's note is gone with the server's last hour, and the phone that made it too.
    let mut shorter = OrderDocument::new();
    let first = office.feed.iter().find(|(id, _, _)| *id == order(2)).unwrap().1;
    shorter.apply(&office.documents[&order(2)].change(&first).unwrap().bytes).unwrap();
    office.documents.insert(order(2), shorter);
    start_again(&mut phone);

    for _ in 0..12 {
        office.sync(&mut phone);
        phone.wait_ms(120_000);
        office.serve(&mut phone);
    }

    assert_eq!(phone.session.unsent_count(), 0);
    assert_eq!(phone.notes(order(2)), [9]);
    assert!(office.documents[&order(2)].tree().at(&["notes"]).unwrap().as_map().unwrap().len() == 1);
}

#[test]
fn a_page_that_does_not_fit_is_not_passed_over() {
    // covers: R1
    let (mut office, mut phone) = agreeing();
    let mut other = Phone::new(2);
    office.sync(&mut other);
    other.note(order(2), 5);
    office.sync(&mut other);
    phone.event(Event::SyncAsked);
    let outgoing = phone.sent.pop().unwrap();
    let mut reply = office.reply(&outgoing.request);
    for update in &mut reply.orders {
        if let crate::message::OrderUpdate::Changes { changes, .. } = update {
            changes[0].0[30] ^= 1;
        }
    }

    phone.event(Event::ReplyArrived { request: outgoing.id, reply: Box::new(reply) });
    office.serve(&mut phone);

    assert_eq!(phone.notes(order(2)), [4, 5]);
}

#[test]
fn a_missing_dependency_of_our_own_is_offered_again() {
    let (mut office, mut phone) = agreeing();
    let (_, hash, _) = *office.feed.iter().find(|(id, _, _)| *id == order(1)).unwrap();
    phone.note(order(1), 8);
    phone.event(Event::SyncAsked);
    let outgoing = phone.sent.pop().unwrap();
    let mut reply = office.reply(&outgoing.request);
    reply.results[0].results[0].outcome = Outcome::MissingDeps { hashes: vec![hash] };

    phone.event(Event::ReplyArrived { request: outgoing.id, reply: Box::new(reply) });

    let next = phone.sent.pop().unwrap();
    assert_eq!(next.request.push[0].changes[0].hash, hash);
}
