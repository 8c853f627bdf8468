//! Starts the process that decodes one image, feeds it and waits for the pictures. Never decodes here.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::TryStreamExt as _;
use futures_util::stream::BoxStream;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{ChildStdin, ChildStdout};
use tokio::sync::Semaphore;

use crate::evidence::blob_store::BlobError;
use crate::evidence::image_worker::{MADE, Pictures, THUMBNAIL_BYTES_MAX};
use crate::worker_process::{self, Worker};

/// Decoders of one node that run at the same time.
const PROCESSES_MAX: usize = 2;
const SCREEN_BYTES_MAX: usize = 4 * 1024 * 1024;
/// The processor time of the process is limited by itself; this is for one that gets none.
const PROCESS_TIME_MAX: Duration = Duration::from_secs(40);

/// The program that decodes, and how many of it may run.
#[derive(Debug, Clone)]
pub struct ImageProcess {
    program: Arc<PathBuf>,
    turns: Arc<Semaphore>,
}

/// Why there is no answer about an image; another attempt may have one.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ImageProcessError {
    #[error("the decoder cannot be run: {0}")]
    CannotRun(Arc<str>),
    #[error("the decoder got no time")]
    TookTooLong,
    #[error(transparent)]
    Blob(#[from] BlobError),
}

impl ImageProcess {
    /// Uses this program, which understands `image-worker`.
    pub fn new(program: PathBuf) -> Self {
        Self { program: Arc::new(program), turns: Arc::new(Semaphore::new(PROCESSES_MAX)) }
    }

    /// The pictures of an image; `None` when the decoder refused it or died of it.
    ///
    /// # Errors
    ///
    /// When nobody can say, because the decoder could not be run or the image not be read.
    pub async fn pictures_of(
        &self,
        size_bytes: u64,
        image: BoxStream<'static, Result<Bytes, BlobError>>,
    ) -> Result<Option<Pictures>, ImageProcessError> {
        let cannot_run = |error: std::io::Error| ImageProcessError::CannotRun(error.to_string().into());
        let _turn = self.turns.acquire().await.map_err(|_| ImageProcessError::TookTooLong)?;
        let Worker { mut child, stdin, stdout } =
            worker_process::start(&self.program, "image-worker").map_err(cannot_run)?;
        let talk = async { tokio::join!(feed(stdin, size_bytes, image), read_answer(stdout)) };
        let Ok((fed, answer)) = tokio::time::timeout(PROCESS_TIME_MAX, talk).await else {
            return Err(ImageProcessError::TookTooLong);
        };
        let status = child.wait().await.map_err(cannot_run)?;
        fed?;
        Ok(answer.filter(|_| status.success()))
    }
}

/// A decoder that stops reading has died; that is for the answer to say.
async fn feed(
    mut input: ChildStdin,
    size_bytes: u64,
    mut image: BoxStream<'static, Result<Bytes, BlobError>>,
) -> Result<(), BlobError> {
    if input.write_all(&size_bytes.to_be_bytes()).await.is_err() {
        return Ok(());
    }
    while let Some(run) = image.try_next().await? {
        if input.write_all(&run).await.is_err() {
            break;
        }
    }
    Ok(())
}

async fn read_answer(mut output: ChildStdout) -> Option<Pictures> {
    if output.read_u8().await.ok()? != MADE {
        return None;
    }
    let thumbnail = read_picture(&mut output, THUMBNAIL_BYTES_MAX).await?;
    let screen = read_picture(&mut output, SCREEN_BYTES_MAX).await?;
    Some(Pictures { thumbnail, screen })
}

async fn read_picture(output: &mut ChildStdout, bytes_max: usize) -> Option<Vec<u8>> {
    let length = usize::try_from(output.read_u32().await.ok()?).ok().filter(|length| *length <= bytes_max)?;
    let mut picture = vec![0; length];
    output.read_exact(&mut picture).await.ok()?;
    Some(picture)
}
