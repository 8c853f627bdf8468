//! One push for three orders, with every bit of it flipped once, as bad memory or a bad network would.

use std::collections::BTreeMap;
use std::io::Read;
use std::ops::Range;

use flate2::read::DeflateDecoder;
use sync_core::ids::{DeviceId, OrderId};
use sync_core::intake::OrderState;
use sync_core::message::{
    Outcome, PROTOCOL, PushedChange, PushedOrder, REQUEST_BYTES_MAX, SyncRequest, open, seal,
};
use sync_core::order::OrderCommand;
use sync_core::order::plan::{Place, Priority};

use crate::technician::{self, PEN, created_order, does, offers, pushed};

/// What a phone sends and what the server has of each order.
struct Push {
    request: SyncRequest,
    states: BTreeMap<OrderId, OrderState>,
}

/// What became of the orders of one body.
#[derive(Debug, Default)]
struct Fates {
    /// Orders that arrived as they were sent.
    whole: Vec<OrderId>,
    /// The answers to everything else that arrived.
    others: Vec<(OrderId, Vec<Outcome>)>,
}

impl Push {
    fn new() -> Self {
        let commands = [
            (0x11, OrderCommand::SetReason { reason: "no cooling".to_owned() }),
            (0x22, OrderCommand::SetPriority { priority: Priority::Urgent }),
            (0x44, OrderCommand::SetPlace { place: Place::Remote }),
        ];
        let mut states = BTreeMap::new();
        let mut push = Vec::new();
        for (byte, command) in commands {
            let order = OrderId::from_bytes([byte; 16]);
            let mut document = created_order();
            states.insert(order, technician::known(document.clone()));
            let change = does(&mut document, PEN, &command);
            push.push(PushedOrder { order, changes: vec![pushed(&change)] });
        }
        let request = SyncRequest {
            schema: 1,
            app_version: "1.0.0".to_owned(),
            device: DeviceId::from_bytes([0xD1; 16]),
            cursor: None,
            digest: None,
            push,
            heads: None,
            page_bytes_max: None,
            vouchers: None,
        };
        Self { request, states }
    }

    /// Takes a body as the server would; `None` when it cannot be read. Asserts that only what was sent is merged.
    fn arrives(&self, body: &[u8]) -> Option<Fates> {
        let request: SyncRequest = open(body, REQUEST_BYTES_MAX).ok()?;
        let mut fates = Fates::default();
        for pushed in request.push {
            let unknown = OrderState::default();
            let state = self.states.get(&pushed.order).unwrap_or(&unknown);

            let intake = offers(state, pushed.order, &pushed.changes);

            let sent = self.request.push.iter().find(|sent| sent.order == pushed.order);
            let is_sent = |change: &PushedChange| sent.is_some_and(|sent| sent.changes.contains(change));
            for accepted in intake.accepted {
                assert!(is_sent(&technician::pushed(&accepted.change)), "{:?}", accepted.change);
            }
            if sent == Some(&pushed) {
                assert!(intake.outcomes.iter().all(|outcome| *outcome == Outcome::Applied));
                fates.whole.push(pushed.order);
            } else {
                fates.others.push((pushed.order, intake.outcomes));
            }
        }
        Some(fates)
    }

    fn orders(&self) -> Vec<OrderId> {
        self.states.keys().copied().collect()
    }
}

/// The same body, never deflated.
fn plain(body: &[u8]) -> Vec<u8> {
    assert_eq!(body[..2], [PROTOCOL, 1], "the push is long enough to be deflated");
    let mut plain = vec![PROTOCOL, 0];
    DeflateDecoder::new(&body[2..]).read_to_end(&mut plain).unwrap();
    plain
}

fn flipped(body: &[u8], bit: usize) -> Vec<u8> {
    let mut flipped = body.to_vec();
    flipped[bit / 8] ^= 1 << (bit % 8);
    flipped
}

fn bits_of(part: &[u8], body: &[u8]) -> Range<usize> {
    let at = body.windows(part.len()).position(|window| window == part).expect("the body holds it");
    at * 8..(at + part.len()) * 8
}

#[test]
fn a_push_that_arrives_as_it_was_sent_applies_whole() {
    let push = Push::new();
    let body = seal(&push.request);

    for body in [plain(&body), body] {
        let fates = push.arrives(&body).unwrap();

        assert_eq!((fates.whole, fates.others), (push.orders(), vec![]));
    }
}

// covers: B6
#[test]
fn a_flipped_bit_in_a_change_or_its_name_refuses_that_change_and_no_other() {
    let push = Push::new();
    let body = plain(&seal(&push.request));
    for sent in &push.request.push {
        let change = &sent.changes[0];
        for bit in bits_of(change.hash.as_bytes(), &body).chain(bits_of(&change.bytes, &body)) {
            let fates = push.arrives(&flipped(&body, bit)).unwrap();

            let others: Vec<_> = push.orders().into_iter().filter(|order| *order != sent.order).collect();
            assert_eq!(fates.whole, others, "bit {bit}");
            let [(order, outcomes)] = &fates.others[..] else { panic!("bit {bit}: {fates:?}") };
            assert_eq!(*order, sent.order, "bit {bit}");
            assert!(matches!(outcomes[..], [Outcome::Rejected { .. }]), "bit {bit}: {outcomes:?}");
        }
    }
}

// covers: B6
#[test]
fn a_flipped_bit_anywhere_reaches_one_order_at_most_or_the_push_is_not_read() {
    let push = Push::new();
    let body = plain(&seal(&push.request));
    let read = (0..body.len() * 8).filter_map(|bit| Some((bit, push.arrives(&flipped(&body, bit))?)));
    for (bit, fates) in read {
        let is_nothing_pushed = fates.whole.is_empty() && fates.others.is_empty();

        assert!(is_nothing_pushed || fates.whole.len() >= 2, "bit {bit}: {fates:?}");
        let answers = fates.others.iter().flat_map(|(_order, outcomes)| outcomes);
        assert!(
            answers.clone().all(|outcome| matches!(outcome, Outcome::Rejected { .. })),
            "bit {bit}: {fates:?}"
        );
    }
}

// covers: B6
#[test]
fn a_flipped_bit_in_a_deflated_push_merges_nothing_that_was_not_sent() {
    let push = Push::new();
    let body = seal(&push.request);
    let read = (0..body.len() * 8).filter_map(|bit| push.arrives(&flipped(&body, bit))).count();

    assert!(read > 0 && read < body.len() * 8, "{read} of {} bodies were read", body.len() * 8);
}
