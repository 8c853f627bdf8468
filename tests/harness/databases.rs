//! Gives each test fresh databases of both kinds. Never shares one between tests, never skips a missing server.

mod cluster;
mod pair;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::temp::TemporaryDirectory;
use cluster::Cluster;

pub use pair::PostgresPair;

/// The two databases Campo runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DatabaseKind {
    Sqlite,
    Postgres,
}

/// An empty database that is removed when this value is dropped.
///
/// On PostgreSQL the url's role owns the database and may do nothing else on the server: it is no superuser (one would
/// bypass row-level security) and may not create roles.
#[derive(Debug)]
pub struct TestDatabase {
    url: String,
    place: Place,
    directory: TemporaryDirectory,
}

#[derive(Debug)]
enum Place {
    Sqlite,
    Postgres {
        cluster: &'static Cluster,
        name: String,
    },
    /// The database of a pair, at the address that leads to whichever of the two is the primary.
    Pair {
        address: SocketAddr,
    },
}

/// Returns one empty database of each kind, so that a test can loop over them.
///
/// # Panics
///
/// When PostgreSQL is not installed, saying how to install it.
#[must_use]
pub fn each_database() -> Vec<TestDatabase> {
    vec![sqlite(), postgres()]
}

/// Returns an empty SQLite database; its file does not exist yet.
#[must_use]
pub fn sqlite() -> TestDatabase {
    let directory = TemporaryDirectory::create("sqlite");
    let url = format!("sqlite://{}", directory.join("campo.db").display());
    TestDatabase { url, place: Place::Sqlite, directory }
}

fn next_name() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    format!("campo_{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

/// Returns an empty PostgreSQL database on this process's throw-away server.
///
/// # Panics
///
/// When PostgreSQL is not installed, saying how to install it, and when it does not start.
#[must_use]
pub fn postgres() -> TestDatabase {
    let cluster = Cluster::of_this_process();
    let name = next_name();
    cluster.create_database(&name);
    let directory = TemporaryDirectory::create("postgres");
    TestDatabase {
        url: cluster.url(cluster::OWNER, &name),
        place: Place::Postgres { cluster, name },
        directory,
    }
}

impl TestDatabase {
    /// Returns the database of a [`PostgresPair`], at an address that may come to lead to the other server of the pair.
    #[must_use]
    pub fn of_pair(address: SocketAddr) -> Self {
        Self {
            url: url_at(address, cluster::OWNER, pair::DATABASE),
            place: Place::Pair { address },
            directory: TemporaryDirectory::create("pair"),
        }
    }

    /// Returns a copy as a backup is one: with the rows of this moment, and without the files beside the database. No
    /// server may have the database open.
    ///
    /// # Panics
    ///
    /// When the copy cannot be made, and for the database of a pair.
    #[must_use]
    pub fn copy(&self) -> Self {
        match &self.place {
            Place::Sqlite => {
                let copy = sqlite();
                for file in ["campo.db", "campo.db-wal"] {
                    let original = self.directory.join(file);
                    if original.exists() {
                        std::fs::copy(original, copy.directory.join(file))
                            .expect("a closed file can be copied");
                    }
                }
                copy
            }
            Place::Postgres { cluster, name: original } => {
                let name = next_name();
                cluster.copy_database(original, &name);
                let directory = TemporaryDirectory::create("postgres");
                Self {
                    url: cluster.url(cluster::OWNER, &name),
                    place: Place::Postgres { cluster, name },
                    directory,
                }
            }
            Place::Pair { .. } => panic!("the database of a pair is not copied"),
        }
    }

    /// Returns which kind of database this is.
    #[must_use]
    pub fn kind(&self) -> DatabaseKind {
        match self.place {
            Place::Sqlite => DatabaseKind::Sqlite,
            Place::Postgres { .. } | Place::Pair { .. } => DatabaseKind::Postgres,
        }
    }

    /// Returns the address a server is configured with: `sqlite://…/campo.db` or `postgres://…`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns a directory for what a server keeps beside its database; it is removed with it.
    #[must_use]
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Returns the address for the role that may do everything on the server; on SQLite the same as [`Self::url`].
    #[must_use]
    pub fn superuser_url(&self) -> String {
        match &self.place {
            Place::Sqlite => self.url.clone(),
            Place::Postgres { cluster, name } => cluster.url(cluster::SUPERUSER, name),
            Place::Pair { address } => url_at(*address, cluster::SUPERUSER, pair::DATABASE),
        }
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        match &self.place {
            Place::Sqlite | Place::Pair { .. } => {}
            Place::Postgres { cluster, name } => cluster.drop_database(name),
        }
    }
}

fn url_at(address: SocketAddr, role: &str, database: &str) -> String {
    format!("postgres://{role}@{address}/{database}")
}
