//! Compares stored files with rows, both ways, and says what does not fit. Never removes what a person recorded: only
//! pieces that no upload knows, and files that no row, no upload and no order knows, both a day after they were written.

use std::collections::BTreeMap;

use futures_util::TryStreamExt as _;
use sync_core::ids::{BlobHash, OrganizationId};
use sync_core::order::SYSTEM_USER;
use sync_core::time::Timestamp;

use crate::evidence::blob_store::StoredFile;
use crate::evidence::{DAY_MS, Evidence, UploadRefusal, make_pictures, sniff};
use crate::store::blobs::{self, BlobRow, ImageState};
use crate::store::uploads::{self, UploadState};
use crate::store::{StoreError, order_blobs};

/// Younger files and rows may belong to something that is going on.
const SETTLED_MS: i64 = DAY_MS;
/// The first bytes of hashes are spread over the hours of a day.
const HOURS: u16 = 24;
const FIRST_BYTES: u16 = 256;

/// What was found and done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SweepReport {
    /// Pieces of no upload, removed.
    pub parts_removed: u64,
    /// Files that nobody knew, removed.
    pub files_removed: u64,
    /// Files without a row that an order refers to, taken in.
    pub files_adopted: u64,
    /// Lost files that are back.
    pub files_found: u64,
    /// Rows whose file is lost: a device has to bring it again.
    pub files_lost: u64,
    /// Photos that orders have referred to for a day without their arriving.
    pub photos_awaited: u64,
    /// Photos that arrived a day ago and that no order refers to.
    pub photos_unreferenced: u64,
}

/// Goes through the part of an organization's blobs that belongs to an hour of the day, and through all its parts.
///
/// # Errors
///
/// When the database or the place of the blobs fails; the same hour of tomorrow goes on.
pub async fn sweep_blobs(
    evidence: &Evidence,
    organization: OrganizationId,
    hour: u16,
) -> Result<SweepReport, UploadRefusal> {
    let settled = evidence.now().plus_millis(-SETTLED_MS);
    let sweep = Sweep { evidence, organization, settled };
    let mut report = SweepReport::default();
    sweep.parts(&mut report).await?;
    let hour = hour % HOURS;
    for first in hour * FIRST_BYTES / HOURS..(hour + 1) * FIRST_BYTES / HOURS {
        sweep.originals(u8::try_from(first).expect("there are 256 bytes"), &mut report).await?;
    }
    let mut tx = evidence.store().begin_read(organization).await?;
    report.photos_awaited = order_blobs::count_missing(&mut tx, settled).await?;
    report.photos_unreferenced = blobs::count_unreferenced(&mut tx, settled).await?;
    tx.commit().await?;
    if report != SweepReport::default() {
        tracing::warn!(organization.id = %organization, ?report, "stored files and rows did not all fit together");
    }
    Ok(report)
}

struct Sweep<'a> {
    evidence: &'a Evidence,
    organization: OrganizationId,
    settled: Timestamp,
}

