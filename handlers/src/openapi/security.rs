//! How callers prove who they are.

use serde_json::{Map, Value, json};

use crate::kit::{Callers, Credential};

const ALL: [Credential; 4] = [
    Credential::AdminToken,
    Credential::ChatSession,
    Credential::AdminCookie,
    Credential::QueryToken,
];

/// Every scheme by its name.
pub(super) fn schemes() -> Map<String, Value> {
    ALL.into_iter()
        .map(|credential| (name(credential).to_owned(), scheme(credential)))
        .collect()
}

/// Any one of the alternatives is enough; an empty one means that none is needed.
pub(super) fn alternatives(callers: Callers) -> Value {
    let (free, credentials) = match callers {
        Callers::Anybody => return json!([]),
        Callers::AnybodyOr(credentials) => (Some(json!({})), credentials),
        Callers::Only(credentials) => (None, credentials),
    };
    let named = credentials.iter().map(|credential| json!({ name(*credential): [] }));
    free.into_iter().chain(named).collect::<Vec<_>>().into()
}

fn name(credential: Credential) -> &'static str {
    match credential {
        Credential::AdminToken => "adminToken",
        Credential::ChatSession => "chatSession",
        Credential::AdminCookie => "adminCookie",
        Credential::QueryToken => "queryToken",
    }
}

fn scheme(credential: Credential) -> Value {
    match credential {
        Credential::AdminToken => json!({
            "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
            "description": "The token that a login with e-mail and password gives.",
        }),
        Credential::ChatSession => json!({
            "type": "http", "scheme": "bearer",
            "description": "The session token that signing in by phone gives.",
        }),
        Credential::AdminCookie => json!({
            "type": "apiKey", "in": "cookie", "name": "next-auth.session-token",
            "description": "The session of NextAuth; version 5 calls it `authjs.session-token`, and over TLS both begin with `__Secure-`.",
        }),
        Credential::QueryToken => json!({
            "type": "apiKey", "in": "query", "name": "token",
            "description": "An admin or session token in the query string.",
        }),
    }
}
