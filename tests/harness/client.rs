//! One client for the handlers in process and for Ficus over sockets; and an answer that can be asserted whole.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use serde_json::Value;

use crate::app::TestApp;

/// Where requests go.
#[derive(Clone, Debug)]
enum Target {
    Process(TestApp),
    Origin(reqwest::Client, String),
}

/// Sends requests as one caller, with that caller's headers.
#[derive(Clone, Debug)]
pub struct Client {
    target: Target,
    headers: HeaderMap,
}

/// A whole answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The header fields.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl Client {
    /// Calls the handlers directly.
    pub fn in_process(app: &TestApp) -> Self {
        Self {
            target: Target::Process(app.clone()),
            headers: HeaderMap::new(),
        }
    }

    /// Goes through a socket; redirects are answers here, not orders.
    ///
    /// # Panics
    /// When the system has no TLS roots.
    pub fn of_origin(origin: &str) -> Self {
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .timeout(std::time::Duration::from_secs(30))
            .build()
            .expect("a client can be made");
        Self {
            target: Target::Origin(client, origin.to_owned()),
            headers: HeaderMap::new(),
        }
    }

    /// The same caller with one more header field on every request.
    ///
    /// # Panics
    /// When it is no header field.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        let name: HeaderName = name.parse().expect("a header name");
        self.headers
            .append(name, HeaderValue::from_str(value).expect("a header value"));
        self
    }

    /// `GET`.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, Bytes::new()).await
    }

    /// `DELETE`.
    pub async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, Bytes::new()).await
    }

    /// `POST` with JSON.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.clone()
            .with_header("content-type", "application/json")
            .send(Method::POST, path, body.to_string())
            .await
    }

    /// `PUT` with JSON.
    pub async fn put(&self, path: &str, body: &Value) -> Answer {
        self.clone()
            .with_header("content-type", "application/json")
            .send(Method::PUT, path, body.to_string())
            .await
    }

    /// `PATCH` with JSON.
    pub async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.clone()
            .with_header("content-type", "application/json")
            .send(Method::PATCH, path, body.to_string())
            .await
    }

    /// Any request.
    ///
    /// # Panics
    /// When there is no answer.
    pub async fn send(&self, method: Method, path: &str, body: impl Into<Bytes>) -> Answer {
        self.try_send(method.clone(), path, body)
            .await
            .unwrap_or_else(|error| panic!("{method} {path}: {error}"))
    }

    /// Any request; the error says why there is no whole answer.
    ///
    /// # Errors
    /// When the connection fails or breaks off, or when the handlers fault.
    pub async fn try_send(&self, method: Method, path: &str, body: impl Into<Bytes>) -> Result<Answer, String> {
        match &self.target {
            Target::Process(app) => app.serve(method, path, self.headers.clone(), body.into()).await,
            Target::Origin(client, origin) => {
                let request = client
                    .request(method, format!("{origin}{path}"))
                    .headers(self.headers.clone())
                    .body(body.into());
                let response = request.send().await.map_err(|error| format!("{error:?}"))?;
                let (status, headers) = (response.status(), response.headers().clone());
                let body = response.bytes().await.map_err(|error| format!("{error:?}"))?;
                Ok(Answer { status, headers, body })
            }
        }
    }
}

impl Answer {
    /// The body as text.
    ///
    /// # Panics
    /// When it is not UTF-8.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("the body is text")
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// When it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("no JSON ({error}): {}", self.text()))
    }

    /// The first value of a header field.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}
