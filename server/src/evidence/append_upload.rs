//! Adds bytes to an upload as they come. What came before a connection broke is kept, unless it had a checksum of its own.
//!
//! A writer stores into parts of its own and holds a lease; once another has taken the upload, it may add nothing.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use sha2::{Digest as _, Sha256};
use sync_core::ids::{BlobHash, UploadId};
use sync_core::time::Timestamp;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};

use crate::evidence::blob_store::{BlobError, PartWriter, RUN_BYTES};
use crate::evidence::finish_upload::finish_upload;
use crate::evidence::resume_upload::asked;
use crate::evidence::{Evidence, LEASE_MS, UPLOAD_KEPT_MS, UploadRefusal, UploadStatus, Uploader};
use crate::store::uploads::{self, UploadAdvance, UploadPartRow, UploadRow, UploadState};

/// Bytes that stop coming are saved after so long, so that whoever resumes finds them.
const SAVE_WHEN_IDLE: Duration = Duration::from_millis(40);

/// What a request brings for an upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Append {
    pub upload: UploadId,
    /// Where its bytes belong.
    pub offset: u64,
    /// How many it says they are.
    pub declared_bytes: Option<u64>,
    /// SHA-256 of the bytes of this request.
    pub checksum: Option<BlobHash>,
}

/// Something that happened to the body of a request. A body that ends without `End` was cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    Bytes(Bytes),
    End,
    /// Nothing came for too long.
    Stalled,
}

/// Stores what comes until it ends, and checks the whole when it is complete.
///
/// # Errors
///
/// `OffsetMismatch` when the upload stands elsewhere or another writer has taken it.
pub async fn append_upload(
    evidence: &Evidence,
    uploader: Uploader,
    append: Append,
    mut pieces: mpsc::Receiver<Piece>,
) -> Result<UploadStatus, UploadRefusal> {
    let row = take_lease(evidence, uploader, append).await?;
    if row.state == UploadState::Complete {
        return Ok(UploadStatus::of(&row));
    }
    let mut writing = Writing::begin(evidence, uploader, row, append.checksum);
    let outcome = writing.write(&mut pieces).await;
    if outcome.is_err() {
        writing.drop_unsaved().await;
    }
    outcome?;
    let Writing { row, start, digest, .. } = writing;
    if row.offset < row.size_bytes {
        return Ok(UploadStatus::of(&row));
    }
    let whole = (start == 0).then(|| BlobHash::from_bytes(digest.finalize().into()));
    finish_upload(evidence, uploader, &row, whole).await
}

async fn take_lease(
    evidence: &Evidence,
    uploader: Uploader,
    append: Append,
) -> Result<UploadRow, UploadRefusal> {
    let mut tx = evidence.store().begin_write(uploader.organization).await?;
    let row = asked(uploader.own_upload(&mut tx, append.upload).await?, evidence)?;
    if row.offset != append.offset {
        return Err(UploadRefusal::OffsetMismatch { offset: row.offset });
    }
    if append.declared_bytes.is_some_and(|declared| declared > row.size_bytes - row.offset) {
        return Err(UploadRefusal::TooLarge);
    }
    if row.state == UploadState::Complete {
        tx.commit().await?;
        return Ok(row);
    }
    let until = evidence.now().plus_millis(LEASE_MS);
    let fence = uploads::take_lease(&mut tx, append.upload, append.offset, until).await?;
    let fence = fence.ok_or(UploadRefusal::OffsetMismatch { offset: row.offset })?;
    tx.commit().await?;
    Ok(UploadRow { fence, ..row })
}

/// How a body ended.
enum End {
    Whole,
    Cut,
    TooLarge,
}

/// One request that is being stored.
struct Writing<'a> {
    evidence: &'a Evidence,
    uploader: Uploader,
    /// As it stands in the database.
    row: UploadRow,
    /// Where this request began.
    start: u64,
    /// With one, nothing counts before it was compared.
    checksum: Option<BlobHash>,
    writer: PartWriter,
    gathered: BytesMut,
    /// Written, in the order of their starts, and not in the database yet.
    unsaved: Vec<UploadPartRow>,
    /// Where the written bytes end.
    written: u64,
    digest: Sha256,
    saved_at: Instant,
}

impl<'a> Writing<'a> {
    fn begin(evidence: &'a Evidence, uploader: Uploader, row: UploadRow, checksum: Option<BlobHash>) -> Self {
        let start = row.offset;
        let writer = evidence.blobs().part_writer(uploader.name(row.id), start, row.fence);
        Self {
            evidence,
            uploader,
            row,
            start,
            checksum,
            writer,
            gathered: BytesMut::new(),
            unsaved: Vec::new(),
            written: start,
            digest: Sha256::new(),
            saved_at: Instant::now(),
        }
    }

