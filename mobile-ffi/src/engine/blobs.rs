//! What the engine does about blobs: makes them known, drives their queue, and lets changes of orders go first.

use std::sync::mpsc::Sender;

use sync_core::upload::{BlobOnDevice, UploadEffect, UploadEvent, UploadQueue, UploadRequest, kept_row};
use tokio::sync::{mpsc, oneshot};

use super::{Engine, EngineHandle, Message, ended};
use crate::blobs::{BlobDirectory, KeptBlob};
use crate::error::ClientError;
use crate::store::NotStored;

/// What is asked about blobs.
pub(super) enum BlobMessage {
    Event(UploadEvent),
    Keep(KeptBlob, oneshot::Sender<Result<(), ClientError>>),
    List(oneshot::Sender<Vec<BlobOnDevice>>),
    Send(oneshot::Sender<usize>),
}

/// The queue, and whoever waits for it.
pub(super) struct Blobs {
    queue: UploadQueue,
    directory: BlobDirectory,
    requests: mpsc::UnboundedSender<UploadRequest>,
    waiting: Vec<oneshot::Sender<usize>>,
    /// Which life of the server was heard last.
    epoch: Option<u64>,
    do_orders_go_first: bool,
}

impl EngineHandle {
    /// Something happened to an upload.
    pub fn upload_event(&self, event: UploadEvent) {
        drop(self.messages.send(Message::Blob(BlobMessage::Event(event))));
    }

    /// Makes a blob known whose bytes are durable.
    pub async fn keep(&self, blob: KeptBlob) -> Result<(), ClientError> {
        self.ask(|answer| BlobMessage::Keep(blob, answer)).await?
    }

    /// The blobs kept here.
    pub async fn blobs(&self) -> Result<Vec<BlobOnDevice>, ClientError> {
        self.ask(BlobMessage::List).await
    }

    /// Sends blobs until none is left or the server cannot be reached; how many are left.
    pub async fn send_blobs(&self) -> Result<usize, ClientError> {
        self.ask(BlobMessage::Send).await
    }

    async fn ask<T>(
        &self,
        message: impl FnOnce(oneshot::Sender<T>) -> BlobMessage,
    ) -> Result<T, ClientError> {
        let (answer, answered) = oneshot::channel();
        let messages: &Sender<Message> = &self.messages;
        messages.send(Message::Blob(message(answer))).map_err(|_| ended())?;
        answered.await.map_err(|_| ended())
    }
}

impl Blobs {
    pub fn new(
        queue: UploadQueue,
        directory: BlobDirectory,
        requests: mpsc::UnboundedSender<UploadRequest>,
    ) -> Self {
        Self { queue, directory, requests, waiting: Vec::new(), epoch: None, do_orders_go_first: false }
    }

    pub fn due_ms(&self) -> Option<i64> {
        self.queue.due_ms()
    }
}

impl Engine {
    /// Takes in what an earlier life of the app kept without making it known.
    pub(super) fn begin_blobs(&mut self) {
        let kept = self.blobs.directory.all().unwrap_or_default();
        for blob in kept {
            // What cannot be made known now is found again at the next start.
            drop(self.keep_blob(blob));
        }
        self.blobs.epoch = self.session.cursor().map(|cursor| cursor.epoch);
        self.upload_event(UploadEvent::Tick);
    }

    pub(super) fn take_blob(&mut self, message: BlobMessage) {
        match message {
            BlobMessage::Event(event) => self.upload_event(event),
            BlobMessage::Keep(blob, answer) => drop(answer.send(self.keep_blob(blob))),
            BlobMessage::List(answer) => drop(answer.send(self.blobs.queue.blobs())),
            BlobMessage::Send(answer) => {
                self.blobs.waiting.push(answer);
                self.upload_event(UploadEvent::SendAsked);
            }
        }
    }

    /// What the session did may concern blobs: orders go first, and a restored server is offered everything again.
    pub(super) fn follow_session(&mut self) {
        let do_orders_go_first = self.session.is_speaking();
        if self.blobs.do_orders_go_first != do_orders_go_first {
            self.blobs.do_orders_go_first = do_orders_go_first;
            self.upload_event(UploadEvent::OrdersGoFirst(do_orders_go_first));
        }
        let epoch = self.session.cursor().map(|cursor| cursor.epoch);
        if epoch.is_some() && self.blobs.epoch != epoch {
            let is_another_life = self.blobs.epoch.replace(epoch.unwrap_or_default()).is_some();
            if is_another_life {
                self.upload_event(UploadEvent::ServerRestored);
            }
        }
        if self.blobs.due_ms().is_some_and(|due_ms| due_ms <= self.clock.reading().monotonic_ms) {
            self.upload_event(UploadEvent::Tick);
        }
        if !self.blobs.waiting.is_empty() && !self.blobs.queue.is_busy() {
            let unsent = self.blobs.queue.unsent_count();
            for answer in self.blobs.waiting.drain(..) {
                // Whoever asked may be gone.
                let _ = answer.send(unsent);
            }
        }
    }

    pub(super) fn upload_event(&mut self, event: UploadEvent) {
        for effect in self.blobs.queue.handle(self.clock.reading(), event) {
            match effect {
                // If it cannot be stored, the server is asked again after a restart.
                UploadEffect::Store(batch) => drop(self.commit(&batch)),
                UploadEffect::Send(request) => drop(self.blobs.requests.send(request)),
                UploadEffect::Notify(notice) => drop(self.outlets.notices.try_send(notice)),
            }
        }
    }

    fn keep_blob(&mut self, blob: KeptBlob) -> Result<(), ClientError> {
        let KeptBlob { sha256, size_bytes } = blob;
        if self.blobs.queue.knows(sha256) {
            return Ok(());
        }
        self.store.commit(&kept_row(sha256, size_bytes)).map_err(|not_stored| match not_stored {
            NotStored::Full => ClientError::StorageFull,
            NotStored::Failed(why) => ClientError::Bug(why),
        })?;
        fail::fail_point!("blob.after_row", |_| std::process::abort());
        self.upload_event(UploadEvent::Kept { sha256, size_bytes });
        Ok(())
    }
}
