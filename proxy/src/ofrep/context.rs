//! What a front-end says about the client that the flags are for. It can claim what any request can carry, and nothing that a
//! signature has to prove: users, tenants of a session and roles come from the question's own session.

use std::collections::HashMap;

use flags::{RoutePlan, Segment, SubjectSource};
use http::header::COOKIE;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Map, Value};

/// What is said about the client.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Context {
    /// The subject that the client's requests carry in the first header or cookie of `subject`.
    targeting_key: Option<String>,
    /// Header fields that the client's requests carry.
    headers: Vec<(HeaderName, HeaderValue)>,
    /// Cookies that they carry.
    cookies: Vec<(String, String)>,
    /// Parameters of the path that they ask for.
    parameters: HashMap<String, String>,
}

/// Why a question is not understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ContextError {
    /// It is no JSON.
    Parse(String),
    /// It is no context.
    Invalid(&'static str),
}

/// Names of headers that prove something or belong to the connection; said in a context they would only mislead.
const NOT_SAID: [&str; 4] = ["authorization", "cookie", "host", "proxy-authorization"];

impl Context {
    /// Reads the body of a question.
    pub(crate) fn parse(body: &[u8]) -> Result<Self, ContextError> {
        let body: Value = serde_json::from_slice(body).map_err(|error| ContextError::Parse(error.to_string()))?;
        let body = body.as_object().ok_or(ContextError::Invalid("the body is no object"))?;
        let context = match body.get("context") {
            None | Some(Value::Null) => return Ok(Self::default()),
            Some(context) => context.as_object(),
        };
        let context = context.ok_or(ContextError::Invalid("`context` is no object"))?;
        Ok(Self {
            targeting_key: targeting_key(context)?,
            headers: headers(context)?,
            cookies: cookies(context)?,
            parameters: words(context, "params", "`params` is no object of words")?
                .into_iter()
                .collect(),
        })
    }

    /// The header fields of a request of this client for this route: those of the question, with what the context says.
    pub(super) fn headers_for(&self, plan: &RoutePlan, asked: &HeaderMap) -> HeaderMap {
        let mut headers = asked.clone();
        for (name, value) in &self.headers {
            headers.insert(name, value.clone());
        }
        for (name, value) in &self.cookies {
            put_cookie(&mut headers, name, value);
        }
        if let Some(key) = &self.targeting_key {
            self.put_subject(plan, key, &mut headers);
        }
        headers
    }

    /// The key is the subject where requests would carry one: in the first header or cookie that the canary looks at.
    fn put_subject(&self, plan: &RoutePlan, key: &str, headers: &mut HeaderMap) {
        let sources = plan.canary.iter().flat_map(|canary| canary.subject.iter());
        let carried = |source: &&SubjectSource| matches!(source, SubjectSource::Header(_) | SubjectSource::Cookie(_));
        match sources.into_iter().find(carried) {
            Some(SubjectSource::Header(name)) if !headers.contains_key(name) => {
                if let Ok(value) = HeaderValue::from_str(key) {
                    headers.insert(name, value);
                }
            }
            Some(SubjectSource::Cookie(name)) if !has_cookie(headers, name) => put_cookie(headers, name, key),
            _ => {}
        }
    }

    /// A path of the route, with the parameters that the context names. What it does not name stays unknown, because a segment
    /// with percent-encoding is never guessed at.
    pub(super) fn path_for(&self, plan: &RoutePlan) -> String {
        let mut path = String::new();
        for segment in plan.key.pattern.segments() {
            path.push('/');
            let parameter = match segment {
                Segment::Static(text) => {
                    path.push_str(text);
                    continue;
                }
                Segment::Dynamic(name) | Segment::CatchAll(name) | Segment::OptionalCatchAll(name) => name,
            };
            let said = self.parameters.get(parameter).filter(|value| is_plain(value));
            path.push_str(said.map_or("%5B%5D", String::as_str));
        }
        path
    }
}

fn targeting_key(context: &Map<String, Value>) -> Result<Option<String>, ContextError> {
    match context.get("targetingKey") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(key)) if HeaderValue::from_str(key).is_ok_and(|key| key.to_str().is_ok()) => {
            Ok(Some(key.clone()).filter(|key| !key.is_empty()))
        }
        Some(Value::String(_)) => Err(ContextError::Invalid("`targetingKey` is not visible text")),
        Some(_) => Err(ContextError::Invalid("`targetingKey` is no text")),
    }
}

fn headers(context: &Map<String, Value>) -> Result<Vec<(HeaderName, HeaderValue)>, ContextError> {
    const WRONG: &str = "`headers` is no object of header fields";
    let named = words(context, "headers", WRONG)?.into_iter().map(|(name, value)| {
        let name = HeaderName::try_from(name).map_err(|_| ContextError::Invalid(WRONG))?;
        let value = HeaderValue::try_from(value).map_err(|_| ContextError::Invalid(WRONG))?;
        if NOT_SAID.contains(&name.as_str()) {
            return Err(ContextError::Invalid(
                "`headers` names one that only a real request can carry",
            ));
        }
        Ok((name, value))
    });
    named.collect()
}

fn cookies(context: &Map<String, Value>) -> Result<Vec<(String, String)>, ContextError> {
    const WRONG: &str = "`cookies` is no object of cookies";
    let cookies = words(context, "cookies", WRONG)?;
    let fits = |text: &str| HeaderValue::from_str(text).is_ok() && !text.contains([';', ',']);
    if cookies
        .iter()
        .all(|(name, value)| fits(name) && fits(value) && !name.contains('='))
    {
        Ok(cookies)
    } else {
        Err(ContextError::Invalid(WRONG))
    }
}

fn words(context: &Map<String, Value>, name: &str, wrong: &'static str) -> Result<Vec<(String, String)>, ContextError> {
    let Some(found) = context.get(name) else {
        return Ok(Vec::new());
    };
    let found = found.as_object().ok_or(ContextError::Invalid(wrong))?;
    let words = found.iter().map(|(name, value)| {
        let value = value.as_str().ok_or(ContextError::Invalid(wrong))?;
        Ok((name.clone(), value.to_owned()))
    });
    words.collect()
}

fn has_cookie(headers: &HeaderMap, name: &str) -> bool {
    let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    lines
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.split_once('='))
        .any(|(found, _)| found.trim() == name)
}

/// Before the others, because the first cookie of a name counts.
fn put_cookie(headers: &mut HeaderMap, name: &str, value: &str) {
    let others = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    let line = std::iter::once(format!("{name}={value}").as_str())
        .chain(others)
        .collect::<Vec<_>>()
        .join("; ");
    if let Ok(line) = HeaderValue::from_str(&line) {
        headers.insert(COOKIE, line);
    }
}

/// A value that is one segment of a path as it stands.
fn is_plain(value: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    !value.is_empty() && value != "." && value != ".." && value.bytes().all(plain)
}