    async fn write(&mut self, pieces: &mut mpsc::Receiver<Piece>) -> Result<(), UploadRefusal> {
        match self.receive(pieces).await? {
            End::Whole => {}
            End::Cut if self.checksum.is_some() => return Err(UploadRefusal::Stalled),
            End::Cut => {
                self.keep(self.evidence.now()).await?;
                return Err(UploadRefusal::Stalled);
            }
            End::TooLarge => {
                self.rewind().await?;
                return Err(UploadRefusal::TooLarge);
            }
        }
        self.flush().await?;
        fail::fail_point!("upload.after_write", |_| std::process::abort());
        let digest = BlobHash::from_bytes(self.digest.clone().finalize().into());
        if self.checksum.is_some_and(|checksum| checksum != digest) {
            return Err(UploadRefusal::ChecksumMismatch);
        }
        self.keep(self.evidence.now()).await
    }

    /// Writes and saves bytes as they come.
    async fn receive(&mut self, pieces: &mut mpsc::Receiver<Piece>) -> Result<End, UploadRefusal> {
        let save_every = self.writer.save_every();
        loop {
            let Ok(piece) = timeout(SAVE_WHEN_IDLE, pieces.recv()).await else {
                self.save_progress().await?;
                continue;
            };
            let bytes = match piece {
                None | Some(Piece::Stalled) => return Ok(End::Cut),
                Some(Piece::End) => return Ok(End::Whole),
                Some(Piece::Bytes(bytes)) => bytes,
            };
            if self.received() + length(&bytes) > self.row.size_bytes {
                return Ok(End::TooLarge);
            }
            self.gathered.extend_from_slice(&bytes);
            if self.gathered.len() >= RUN_BYTES {
                self.flush().await?;
            }
            if self.saved_at.elapsed() >= save_every {
                self.save_progress().await?;
            }
        }
    }

    fn received(&self) -> u64 {
        self.written + length(&self.gathered)
    }

    async fn flush(&mut self) -> Result<(), UploadRefusal> {
        if self.gathered.is_empty() {
            return Ok(());
        }
        let run = self.gathered.split().freeze();
        self.digest.update(&run);
        let part = self.writer.append(run).await?;
        self.unsaved.retain(|unsaved| unsaved.start != part.start);
        self.unsaved.push(part);
        self.written = part.start + part.size_bytes;
        Ok(())
    }

    /// Lets the database know what has come so far, so that a killed process loses little. Not durable before `keep`:
    /// what a power cut takes is noticed when the whole is checked.
    async fn save_progress(&mut self) -> Result<(), UploadRefusal> {
        if self.checksum.is_some() {
            return Ok(());
        }
        self.flush().await?;
        if self.unsaved.is_empty() {
            return Ok(());
        }
        self.save(self.evidence.now().plus_millis(LEASE_MS)).await
    }

    /// Makes everything that was received durable and known.
    async fn keep(&mut self, leased_until: Timestamp) -> Result<(), UploadRefusal> {
        self.flush().await?;
        if self.written > self.start {
            match self.writer.sync().await {
                // Whoever took the upload has finished it and removed the parts.
                Err(BlobError::NotFound) => return Err(self.taken().await),
                synced => synced?,
            }
        }
        self.save(leased_until).await
    }

    async fn save(&mut self, leased_until: Timestamp) -> Result<(), UploadRefusal> {
        let advance = UploadAdvance {
            id: self.row.id,
            fence: self.row.fence,
            offset: self.written,
            leased_until,
            expires_at: self.evidence.now().plus_millis(UPLOAD_KEPT_MS),
        };
        let mut tx = self.evidence.store().begin_write(self.uploader.organization).await?;
        if !uploads::advance(&mut tx, advance).await? {
            tx.commit().await?;
            return Err(self.taken().await);
        }
        for part in &self.unsaved {
            uploads::put_part(&mut tx, self.row.id, *part).await?;
        }
        tx.commit().await?;
        self.unsaved.clear();
        self.row.offset = advance.offset;
        self.row.expires_at = advance.expires_at;
        self.saved_at = Instant::now();
        Ok(())
    }

    /// What is said to a writer that does not hold the upload any more.
    async fn taken(&self) -> UploadRefusal {
        let standing = async {
            let mut tx = self.evidence.store().begin_read(self.uploader.organization).await?;
            let row = asked(self.uploader.own_upload(&mut tx, self.row.id).await?, self.evidence)?;
            tx.commit().await?;
            Ok(UploadRefusal::OffsetMismatch { offset: row.offset })
        };
        standing.await.unwrap_or_else(|refusal| refusal)
    }

    /// Takes back everything this request brought.
    async fn rewind(&mut self) -> Result<(), UploadRefusal> {
        let advance = UploadAdvance {
            id: self.row.id,
            fence: self.row.fence,
            offset: self.start,
            leased_until: self.evidence.now(),
            expires_at: self.row.expires_at,
        };
        let mut tx = self.evidence.store().begin_write(self.uploader.organization).await?;
        if uploads::advance(&mut tx, advance).await? {
            uploads::delete_parts_from(&mut tx, self.row.id, self.start).await?;
        }
        tx.commit().await?;
        self.row.offset = self.start;
        Ok(())
    }

    /// Removes what no row knows; what cannot be removed is swept later.
    async fn drop_unsaved(&self) {
        if self.row.offset == self.start && self.written > self.start {
            self.writer.remove().await;
        }
    }
}

fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).expect("a run of bytes fits in memory")
}
