//! Carries the bytes of blobs to the server, one request after the other. Never decides which go next.

use std::sync::Arc;

use sync_core::ids::BlobHash;
use sync_core::upload::{UploadAnswer, UploadEvent, UploadRequest, UploadStep};
use tokio::sync::mpsc;

use crate::blobs::BlobDirectory;
use crate::engine::EngineHandle;
use crate::server::Failed;
use crate::transport::Transport;

/// Another hash at the server: either the link or the file damaged the bytes.
const CHECKSUM_MISMATCH: &str = "checksum_mismatch";

/// Carries requests until the engine ends.
pub async fn carry_blobs(
    mut outgoing: mpsc::UnboundedReceiver<UploadRequest>,
    transport: Arc<Transport>,
    blobs: BlobDirectory,
    engine: EngineHandle,
) {
    while let Some(UploadRequest { id, sha256, step }) = outgoing.recv().await {
        fail::fail_point!("upload.before_send", |_| std::process::abort());
        let answer = ask(&transport, &blobs, sha256, step).await;
        fail::fail_point!("upload.before_store", |_| std::process::abort());
        engine.upload_event(UploadEvent::Answered { request: id, answer });
    }
}

async fn ask(
    transport: &Transport,
    blobs: &BlobDirectory,
    sha256: BlobHash,
    step: UploadStep,
) -> UploadAnswer {
    let piece = match &step {
        UploadStep::Create { .. } | UploadStep::Ask { .. } => Some(Vec::new()),
        UploadStep::Append { offset, length, .. } => {
            let (blobs, offset, length) = (blobs.clone(), *offset, *length);
            on_disk(move || blobs.read(sha256, offset, length)).await
        }
    };
    let Some(piece) = piece else { return UploadAnswer::Lost };
    match transport.upload(sha256, &step, piece).await {
        Ok(has) => UploadAnswer::Has { location: has.location, offset: has.offset },
        Err(Failed::NoConnection) => UploadAnswer::NoConnection,
        Err(Failed::Problem { code, .. }) if code == CHECKSUM_MISMATCH && !is_whole(blobs, sha256).await => {
            UploadAnswer::Lost
        }
        Err(Failed::Problem { status, code, retry_after_s }) => {
            UploadAnswer::Problem { status, code, retry_after_s }
        }
    }
}

async fn is_whole(blobs: &BlobDirectory, sha256: BlobHash) -> bool {
    let blobs = blobs.clone();
    on_disk(move || blobs.is_whole(sha256)).await
}

/// Reads from the disk where nobody waits for it.
async fn on_disk<T: Send + 'static>(read: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(read).await.expect("reading a file does not panic")
}
