//! What is sent, read whole and with the place of a mistake.

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse as _, Response};
use serde::de::DeserializeOwned;

use super::problem::Problem;

/// A JSON body.
pub(super) struct Sent<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Sent<T> {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        // The router's limit on bodies holds here.
        let bytes = Bytes::from_request(request, state).await.map_err(|rejection| {
            Problem::new(rejection.status(), rejection.body_text(), "send less, and all of it").into_response()
        })?;
        let mut reader = serde_json::Deserializer::from_slice(&bytes);
        let read = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
            let place = error.path().to_string();
            format!("{place}: {}", error.inner())
        });
        let whole = read.and_then(|sent| reader.end().map(|()| sent).map_err(|error| error.to_string()));
        whole.map(Self).map_err(|why| {
            let remedy = "GET /api/openapi.json says what is expected";
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, why, remedy).into_response()
        })
    }
}

/// What is asked in the query.
pub(super) struct Asked<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Asked<T> {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Response> {
        Query::try_from_uri(&parts.uri)
            .map(|Query(asked)| Self(asked))
            .map_err(|rejection| {
                let remedy = "GET /api/openapi.json says what may be asked";
                Problem::new(StatusCode::UNPROCESSABLE_ENTITY, rejection.body_text(), remedy).into_response()
            })
    }
}
