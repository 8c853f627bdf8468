//! The first sync of an empty phone: many orders, each with a history. Never a document read by the server.

use std::time::Instant;

use harness::databases;
use sync_core::workflow::Role;

use crate::device::pushed;
use crate::live::kind_name;
use crate::orders::{self, Author};
use crate::report::{Report, Spread};
use crate::server::Server;
use crate::size::Size;

const EDITS: u64 = 20;

pub async fn run(size: Size) -> Report {
    let mut report = Report::new("cold-start");
    for database in databases::each_database() {
        let kind = database.kind();
        let order_count = size.choose(2_000, 20);
        let mut server = Server::start_without_jobs(database).await;
        fill(&mut server, order_count).await;
        server.restart().await;
        let mut phone = server.person(Role::Dispatcher).await;
        let mut elapsed = Vec::new();
        let read_before = server.documents_deserialized().await;
        for _ in 0..=size.repetitions() {
            phone.wipe();
            let began = Instant::now();
            phone.sync(Vec::new()).await;
            elapsed.push(began.elapsed());
        }
        let read = server.documents_deserialized().await - read_before;
        let saves = phone.documents.values().map(|document| document.save().len()).sum::<usize>();
        assert_eq!(phone.documents.len() as u64, order_count, "the phone has every order");
        assert_eq!(read, 0, "the server passes documents on unread");
        // A few orders do not outweigh what a reply is wrapped in.
        let bytes = usize::try_from(phone.traffic.bytes_down).expect("the orders fit in memory");
        assert!(order_count < 1_000 || bytes * 10 <= saves * 11, "{bytes} bytes for {saves} of documents");
        report.add(vec![
            ("database", kind_name(kind).into()),
            ("orders", order_count.into()),
            ("edits", EDITS.into()),
            ("requests", phone.traffic.requests.into()),
            ("bytes", phone.traffic.bytes_down.into()),
            ("sum_of_saves", saves.into()),
            ("documents_deserialized", read.into()),
            ("wall_ms", Spread::of_ms(&elapsed[1..]).into()),
        ]);
    }
    report
}

/// Makes the orders, through the server, by an office and three technicians.
async fn fill(server: &mut Server, order_count: u64) {
    let mut people = vec![server.person(Role::Dispatcher).await];
    for _ in 0..3 {
        people.push(server.person(Role::Technician).await);
    }
    let authors: Vec<Author> = people.iter().map(|person| person.author).collect();
    let built: Vec<_> = (0..order_count).map(|number| orders::build(number, &authors, EDITS)).collect();
    let stretch_count = built.first().map_or(0, |built| built.stretches.len());
    for stretch in 0..stretch_count {
        let author = built[0].stretches[stretch].author;
        let push = built.iter().map(|built| pushed(built.order, built.stretches[stretch].changes.clone()));
        people[author].push_only(push.collect()).await;
    }
}
