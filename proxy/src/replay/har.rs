//! Recordings: HAR 1.2 with the custom fields of `docs/parity.md`. Fields that a replay does not use are passed over.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::error::ReplayError;

/// The longest body that a recording may ask to be filled up, in bytes.
const LONGEST_FILL: usize = 64 * 1024 * 1024;

#[derive(Debug, Deserialize)]
struct Har {
    log: Log,
}

#[derive(Debug, Deserialize)]
struct Log {
    entries: Vec<Entry>,
}

/// One exchange, or one step of the state.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Entry {
    #[serde(rename = "_id", default)]
    pub(super) id: String,
    #[serde(rename = "_area", default)]
    pub(super) area: String,
    #[serde(rename = "_state_only", default)]
    pub(super) state_only: bool,
    #[serde(rename = "_pre", default)]
    pub(super) before: Vec<Before>,
    /// Absent when nobody looked at the database (`ficus record`).
    #[serde(rename = "_db")]
    pub(super) rows: Option<Vec<RowChange>>,
    #[serde(rename = "_outbound")]
    pub(super) outbound: Option<Vec<Value>>,
    #[serde(rename = "_pusher")]
    pub(super) events: Option<Vec<Value>>,
    #[serde(rename = "_queue")]
    pub(super) jobs: Option<Vec<Value>>,
    /// JSON pointers into the answer where two recordings differed.
    #[serde(rename = "_volatile", default)]
    pub(super) volatile: Vec<String>,
    /// Parts of the request that are masked; present when the entry is masked at all.
    #[serde(rename = "_masked")]
    pub(super) masked: Option<Vec<String>>,
    /// The claims of a token that is left out.
    #[serde(rename = "_claims")]
    pub(super) claims: Option<Value>,
    #[serde(default)]
    pub(super) started_date_time: String,
    /// Milliseconds.
    #[serde(default)]
    pub(super) time: f64,
    pub(super) request: Option<Request>,
    pub(super) response: Option<Response>,
}

/// Something done before an entry.
#[derive(Debug, Deserialize)]
pub(super) struct Before {
    /// The database goes back to schema and seed.
    pub(super) reset: Option<Value>,
    /// A statement that is run and committed.
    pub(super) sql: Option<String>,
    /// An outside service that behaves otherwise for this entry.
    pub(super) stub: Option<String>,
    /// How: `http500`, `down`, an error code.
    pub(super) mode: Option<String>,
}

impl Entry {
    /// The row changes that legacy made, as far as they are known.
    pub(super) fn row_changes(&self) -> &[RowChange] {
        self.rows.as_deref().unwrap_or_default()
    }

    /// Whether somebody looked at what legacy sent.
    pub(super) fn effects_are_known(&self) -> bool {
        self.outbound.is_some() || self.events.is_some() || self.jobs.is_some()
    }
}

/// A row change as legacy made it.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct RowChange {
    pub(super) table: String,
    pub(super) op: Operation,
    pub(super) pk: String,
    pub(super) new: Option<Map<String, Value>>,
    pub(super) changed: Option<Map<String, Value>>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(super) enum Operation {
    Insert,
    Update,
    Delete,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Request {
    pub(super) method: String,
    pub(super) url: String,
    #[serde(default)]
    pub(super) headers: Vec<Header>,
    pub(super) post_data: Option<Content>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Response {
    pub(super) status: u16,
    #[serde(default)]
    pub(super) headers: Vec<Header>,
    pub(super) content: Option<Content>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Header {
    pub(super) name: String,
    pub(super) value: String,
}

/// A body: its text, or what stands for it.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Content {
    text: Option<String>,
    /// HAR 1.2: `base64` when `text` is that.
    encoding: Option<String>,
    #[serde(rename = "_base64")]
    base64: Option<String>,
    #[serde(rename = "_fill")]
    fill: Option<Value>,
    size: Option<i64>,
}

impl Content {
    /// The bytes, or `None` where the recording cannot give them back.
    pub(super) fn bytes(&self) -> Option<Vec<u8>> {
        if let Some(text) = &self.base64 {
            return STANDARD.decode(text).ok();
        }
        if self.fill.is_some() {
            let size = usize::try_from(self.size?).ok()?;
            return (size <= LONGEST_FILL).then(|| vec![0; size]);
        }
        let text = self.text.as_deref().unwrap_or_default();
        if self.encoding.as_deref() == Some("base64") {
            return STANDARD.decode(text).ok();
        }
        Some(text.as_bytes().to_vec())
    }
}

/// Reads a recording.
pub(super) fn read(path: &Path) -> Result<Vec<Entry>, ReplayError> {
    let text = std::fs::read(path).map_err(|source| ReplayError::Read {
        path: path.to_owned(),
        source,
    })?;
    let har: Har = serde_json::from_slice(&text).map_err(|error| ReplayError::malformed(path, error))?;
    Ok(har.log.entries)
}

#[cfg(test)]
mod tests {
    use super::Content;

    fn content(text: &str) -> Content {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn bodies_come_as_text_as_base64_or_as_zeroes() {
        assert_eq!(content(r#"{"text":"a"}"#).bytes().unwrap(), b"a");
        let encoded = r#"{"text":"YQ==","encoding":"base64"}"#;
        assert_eq!(content(encoded).bytes().unwrap(), b"a");
        assert_eq!(content(r#"{"_base64":"YWI="}"#).bytes().unwrap(), b"ab");
        let filled = r#"{"_fill":"zero bytes","size":3}"#;
        assert_eq!(content(filled).bytes().unwrap(), [0; 3]);
        assert_eq!(content(r#"{"_fill":"zero bytes","size":-3}"#).bytes(), None);
    }
}
