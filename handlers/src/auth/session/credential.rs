//! What a request presents, and what it proves.

use schemars::JsonSchema;

use crate::auth::nextauth::{self, SessionCookie};
use crate::kit::extract::chat_session::{self, ChatSession};
use crate::kit::extract::json::Json;
use crate::kit::extract::jwt::{self, JwtUser};
use crate::kit::extract::revoked;
use crate::kit::{Inbound, Stop, UnitOfWork};

/// Where a token was found.
pub(super) enum Presented {
    /// In the body or in the header: no page of another origin can put it there.
    Token(String),
    /// Among the cookies, which a browser adds by itself.
    Cookies(Vec<SessionCookie>),
}

/// The body that may name a token. What is no text, or an empty one, is none.
#[derive(JsonSchema)]
pub(super) struct TokenField {
    /// The token to look at, before the one of the header.
    token: Option<String>,
}

impl TokenField {
    fn read(body: &Json) -> Self {
        let token = body.get("token").and_then(serde_json::Value::as_str);
        Self {
            token: token.filter(|token| !token.is_empty()).map(str::to_owned),
        }
    }
}

/// A token that holds, by its kind.
pub(super) enum Credential {
    /// An admin JWT.
    Admin(JwtUser),
    /// A chat session.
    Chat(Box<ChatSession>),
    /// A NextAuth cookie.
    Cookie(JwtUser),
}

impl Presented {
    pub(super) fn find(request: &Inbound) -> Option<Self> {
        let named = TokenField::read(&request.json_or_empty()).token;
        if let Some(token) = named.or_else(|| request.bearer().map(str::to_owned)) {
            return Some(Self::Token(token));
        }
        let cookies = nextauth::find(&request.headers);
        (!cookies.is_empty()).then_some(Self::Cookies(cookies))
    }

    /// What it proves; `None` when nothing.
    ///
    /// # Errors
    /// A fault when the database fails.
    pub(super) async fn verify(self, unit: &mut impl UnitOfWork) -> Result<Option<Credential>, Stop> {
        match self {
            Self::Token(token) => of_token(unit, token).await,
            Self::Cookies(cookies) => of_cookies(unit, cookies).await,
        }
    }
}

async fn of_token(unit: &mut impl UnitOfWork, token: String) -> Result<Option<Credential>, Stop> {
    let now = unit.now();
    if let Some(user) = jwt::verify(&token, &unit.context().settings.jwt_secrets, now) {
        let revoked = revoked::is_revoked(unit.lookup().await?, &token).await?;
        return Ok((!revoked).then_some(Credential::Admin(user)));
    }
    let session = chat_session::verify(unit, &token).await?.ok();
    Ok(session.map(Box::new).map(Credential::Chat))
}

/// As legacy's guard, which reads a plain token from that cookie, and besides what NextAuth itself puts there.
async fn of_cookies(unit: &mut impl UnitOfWork, cookies: Vec<SessionCookie>) -> Result<Option<Credential>, Stop> {
    let now = unit.now();
    for cookie in cookies {
        let user = nextauth::verify(&cookie, &unit.context().settings.auth.cookie_secrets, now);
        let held = match user {
            Some(_) if revoked::is_revoked(unit.lookup().await?, &cookie.value).await? => None,
            Some(user) => Some(Credential::Cookie(user)),
            None => of_token(unit, cookie.value).await?,
        };
        if held.is_some() {
            return Ok(held);
        }
    }
    Ok(None)
}
