//! Answers the questions of front-ends for flags, where the configuration gives the path to Ficus.

use std::hash::{BuildHasher as _, RandomState};
use std::rc::Rc;

use bytes::Bytes;
use flags::{Session, Side, Snapshot};
use futures_util::future::Either;
use http::header::ALLOW;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use tokio::time::timeout;

use super::decide::{control, host, session};
use super::layered;
use crate::backend::native::{Identity, NativeBackend};
use crate::body::Body;
use crate::core::Core;
use crate::error::{ErrorKind, ProxyError};
use crate::exchange::{Answered, Exchange, Step};
use crate::ofrep::{self, Asked, Asker, Context, ContextError, Evaluation};
use crate::overrides::Outcome;
use crate::shadow::now_ms;
use crate::throttle::Throttle;

/// The longest question; a context is a handful of words.
const MOST_BYTES: usize = 64 * 1024;

/// Answers questions for flags.
#[derive(Debug, Clone)]
pub struct Ofrep {
    core: Rc<Core>,
    askers: Rc<Askers>,
}

/// The step of [`Ofrep`].
#[derive(Debug)]
pub struct OfrepStep<S> {
    inner: S,
    core: Rc<Core>,
    askers: Rc<Askers>,
}

/// How often each address has asked. The seed keeps anybody from choosing whom to share a counter with.
#[derive(Debug, Default)]
struct Askers {
    throttle: Throttle,
    seed: RandomState,
}

layered!(Ofrep => OfrepStep { core, askers });

impl Ofrep {
    /// By the flags and the configuration of this core.
    #[must_use]
    pub fn new(core: &Rc<Core>) -> Self {
        Self {
            core: Rc::clone(core),
            askers: Rc::default(),
        }
    }
}

impl<S: Step> Step for OfrepStep<S> {
    fn call(&self, exchange: &mut Exchange) -> impl Future<Output = Answered> {
        let asked = match self.core.config.ofrep.enabled {
            true => Asked::by(exchange.request.uri().path()),
            false => None,
        };
        let Some(asked) = asked else {
            return Either::Left(self.inner.call(exchange));
        };
        Either::Right(Box::pin(async move {
            let response = self.answer(exchange, &asked).await?;
            self.core.metrics.flags_asked(outcome(response.status()));
            Ok(response)
        }))
    }
}

impl<S> OfrepStep<S> {
    async fn answer(&self, exchange: &mut Exchange, asked: &Asked) -> Answered {
        if *exchange.request.method() != Method::POST {
            let mut response = ofrep::refused(StatusCode::METHOD_NOT_ALLOWED, "flags are asked for with POST");
            response.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
            return Ok(response);
        }
        let client = exchange.facts.client.to_canonical();
        let which = usize::try_from(self.askers.seed.hash_one(client)).unwrap_or_default();
        let most = Some(self.core.config.ofrep.per_second);
        if !self.askers.throttle.admits(which, most, now_ms()) {
            return Ok(ofrep::refused(
                StatusCode::TOO_MANY_REQUESTS,
                "too many questions from this address",
            ));
        }
        let identity = self.identify(exchange.request.headers());
        if self.core.config.ofrep.signed_in_only && identity.is_none() {
            return Ok(ofrep::refused(
                StatusCode::UNAUTHORIZED,
                "flags are told to those who are signed in",
            ));
        }
        let key = match asked {
            Asked::All => None,
            Asked::One(key) => Some(key.as_str()),
        };
        let invalid = |code, details: &str| Ok(ofrep::failed(StatusCode::BAD_REQUEST, key, code, details));
        let context = match self.body(exchange).await?.map(|body| Context::parse(&body)) {
            None => return invalid("PARSE_ERROR", "the question is longer than 64 KiB"),
            Some(Err(ContextError::Parse(why))) => return invalid("PARSE_ERROR", &why),
            Some(Err(ContextError::Invalid(why))) => return invalid("INVALID_CONTEXT", why),
            Some(Ok(context)) => context,
        };
        Ok(self.evaluate(exchange, asked, &context, identity.as_ref()))
    }

    /// The body, or nothing when it is too long.
    async fn body(&self, exchange: &mut Exchange) -> Result<Option<Bytes>, ProxyError> {
        let body = std::mem::take(exchange.request.body_mut());
        let read = Limited::new(body, MOST_BYTES).collect();
        let Ok(read) = timeout(self.core.config.timeouts.answer, read).await else {
            return Err(ProxyError::client(ErrorKind::Timeout));
        };
        match read {
            Ok(body) => Ok(Some(body.to_bytes())),
            Err(error) if error.is::<LengthLimitError>() => Ok(None),
            Err(error) => Err(ProxyError {
                source: Some(error),
                ..ProxyError::client(ErrorKind::ClientGone)
            }),
        }
    }

    fn evaluate(
        &self,
        exchange: &Exchange,
        asked: &Asked,
        context: &Context,
        identity: Option<&Identity>,
    ) -> Response<Body> {
        let snapshot = self.core.flags.load();
        let mut headers = exchange.request.headers().clone();
        let token = control::take(&mut headers, exchange.facts.notable);
        let asker = Asker {
            headers: &headers,
            host: host(&exchange.request),
            client: exchange.facts.client,
            session: identity.map_or_else(Session::default, session),
            ticket: exchange.facts.id.ticket,
            context,
        };
        let evaluations = |named: Option<&str>| self.evaluations(&snapshot, &asker, token.as_deref(), named);
        match asked {
            Asked::All => ofrep::bulk(&evaluations(None), snapshot.version(), &headers),
            Asked::One(key) => match evaluations(Some(key)).first() {
                Some(evaluation) => ofrep::single(evaluation),
                None => {
                    let details = "no flag is called so; a flag has the name of its route, such as `GET /api/x`";
                    ofrep::failed(StatusCode::NOT_FOUND, Some(key), "FLAG_NOT_FOUND", details)
                }
            },
        }
    }

    fn evaluations(
        &self,
        snapshot: &Snapshot,
        asker: &Asker<'_>,
        token: Option<&str>,
        named: Option<&str>,
    ) -> Vec<Evaluation> {
        let config = &self.core.config;
        let told = snapshot.plans().iter().filter(|plan| {
            let is_named = named.is_none_or(|name| plan.key.to_string() == name);
            is_named && config.ofrep.tells_of(plan.group.as_deref())
        });
        let wanted = |plan| -> Option<Side> {
            match config.overrides.key.as_ref()?.judge(token?, plan, now_ms() / 1_000) {
                Outcome::Honoured(side) => Some(side),
                _ => None,
            }
        };
        told.map(|plan| asker.evaluate(snapshot, plan, wanted(plan))).collect()
    }

    fn identify(&self, headers: &HeaderMap) -> Option<Identity> {
        match &self.core.native {
            NativeBackend::On { native, .. } => native.identify(headers),
            NativeBackend::Off { .. } => None,
        }
    }
}

fn outcome(status: StatusCode) -> &'static str {
    match status {
        StatusCode::OK => "told",
        StatusCode::NOT_MODIFIED => "not_modified",
        StatusCode::NOT_FOUND => "no_such_flag",
        StatusCode::UNAUTHORIZED => "not_signed_in",
        StatusCode::TOO_MANY_REQUESTS => "too_many",
        _ => "not_understood",
    }
}
