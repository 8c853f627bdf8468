//! What an answer of the server means for a blob. Never gives a blob up that might still be taken.

use super::blob::Place;
use super::{BlobFate, InFlight, UploadAnswer, UploadEffect, UploadQueue, UploadStep};
use crate::ids::BlobHash;
use crate::pace::Progress;
use crate::session::Notice;

/// After this many other hashes the bytes here are not what they were.
const MISMATCHES_MAX: u32 = 3;
/// A blob without room on the server is tried again after this (milliseconds).
const NO_ROOM_MS: i64 = 10 * 60_000;

impl UploadQueue {
    pub(super) fn answered(&mut self, request: u64, answer: UploadAnswer, effects: &mut Vec<UploadEffect>) {
        let Some(sent) = self.in_flight.take_if(|sent| sent.id == request) else { return };
        match answer {
            UploadAnswer::Has { location, offset } => self.server_has(&sent, location, offset, effects),
            UploadAnswer::NoConnection => {
                if matches!(sent.step, UploadStep::Append { .. }) {
                    self.piece.broke_off();
                }
                self.doubt(sent.sha256);
                self.pace.failed(self.now, None, &self.install);
                self.is_asked = false;
            }
            UploadAnswer::Problem { status, code, retry_after_s } => {
                self.refused(&sent, status, &code, retry_after_s, effects);
            }
            UploadAnswer::Lost => self.settle(sent.sha256, BlobFate::Lost, effects),
        }
    }

    fn server_has(
        &mut self,
        sent: &InFlight,
        location: Option<String>,
        offset: u64,
        effects: &mut Vec<UploadEffect>,
    ) {
        let Some(blob) = self.blobs.get_mut(&sent.sha256) else { return };
        let before = blob.place.take();
        let known = before.as_ref().map_or(0, |place| place.offset);
        let location = location.or_else(|| before.map(|place| place.location));
        if offset == blob.size_bytes {
            self.settle(sent.sha256, BlobFate::Sent, effects);
            self.went_on(true);
            return;
        }
        let is_creation = matches!(sent.step, UploadStep::Create { .. });
        if let Some(location) = location.filter(|_| offset < blob.size_bytes) {
            blob.place = Some(Place { location, offset, is_in_doubt: false });
        }
        if let UploadStep::Append { length, .. } = sent.step {
            self.piece.arrived(self.now.monotonic_ms - sent.sent_at_ms, length);
        }
        if offset > known {
            let size_bytes = blob.size_bytes;
            let notice = Notice::BlobProgress { sha256: sent.sha256, sent_bytes: offset, size_bytes };
            effects.push(UploadEffect::Notify(notice));
        }
        if matches!(sent.step, UploadStep::Ask { .. }) && offset <= known {
            self.pace.due_now(self.now);
        } else {
            self.went_on(is_creation || offset > known);
        }
    }

    fn refused(
        &mut self,
        sent: &InFlight,
        status: u16,
        code: &str,
        retry_after_s: Option<u32>,
        effects: &mut Vec<UploadEffect>,
    ) {
        let is_creation = matches!(sent.step, UploadStep::Create { .. });
        match (code_of(code, status), status) {
            ("offset_mismatch", _) => {
                self.doubt(sent.sha256);
                self.went_on(false);
            }
            ("not_found" | "gone", _) if !is_creation => {
                self.begin_again(sent.sha256);
                self.went_on(false);
            }
            ("checksum_mismatch", _) => {
                let mismatches = self.mismatched(sent.sha256);
                if mismatches >= MISMATCHES_MAX {
                    self.settle(sent.sha256, BlobFate::Refused(code_of(code, status).to_owned()), effects);
                } else {
                    self.doubt(sent.sha256);
                }
                self.went_on(false);
            }
            ("quota" | "storage_full", _) => {
                let pause_ms = retry_after_s.map_or(0, |seconds| i64::from(seconds) * 1_000).max(NO_ROOM_MS);
                if let Some(blob) = self.blobs.get_mut(&sent.sha256) {
                    blob.held_until_ms = Some(self.now.monotonic_ms.saturating_add(pause_ms));
                }
            }
            ("too_large" | "unsupported_type" | "image_too_big" | "invalid" | "role_forbidden", _) => {
                let fate = BlobFate::Refused(code_of(code, status).to_owned());
                self.settle(sent.sha256, fate, effects);
            }
            (_, 401) => {
                self.awaits_sign_in = true;
                self.is_asked = false;
                effects.push(UploadEffect::Notify(Notice::SignInNeeded));
            }
            _ => {
                self.doubt(sent.sha256);
                self.pace.failed(self.now, retry_after_s, &self.install);
                self.is_asked = false;
            }
        }
    }

    fn settle(&mut self, sha256: BlobHash, fate: BlobFate, effects: &mut Vec<UploadEffect>) {
        let Some(blob) = self.blobs.get_mut(&sha256) else { return };
        effects.push(UploadEffect::Store(blob.settle(sha256, fate)));
        effects.push(UploadEffect::Notify(Notice::BlobsChanged));
    }

    fn doubt(&mut self, sha256: BlobHash) {
        if let Some(place) = self.blobs.get_mut(&sha256).and_then(|blob| blob.place.as_mut()) {
            place.is_in_doubt = true;
        }
    }

    fn begin_again(&mut self, sha256: BlobHash) {
        if let Some(blob) = self.blobs.get_mut(&sha256) {
            blob.place = None;
        }
    }

    fn mismatched(&mut self, sha256: BlobHash) -> u32 {
        let Some(blob) = self.blobs.get_mut(&sha256) else { return 0 };
        blob.mismatches += 1;
        blob.mismatches
    }

    /// The next step at once; a server whose answers lead nowhere is left in peace for a while.
    fn went_on(&mut self, is_progress: bool) {
        let progress = Progress { has_more: true, is_progress, retry_after_s: None };
        self.pace.reply_stored(self.now, progress, &self.install);
    }
}

/// The answer to a `HEAD` has no body, and its status is all there is.
fn code_of(code: &str, status: u16) -> &str {
    match (code, status) {
        ("", 404 | 410) => "gone",
        ("", 413) => "too_large",
        ("", 415) => "unsupported_type",
        ("", 422) => "image_too_big",
        ("", 460) => "checksum_mismatch",
        (code, _) => code,
    }
}
