//! One operation of the interface as data: routing, its description, and who may follow from it. Never does anything.

use std::borrow::Cow;

use actix_web::http::Method;
use actix_web::{FromRequest, Handler, Responder, Route, web};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use sync_core::workflow::Role;

use crate::http::error::Code;
use crate::http::scope::Scope;

/// Describes a type in a document that is being made.
pub type Describe = fn(&mut SchemaGenerator) -> Schema;

/// Who may call an operation. What exists for them beyond that, the operation itself decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everybody, without a session.
    Public,
    /// Everybody with a session.
    Session,
    /// Everybody with a session but those who only read.
    Workers,
    /// Admins and dispatchers.
    Office,
    Admin,
    /// The app on an enrolled device, by its session or by its seal.
    Device,
}

impl Access {
    /// Whether a session in this role gets past the door.
    pub const fn admits(self, role: Role) -> bool {
        match self {
            Self::Public | Self::Session | Self::Device => true,
            Self::Workers => matches!(role, Role::Admin | Role::Dispatcher | Role::Technician),
            Self::Office => matches!(role, Role::Admin | Role::Dispatcher),
            Self::Admin => matches!(role, Role::Admin),
        }
    }
}

/// What the identifiers of a path name, and so for whom it exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ownership {
    /// Something of the organization: everybody who gets past the door sees it.
    Organization,
    /// An order: technicians see those they are assigned to.
    Order,
    /// Something of one person, or a person; these reach everybody's.
    Person(Access),
    /// Something of one person that nobody else reaches.
    Own,
}

/// Whether a request says which version it means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    None,
    Optional,
    Required,
}

/// What a request carries.
#[derive(Debug, Clone, Copy)]
pub enum Body {
    Nothing,
    Json(Describe),
    /// Bytes of this media type.
    Bytes(&'static str),
}

/// One answer that is no problem.
#[derive(Debug, Clone, Copy)]
pub struct Answer {
    pub status: u16,
    pub content: Content,
}

/// What an answer carries.
#[derive(Debug, Clone, Copy)]
pub enum Content {
    Nothing,
    Json(Describe),
    /// Bytes of one of these media types.
    Bytes(&'static [&'static str]),
}

/// A header of a request beyond those that follow from the rest.
#[derive(Debug, Clone, Copy)]
pub struct RequestHeader {
    pub name: &'static str,
    pub says: &'static str,
    pub is_required: bool,
}

/// Every operation about one thing.
pub struct Area {
    pub name: &'static str,
    pub says: &'static str,
    pub operations: Vec<Operation>,
}

/// One operation.
pub struct Operation {
    pub method: Method,
    /// `{id}` in it is a UUID, unless `text_parameter` says otherwise.
    pub path: &'static str,
    /// What generated clients call it.
    pub id: Cow<'static, str>,
    pub says: Cow<'static, str>,
    pub access: Access,
    pub ownership: Ownership,
    /// What an API token needs; without one, no token may.
    pub scope: Option<Scope>,
    pub condition: Condition,
    /// Whether answers carry an entity tag.
    pub is_versioned: bool,
    pub query: Option<Describe>,
    pub text_parameters: Vec<&'static str>,
    pub headers: Vec<RequestHeader>,
    pub body: Body,
    pub answers: Vec<Answer>,
    /// Whether the answer holds a secret, which is shown once and kept nowhere.
    pub shows_secret: bool,
    /// Refusals beyond those that follow from the rest.
    pub problems: Vec<Code>,
    pub route: Route,
}

impl Operation {
    fn new(method: Method, path: &'static str, id: impl Into<Cow<'static, str>>) -> Self {
        Self {
            route: web::method(method.clone()),
            method,
            path,
            id: id.into(),
            says: "".into(),
            access: Access::Session,
            ownership: Ownership::Organization,
            scope: None,
            condition: Condition::None,
            is_versioned: false,
            query: None,
            text_parameters: Vec::new(),
            headers: Vec::new(),
            body: Body::Nothing,
            answers: Vec::new(),
            shows_secret: false,
            problems: Vec::new(),
        }
    }

