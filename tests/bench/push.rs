//! Many devices push one change at a time: how close the server comes to what its database can do at most. Never
//! counts a push that was not answered `applied`.

use std::time::Instant;

use harness::databases::{self, DatabaseKind, TestDatabase};
use sync_core::message::PushedOrder;
use sync_core::workflow::Role;

use crate::device::{Device, applied, pushed};
use crate::live::kind_name;
use crate::orders::{self, Built};
use crate::raw_inserts::RawRows;
use crate::report::{Report, Spread};
use crate::server::Server;
use crate::size::Size;

/// The devices that push at the same time, and the writers they are compared with.
const DEVICES: u32 = 16;

/// What one repetition measured, per second.
struct Rates {
    cold: f64,
    warm: f64,
    raw: f64,
}

pub async fn run(size: Size) -> Report {
    let mut report = Report::new("push");
    for database in databases::each_database() {
        let kind = database.kind();
        let raw_database = match kind {
            DatabaseKind::Sqlite => databases::sqlite(),
            DatabaseKind::Postgres => databases::postgres(),
        };
        let mut raw = RawRows::create(&raw_database, DEVICES).await;
        let mut crowd = Crowd::gather(database, size.choose(25, 1)).await;
        let mut rates = Vec::new();
        for _ in 0..=size.repetitions() {
            rates.push(crowd.measure(&mut raw).await);
        }
        // The first time warms both sides up.
        let rates = &rates[1..];
        for (documents, rate_of) in
            [("cold", (|rates| rates.cold) as fn(&Rates) -> f64), ("warm", |r| r.warm)]
        {
            report.add(vec![
                ("database", kind_name(kind).into()),
                ("documents", documents.into()),
                ("devices", u64::from(DEVICES).into()),
                ("pushes_per_s", Spread::of(rates.iter().map(rate_of)).into()),
                ("raw_inserts_per_s", Spread::of(rates.iter().map(|rates| rates.raw)).into()),
                ("ratio", Spread::of(rates.iter().map(|rates| rate_of(rates) / rates.raw)).into()),
            ]);
        }
    }
    report
}

/// Technicians, each with orders of their own.
struct Crowd {
    server: Server,
    people: Vec<(Device, Vec<Built>)>,
    edits: u64,
}

impl Crowd {
    async fn gather(database: TestDatabase, orders_each: u64) -> Self {
        let mut server = Server::start(database).await;
        let mut office = server.person(Role::Dispatcher).await;
        let mut people = Vec::new();
        for person in 0..u64::from(DEVICES) {
            let device = server.person(Role::Technician).await;
            let authors = [office.author, device.author];
            let numbers = person * orders_each..(person + 1) * orders_each;
            let built: Vec<_> = numbers.map(|number| orders::build(number, &authors, 0)).collect();
            let made = built.iter().map(|built| pushed(built.order, built.stretches[0].changes.clone()));
            office.push_only(made.collect()).await;
            people.push((device, built));
        }
        for (device, built) in &mut people {
            device.sync(Vec::new()).await;
            built.iter_mut().for_each(|built| built.document = device.documents[&built.order].clone());
        }
        Self { server, people, edits: 0 }
    }

    /// Every device pushes one change to each of its orders, on a node that has just started and again on the same
    /// node; then the same bytes go into a table.
    async fn measure(&mut self, raw: &mut RawRows) -> Rates {
        self.server.restart().await;
        for (device, _) in &mut self.people {
            device.move_to(self.server.address());
            // Opens the connection; no document is needed for it.
            device.sync(Vec::new()).await;
        }
        let first = self.edit_all();
        let second = self.edit_all();
        let bytes = |pushes: &Vec<PushedOrder>| {
            pushes.iter().flat_map(|push| push.changes.iter().map(|change| change.bytes.clone())).collect()
        };
        let payloads = second.iter().map(bytes).collect();
        let cold = self.push_all(first).await;
        let warm = self.push_all(second).await;
        Rates { cold, warm, raw: raw.insert_all(payloads).await }
    }

    /// One change of every order, by its technician.
    fn edit_all(&mut self) -> Vec<Vec<PushedOrder>> {
        let edit = self.edits;
        self.edits += 1;
        let pushes = self.people.iter_mut().map(|(device, built)| {
            let author = device.author;
            let change = |built: &mut Built| {
                let command = orders::one_field(built.number, edit);
                pushed(built.order, vec![author.perform(built.order, &mut built.document, &command)])
            };
            built.iter_mut().map(change).collect()
        });
        pushes.collect()
    }

    /// Pushes per second of all devices together.
    async fn push_all(&mut self, pushes: Vec<Vec<PushedOrder>>) -> f64 {
        let count: usize = pushes.iter().map(Vec::len).sum();
        let began = Instant::now();
        let people = self.people.drain(..).zip(pushes);
        let tasks: Vec<_> = people
            .map(|((device, built), pushes)| tokio::spawn(push_one_by_one(device, built, pushes)))
            .collect();
        for task in tasks {
            self.people.push(task.await.expect("every push is applied"));
        }
        #[expect(clippy::cast_precision_loss, reason = "a benchmark's pushes are few")]
        let count = count as f64;
        count / began.elapsed().as_secs_f64()
    }
}

async fn push_one_by_one(
    mut device: Device,
    built: Vec<Built>,
    pushes: Vec<PushedOrder>,
) -> (Device, Vec<Built>) {
    for push in pushes {
        let reply = device.exchange(vec![push]).await;
        assert_eq!(applied(&reply), 1, "{:?}", reply.results);
        device.take(reply);
    }
    (device, built)
}
