//! The queue against a server that breaks off, forgets and refuses: every blob arrives, and little is sent twice.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::replica::MemoryStore;
use crate::time::Timestamp;

const INSTALL: [u8; 16] = [3; 16];

fn at(monotonic_ms: i64) -> ClockReading {
    ClockReading { wall: Timestamp(0), monotonic_ms, boot: 1 }
}

fn hash(number: u8) -> BlobHash {
    BlobHash::of(&[number])
}

/// What happens to one request.
#[derive(Debug, Clone)]
enum Fate {
    Answered,
    /// So many thousandths of the bytes arrive, and no answer.
    BreaksOff(u64),
    /// It is done, and nobody hears of it.
    AnswerLost,
    Problem(u16, &'static str),
    /// The server forgets the upload before.
    Expired,
}

/// Uploads as the server keeps them.
#[derive(Default)]
struct Server {
    /// Size and offset by location.
    uploads: BTreeMap<String, (u64, u64)>,
    received_bytes: u64,
    requests: u64,
}

impl Server {
    fn take(&mut self, request: &UploadRequest, fate: &Fate) -> UploadAnswer {
        self.requests += 1;
        let place = format!("/v1/uploads/{}", request.sha256);
        match fate {
            Fate::Problem(status, code) => return problem(*status, code),
            Fate::Expired => drop(self.uploads.remove(&place)),
            Fate::Answered | Fate::BreaksOff(_) | Fate::AnswerLost => {}
        }
        let answer = match &request.step {
            UploadStep::Create { size_bytes } => {
                let (_, offset) = self.uploads.entry(place.clone()).or_insert((*size_bytes, 0));
                UploadAnswer::Has { location: Some(place), offset: *offset }
            }
            UploadStep::Ask { location } => match self.uploads.get(location) {
                None => problem(410, ""),
                Some((_, offset)) => UploadAnswer::Has { location: None, offset: *offset },
            },
            UploadStep::Append { location, offset, length } => {
                assert!(*length > 0 && *length <= PIECE_BYTES_MAX);
                match self.uploads.get_mut(location) {
                    None => problem(404, "not_found"),
                    Some((_, has)) if has != offset => problem(409, "offset_mismatch"),
                    Some((size_bytes, has)) => {
                        let arrived =
                            if let Fate::BreaksOff(share) = fate { length * share / 1_000 } else { *length };
                        *has += arrived;
                        self.received_bytes += arrived;
                        assert!(has <= size_bytes);
                        UploadAnswer::Has { location: None, offset: *has }
                    }
                }
            }
        };
        match fate {
            Fate::BreaksOff(_) | Fate::AnswerLost => UploadAnswer::NoConnection,
            Fate::Answered | Fate::Problem(..) | Fate::Expired => answer,
        }
    }
}

fn problem(status: u16, code: &str) -> UploadAnswer {
    UploadAnswer::Problem { status, code: code.to_owned(), retry_after_s: None }
}

/// A phone: its storage, its queue, its clock.
struct Phone {
    store: MemoryStore,
    queue: UploadQueue,
    now_ms: i64,
    notices: Vec<Notice>,
}

impl Phone {
    fn new() -> Self {
        let store = MemoryStore::default();
        let queue = UploadQueue::open(INSTALL, at(0), &store).unwrap();
        Self { store, queue, now_ms: 0, notices: Vec::new() }
    }

    fn keep(&mut self, sha256: BlobHash, size_bytes: u64) -> Vec<UploadRequest> {
        self.store.commit(&kept_row(sha256, size_bytes));
        self.event(UploadEvent::Kept { sha256, size_bytes })
    }

    fn event(&mut self, event: UploadEvent) -> Vec<UploadRequest> {
        let mut requests = Vec::new();
        for effect in self.queue.handle(at(self.now_ms), event) {
            match effect {
                UploadEffect::Store(batch) => self.store.commit(&batch),
                UploadEffect::Send(request) => requests.push(request),
                UploadEffect::Notify(notice) => self.notices.push(notice),
            }
        }
        requests
    }

    fn restart(&mut self) -> Vec<UploadRequest> {
        self.queue = UploadQueue::open(INSTALL, at(self.now_ms), &self.store).unwrap();
        self.event(UploadEvent::Tick)
    }

