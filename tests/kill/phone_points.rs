//! A phone dies at every named point of its writes, again and again. Never loses what it told a person is stored.

use std::collections::BTreeSet;
use std::os::unix::process::ExitStatusExt;

use harness::databases;
use harness::phone::{Asked, DieAt, LocalPoint, Phone, PhoneSettings, Said, SqliteStore};
use harness::temp::TemporaryDirectory;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use sync_core::ids::{EntryId, OrderId};
use sync_core::order::OrderCommand;

use super::crew::Crew;
use super::hand::Account;
use super::phone_process::PhoneProcess;

const KILLS: usize = 156;
const DIRTY_ORDERS: u16 = 1_000;
const SEED: u64 = 0x0bad_cafe;
const SIGABRT: i32 = 6;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_phone_killed_anywhere_in_a_write_keeps_what_it_confirmed_and_sends_it_by_itself() {
    // covers: A2
    let mut crew = Crew::gather(databases::sqlite()).await;
    let mut pocket = Pocket::new(&crew.spare, &crew.orders);
    let mut dice = ChaCha8Rng::seed_from_u64(SEED);
    pocket.drain(&crew.url()).await;

    for kill in 0..KILLS {
        let die_at = DieAt { point: LocalPoint::ALL[kill % 3], survived: dice.random_range(0..6) };
        let url = (kill % 4 == 3).then(|| crew.url());
        crew.hands[1].record().await;
        crew.hands[1].sync().await.expect("a server that is ready answers");
        pocket.die(url, die_at).await;
        pocket.assert_sound().await;
        if kill % 12 == 5 {
            crew = lose_the_reply(crew, &mut pocket).await;
        } else if kill % 3 == 2 {
            pocket.drain(&crew.url()).await;
        }
    }

    pocket.drain(&crew.url()).await;
    pocket.assert_sound().await;
    crew.sync_all().await;
    crew.hands[0].assert_reads(&pocket.confirmed);
    crew.assert_nothing_is_lost().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restarted_phone_sends_a_thousand_orders_that_nobody_opens() {
    // covers: R9
    let mut crew = Crew::gather(databases::sqlite()).await;
    let mut pocket = Pocket::new(&crew.spare, &crew.orders);
    let created: BTreeSet<_> = (0..DIRTY_ORDERS).map(order_number).collect();
    let mut phone = pocket.start(None, None);
    phone.hear().await.expect("the phone opens");
    for order in &created {
        let create = OrderCommand::CreateOrder(Box::default());
        let said = phone.ask(&Asked::Do(*order, Box::new(create))).await;
        assert!(matches!(said, Some(Said::Stored { .. })), "{said:?}");
    }
    phone.kill().await;

    pocket.drain(&crew.url()).await;

    crew.sync_all().await;
    let known: BTreeSet<_> = crew.hands[0].phone.session().order_ids().into_iter().collect();
    assert!(created.is_subset(&known), "{} orders did not arrive", created.difference(&known).count());
}

/// The server dies after it committed what the phone sent; the phone dies too, and both start again.
async fn lose_the_reply(crew: Crew, pocket: &mut Pocket) -> Crew {
    let mut crew = crew.stopped().await;
    pocket.record_offline().await;
    crew.start("push.after_commit=return").await;
    let mut phone = pocket.start(Some(crew.url()), None);
    let Some(Said::Opened { unsent }) = phone.hear().await else { panic!("the phone opens") };
    assert!(unsent > 0, "there was something to send");
    assert_eq!(phone.hear().await, Some(Said::Synced { is_complete: false, unsent }));
    phone.kill().await;
    crew = crew.server_died().await;
    crew.start("").await;
    pocket.drain(&crew.url()).await;
    crew.recover().await;
    crew
}

/// A phone between its lives: the file, and what its owner was told is in it.
struct Pocket {
    settings: PhoneSettings,
    orders: Vec<OrderId>,
    confirmed: BTreeSet<(OrderId, EntryId)>,
    /// Given and not answered before the phone died.
    doubtful: Option<(OrderId, EntryId)>,
    steps: u64,
    _files: TemporaryDirectory,
}

impl Pocket {
    fn new(account: &Account, orders: &[OrderId]) -> Self {
        let files = TemporaryDirectory::create("phone");
        let settings = PhoneSettings {
            store: files.join("phone.db"),
            device: account.identity.device,
            user: account.identity.user,
            role: account.identity.role,
            access_token: account.access_token.clone(),
            url: None,
            die_at: None,
        };
        let orders = orders.to_vec();
        Self { settings, orders, confirmed: BTreeSet::new(), doubtful: None, steps: 0, _files: files }
    }

    fn start(&self, url: Option<String>, die_at: Option<DieAt>) -> PhoneProcess {
        let die_at = die_at.map(|die_at| die_at.to_string());
        PhoneProcess::start(&PhoneSettings { url, die_at, ..self.settings.clone() })
    }

    /// Records and, where there is a server, sends, until the phone dies at its point.
    async fn die(&mut self, url: Option<String>, die_at: DieAt) {
        let is_online = url.is_some();
        let mut phone = self.start(url, Some(die_at));
        let mut is_alive = phone.hear().await.is_some();
        if is_online && is_alive {
            is_alive = phone.hear().await.is_some();
        }
        while is_alive {
            is_alive =
                self.record(&mut phone).await && (!is_online || phone.ask(&Asked::Sync).await.is_some());
        }
        let status = phone.died().await;
        assert_eq!(status.signal(), Some(SIGABRT), "the phone ended otherwise than at {die_at}: {status}");
    }

    async fn record_offline(&mut self) {
        let mut phone = self.start(None, None);
        phone.hear().await.expect("the phone opens");
        assert!(self.record(&mut phone).await, "a phone that is not killed answers");
        phone.kill().await;
    }

    /// Gives one command; `false` when the phone died over it.
    async fn record(&mut self, phone: &mut PhoneProcess) -> bool {
        self.steps += 1;
        let mut bytes = [0xee; 16];
        bytes[8..].copy_from_slice(&self.steps.to_be_bytes());
        let note = EntryId::from_bytes(bytes);
        let turn = usize::try_from(self.steps).expect("a test records little");
        let order = self.orders[turn % self.orders.len()];
        let text = format!("step {}", self.steps);
        let command = OrderCommand::AddNote { note, text, is_internal: false };
        match phone.ask(&Asked::Do(order, Box::new(command))).await {
            Some(Said::Stored { change: Some(_) }) => self.confirmed.insert((order, note)),
            Some(other) => panic!("a note was answered {other:?}"),
            None => {
                self.doubtful = Some((order, note));
                false
            }
        }
    }

    /// The file is whole; what was confirmed is in it; what was not answered is in it wholly or not at all.
    async fn assert_sound(&mut self) {
        let mut store = SqliteStore::open(&self.settings.store, None).await.expect("the file opens");
        assert_eq!(store.integrity().await.expect("the file can be checked"), "ok");
        let mut phone = Phone::open(store, *self.settings.device.as_bytes(), self.settings.identity()).await;
        let mut kept = BTreeSet::new();
        for order in &self.orders {
            let read = phone.order(*order).expect("the order is on the phone");
            let mine = read.notes.iter().filter(|(_, note)| note.by == self.settings.user);
            kept.extend(mine.map(|(note, _)| (*order, *note)));
        }
        if let Some(doubtful) = self.doubtful.take().filter(|doubtful| kept.contains(doubtful)) {
            self.confirmed.insert(doubtful);
        }
        assert_eq!(kept, self.confirmed, "what was confirmed, and nothing that was refused or half written");
        let own = phone.session().unsent_count() + phone.session().acknowledged().len();
        assert_eq!(own, self.confirmed.len(), "every note has its command, and every command its note");
    }

    /// A start with network and without a tap empties the outbox.
    async fn drain(&mut self, url: &str) {
        let mut phone = self.start(Some(url.to_owned()), None);
        assert!(matches!(phone.hear().await, Some(Said::Opened { .. })));
        assert_eq!(phone.hear().await, Some(Said::Synced { is_complete: true, unsent: 0 }));
        phone.kill().await;
    }
}

fn order_number(number: u16) -> OrderId {
    let mut bytes = [0xaa; 16];
    bytes[14..].copy_from_slice(&number.to_be_bytes());
    OrderId::from_bytes(bytes)
}
