//! A phone or tablet: the real client with its SQLite file, behind a network that can be cut. Never a shortcut.

use std::fs;
use std::path::{Path, PathBuf};

use harness::proxy::{FaultProxy, Traffic};
use mobile_ffi::{Client, ClientConfig, ClientError, KeptBlob, ToSign, fresh_id};
use sync_core::ids::{ChangeHash, EntryId, OrderId};
use sync_core::order::command::NewSignature;
use sync_core::order::{Order, OrderCommand};

use campo_demo_company::failed::Failed;
use campo_demo_company::seed::{PASSWORD, Person};

const APP_VERSION: &str = concat!("campo-demo ", env!("CARGO_PKG_VERSION"));
/// What a backup of a phone holds: the database and the bytes of photos and drawings. Keys are elsewhere.
const DATA: &str = "data";
const KEYS: &str = "keys";

/// What one sync put on the wire, headers included.
#[derive(Debug, Clone, Copy, Default)]
pub struct SyncCost {
    pub requests: u64,
    pub sent_bytes: u64,
    pub received_bytes: u64,
}

/// A phone somebody is signed in on.
pub struct Phone {
    pub owner: Person,
    proxy: FaultProxy,
    client: Client,
    /// Where the phone keeps everything; another phone, another directory.
    directory: PathBuf,
}

impl Phone {
    /// Installs the app in an empty directory, signs somebody in and enrolls the phone.
    pub async fn install(owner: &Person, server_url: &str, directory: PathBuf) -> Result<Self, Failed> {
        let target = server_url.trim_start_matches("http://").parse();
        let target = target.map_err(|error| Failed::during("reading the server's address", &error))?;
        let proxy = FaultProxy::start(target).await;
        let proxy = proxy.map_err(|error| Failed::during("starting a network", &error))?;
        let client = open(owner, &proxy, &directory)?;
        sign_in(&client, owner).await?;
        Ok(Self { owner: owner.clone(), proxy, client, directory })
    }

    /// Takes the network away, in the middle of whatever is on its way.
    pub fn lose_network(&self) {
        self.proxy.cut();
    }

    /// Gives the network back.
    pub fn find_network(&self) {
        self.proxy.restore();
    }

    /// Does something with an order; it is durable on the phone when this returns.
    pub async fn does(&self, order: OrderId, command: OrderCommand) -> Result<(), Failed> {
        self.client.execute(order, command).await.map(drop).map_err(|error| self.failed(&error))
    }

    /// Keeps the bytes of a photo or drawing; they are durable on the phone when this returns.
    pub async fn keeps(&self, bytes: &[u8]) -> Result<KeptBlob, Failed> {
        self.client.keep_bytes(bytes.to_vec()).await.map_err(|error| self.failed(&error))
    }

    /// What the phone shows somebody who is about to sign.
    pub async fn to_sign(&self, order: OrderId, language: &str, terms: &str) -> Result<ToSign, Failed> {
        let shown = self.client.to_sign(order, language, terms).await.map_err(|error| self.failed(&error))?;
        shown.ok_or_else(|| Failed::new(format!("{}'s phone lacks an order", self.owner.name)))
    }

    /// Records a signature, sealed by the phone's key.
    pub async fn signs(&self, order: OrderId, signature: NewSignature) -> Result<(), Failed> {
        self.client.sign(order, signature).await.map(drop).map_err(|error| self.failed(&error))
    }

    /// Sends the bytes of photos and drawings; none may be left.
    pub async fn sends_blobs(&self) -> Result<SyncCost, Failed> {
        let before = self.proxy.traffic();
        match self.client.send_blobs().await.map_err(|error| self.failed(&error))? {
            0 => Ok(cost_between(before, self.proxy.traffic())),
            left => Err(Failed::new(format!("{left} photos are left on {}'s phone", self.owner.name))),
        }
    }

    /// Sends what is unsent and fetches what is new, until there is nothing more to say or no network.
    pub async fn sync(&self) -> Result<SyncCost, Failed> {
        let before = self.proxy.traffic();
        match self.client.sync_now().await {
            Ok(_) | Err(ClientError::RetryLater) => {}
            Err(error) => return Err(self.failed(&error)),
        }
        Ok(cost_between(before, self.proxy.traffic()))
    }

    /// Copies the phone's data, as a backup would.
    pub fn copy_data(&self, to: &Path) -> Result<(), Failed> {
        copy_files(&self.directory.join(DATA), &to.join(DATA))
            .map_err(|error| Failed::during("copying a phone", &error))
    }

    /// The phone is lost; another one, with a copy of its data in `directory` and no keys, takes its place.
    pub async fn replaced_by(self, directory: PathBuf) -> Result<Self, Failed> {
        let Self { owner, proxy, client, directory: _ } = self;
        drop(client);
        let client = open(&owner, &proxy, &directory)?;
        sign_in(&client, &owner).await?;
        Ok(Self { owner, proxy, client, directory })
    }

    /// An order as this phone has it.
    pub async fn order(&self, order: OrderId) -> Result<Order, Failed> {
        let found = self.client.order(order).await.map_err(|error| self.failed(&error))?;
        let found =
            found.ok_or_else(|| Failed::new(format!("{}'s phone lacks an order", self.owner.name)))?;
        Ok(found.order)
    }

    /// The newest changes of an order on this phone.
    pub async fn heads(&self, order: OrderId) -> Result<Vec<ChangeHash>, Failed> {
        self.client.heads(order).await.map_err(|error| self.failed(&error))
    }

    pub async fn order_ids(&self) -> Result<Vec<OrderId>, Failed> {
        let rows = self.client.orders().await.map_err(|error| self.failed(&error))?;
        Ok(rows.into_iter().map(|row| row.id).collect())
    }

    pub async fn unsent_count(&self) -> Result<usize, Failed> {
        self.client.unsent_count().await.map_err(|error| self.failed(&error))
    }

    /// Whether nothing is left that only this phone has or that waits for a person.
    pub async fn is_safe_to_sign_out(&self) -> Result<bool, Failed> {
        let center = self.client.center().await.map_err(|error| self.failed(&error))?;
        Ok(self.unsent_count().await? == 0 && center.is_empty())
    }

    fn failed(&self, error: &ClientError) -> Failed {
        Failed::during(&format!("{}'s phone", self.owner.name), error)
    }
}

/// A name for something about to be recorded.
pub fn fresh_entry() -> EntryId {
    EntryId::from_bytes(fresh_id())
}

fn open(owner: &Person, proxy: &FaultProxy, directory: &Path) -> Result<Client, Failed> {
    let config = ClientConfig {
        directory: directory.join(DATA),
        keys_directory: directory.join(KEYS),
        server_url: proxy.url(),
        app_version: APP_VERSION.to_owned(),
        device_name: format!("{}'s phone", owner.name),
        sends_only_when_asked: true,
    };
    Client::open(config).map_err(|error| Failed::during("opening a phone", &error))
}

async fn sign_in(client: &Client, owner: &Person) -> Result<(), Failed> {
    let signed_in = client.sign_in(owner.email, PASSWORD).await;
    signed_in.map(drop).map_err(|error| Failed::during("signing in", &error))
}

fn copy_files(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let copy = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_files(&entry.path(), &copy)?;
        } else {
            fs::copy(entry.path(), copy)?;
        }
    }
    Ok(())
}

fn cost_between(before: Traffic, after: Traffic) -> SyncCost {
    SyncCost {
        requests: after.exchanges - before.exchanges,
        sent_bytes: after.to_server_bytes - before.to_server_bytes,
        received_bytes: after.to_client_bytes - before.to_client_bytes,
    }
}
