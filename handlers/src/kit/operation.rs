//! What an endpoint takes and gives, said beside its route; the OpenAPI operation is made from it.
//!
//! Fields are never listed here: an [`Operation`] names the Rust types that the endpoint reads and writes, and their schemas
//! are derived.

use std::borrow::Cow;

use http::StatusCode;
use schemars::{JsonSchema, Schema, SchemaGenerator};

/// What a caller may prove who they are with.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Credential {
    /// The JWT of the admin console, as `Authorization: Bearer …`.
    AdminToken,
    /// The session token of somebody who signed in by phone, as `Authorization: Bearer …`.
    ChatSession,
    /// The session cookie of NextAuth.
    AdminCookie,
    /// A token of the first two kinds in the query parameter `token`.
    QueryToken,
}

/// Who may call an endpoint.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Callers {
    /// Anybody; no credential is looked at.
    Anybody,
    /// Anybody, and whoever shows one of these gets more.
    AnybodyOr(&'static [Credential]),
    /// Only who shows one of these.
    Only(&'static [Credential]),
}

/// What an endpoint takes and gives. [`Operation::new`] begins one; the document refuses one that does not say who may call
/// ([`Operation::callers`]) or what is answered.
#[derive(Clone, Debug)]
pub struct Operation {
    pub(crate) summary: &'static str,
    pub(crate) callers: Option<Callers>,
    pub(crate) path: Option<Shape>,
    pub(crate) query: Vec<Shape>,
    pub(crate) body: Option<Body>,
    pub(crate) answers: Vec<Answer>,
}

/// The body of a request: the fields of all its types together.
#[derive(Clone, Debug)]
pub(crate) struct Body {
    pub(crate) shapes: Vec<Shape>,
    pub(crate) required: bool,
    pub(crate) media: &'static [&'static str],
}

/// One answer: several may share a status, with bodies of different types.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) content: Option<Content>,
    pub(crate) headers: Vec<(&'static str, &'static str)>,
}

/// The body of an answer.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Content {
    Json(Shape),
    Other(&'static str),
}

/// A type whose schema can be asked for when the document is made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub(crate) name: fn() -> Cow<'static, str>,
    /// A reference to the schema, which goes into the components.
    pub(crate) reference: fn(&mut SchemaGenerator) -> Schema,
    /// The schema itself.
    pub(crate) whole: fn(&mut SchemaGenerator) -> Schema,
}

impl Shape {
    fn of<T: JsonSchema>() -> Self {
        Self {
            name: T::schema_name,
            reference: SchemaGenerator::subschema_for::<T>,
            whole: T::json_schema,
        }
    }
}

impl Operation {
    /// Begins with one line on what it does, as an imperative: `List the tickets of a tenant`.
    #[must_use]
    pub fn new(summary: &'static str) -> Self {
        Self {
            summary,
            callers: None,
            path: None,
            query: Vec::new(),
            body: None,
            answers: Vec::new(),
        }
    }

    /// Who may call.
    #[must_use]
    pub fn callers(mut self, callers: Callers) -> Self {
        self.callers = Some(callers);
        self
    }

    /// Path parameters as the fields of a struct, by their names in the pattern. Without it they are texts.
    #[must_use]
    pub fn path<T: JsonSchema>(mut self) -> Self {
        self.path = Some(Shape::of::<T>());
        self
    }

    /// Query parameters as the fields of a struct; may be said several times.
    #[must_use]
    pub fn query<T: JsonSchema>(mut self) -> Self {
        self.query.push(Shape::of::<T>());
        self
    }

    /// A JSON body that has to be there. Said several times, it has the fields of all those types.
    #[must_use]
    pub fn takes<T: JsonSchema>(self) -> Self {
        self.with_body::<T>(true, &["application/json"])
    }

    /// A JSON body that may be left out.
    #[must_use]
    pub fn may_take<T: JsonSchema>(self) -> Self {
        self.with_body::<T>(false, &["application/json"])
    }

    /// A body that has to be there, as JSON or as the fields of a form.
    #[must_use]
    pub fn takes_form<T: JsonSchema>(self) -> Self {
        self.with_body::<T>(true, &["application/json", "application/x-www-form-urlencoded"])
    }

    /// An answer with a JSON body.
    #[must_use]
    pub fn gives<T: JsonSchema>(self, status: StatusCode) -> Self {
        self.answer(status, Some(Content::Json(Shape::of::<T>())))
    }

    /// An answer without a body.
    #[must_use]
    pub fn gives_nothing(self, status: StatusCode) -> Self {
        self.answer(status, None)
    }

    /// An answer of another media type: `text/event-stream`, `image/*`.
    #[must_use]
    pub fn gives_media(self, status: StatusCode, media: &'static str) -> Self {
        self.answer(status, Some(Content::Other(media)))
    }

    /// Refusals with one form of body, such as [`Bare`](super::error::Bare) or [`Envelope`](super::error::Envelope).
    #[must_use]
    pub fn refuses<T: JsonSchema>(self, statuses: &[StatusCode]) -> Self {
        let refusal = Some(Content::Json(Shape::of::<T>()));
        statuses
            .iter()
            .fold(self, |operation, status| operation.answer(*status, refusal))
    }

    /// A header field of the answer that was said last.
    #[must_use]
    pub fn header(mut self, name: &'static str, meaning: &'static str) -> Self {
        if let Some(answer) = self.answers.last_mut() {
            answer.headers.push((name, meaning));
        }
        self
    }

    fn answer(mut self, status: StatusCode, content: Option<Content>) -> Self {
        self.answers.push(Answer {
            status,
            content,
            headers: Vec::new(),
        });
        self
    }

    fn with_body<T: JsonSchema>(mut self, required: bool, media: &'static [&'static str]) -> Self {
        let none = Body {
            shapes: Vec::new(),
            required,
            media,
        };
        self.body.get_or_insert(none).shapes.push(Shape::of::<T>());
        self
    }
}
