//! Files and rows that do not fit are found, both ways. Never is something removed that a person recorded.

use std::fs;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use campo::clock::Clock;
use campo::config::Config;
use campo::evidence::append_upload::{Append, Piece, append_upload};
use campo::evidence::create_upload::{NewUpload, create_upload};
use campo::evidence::sweep_blobs::{SweepReport, sweep_blobs};
use campo::evidence::{Evidence, UploadStatus, Uploader};
use campo::store::{blobs, order_blobs};
use harness::databases::{TestDatabase, each_database};
use sha2::{Digest as _, Sha256};
use sync_core::ids::{BlobHash, OrderId, UploadId, UserId};
use sync_core::time::Timestamp;
use sync_core::workflow::Role;
use tokio::sync::mpsc;

use super::support::{ORGANIZATION, open};
use crate::api::upload_client::{files_in, photo_like};

const UPLOADER: Uploader = Uploader {
    organization: ORGANIZATION,
    user: UserId::from_bytes([7; 16]),
    device: None,
    role: Role::Technician,
};
const ORDER: OrderId = OrderId::from_bytes([5; 16]);
const DAY_MS: i64 = 24 * 3_600_000;

struct Place {
    evidence: Evidence,
    clock: Clock,
    directory: PathBuf,
}

impl Place {
    async fn open(database: &TestDatabase) -> Self {
        let variables =
            [("CAMPO_DATA", database.directory().to_str().unwrap()), ("DATABASE_URL", database.url())];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let config = Config::from_variables(variables.into()).unwrap();
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
        // The files of this test are written by the machine's clock.
        let clock = Clock::held_at(Timestamp(i64::try_from(since_epoch).unwrap()));
        let evidence = Evidence::open(&config, open(database).await, clock.clone()).unwrap();
        Self { evidence, clock, directory: database.directory().join("blobs") }
    }

    async fn begin(&self, photo: &[u8]) -> UploadId {
        let new = NewUpload { sha256: hash_of(photo), size_bytes: photo.len() as u64 };
        create_upload(&self.evidence, UPLOADER, new).await.unwrap().id
    }

    async fn send(&self, upload: UploadId, piece: &[u8]) -> UploadStatus {
        let (pieces, receiver) = mpsc::channel(2);
        pieces.send(Piece::Bytes(Bytes::copy_from_slice(piece))).await.unwrap();
        pieces.send(Piece::End).await.unwrap();
        let append = Append { upload, offset: 0, declared_bytes: None, checksum: None };
        append_upload(&self.evidence, UPLOADER, append, receiver).await.unwrap()
    }

    async fn store(&self, photo: &[u8]) {
        let upload = self.begin(photo).await;
        self.send(upload, photo).await;
    }

    /// Puts a file where a server that died before the row would have left it.
    fn leave(&self, photo: &[u8]) {
        let path = self.path_of(photo);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, photo).unwrap();
    }

    fn path_of(&self, photo: &[u8]) -> PathBuf {
        let hash = hash_of(photo).to_string();
        self.directory.join(format!("originals/{ORGANIZATION}/{}/{hash}", &hash[..2]))
    }

    async fn refer(&self, photo: &[u8]) {
        let mut tx = self.evidence.store().begin_write(ORGANIZATION).await.unwrap();
        order_blobs::add(&mut tx, ORDER, hash_of(photo), self.clock.now()).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn is_stored(&self, photo: &[u8]) -> bool {
        let mut tx = self.evidence.store().begin_read(ORGANIZATION).await.unwrap();
        blobs::get(&mut tx, hash_of(photo)).await.unwrap().is_some_and(|row| row.is_stored)
    }

    /// Goes through all hours of a day; what is counted every hour is of the last.
    async fn sweep(&self) -> SweepReport {
        let mut whole = SweepReport::default();
        for hour in 0..24 {
            let report = sweep_blobs(&self.evidence, ORGANIZATION, hour).await.unwrap();
            whole = SweepReport {
                parts_removed: whole.parts_removed + report.parts_removed,
                files_removed: whole.files_removed + report.files_removed,
                files_adopted: whole.files_adopted + report.files_adopted,
                files_found: whole.files_found + report.files_found,
                files_lost: whole.files_lost + report.files_lost,
                ..report
            };
        }
        whole
    }
}

fn hash_of(photo: &[u8]) -> BlobHash {
    BlobHash::from_bytes(Sha256::digest(photo).into())
}

#[tokio::test]
async fn what_fits_is_left_alone_and_what_is_young_too() {
    for database in each_database() {
        let place = Place::open(&database).await;
        let [stored, half, stray] = [1, 2, 3].map(|number| photo_like(10_000, number));
        place.store(&stored).await;
        place.refer(&stored).await;
        let upload = place.begin(&half).await;
        place.send(upload, &half[..5_000]).await;
        place.leave(&stray);

        let young = place.sweep().await;
        fs::remove_file(place.path_of(&stray)).unwrap();
        place.clock.advance_ms(2 * DAY_MS);
        let settled = place.sweep().await;

        assert_eq!((young, settled), (SweepReport::default(), SweepReport::default()));
        assert_eq!(files_in(&place.directory).len(), 2);
    }
}

#[tokio::test]
async fn files_without_rows_are_taken_in_when_an_order_asks_for_them_and_removed_otherwise() {
    // covers: D10, D11
    for database in each_database() {
        let place = Place::open(&database).await;
        let [asked_for, stray, damaged, awaited] = [4, 5, 6, 7].map(|number| photo_like(10_000, number));
        for photo in [&asked_for, &stray, &damaged] {
            place.leave(photo);
        }
        fs::write(place.path_of(&damaged), b"\xff\xd8\xff not the photo").unwrap();
        for photo in [&asked_for, &damaged, &awaited] {
            place.refer(photo).await;
        }
        let part = place.directory.join(format!("parts/{ORGANIZATION}/{}", "0".repeat(32)));
        fs::create_dir_all(&part).unwrap();
        fs::write(part.join("0-1"), b"left over").unwrap();
        place.clock.advance_ms(2 * DAY_MS);

        let report = place.sweep().await;

        let expected = SweepReport {
            parts_removed: 1,
            files_removed: 2,
            files_adopted: 1,
            photos_awaited: 2,
            ..SweepReport::default()
        };
        assert_eq!(report, expected);
        assert!(place.is_stored(&asked_for).await);
        assert_eq!(files_in(&place.directory), [place.path_of(&asked_for)]);
    }
}

#[tokio::test]
async fn a_lost_file_is_asked_for_again_and_an_unreferenced_one_is_only_counted() {
    for database in each_database() {
        let place = Place::open(&database).await;
        let [lost, alone] = [8, 9].map(|number| photo_like(10_000, number));
        for photo in [&lost, &alone] {
            place.store(photo).await;
        }
        place.refer(&lost).await;
        fs::remove_file(place.path_of(&lost)).unwrap();
        place.clock.advance_ms(2 * DAY_MS);

        let report = place.sweep().await;
        let was_stored = place.is_stored(&lost).await;
        place.store(&lost).await;
        fs::remove_file(place.path_of(&lost)).unwrap();
        place.sweep().await;
        place.leave(&lost);
        let after = place.sweep().await;

        let expected = SweepReport {
            files_lost: 1,
            photos_awaited: 1,
            photos_unreferenced: 1,
            ..SweepReport::default()
        };
        assert_eq!((report, was_stored), (expected, false));
        assert_eq!((after.files_found, after.photos_awaited), (1, 0));
        assert!(place.is_stored(&lost).await && place.is_stored(&alone).await);
    }
}
