//! Declaring endpoints: one declaration is the inventory entry and, described, the OpenAPI operation.

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use futures_util::future::{BoxFuture, FutureExt as _};
use http::Method;

use super::fault::Outcome;
use super::inbound::Inbound;
use super::operation::Operation;
use super::reader::Reader;
use super::stream::Stream;
use super::work::Work;

/// The areas of the system, as the migration plan groups them.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Area {
    /// Login and sessions.
    Auth,
    /// System settings, statistics, schedule.
    Admin,
    /// Tenants, users, departments.
    Tenants,
    /// Realtime chat.
    Chat,
    /// The chatbot.
    Chatbot,
    /// The WhatsApp inbox.
    Whatsapp,
    /// Payments.
    Payments,
    /// Customers and tickets.
    Crm,
    /// Categories and stock.
    Catalog,
    /// Memory and search.
    Memory,
    /// Health and what else anybody may see.
    Public,
}

impl Area {
    /// The name in documents and commands.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Auth => "auth",
            Self::Admin => "admin",
            Self::Tenants => "tenants",
            Self::Chat => "chat",
            Self::Chatbot => "chatbot",
            Self::Whatsapp => "whatsapp",
            Self::Payments => "payments",
            Self::Crm => "crm",
            Self::Catalog => "catalog",
            Self::Memory => "memory",
            Self::Public => "public",
        }
    }
}

/// What an endpoint does to the database.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// Reads only; PostgreSQL enforces it.
    Read,
    /// Writes in one transaction.
    Write,
    /// Answers with a stream; never dry-run.
    Stream,
}

impl Kind {
    /// The name in documents and commands.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Stream => "stream",
        }
    }
}

/// One endpoint of the catalogue.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// The method. `HEAD` is answered by the `GET` of the same path.
    pub method: Method,
    /// The path in Next.js notation.
    pub pattern: &'static str,
    /// The area.
    pub area: Area,
    /// What it does to the database.
    pub kind: Kind,
    /// Outside services that its answer needs.
    pub calls: &'static [&'static str],
    /// What it takes and gives. The document (`crate::openapi`) refuses an endpoint that does not say.
    pub operation: Option<Operation>,
}

/// The endpoints of one resource.
#[derive(Clone)]
pub struct Routes {
    area: Area,
    routes: Vec<Route>,
}

#[derive(Clone)]
pub(crate) struct Route {
    pub(crate) endpoint: Endpoint,
    pub(crate) handler: Handler,
}

#[derive(Clone)]
pub(crate) enum Handler {
    Read(Arc<dyn ReadHandler>),
    Write(Arc<dyn WriteHandler>),
    Stream(Arc<dyn StreamHandler>),
}

impl Routes {
    /// No routes yet.
    #[must_use]
    pub fn new(area: Area) -> Self {
        Self {
            area,
            routes: Vec::new(),
        }
    }

    /// An endpoint that only reads: `async fn(&mut Reader, &Inbound) -> Outcome`.
    #[must_use]
    pub fn read(self, method: Method, pattern: &'static str, handler: impl ReadHandler) -> Self {
        self.add(method, pattern, Kind::Read, Handler::Read(Arc::new(handler)))
    }

    /// An endpoint that writes: `async fn(&mut Work, &Inbound) -> Outcome`.
    #[must_use]
    pub fn write(self, method: Method, pattern: &'static str, handler: impl WriteHandler) -> Self {
        self.add(method, pattern, Kind::Write, Handler::Write(Arc::new(handler)))
    }

    /// An endpoint that streams: `async fn(Stream, Inbound) -> Outcome`.
    #[must_use]
    pub fn stream(self, method: Method, pattern: &'static str, handler: impl StreamHandler) -> Self {
        self.add(method, pattern, Kind::Stream, Handler::Stream(Arc::new(handler)))
    }

    /// Names the outside services that the endpoint declared last needs for its answer.
    #[must_use]
    pub fn calls(mut self, services: &'static [&'static str]) -> Self {
        if let Some(route) = self.routes.last_mut() {
            route.endpoint.calls = services;
        }
        self
    }

    /// Says what the endpoint declared last takes and gives.
    #[must_use]
    pub fn describe(mut self, operation: Operation) -> Self {
        if let Some(route) = self.routes.last_mut() {
            route.endpoint.operation = Some(operation);
        }
        self
    }

    /// The catalogue entries.
    pub fn endpoints(&self) -> impl Iterator<Item = Endpoint> {
        self.routes.iter().map(|route| route.endpoint.clone())
    }

    pub(crate) fn into_routes(self) -> Vec<Route> {
        self.routes
    }

    fn add(mut self, method: Method, pattern: &'static str, kind: Kind, handler: Handler) -> Self {
        let endpoint = Endpoint {
            method,
            pattern,
            area: self.area,
            kind,
            calls: &[],
            operation: None,
        };
        self.routes.push(Route { endpoint, handler });
        self
    }
}

impl fmt::Debug for Routes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.endpoints()).finish()
    }
}

/// A function `async fn(&mut Reader, &Inbound) -> Outcome`.
pub trait ReadHandler: Send + Sync + 'static {
    /// Runs it.
    fn call<'u>(&'u self, reader: &'u mut Reader, request: &'u Inbound) -> BoxFuture<'u, Outcome>;
}

/// A function `async fn(&mut Work, &Inbound) -> Outcome`.
pub trait WriteHandler: Send + Sync + 'static {
    /// Runs it.
    fn call<'u>(&'u self, work: &'u mut Work, request: &'u Inbound) -> BoxFuture<'u, Outcome>;
}

/// A function `async fn(Stream, Inbound) -> Outcome`.
pub trait StreamHandler: Send + Sync + 'static {
    /// Runs it.
    fn call(&self, stream: Stream, request: Inbound) -> BoxFuture<'static, Outcome>;
}

/// A function over a borrowed unit of work whose future borrows it too. Only this indirection lets an `async fn` with two
/// borrowed arguments be a handler and its future be known as `Send`.
pub trait Over<'u, U: 'u>: Send + Sync + 'static {
    /// The future.
    type Running: Future<Output = Outcome> + Send + 'u;
    /// Calls the function.
    fn over(&self, unit: &'u mut U, request: &'u Inbound) -> Self::Running;
}

impl<'u, U: 'u, F, Running> Over<'u, U> for F
where
    F: Fn(&'u mut U, &'u Inbound) -> Running + Send + Sync + 'static,
    Running: Future<Output = Outcome> + Send + 'u,
{
    type Running = Running;
    fn over(&self, unit: &'u mut U, request: &'u Inbound) -> Running {
        self(unit, request)
    }
}

impl<F: for<'u> Over<'u, Reader>> ReadHandler for F {
    fn call<'u>(&'u self, reader: &'u mut Reader, request: &'u Inbound) -> BoxFuture<'u, Outcome> {
        self.over(reader, request).boxed()
    }
}

impl<F: for<'u> Over<'u, Work>> WriteHandler for F {
    fn call<'u>(&'u self, work: &'u mut Work, request: &'u Inbound) -> BoxFuture<'u, Outcome> {
        self.over(work, request).boxed()
    }
}

impl<F, Running> StreamHandler for F
where
    F: Fn(Stream, Inbound) -> Running + Send + Sync + 'static,
    Running: Future<Output = Outcome> + Send + 'static,
{
    fn call(&self, stream: Stream, request: Inbound) -> BoxFuture<'static, Outcome> {
        self(stream, request).boxed()
    }
}