    pub fn get(path: &'static str, id: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Method::GET, path, id)
    }

    pub fn post(path: &'static str, id: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Method::POST, path, id)
    }

    pub fn put(path: &'static str, id: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Method::PUT, path, id)
    }

    pub fn patch(path: &'static str, id: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Method::PATCH, path, id)
    }

    pub fn delete(path: &'static str, id: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Method::DELETE, path, id)
    }

    pub fn head(path: &'static str, id: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Method::HEAD, path, id)
    }

    pub fn options(path: &'static str, id: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Method::OPTIONS, path, id)
    }

    /// One sentence for people, without a full stop.
    pub fn says(mut self, says: impl Into<Cow<'static, str>>) -> Self {
        self.says = says.into();
        self
    }

    pub const fn access(mut self, access: Access) -> Self {
        self.access = access;
        self
    }

    pub const fn ownership(mut self, ownership: Ownership) -> Self {
        self.ownership = ownership;
        self
    }

    pub const fn scope(mut self, scope: Scope) -> Self {
        self.scope = Some(scope);
        self
    }

    /// Takes `If-Match`, without which it refuses, and answers with the new entity tag.
    pub const fn conditional(mut self) -> Self {
        self.condition = Condition::Required;
        self
    }

    /// Looks at `If-Match` where it is sent.
    pub const fn conditional_if_asked(mut self) -> Self {
        self.condition = Condition::Optional;
        self
    }

    /// Answers with an entity tag.
    pub const fn versioned(mut self) -> Self {
        self.is_versioned = true;
        self
    }

    pub fn query<Q: JsonSchema>(mut self) -> Self {
        self.query = Some(Q::json_schema);
        self
    }

    /// This part of the path is a text.
    pub fn text_parameter(mut self, name: &'static str) -> Self {
        self.text_parameters.push(name);
        self
    }

    pub fn header(mut self, name: &'static str, is_required: bool, says: &'static str) -> Self {
        self.headers.push(RequestHeader { name, says, is_required });
        self
    }

    pub fn body<B: JsonSchema>(mut self) -> Self {
        self.body = Body::Json(|generator| generator.subschema_for::<B>());
        self
    }

    pub const fn body_bytes(mut self, media_type: &'static str) -> Self {
        self.body = Body::Bytes(media_type);
        self
    }

    pub fn answers<T: JsonSchema>(self, status: u16) -> Self {
        self.answer(status, Content::Json(|generator| generator.subschema_for::<T>()))
    }

    pub fn answers_bytes(self, status: u16, media_types: &'static [&'static str]) -> Self {
        self.answer(status, Content::Bytes(media_types))
    }

    pub fn answers_nothing(self, status: u16) -> Self {
        self.answer(status, Content::Nothing)
    }

    fn answer(mut self, status: u16, content: Content) -> Self {
        self.answers.push(Answer { status, content });
        self
    }

    /// Answers with a secret, so that the answer is not kept for an `Idempotency-Key`.
    pub const fn shows_secret(mut self) -> Self {
        self.shows_secret = true;
        self
    }

    pub fn refuses(mut self, codes: &[Code]) -> Self {
        self.problems.extend(codes);
        self
    }

    /// Ends the row.
    pub fn to<F, Args>(mut self, handler: F) -> Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.route = self.route.to(handler);
        self
    }

    /// The names of the variable parts of the path.
    pub fn parameters(&self) -> impl Iterator<Item = &'static str> {
        self.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
    }

    /// Whether it makes something and takes an `Idempotency-Key`, so that a repeated request makes it once.
    pub fn takes_key(&self) -> bool {
        let makes = self.method == Method::POST && self.answers.iter().any(|answer| answer.status == 201);
        makes && self.access != Access::Public && !self.shows_secret && matches!(self.body, Body::Json(_))
    }

    /// Whether it is a read that answers 304 to who has the version.
    pub fn answers_by_tag(&self) -> bool {
        self.method == Method::GET && self.is_versioned
    }
}
