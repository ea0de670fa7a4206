//! The recording end: reads the feed of a running proxy and writes the file.

use std::future::Future;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use bytes::BytesMut;
use serde_json::Value;
use tokio::time::{Instant, sleep_until};

use super::file::HarFile;

/// A line that is longer is none of ours.
const LONGEST_LINE: usize = 64 << 20;
/// A proxy that says nothing for so long is gone: it sends its counters every second.
const SILENCE: Duration = Duration::from_secs(15);
/// For making the connection.
const CONNECT: Duration = Duration::from_secs(5);

/// What is recorded, and how much of it at most.
#[derive(Clone, Debug)]
pub struct RecordPlan {
    /// Where the recording is to be.
    pub out: PathBuf,
    /// The admin listener of the proxy: `http://host:port`.
    pub admin: String,
    /// Only exchanges whose route, or method and path, fit; `*` stands for anything.
    pub route: Option<String>,
    /// The share of these, such as `10%`.
    pub sample: String,
    /// Most entries.
    pub entries: u64,
    /// Most bytes of the file; the last entry may go beyond.
    pub bytes: u64,
    /// Longest time.
    pub time: Duration,
}

/// What came of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recorded {
    /// Entries in the file.
    pub entries: u64,
    /// Bytes of the file.
    pub bytes: u64,
    /// Exchanges that were lost because the recording was slower than the traffic.
    pub dropped: u64,
    /// Exchanges that were not whole.
    pub skipped: u64,
}

/// Why nothing was recorded.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The admin listener cannot be reached, or breaks off.
    #[error("the proxy at {admin} cannot be read")]
    Proxy {
        /// Where it should be.
        admin: String,
        /// Why.
        #[source]
        source: reqwest::Error,
    },
    /// It answers otherwise than a proxy that can record.
    #[error("the proxy does not record: {0}")]
    Refused(String),
    /// What it sends is no recording.
    #[error("what the proxy sends is no recording: {0}")]
    Malformed(String),
    /// The file cannot be written.
    #[error("{path} cannot be written")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// Records until one of the limits is reached, the proxy ends, or `stop` comes; then the file is whole and at its place.
///
/// # Errors
/// When the proxy cannot be asked, or the file cannot be written.
pub async fn record(plan: &RecordPlan, stop: impl Future<Output = ()>) -> Result<Recorded, RecordError> {
    let response = open(plan).await?;
    let failed = |source| RecordError::File {
        path: plan.out.clone(),
        source,
    };
    let mut file = HarFile::create(&plan.out).await.map_err(failed)?;
    let mut recorded = Recorded::default();
    let ended = read(plan, response, stop, &mut file, &mut recorded).await;
    // What there is, is whole: also after a proxy that went away.
    (recorded.entries, recorded.bytes) = (file.entries(), file.bytes());
    file.finish().await.map_err(failed)?;
    match ended {
        Err(error) if recorded.entries == 0 => Err(error),
        Err(error) => {
            tracing::warn!(%error, "the recording ended early");
            Ok(recorded)
        }
        Ok(()) => Ok(recorded),
    }
}

async fn open(plan: &RecordPlan) -> Result<reqwest::Response, RecordError> {
    let unreachable = |source| RecordError::Proxy {
        admin: plan.admin.clone(),
        source,
    };
    let client = reqwest::Client::builder()
        .no_proxy()
        .connect_timeout(CONNECT)
        .read_timeout(SILENCE)
        .build()
        .map_err(unreachable)?;
    let mut query = vec![("sample", plan.sample.as_str())];
    query.extend(plan.route.as_deref().map(|route| ("route", route)));
    let encoded: Vec<String> = query
        .into_iter()
        .map(|(name, value)| {
            format!(
                "{name}={}",
                percent_encoding::utf8_percent_encode(value, percent_encoding::NON_ALPHANUMERIC)
            )
        })
        .collect();
    let url = format!("{}/recording?{}", plan.admin.trim_end_matches('/'), encoded.join("&"));
    let response = client.get(url).send().await.map_err(unreachable)?;
    if response.status().is_success() {
        return Ok(response);
    }
    let status = response.status();
    let said = response.text().await.unwrap_or_default();
    Err(RecordError::Refused(format!(
        "{status} {}",
        said.chars().take(200).collect::<String>().trim()
    )))
}

async fn read(
    plan: &RecordPlan,
    mut response: reqwest::Response,
    stop: impl Future<Output = ()>,
    file: &mut HarFile,
    recorded: &mut Recorded,
) -> Result<(), RecordError> {
    let until = Instant::now() + plan.time;
    let mut text = BytesMut::new();
    tokio::pin!(stop);
    loop {
        let chunk = tokio::select! {
            biased;
            () = &mut stop => return Ok(()),
            () = sleep_until(until) => return Ok(()),
            chunk = response.chunk() => chunk,
        };
        let chunk = chunk.map_err(|source| RecordError::Proxy {
            admin: plan.admin.clone(),
            source,
        })?;
        let Some(chunk) = chunk else { return Ok(()) };
        text.extend_from_slice(&chunk);
        while let Some(end) = text.iter().position(|byte| *byte == b'\n') {
            let line = text.split_to(end + 1);
            take(plan, &line, file, recorded).await?;
            if file.entries() >= plan.entries || file.bytes() >= plan.bytes {
                return Ok(());
            }
        }
        if text.len() > LONGEST_LINE {
            return Err(RecordError::Malformed("a line without an end".to_owned()));
        }
    }
}

async fn take(plan: &RecordPlan, line: &[u8], file: &mut HarFile, recorded: &mut Recorded) -> Result<(), RecordError> {
    let line: Value = serde_json::from_slice(line).map_err(|error| RecordError::Malformed(error.to_string()))?;
    if let Some(entry) = line.get("entry") {
        file.add(entry).await.map_err(|source| RecordError::File {
            path: plan.out.clone(),
            source,
        })?;
    }
    let count = |name: &str, now: u64| line.get(name).and_then(Value::as_u64).unwrap_or(now);
    recorded.dropped = count("dropped", recorded.dropped);
    recorded.skipped = count("skipped", recorded.skipped);
    Ok(())
}
