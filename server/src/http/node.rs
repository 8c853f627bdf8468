//! Gives handlers the node they run in, once its database is open. Never waits for it: until then requests get 503.

use std::future::{Ready, ready};
use std::sync::{Arc, OnceLock};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};

use crate::app::App;
use crate::http::error::{Code, Problem};
use crate::refusal::Refusal;
use crate::store::MadeUnder;

/// Where the node appears when it is open.
#[derive(Default)]
pub struct NodeSlot(OnceLock<Arc<App>>);

impl NodeSlot {
    pub fn fill(&self, app: Arc<App>) {
        let _ = self.0.set(app);
    }

    pub fn get(&self) -> Option<&Arc<App>> {
        self.0.get()
    }
}

/// The node, as a handler's argument.
pub struct Node(pub Arc<App>);

impl FromRequest for Node {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(node_of(request).map(|app| Self(Arc::clone(app))))
    }
}

pub(crate) fn node_of(request: &HttpRequest) -> Result<&Arc<App>, Problem> {
    let slot = request.app_data::<web::Data<NodeSlot>>();
    slot.and_then(|slot| slot.get()).ok_or_else(|| Problem::new(Code::Starting))
}

impl Node {
    /// Runs an operation to its end, even when the caller goes away meanwhile.
    pub async fn run<T, E, O>(&self, operation: O) -> Result<T, Problem>
    where
        T: Send + 'static,
        E: Into<Problem> + Send + 'static,
        O: Future<Output = Result<T, E>> + Send + 'static,
    {
        let spawned = match MadeUnder::current() {
            Some(made_under) => self.0.runtime.spawn(made_under.scope(operation)),
            None => self.0.runtime.spawn(operation),
        };
        match spawned.await {
            Ok(outcome) => outcome.map_err(Into::into),
            Err(error) => Err(Problem::from(Refusal::internal(&error.to_string()))),
        }
    }
}
