//! A device as the protocol sees it: signed in, with a cursor and documents in memory. Never stores anything.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::SigningKey;
use serde_json::json;
use sync_core::document::OrderDocument;
use sync_core::ids::{DeviceId, OrderId, UserId};
use sync_core::message::{
    FeedCursor, OrderUpdate, Outcome, PUSH_CHANGES_MAX, PushedChange, PushedOrder, RESPONSE_BYTES_MAX,
    SyncRequest, SyncResponse, open, seal,
};
use sync_core::workflow::Role;

use crate::orders::Author;
use crate::server::{post, text};

/// The newest schema this program reads.
pub const SCHEMA: u32 = 1;

/// One installed app of one person.
pub struct Device {
    pub author: Author,
    pub documents: BTreeMap<OrderId, OrderDocument>,
    pub traffic: Traffic,
    address: SocketAddr,
    http: reqwest::Client,
    token: String,
    cursor: Option<FeedCursor>,
}

/// What went over the wire, bodies only.
#[derive(Debug, Clone, Copy, Default)]
pub struct Traffic {
    pub requests: u64,
    pub bytes_up: u64,
    pub bytes_down: u64,
}

impl Device {
    /// Gives the session of a person to a device with a key of its own.
    pub async fn enroll(address: SocketAddr, token: &str, role: Role) -> Self {
        let device = DeviceId::from_bytes(rand::random());
        let key = SigningKey::from_bytes(&rand::random());
        let enrollment = json!({
            "device_id": device.to_string(),
            "public_key": STANDARD.encode(key.verifying_key().as_bytes()),
            "name": "bench",
        });
        let enrolled = post(address, "/v1/devices", Some(token), &enrollment).await;
        let session = &enrolled["session"];
        let user: UserId = text(&session["user_id"]).parse().expect("the server sends ids");
        Self {
            author: Author { user, role, device },
            documents: BTreeMap::new(),
            traffic: Traffic::default(),
            address,
            http: reqwest::Client::new(),
            token: text(&session["access_token"]),
            cursor: None,
        }
    }

    /// Goes on with another node.
    pub fn move_to(&mut self, address: SocketAddr) {
        self.address = address;
    }

    pub fn token(&self) -> &str {
        &self.token
    }

    /// Sends changes, in as few requests as the limits allow, and takes in everything that happened since.
    ///
    /// # Panics
    ///
    /// When a change is not applied.
    pub async fn sync(&mut self, push: Vec<PushedOrder>) {
        let mut requests = split(push).into_iter();
        let mut offered = requests.next().unwrap_or_default();
        loop {
            let expected: usize = offered.iter().map(|order| order.changes.len()).sum();
            let reply = self.exchange(offered).await;
            assert_eq!(applied(&reply), expected, "{:?}", reply.results);
            let more = reply.more;
            self.take(reply);
            match (requests.next(), more) {
                (Some(next), _) => offered = next,
                (None, true) => offered = Vec::new(),
                (None, false) => return,
            }
        }
    }

    /// Sends changes and takes in nothing.
    ///
    /// # Panics
    ///
    /// When a change is not applied.
    pub async fn push_only(&mut self, push: Vec<PushedOrder>) {
        for offered in split(push) {
            let expected: usize = offered.iter().map(|order| order.changes.len()).sum();
            let reply = self.exchange(offered).await;
            assert_eq!(applied(&reply), expected, "{:?}", reply.results);
        }
    }

    /// One request and its reply, nothing taken in.
    pub async fn exchange(&mut self, push: Vec<PushedOrder>) -> SyncResponse {
        let request = SyncRequest {
            schema: SCHEMA,
            app_version: "bench".to_owned(),
            device: self.author.device,
            cursor: self.cursor,
            digest: None,
            push,
            heads: None,
            page_bytes_max: None,
            vouchers: None,
        };
        self.send(&request).await
    }

    /// Sends a request and returns the reply.
    ///
    /// # Panics
    ///
    /// When the server does not answer with one.
    pub async fn send(&mut self, request: &SyncRequest) -> SyncResponse {
        let body = seal(request);
        self.traffic.requests += 1;
        self.traffic.bytes_up += body.len() as u64;
        let response = self
            .http
            .post(format!("http://{}/v1/sync", self.address))
            .bearer_auth(&self.token)
            .header("content-type", "application/cbor")
            .body(body)
            .send()
            .await
            .expect("the node answers");
        let status = response.status();
        let body = response.bytes().await.expect("the reply is whole");
        assert!(status.is_success(), "{status}: {}", String::from_utf8_lossy(&body));
        self.traffic.bytes_down += body.len() as u64;
        open(&body, RESPONSE_BYTES_MAX).expect("the server keeps to the protocol")
    }

    /// Takes in a page.
    pub fn take(&mut self, reply: SyncResponse) {
        for update in reply.orders {
            match update {
                OrderUpdate::Enter { order, snapshot, changes } => {
                    let document = self.documents.entry(order).or_default();
                    document.merge_saved(&snapshot).expect("a saved document is whole");
                    apply(document, changes);
                }
                OrderUpdate::Changes { order, changes } => {
                    apply(self.documents.entry(order).or_default(), changes);
                }
                OrderUpdate::Leave { order } => drop(self.documents.remove(&order)),
            }
        }
        self.cursor = Some(reply.cursor);
    }

    /// Forgets everything, as a phone does that was wiped.
    pub fn wipe(&mut self) {
        self.documents.clear();
        self.cursor = None;
        self.traffic = Traffic::default();
    }
}

fn apply(document: &mut OrderDocument, changes: Vec<sync_core::message::Bytes>) {
    for change in changes {
        document.apply(&change.0).expect("changes come in an order in which they can be applied");
    }
}

/// How many changes of a push were applied.
pub fn applied(reply: &SyncResponse) -> usize {
    let results = reply.results.iter().flat_map(|order| &order.results);
    results.filter(|result| result.outcome == Outcome::Applied).count()
}

/// Divides a push so that no request holds more changes than allowed and no order is torn apart.
fn split(push: Vec<PushedOrder>) -> Vec<Vec<PushedOrder>> {
    let mut requests: Vec<Vec<PushedOrder>> = Vec::new();
    let mut room = 0;
    for order in push {
        if order.changes.len() > room || requests.is_empty() {
            requests.push(Vec::new());
            room = PUSH_CHANGES_MAX;
        }
        room = room.saturating_sub(order.changes.len());
        requests.last_mut().expect("one was just made").push(order);
    }
    requests
}

/// One change for one order.
pub fn pushed(order: OrderId, changes: Vec<PushedChange>) -> PushedOrder {
    PushedOrder { order, changes }
}
