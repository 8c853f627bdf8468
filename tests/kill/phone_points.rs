//! The real client dies at every named point of its life, again and again. Never loses what it told a person is stored.

use std::collections::BTreeSet;
use std::os::unix::process::ExitStatusExt;

use harness::databases;
use harness::phone::process::PhoneProcess;
use harness::phone::{Asked, PhoneSettings, Said};
use harness::temp::TemporaryDirectory;
use mobile_ffi::{Client, ClientConfig};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use sqlx::{Connection as _, SqliteConnection};
use sync_core::ids::{EntryId, OrderId, UserId};
use sync_core::order::OrderCommand;

use super::crew::{Crew, PASSWORD, SIGABRT};

const KILLS: usize = 175;
const DIRTY_ORDERS: u16 = 1_000;
const SEED: u64 = 0x0bad_cafe;
/// Where a phone can die, and how often such a point is survived at most.
const POINTS: [(&str, u32); 7] = [
    ("local.between_writes", 12),
    ("local.before_commit", 6),
    ("local.after_commit", 6),
    ("session.before_keep", 1),
    ("request.before_send", 3),
    ("reply.before_store", 3),
    ("reply.after_store", 3),
];
/// The points from here on are only reached where there is a server.
const FIRST_ONLINE: usize = 3;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_phone_killed_anywhere_keeps_what_it_confirmed_and_sends_it_by_itself() {
    // covers: A1 A2 B2 R4
    let mut crew = Crew::gather(databases::sqlite()).await;
    let mut pocket = Pocket::of_spare(&crew).await;
    let mut dice = ChaCha8Rng::seed_from_u64(SEED);

    for kill in 0..KILLS {
        let (point, survived_max) = POINTS[kill % POINTS.len()];
        let fail_points = format!("{point}={}*off->return", dice.random_range(0..survived_max));
        let is_online = kill % POINTS.len() >= FIRST_ONLINE || kill % 4 == 3;
        crew.hands[1].record();
        crew.hands[1].sync().await.expect("a server that is ready answers");
        pocket.die(is_online.then(|| crew.url()), &fail_points).await;
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
    let mut pocket = Pocket::of_spare(&crew).await;
    let created: BTreeSet<_> = (0..DIRTY_ORDERS).map(order_number).collect();
    let mut phone = pocket.start(None, "");
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
    let mut phone = pocket.start(Some(crew.url()), "");
    let Some(Said::Opened { unsent }) = phone.hear().await else { panic!("the phone opens") };
    assert!(unsent > 0, "there was something to send");
    let settled = phone.ask(&Asked::Settle).await;
    assert_eq!(settled, Some(Said::Synced { is_complete: false, unsent }));
    phone.kill().await;
    crew = crew.server_died().await;
    crew.start("").await;
    pocket.drain(&crew.url()).await;
    crew.recover().await;
    crew
}

/// A phone between its lives: its files, and what its owner was told is in them.
pub(super) struct Pocket {
    pub files: TemporaryDirectory,
    pub user: UserId,
    pub orders: Vec<OrderId>,
    confirmed: BTreeSet<(OrderId, EntryId)>,
    /// Given and not answered before the phone died.
    doubtful: Option<(OrderId, EntryId)>,
    steps: u64,
}

impl Pocket {
    /// The phone of the technician who has none yet, with the orders of the day.
    pub async fn of_spare(crew: &Crew) -> Self {
        let pocket = Self {
            files: TemporaryDirectory::create("phone"),
            user: crew.spare.user,
            orders: crew.orders.clone(),
            confirmed: BTreeSet::new(),
            doubtful: None,
            steps: 0,
        };
        let mut phone = pocket.start(Some(crew.url()), "");
        assert_eq!(phone.hear().await, Some(Said::Opened { unsent: 0 }));
        let sign_in = Asked::SignIn { email: crew.spare.email.clone(), password: PASSWORD.to_owned() };
        assert_eq!(phone.ask(&sign_in).await, Some(Said::Synced { is_complete: true, unsent: 0 }));
        phone.kill().await;
        pocket
    }

    pub fn start(&self, url: Option<String>, fail_points: &str) -> PhoneProcess {
        let offline = PhoneSettings::offline(self.files.path());
        let url = url.unwrap_or(offline.url);
        PhoneProcess::start(&PhoneSettings { url, directory: offline.directory }, fail_points)
    }

    /// Records and, where there is a server, sends, until the phone dies at its point.
    async fn die(&mut self, url: Option<String>, fail_points: &str) {
        let is_online = url.is_some();
        let mut phone = self.start(url, fail_points);
        let mut is_alive = phone.hear().await.is_some();
        while is_alive {
            is_alive =
                self.record(&mut phone).await && (!is_online || phone.ask(&Asked::Sync).await.is_some());
        }
        let status = phone.died().await;
        assert_eq!(
            status.signal(),
            Some(SIGABRT),
            "the phone ended otherwise than at {fail_points}: {status}"
        );
    }

    async fn record_offline(&mut self) {
        let mut phone = self.start(None, "");
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
        let settings = PhoneSettings::offline(self.files.path());
        let file = format!("sqlite://{}", self.files.path().join(format!("data/{}.db", self.user)).display());
        let mut database = SqliteConnection::connect(&file).await.expect("the file opens");
        let verdict: String = sqlx::query_scalar("PRAGMA integrity_check")
            .fetch_one(&mut database)
            .await
            .expect("it is checked");
        database.close().await.expect("nobody else uses the file");
        assert_eq!(verdict, "ok");

        let silent = ClientConfig { sends_only_when_asked: true, ..settings.client() };
        let phone = Client::open(silent).expect("the phone opens");
        let mut kept = BTreeSet::new();
        for order in &self.orders {
            let read = phone.order(*order).await.expect("the rows are readable").expect("the order is there");
            let mine = read.order.notes.iter().filter(|(_, note)| note.by == self.user);
            kept.extend(mine.map(|(note, _)| (*order, *note)));
        }
        if let Some(doubtful) = self.doubtful.take().filter(|doubtful| kept.contains(doubtful)) {
            self.confirmed.insert(doubtful);
        }
        assert_eq!(kept, self.confirmed, "what was confirmed, and nothing that was refused or half written");
        assert_eq!(phone.center().await.expect("the rows are readable"), [], "nothing waits for a person");
        self.assert_has_commands(&phone.rescue_file().await.expect("the rows are readable"));
    }

    /// Every unsent change has its bytes and the command that made it, and its note is in the order.
    fn assert_has_commands(&self, rescued: &str) {
        for line in rescued.lines() {
            let entry: serde_json::Value = serde_json::from_str(line).expect("a line is JSON");
            assert_ne!(entry["bytes"], "", "{line}");
            let command = entry["authored"]["command"].as_str().expect("the command is kept");
            let Ok(OrderCommand::AddNote { note, .. }) = serde_json::from_str(command) else {
                panic!("not what was recorded: {command}")
            };
            let order = entry["order"].as_str().and_then(|id| id.parse().ok()).expect("the order is named");
            assert!(self.confirmed.contains(&(order, note)), "{note} is in the outbox and not in the order");
        }
    }

    /// A start with network and without a tap empties the outbox.
    async fn drain(&mut self, url: &str) {
        let mut phone = self.start(Some(url.to_owned()), "");
        assert!(matches!(phone.hear().await, Some(Said::Opened { .. })));
        let settled = phone.ask(&Asked::Settle).await;
        assert_eq!(settled, Some(Said::Synced { is_complete: true, unsent: 0 }));
        phone.kill().await;
    }
}

fn order_number(number: u16) -> OrderId {
    let mut bytes = [0xaa; 16];
    bytes[14..].copy_from_slice(&number.to_be_bytes());
    OrderId::from_bytes(bytes)
}
