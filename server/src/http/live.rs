//! `GET /v1/live`: tells a reader that its scope has advanced, over WebSocket or server-sent events. Never sends data.

use std::sync::Arc;
use std::time::Duration;

use actix_web::http::header::{ACCEPT, CACHE_CONTROL};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, web};
use actix_ws::{AggregatedMessage, CloseCode, CloseReason, Session};
use futures_util::StreamExt;
use tokio::sync::watch;
use tokio::time::{Interval, MissedTickBehavior, interval, timeout};

use crate::accounts::Principal;
use crate::app::App;
use crate::http::address::caller_address;
use crate::http::error::{Code, Problem};
use crate::http::node::Node;
use crate::store::feed;
use crate::sync::scope_of;
use crate::traffic::OpenSocket;

/// How soon a reader whose session has ended, or whose node stops, is let go.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Looks between two signs of life.
const LOOKS_PER_PING: u32 = 40;
/// A reader that takes nothing for so long is cut and resumes by its cursor.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);
/// Readers send nothing but signs of life.
const FRAME_BYTES_MAX: usize = 1_024;
/// The session has ended: sign in again.
const CLOSE_SESSION_ENDED: u16 = 4401;

pub async fn live(
    node: Node,
    principal: Principal,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let socket = node.0.sockets.open(caller_address(node.0.config.trusted_proxies, &request))?;
    let listener = subscribe(&node, &principal).await?;
    let watcher = Watcher::new(node.0.clone(), (principal, socket), listener);
    let accepts = request.headers().get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if accepts.contains("text/event-stream") {
        return Ok(events(watcher));
    }
    let (response, session, messages) =
        actix_ws::handle(&request, payload).map_err(|_| Problem::new(Code::Malformed))?;
    let messages = messages.max_frame_size(FRAME_BYTES_MAX).aggregate_continuations();
    actix_web::rt::spawn(serve(watcher, session, messages));
    Ok(response)
}

async fn subscribe(node: &Node, principal: &Principal) -> Result<watch::Receiver<u64>, Problem> {
    let scope = scope_of(principal.organization, principal.user, principal.role);
    let (app, organization) = (node.0.clone(), principal.organization);
    node.run(async move {
        let mut tx = app.store.begin_read(organization).await?;
        let head = feed::head(&mut tx, scope).await?.head;
        tx.commit().await?;
        let mut listener = app.orders.live().subscribe(organization, scope, head);
        listener.mark_changed();
        Ok::<_, Problem>(listener)
    })
    .await
}

/// What a reader is to be told next.
enum Next {
    Poke(u64),
    SignOfLife,
    SessionEnded,
    Stopping,
}

/// Waits for what a reader is to be told. At most one poke waits: a newer head replaces an older one.
struct Watcher {
    app: Arc<App>,
    principal: Principal,
    listener: watch::Receiver<u64>,
    looks: Interval,
    look_count: u32,
    /// Counts as open for as long as somebody is told.
    _socket: OpenSocket,
}

impl Watcher {
    fn new(
        app: Arc<App>,
        (principal, socket): (Principal, OpenSocket),
        listener: watch::Receiver<u64>,
    ) -> Self {
        let mut looks = interval(LOOK_EVERY);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { app, principal, listener, looks, look_count: 0, _socket: socket }
    }

    async fn next(&mut self) -> Next {
        loop {
            tokio::select! {
                changed = self.listener.changed() => {
                    if changed.is_err() {
                        return Next::Stopping;
                    }
                    return Next::Poke(*self.listener.borrow_and_update());
                }
                _ = self.looks.tick() => {
                    if let Some(next) = self.look() {
                        return next;
                    }
                }
            }
        }
    }

    fn look(&mut self) -> Option<Next> {
        if self.app.revocations.contains(&self.principal.session) {
            return Some(Next::SessionEnded);
        }
        if self.app.is_stopping() {
            return Some(Next::Stopping);
        }
        self.look_count = (self.look_count + 1) % LOOKS_PER_PING;
        (self.look_count == 0).then_some(Next::SignOfLife)
    }
}

fn poke(head: u64) -> String {
    format!("{{\"seq\":{head}}}")
}

/// Serves one socket until either side ends it.
async fn serve(mut watcher: Watcher, mut session: Session, mut messages: actix_ws::AggregatedMessageStream) {
    let reason = loop {
        tokio::select! {
            next = watcher.next() => {
                if let Some(reason) = tell(&mut session, next).await {
                    break reason;
                }
            }
            message = messages.next() => match message {
                Some(Ok(AggregatedMessage::Ping(bytes))) => {
                    if session.pong(&bytes).await.is_err() {
                        return;
                    }
                }
                Some(Ok(AggregatedMessage::Text(_) | AggregatedMessage::Binary(_) | AggregatedMessage::Pong(_))) => {}
                Some(Ok(AggregatedMessage::Close(_)) | Err(_)) | None => break CloseCode::Normal,
            },
        }
    };
    let closing = session.close(Some(CloseReason::from(reason)));
    // A reader that does not take the farewell either is dropped with its connection.
    drop(timeout(WRITE_TIMEOUT, closing).await);
}

/// Sends what is to be told; says with which code to close when that is the end.
async fn tell(session: &mut Session, next: Next) -> Option<CloseCode> {
    let sending = async {
        match next {
            Next::Poke(head) => session.text(poke(head)).await.err().map(|_| CloseCode::Normal),
            Next::SignOfLife => session.ping(b"").await.err().map(|_| CloseCode::Normal),
            Next::SessionEnded => Some(CloseCode::Other(CLOSE_SESSION_ENDED)),
            Next::Stopping => Some(CloseCode::Restart),
        }
    };
    timeout(WRITE_TIMEOUT, sending).await.unwrap_or(Some(CloseCode::Policy))
}

/// The same over server-sent events; the connection's own write buffer is the bounded queue.
fn events(watcher: Watcher) -> HttpResponse {
    let stream = futures_util::stream::unfold(watcher, |mut watcher| async move {
        let text = match watcher.next().await {
            Next::Poke(head) => format!("data: {}\n\n", poke(head)),
            Next::SignOfLife => ":\n\n".to_owned(),
            Next::SessionEnded | Next::Stopping => return None,
        };
        Some((Ok::<_, actix_web::Error>(Bytes::from(text)), watcher))
    });
    HttpResponse::Ok()
        .content_type("text/event-stream")
        .insert_header((CACHE_CONTROL, "no-store"))
        .streaming(stream)
}
