//! Two writers of one upload never write together. Never through a network: a writer that hangs is a channel nobody fills.

use bytes::Bytes;
use campo::clock::Clock;
use campo::config::Config;
use campo::evidence::append_upload::{Append, Piece, append_upload};
use campo::evidence::create_upload::{NewUpload, create_upload};
use campo::evidence::resume_upload::resume_upload;
use campo::evidence::{Evidence, UploadRefusal, UploadStatus, Uploader};
use campo::store::{storage_use, uploads};
use harness::databases::{TestDatabase, each_database};
use sha2::{Digest as _, Sha256};
use sync_core::ids::{BlobHash, UploadId, UserId};
use sync_core::workflow::Role;
use tokio::sync::mpsc;

use super::phone::NOW;
use super::support::{ORGANIZATION, open};
use crate::api::upload_client::{files_in, photo_like};

const UPLOADER: Uploader = Uploader {
    organization: ORGANIZATION,
    user: UserId::from_bytes([7; 16]),
    device: None,
    role: Role::Technician,
};

struct Place {
    evidence: Evidence,
    photo: Vec<u8>,
    upload: UploadId,
}

impl Place {
    async fn with_upload(database: &TestDatabase) -> Self {
        let variables =
            [("CAMPO_DATA", database.directory().to_str().unwrap()), ("DATABASE_URL", database.url())];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let config = Config::from_variables(variables.into()).unwrap();
        let evidence = Evidence::open(&config, open(database).await, Clock::held_at(NOW)).unwrap();
        let photo = photo_like(300_000, 31);
        let sha256 = BlobHash::from_bytes(Sha256::digest(&photo).into());
        let new = NewUpload { sha256, size_bytes: 300_000 };
        let upload = create_upload(&evidence, UPLOADER, new).await.unwrap().id;
        Self { evidence, photo, upload }
    }

    /// A writer that stores what is put into the channel.
    fn writer(&self, offset: u64) -> (mpsc::Sender<Piece>, Storing) {
        let (pieces, receiver) = mpsc::channel(4);
        let append = Append { upload: self.upload, offset, declared_bytes: None, checksum: None };
        let evidence = self.evidence.clone();
        let storing = tokio::spawn(async move { append_upload(&evidence, UPLOADER, append, receiver).await });
        (pieces, storing)
    }

    fn piece(&self, range: std::ops::Range<usize>) -> Piece {
        Piece::Bytes(Bytes::copy_from_slice(&self.photo[range]))
    }

    async fn status(&self) -> UploadStatus {
        resume_upload(&self.evidence, UPLOADER, self.upload).await.unwrap()
    }

    /// What the database knows, asked without taking the upload from anybody.
    async fn saved_offset(&self) -> u64 {
        let mut tx = self.evidence.store().begin_read(ORGANIZATION).await.unwrap();
        uploads::get(&mut tx, self.upload).await.unwrap().unwrap().offset
    }

    async fn used(&self) -> u64 {
        let mut tx = self.evidence.store().begin_read(ORGANIZATION).await.unwrap();
        storage_use::used(&mut tx, UPLOADER.user).await.unwrap()
    }
}

type Storing = tokio::task::JoinHandle<Result<UploadStatus, UploadRefusal>>;

#[tokio::test]
async fn whoever_asks_where_an_upload_stands_takes_it_from_a_writer_that_hangs() {
    // covers: D7
    for database in each_database() {
        let place = Place::with_upload(&database).await;
        let (hanging, stored) = place.writer(0);
        hanging.send(place.piece(0..100_000)).await.unwrap();
        // The half-open socket is silent until the writer has let the database know what came.
        while place.saved_offset().await == 0 {
            tokio::task::yield_now().await;
        }

        let seen = place.status().await;
        let (pieces, resumed) = place.writer(seen.offset);
        pieces.send(place.piece(100_000..300_000)).await.unwrap();
        pieces.send(Piece::End).await.unwrap();
        let whole = resumed.await.unwrap().unwrap();
        hanging.send(Piece::Bytes(Bytes::from_static(&[0; 1_000]))).await.unwrap();
        hanging.send(Piece::End).await.unwrap();
        let late = stored.await.unwrap();

        assert_eq!(seen.offset, 100_000, "what came before the silence is not sent again");
        assert_eq!(whole.offset, 300_000);
        assert!(matches!(late, Err(UploadRefusal::OffsetMismatch { offset: 300_000 })), "{late:?}");
        let files = files_in(&database.directory().join("blobs"));
        assert_eq!(files.len(), 1, "{files:?}");
        assert_eq!(std::fs::read(&files[0]).unwrap(), place.photo);
    }
}

#[tokio::test]
async fn a_newer_piece_takes_the_upload_and_the_older_one_adds_nothing() {
    for database in each_database() {
        let place = Place::with_upload(&database).await;
        let (older, first) = place.writer(0);
        older.send(place.piece(0..1)).await.unwrap();
        while place.saved_offset().await == 0 {
            tokio::task::yield_now().await;
        }
        let (newer, second) = place.writer(1);
        newer.send(place.piece(1..300_000)).await.unwrap();
        newer.send(Piece::End).await.unwrap();
        let whole = second.await.unwrap().unwrap();

        older.send(place.piece(1..200_000)).await.unwrap();
        drop(older);
        let refused = first.await.unwrap();

        assert_eq!(whole.offset, 300_000);
        assert!(refused.is_err(), "{refused:?}");
        assert_eq!(place.used().await, 300_000);
    }
}

#[tokio::test]
async fn what_came_before_a_cut_is_kept() {
    for database in each_database() {
        let place = Place::with_upload(&database).await;
        let mut offset = 0;
        let mut cuts = 0;
        while offset < 300_000 {
            let (pieces, storing) = place.writer(offset);
            let begin = usize::try_from(offset).unwrap();
            pieces.send(place.piece(begin..(begin + 70_001).min(300_000))).await.unwrap();
            drop(pieces);
            storing.await.unwrap().unwrap_err();
            offset = place.status().await.offset;
            cuts += 1;
        }

        assert_eq!(cuts, 5, "nothing was sent twice");
        assert_eq!(place.used().await, 300_000);
        let files = files_in(&database.directory().join("blobs"));
        assert_eq!(files.len(), 1, "{files:?}");
    }
}
