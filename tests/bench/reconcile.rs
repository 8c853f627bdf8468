//! A phone comes back after some orders were changed on it and others by the office: our exchange against the stock
//! Automerge sync protocol on the same documents. Never lets either side end before both hold the same.

use std::time::{Duration, Instant};

use harness::databases;
use sync_core::document::OrderDocument;
use sync_core::message::PushedOrder;
use sync_core::workflow::Role;

use crate::device::{Device, Traffic, pushed};
use crate::orders;
use crate::phone::Phone;
use crate::report::{Figure, Report, Spread};
use crate::server::Server;
use crate::size::Size;
use crate::stock::{Reconciled, Side, Stock};

/// What both bodies together may take, by edits on each side.
const BYTES_MAX: [(u64, u64); 2] = [(0, 512), (20, 6_000)];
/// Edits every order has had before.
const HISTORY: u64 = 4;

pub async fn run(size: Size) -> Report {
    let mut report = Report::new("reconcile");
    let order_count = size.choose(1_000, 30);
    let mut world = World::with_orders(order_count).await;
    for dirty in size.choose([0, 20, 200], [0, 2, 6]) {
        let mut ours = Vec::new();
        let mut stock = Vec::new();
        for _ in 0..=size.repetitions() {
            world.edit(dirty).await;
            ours.push(world.reconcile().await);
            stock.push(world.stock.reconcile().await);
            world.check_convergence(dirty);
        }
        // The first time warms both sides up.
        report.add(figures(order_count, dirty, &ours[1..], &stock[1..]));
    }
    report
}

fn figures(
    order_count: u64,
    dirty: u64,
    ours: &[(Traffic, Duration)],
    stock: &[Reconciled],
) -> Vec<(&'static str, Figure)> {
    let (last, last_stock) = (ours[ours.len() - 1].0, stock[stock.len() - 1]);
    assert!(ours.iter().all(|(traffic, _)| traffic.requests == 1), "a phone comes back in one request");
    if let Some((_, bytes_max)) = BYTES_MAX.iter().find(|(edits, _)| *edits == dirty) {
        let bytes = last.bytes_up + last.bytes_down;
        assert!(bytes <= *bytes_max, "{dirty} edits on each side took {bytes} bytes");
    }
    let ratios =
        ours.iter().zip(stock).map(|((_, ours), stock)| ours.as_secs_f64() / stock.wall.as_secs_f64());
    vec![
        ("orders", order_count.into()),
        ("dirty", dirty.into()),
        ("requests", last.requests.into()),
        ("bytes_up", last.bytes_up.into()),
        ("bytes_down", last.bytes_down.into()),
        ("wall_ms", Spread::of_ms(ours.iter().map(|(_, wall)| wall)).into()),
        (
            "stock",
            Figure::Group(vec![
                ("messages", last_stock.messages.into()),
                ("bytes", last_stock.bytes.into()),
                ("wall_ms", Spread::of_ms(stock.iter().map(|stock| &stock.wall)).into()),
            ]),
        ),
        ("ratio_to_stock", Spread::of(ratios).into()),
    ]
}

/// The same orders twice: on our server, the office's device and a phone; and on two stock peers.
struct World {
    _server: Server,
    office: Device,
    phone: Phone,
    stock: Stock,
    order_count: u64,
    edits: u64,
}

impl World {
    async fn with_orders(order_count: u64) -> Self {
        let mut server = Server::start(databases::sqlite()).await;
        let mut office = server.person(Role::Dispatcher).await;
        let mut phone = Phone::of(server.person(Role::Technician).await).await;
        let authors = [office.author, phone.device.author];
        let push = (0..order_count).map(|number| {
            let built = orders::build(number, &authors[..1], HISTORY);
            let assign = orders::assign(authors[1].user);
            let mut document = built.document;
            let mut changes: Vec<_> = built.stretches.into_iter().flat_map(|made| made.changes).collect();
            changes.push(office.author.perform(built.order, &mut document, &assign));
            office.documents.insert(built.order, document);
            pushed(built.order, changes)
        });
        let push: Vec<PushedOrder> = push.collect();
        office.sync(push).await;
        phone.sync().await;
        let save = |number| office.documents[&orders::order_id(number)].save();
        let saves: Vec<_> = (0..order_count).map(save).collect();
        let stock = Stock::holding(&saves).await;
        Self { _server: server, office, phone, stock, order_count, edits: HISTORY }
    }

    /// Changes a field of so many orders on each side; half of them are the same orders.
    async fn edit(&mut self, dirty: u64) {
        let mut push = Vec::new();
        for number in 0..dirty {
            let command = orders::one_field(number, self.edits);
            self.phone.command(orders::order_id(number), command.clone()).await;
            let author = self.phone.device.author;
            self.edit_stock(Side::Phone, author, number, &command).await;
        }
        for number in dirty / 2..dirty / 2 + dirty {
            let number = number % self.order_count;
            let (order, author) = (orders::order_id(number), self.office.author);
            let command = orders::one_field(number, self.edits + 1);
            let document = self.office.documents.get_mut(&order).expect("the office has every order");
            push.push(pushed(order, vec![author.perform(order, document, &command)]));
            self.edit_stock(Side::Server, author, number, &command).await;
        }
        self.office.sync(push).await;
        self.edits += 2;
    }

    async fn edit_stock(
        &mut self,
        side: Side,
        author: orders::Author,
        number: u64,
        command: &sync_core::order::OrderCommand,
    ) {
        let index = usize::try_from(number).expect("a benchmark's orders are few");
        let save = self.stock.save(side, index);
        let mut document = OrderDocument::load(&save).expect("the stock peer keeps our documents");
        let change = author.perform(orders::order_id(number), &mut document, command);
        self.stock.edit(side, index, &change.bytes).await;
    }

    async fn reconcile(&mut self) -> (Traffic, Duration) {
        self.phone.device.traffic = Traffic::default();
        let began = Instant::now();
        self.phone.sync().await;
        let wall = began.elapsed();
        (self.phone.device.traffic, wall)
    }

    fn check_convergence(&mut self, dirty: u64) {
        assert!(self.stock.is_converged(), "the stock peers hold the same");
        for number in 0..dirty / 2 + dirty {
            let order = orders::order_id(number % self.order_count);
            let phone = self.phone.document(order).expect("the phone has every order");
            let office = &self.office.documents[&order];
            assert!(
                office.heads().iter().all(|head| phone.contains(head)),
                "the phone has what the office made"
            );
        }
    }
}