impl Sweep<'_> {
    async fn parts(&self, report: &mut SweepReport) -> Result<(), UploadRefusal> {
        let mut files = self.evidence.blobs().parts(self.organization);
        while let Some(file) = files.try_next().await? {
            if file.modified_at < self.settled && !self.is_of_an_upload(&file).await? {
                self.evidence.blobs().delete_file(&file).await?;
                report.parts_removed += 1;
            }
        }
        Ok(())
    }

    async fn is_of_an_upload(&self, file: &StoredFile) -> Result<bool, StoreError> {
        let Some((upload, start, fence)) = file.part() else { return Ok(false) };
        let mut tx = self.evidence.store().begin_read(self.organization).await?;
        let row = uploads::get(&mut tx, upload).await?;
        let is_open = row.as_ref().is_some_and(|row| row.state == UploadState::Open);
        let is_being_written = row.is_some_and(|row| is_open && row.fence == fence);
        let parts = if is_open { uploads::parts(&mut tx, upload).await? } else { Vec::new() };
        tx.commit().await?;
        Ok(is_being_written || parts.iter().any(|part| (part.start, part.fence) == (start, fence)))
    }

    async fn originals(&self, first: u8, report: &mut SweepReport) -> Result<(), UploadRefusal> {
        let blobs = self.evidence.blobs();
        let mut tx = self.evidence.store().begin_read(self.organization).await?;
        let rows = blobs::list_beginning_with(&mut tx, first).await?;
        tx.commit().await?;
        let rows: BTreeMap<BlobHash, BlobRow> = rows.into_iter().map(|row| (row.sha256, row)).collect();
        // Listed after the rows were read, so that no file is missed that came in between.
        let files: Vec<StoredFile> = blobs.originals(self.organization, first).try_collect().await?;
        let files: BTreeMap<BlobHash, StoredFile> =
            files.into_iter().filter_map(|file| Some((file.blob()?, file))).collect();
        for (sha256, row) in &rows {
            let is_there = files.get(sha256).is_some_and(|file| file.size_bytes == row.size_bytes);
            if is_there != row.is_stored {
                self.settle_row(*sha256, is_there, report).await?;
            }
        }
        for (sha256, file) in files.iter().filter(|(sha256, _)| !rows.contains_key(sha256)) {
            if file.modified_at < self.settled {
                self.settle_file(*sha256, file, report).await?;
            }
        }
        Ok(())
    }

    /// The row says what is true of the file; a file that came back has to be whole.
    async fn settle_row(
        &self,
        sha256: BlobHash,
        is_there: bool,
        report: &mut SweepReport,
    ) -> Result<(), UploadRefusal> {
        if is_there && !self.evidence.blobs().is_whole(self.organization, sha256).await? {
            return Ok(());
        }
        let mut tx = self.evidence.store().begin_write(self.organization).await?;
        blobs::set_stored(&mut tx, sha256, is_there).await?;
        tx.commit().await?;
        if is_there {
            report.files_found += 1;
        } else {
            report.files_lost += 1;
            tracing::error!(blob.sha256 = %sha256, "the bytes of a stored blob are lost; a device has to bring them again");
        }
        Ok(())
    }

    /// A file without a row: nobody was told that it arrived.
    async fn settle_file(
        &self,
        sha256: BlobHash,
        file: &StoredFile,
        report: &mut SweepReport,
    ) -> Result<(), UploadRefusal> {
        let mut tx = self.evidence.store().begin_read(self.organization).await?;
        let is_known = blobs::get(&mut tx, sha256).await?.is_some();
        let is_on_its_way = uploads::is_on_its_way(&mut tx, sha256).await?;
        let is_referred = order_blobs::is_referred(&mut tx, sha256).await?;
        tx.commit().await?;
        if is_known || is_on_its_way {
            return Ok(());
        }
        if is_referred && self.adopt(sha256, file).await? {
            report.files_adopted += 1;
        } else {
            self.evidence.blobs().delete_file(file).await?;
            report.files_removed += 1;
        }
        Ok(())
    }

    /// Takes in a file whose bytes are those of its name; false when they are not.
    async fn adopt(&self, sha256: BlobHash, file: &StoredFile) -> Result<bool, UploadRefusal> {
        let blobs = self.evidence.blobs();
        if !blobs.is_whole(self.organization, sha256).await? {
            return Ok(false);
        }
        let original = blobs.read_original(self.organization, sha256).await?;
        let Ok(media_type) = sniff::media_type_of(original).await else { return Ok(false) };
        let row = BlobRow {
            sha256,
            size_bytes: file.size_bytes,
            media_type: media_type.as_str().to_owned(),
            is_stored: true,
            image_state: ImageState::of(media_type.is_image()),
            user: SYSTEM_USER,
            device: None,
            received_at: self.evidence.now(),
        };
        let mut tx = self.evidence.store().begin_write(self.organization).await?;
        blobs::put(&mut tx, &row).await?;
        if media_type.is_image() {
            let cause = format!("adopted at {}", row.received_at.0);
            make_pictures::enqueue(&mut tx, sha256, &cause, row.received_at).await?;
        }
        tx.commit().await?;
        Ok(true)
    }
}
