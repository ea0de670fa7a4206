//! The requests of `requests.yaml`, made of their words, and what differs between two answers.

use serde::Deserialize;

use super::raw::{Exchange, exchange};
use super::site::Mode;

/// What the client calls the app, whichever way it goes.
const HOST: &str = "site.example";

/// One request.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Case {
    pub(super) name: String,
    request: String,
    #[serde(default)]
    body: String,
    #[serde(default)]
    only: Option<Only>,
    /// Fields that differ, as `docs/nextjs.md` says.
    #[serde(default)]
    aside: Vec<String>,
    /// Whether the answer has ids in it that are made for each.
    #[serde(default)]
    ids: bool,
}

#[derive(Debug, Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum Only {
    Production,
}

pub(super) fn cases(mode: Mode) -> Vec<Case> {
    let cases: Vec<Case> = serde_yaml::from_str(include_str!("requests.yaml")).unwrap();
    let asked = |case: &Case| mode == Mode::Production || case.only.is_none();
    cases.into_iter().filter(asked).collect()
}

impl Case {
    fn target(&self) -> &str {
        self.request.split_whitespace().nth(1).expect("a target")
    }

    fn is_head(&self) -> bool {
        self.request.starts_with("HEAD ")
    }

    /// Sends it to `address`.
    pub(super) async fn send(&self, words: &Words, address: &str) -> Exchange {
        let (line, fields) = self.request.trim_end().split_once('\n').unwrap_or((&self.request, ""));
        let body = words.put_into(&self.body);
        let mut head = format!("{} HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n", line.trim_end());
        for field in fields.lines() {
            head.push_str(&words.put_into(field));
            head.push_str("\r\n");
        }
        if !body.is_empty() && !fields.contains("Transfer-Encoding") {
            head.push_str(&format!("Content-Length: {}\r\n", body.len()));
        }
        head.push_str("\r\n");
        exchange(address, head.as_bytes(), body.as_bytes(), self.is_head()).await
    }
}

/// What the app says that a request has to repeat.
#[derive(Debug, Default)]
pub(super) struct Words {
    etag: String,
    modified: String,
    action: String,
}

impl Words {
    /// Asks the app itself for them, if the request needs them.
    pub(super) async fn of(case: &Case, address: &str) -> Self {
        let needs = ["ETAG", "MODIFIED", "ACTION"]
            .iter()
            .any(|word| case.request.contains(word));
        if !needs && !case.body.contains("ACTION") {
            return Self::default();
        }
        let request = format!(
            "GET {} HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n",
            case.target()
        );
        let answer = exchange(address, request.as_bytes(), b"", false).await;
        let field = |name: &str| answer.head.field(name).unwrap_or_default().to_owned();
        let page = String::from_utf8_lossy(&answer.body);
        let action = page.split_once("$ACTION_ID_").map(|(_, rest)| rest);
        let action = action.and_then(|rest| rest.split('"').next()).unwrap_or_default();
        Self {
            etag: field("etag"),
            modified: field("last-modified"),
            action: action.to_owned(),
        }
    }

    fn put_into(&self, text: &str) -> String {
        let text = text.replace("ACTION_ID_ACTION", &format!("ACTION_ID_{}", self.action));
        let words = [
            (": ETAG", &self.etag),
            (": MODIFIED", &self.modified),
            (": ACTION", &self.action),
        ];
        words.iter().fold(text, |text, (word, value)| {
            assert!(!text.ends_with(word) || !value.is_empty(), "the app says no {word}");
            text.replace(word, &format!(": {value}"))
        })
    }
}

/// What is not the same, in words; nothing when all is.
pub(super) fn difference(case: &Case, mode: Mode, mut direct: Exchange, mut proxied: Exchange) -> Option<String> {
    for answer in [&mut direct, &mut proxied] {
        answer.head.fields.retain(|(name, _)| !case.aside.contains(name));
        if case.ids || mode == Mode::Development {
            answer.body = without_ids(&answer.body);
        }
    }
    if direct.interim != proxied.interim {
        return Some(format!("interim: {:?}\nnot {:?}", proxied.interim, direct.interim));
    }
    if direct.head != proxied.head {
        return Some(format!("head: {:#?}\nnot {:#?}", proxied.head, direct.head));
    }
    if direct.trailers != proxied.trailers {
        return Some(format!("trailers: {:?}\nnot {:?}", proxied.trailers, direct.trailers));
    }
    if direct.body == proxied.body {
        return None;
    }
    let same = direct
        .body
        .iter()
        .zip(&proxied.body)
        .take_while(|(one, other)| one == other);
    let at = same.count();
    let around =
        |body: &[u8]| String::from_utf8_lossy(&body[at.saturating_sub(80)..body.len().min(at + 80)]).into_owned();
    Some(format!(
        "body of {} bytes, not {}, from byte {at}: {:?}\nnot {:?}",
        proxied.body.len(),
        direct.body.len(),
        around(&proxied.body),
        around(&direct.body)
    ))
}

/// An answer with every word of letters and digits that is long enough for an id, and every number of a clock, replaced by its kind.
fn without_ids(body: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(body);
    let is_part = |character: char| character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.');
    let mut masked = String::with_capacity(text.len());
    let mut rest = text.as_ref();
    while let Some(start) = rest.find(is_part) {
        let end = rest[start..].find(|character| !is_part(character));
        let end = end.map_or(rest.len(), |length| start + length);
        let word = &rest[start..end];
        masked.push_str(&rest[..start]);
        masked.push_str(match word {
            _ if word.parse::<f64>().is_ok() && word.len() > 4 => "NUMBER",
            _ if word.len() > 20 && is_mixed(word) => "ID",
            _ => word,
        });
        rest = &rest[end..];
    }
    masked.push_str(rest);
    masked.into_bytes()
}

/// Whether a word has digits, or letters of both cases, as ids have.
fn is_mixed(word: &str) -> bool {
    let has = |kind: fn(&u8) -> bool| word.as_bytes().iter().any(kind);
    has(u8::is_ascii_digit) || has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase)
}