    /// Goes on, each request with its fate, then without trouble until nothing is left to send.
    fn live(&mut self, mut requests: Vec<UploadRequest>, server: &mut Server, fates: &[Fate]) {
        let mut fates = fates.iter();
        for _ in 0..10_000 {
            assert!(requests.len() <= 1, "one request is on its way at a time");
            requests = match requests.pop() {
                Some(request) => {
                    let answer = server.take(&request, fates.next().unwrap_or(&Fate::Answered));
                    self.now_ms += 50;
                    self.event(UploadEvent::Answered { request: request.id, answer })
                }
                None => match self.queue.due_ms() {
                    Some(due_ms) => {
                        self.now_ms = due_ms;
                        self.event(UploadEvent::Tick)
                    }
                    None => return,
                },
            };
        }
        panic!("it never ends");
    }

    fn fate(&self, sha256: BlobHash) -> Option<BlobFate> {
        self.queue.blobs().into_iter().find(|blob| blob.sha256 == sha256).unwrap().fate
    }
}

fn fate_of_a_request() -> impl Strategy<Value = Fate> {
    prop_oneof![
        4 => Just(Fate::Answered),
        3 => (0..1_000_u64).prop_map(Fate::BreaksOff),
        2 => Just(Fate::AnswerLost),
        1 => Just(Fate::Problem(503, "unavailable")),
        1 => Just(Fate::Expired),
    ]
}

proptest! {
    #[test]
    fn every_blob_arrives_whatever_happens_on_the_way(
        sizes in prop::collection::vec(1..9_000_000_u64, 1..4),
        fates in prop::collection::vec(fate_of_a_request(), 0..60),
        restart_after in 0..30_usize,
    ) {
        // covers: A3
        let (mut phone, mut server) = (Phone::new(), Server::default());
        let mut requests = Vec::new();
        for (number, size_bytes) in sizes.iter().enumerate() {
            requests.extend(phone.keep(hash(u8::try_from(number).unwrap()), *size_bytes));
        }
        let (before, after) = fates.split_at(restart_after.min(fates.len()));
        for fate in before {
            let Some(request) = requests.pop() else { break };
            let answer = server.take(&request, fate);
            requests = phone.event(UploadEvent::Answered { request: request.id, answer });
        }

        let requests = phone.restart();
        phone.live(requests, &mut server, after);

        prop_assert!(phone.queue.blobs().iter().all(|blob| blob.fate == Some(BlobFate::Sent)));
        prop_assert_eq!(phone.queue.unsent_count(), 0);
        let expired = fates.iter().filter(|fate| matches!(fate, Fate::Expired)).count();
        let total: u64 = sizes.iter().sum();
        if expired == 0 {
            prop_assert_eq!(server.received_bytes, total, "what the server kept is never sent again");
        }
    }
}

#[test]
fn a_signature_goes_before_photos_and_after_what_was_begun() {
    let (mut phone, mut server) = (Phone::new(), Server::default());
    let first = phone.keep(hash(1), 3_000_000).pop().unwrap();
    let answer = server.take(&first, &Fate::Answered);
    let second = phone.event(UploadEvent::Answered { request: first.id, answer }).pop().unwrap();
    phone.keep(hash(2), 2_000_000);
    phone.keep(hash(3), 900);
    let mut order = Vec::new();
    let mut requests = vec![second];

    while let Some(request) = requests.pop() {
        order.push(request.sha256);
        let answer = server.take(&request, &Fate::Answered);
        requests = phone.event(UploadEvent::Answered { request: request.id, answer });
    }

    order.dedup();
    assert_eq!(order, [hash(1), hash(3), hash(2)]);
}

#[test]
fn changes_of_orders_go_before_the_next_piece() {
    let mut phone = Phone::new();
    phone.event(UploadEvent::OrdersGoFirst(true));

    let meanwhile = phone.keep(hash(1), 1_000);
    let afterwards = phone.event(UploadEvent::OrdersGoFirst(false));

    assert!(meanwhile.is_empty() && phone.queue.due_ms().is_none());
    assert_eq!(afterwards.len(), 1);
}

#[test]
fn what_the_server_never_takes_is_kept_and_said_and_does_not_stop_the_others() {
    for code in ["too_large", "unsupported_type", "image_too_big", "role_forbidden"] {
        let (mut phone, mut server) = (Phone::new(), Server::default());
        let requests = phone.keep(hash(1), 100);
        phone.keep(hash(2), 200);

        phone.live(requests, &mut server, &[Fate::Answered, Fate::Problem(415, code)]);

        assert_eq!(phone.fate(hash(1)), Some(BlobFate::Refused(code.to_owned())));
        assert_eq!(phone.fate(hash(2)), Some(BlobFate::Sent));
        assert_eq!(phone.queue.unsent_count(), 1);
        phone.restart();
        assert_eq!(phone.fate(hash(1)), Some(BlobFate::Refused(code.to_owned())), "also after a restart");
    }
}

#[test]
fn a_blob_without_room_waits_while_smaller_ones_go() {
    let (mut phone, mut server) = (Phone::new(), Server::default());
    let mut requests = phone.keep(hash(1), 100);
    phone.keep(hash(2), 200);
    let full = Fate::Problem(507, "quota");
    let first = requests.pop().unwrap();
    let answer = server.take(&first, &full);
    let requests = phone.event(UploadEvent::Answered { request: first.id, answer });
    assert_eq!(requests[0].sha256, hash(2));

    phone.live(requests, &mut server, &[]);

    assert!(phone.now_ms >= 600_000, "it waited its ten minutes");
    assert_eq!(phone.queue.unsent_count(), 0);
}

#[test]
fn bytes_that_are_not_what_they_were_are_given_up_after_three_attempts_and_gone_ones_at_once() {
    let (mut phone, mut server) = (Phone::new(), Server::default());
    let requests = phone.keep(hash(1), 100);
    let mismatch = Fate::Problem(460, "checksum_mismatch");
    let fates: Vec<Fate> = [Fate::Answered, mismatch].into_iter().cycle().take(8).collect();
    phone.live(requests, &mut server, &fates);
    assert_eq!(phone.fate(hash(1)), Some(BlobFate::Refused("checksum_mismatch".to_owned())));

    let request = phone.keep(hash(2), 100).pop().unwrap();
    phone.event(UploadEvent::Answered { request: request.id, answer: UploadAnswer::Lost });
    assert_eq!(phone.fate(hash(2)), Some(BlobFate::Lost));
}

#[test]
fn nothing_is_sent_after_the_session_ended_until_somebody_signs_in() {
    let (mut phone, mut server) = (Phone::new(), Server::default());
    let requests = phone.keep(hash(1), 100);
    phone.live(requests, &mut server, &[Fate::Problem(401, "session_revoked")]);
    assert_eq!((phone.queue.due_ms(), phone.queue.unsent_count()), (None, 1));
    assert!(phone.notices.contains(&Notice::SignInNeeded));

    let requests = phone.event(UploadEvent::SignedIn);
    phone.live(requests, &mut server, &[]);

    assert_eq!(phone.queue.unsent_count(), 0);
}

#[test]
fn a_restored_server_is_offered_everything_again_and_one_that_leads_nowhere_is_left_in_peace() {
    let (mut phone, mut server) = (Phone::new(), Server::default());
    let requests = phone.keep(hash(1), 100);
    phone.live(requests, &mut server, &[]);
    server.uploads.clear();
    let requests = phone.event(UploadEvent::ServerRestored);
    phone.live(requests, &mut server, &[]);
    assert_eq!((server.received_bytes, phone.queue.unsent_count()), (200, 0));

    let nowhere = vec![Fate::Problem(409, "offset_mismatch"); 40];
    let (before, began_ms) = (server.requests, phone.now_ms);
    let requests = phone.keep(hash(2), 100);
    phone.live(requests, &mut server, &nowhere);
    let per_minute = (server.requests - before) * 60_000 / (phone.now_ms - began_ms).unsigned_abs();
    assert!(per_minute <= 4, "{per_minute} requests a minute");
}

#[test]
fn a_phone_that_sends_only_when_asked_asks_nobody() {
    let (mut phone, mut server) = (Phone::new(), Server::default());
    phone.queue.send_only_when_asked();
    assert!(phone.keep(hash(1), 100).is_empty());
    assert!(phone.event(UploadEvent::Tick).is_empty() && phone.queue.due_ms().is_none());

    let requests = phone.event(UploadEvent::SendAsked);
    phone.live(requests, &mut server, &[]);

    assert_eq!(phone.queue.unsent_count(), 0);
}
