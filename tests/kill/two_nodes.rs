//! Many devices write into one order through two server processes at once. Never through one cache.

use std::collections::BTreeSet;

use campo::clock::Clock;
use campo::sync::read_page::Reader;
use futures_util::future::join_all;
use harness::databases::{DatabaseKind, TestDatabase, each_database};
use harness::process::{CampoOptions, CampoProcess};
use harness::temp::TemporaryDirectory;
use sync_core::ids::{ChangeHash, OrderId, OrganizationId};
use sync_core::message::{Outcome, RESPONSE_BYTES_MAX, SyncResponse, open, seal};
use sync_core::workflow::Role;

use super::truth::assert_database_is_sound;
use crate::api::support::{PASSWORD, TestKey, config, start_with, text};
use crate::store::phone::{Heard, Phone};

const ORDER: OrderId = OrderId::from_bytes([5; 16]);
const DEVICES: u8 = 32;
const REMARKS_EACH: usize = 4;

/// The model is the set of remarks: each is applied once, and the rows in their order make the stored document.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_order_on_two_nodes_at_once_ends_as_if_everything_had_come_one_by_one() {
    // covers: B7
    for database in each_database() {
        let (organization, mut devices) = enroll(&database).await;
        let directory = TemporaryDirectory::create("campo");
        let options = CampoOptions::new(&database, directory.path());
        let mut nodes = vec![options.clone().start().await];
        if database.kind() == DatabaseKind::Postgres {
            nodes.push(options.start().await);
        }
        let addresses: Vec<_> = nodes.iter().map(CampoProcess::url).collect();
        let made = devices[0].phone.create(ORDER, &[]);
        devices[0].sync(&addresses[0]).await;
        join_all(devices.iter_mut().map(|device| device.sync(&addresses[0]))).await;

        let written = join_all(devices.iter_mut().zip(0..).map(|(device, number)| {
            let addresses = &addresses;
            async move {
                let mut written = Vec::new();
                for turn in 0..REMARKS_EACH {
                    written.push(device.phone.note(ORDER, turn as u64));
                    device.sync(&addresses[(number + turn) % addresses.len()]).await;
                }
                written
            }
        }));
        let mut expected: BTreeSet<ChangeHash> = written.await.into_iter().flatten().collect();
        expected.insert(made);
        join_all(devices.iter_mut().map(|device| device.sync(&addresses[0]))).await;

        let heads = devices[0].phone.documents[&ORDER].heads();
        for Device { phone, .. } in &devices {
            let document = &phone.documents[&ORDER];
            assert_eq!(document.heads(), heads, "two devices read different orders");
            assert!(expected.iter().all(|hash| document.contains(hash)), "a remark is missing");
            assert_eq!(phone.order(ORDER).notes.len(), usize::from(DEVICES) * REMARKS_EACH);
        }
        for node in nodes {
            node.kill().await.expect("a child can be killed");
        }
        assert_database_is_sound(&database, organization, &expected).await;
    }
}

struct Device {
    phone: Phone,
    token: String,
    http: reqwest::Client,
}

impl Device {
    /// One exchange, after which nothing is unsent.
    async fn sync(&mut self, address: &str) {
        let request = self.http.post(format!("{address}/v1/sync")).bearer_auth(&self.token);
        let request = request.header("content-type", "application/cbor").body(seal(&self.phone.request()));
        let reply = request.send().await.expect("the node answers");
        let status = reply.status();
        let body = reply.bytes().await.expect("the answer is whole");
        assert!(status.is_success(), "{status}: {}", String::from_utf8_lossy(&body));
        let reply: SyncResponse = open(&body, RESPONSE_BYTES_MAX).expect("an answer is a reply");
        for result in reply.results.iter().flat_map(|order| &order.results) {
            assert_eq!(result.outcome, Outcome::Applied);
        }
        self.phone.take(reply, &mut Heard::default());
        assert!(self.phone.unsent.is_empty());
    }
}

/// Devices of one admin, made by a node that is gone.
async fn enroll(database: &TestDatabase) -> (OrganizationId, Vec<Device>) {
    let node = start_with(config(database), Clock::system()).await;
    let admin = node.set_up("ana@example.com").await;
    let user = admin.user_id.parse().unwrap();
    let mut devices = Vec::new();
    for number in 1..=DEVICES {
        let key = TestKey::new(number);
        let session = node.sign_in(&admin.email, PASSWORD).await;
        let enrolled = node.enroll(&text(&session.body["access_token"]), &key).await;
        let mut phone = Phone::new(admin.organization, 1, Role::Admin, number);
        phone.reader =
            Reader { organization: admin.organization, user, role: Role::Admin, device: key.device };
        let token = text(&enrolled.body["session"]["access_token"]);
        devices.push(Device { phone, token, http: reqwest::Client::new() });
    }
    node.stop().await;
    (admin.organization, devices)
}
