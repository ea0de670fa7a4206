//! `http2:` of the configuration: what one HTTP/2 client connection may cost. Nothing is left to a library's default.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Problem, Span};

/// Settings of HTTP/2 with clients (RFC 9113, section 6.5.2), and what ends a connection.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Http2 {
    /// Requests at once on one connection (`SETTINGS_MAX_CONCURRENT_STREAMS`).
    pub max_concurrent_streams: u32,
    /// Largest list of header fields, each counted with 32 bytes on top (`SETTINGS_MAX_HEADER_LIST_SIZE`).
    pub header_list_bytes: u32,
    /// Largest table of the header compression (`SETTINGS_HEADER_TABLE_SIZE`).
    pub header_table_bytes: u32,
    /// Largest frame that is taken (`SETTINGS_MAX_FRAME_SIZE`).
    pub frame_bytes: u32,
    /// Body bytes that a client may send ahead on one stream (`SETTINGS_INITIAL_WINDOW_SIZE`).
    pub stream_window_bytes: u32,
    /// The same for the whole connection.
    pub connection_window_bytes: u32,
    /// Answer bytes held for each stream of a client that reads slowly.
    pub send_buffer_bytes: usize,
    /// Streams that a client may have reset before they were looked at; more end the connection (rapid reset,
    /// CVE-2023-44487).
    pub max_pending_accept_reset_streams: usize,
    /// Streams that we had to reset because of the client's mistakes; more end the connection (CVE-2025-8671).
    pub max_local_error_reset_streams: usize,
    /// Settings, pings, priorities and unknown frames that a client may send within a second, beside four for each request; more
    /// end the connection.
    pub control_frames_per_second: u32,
    /// Pieces of request bodies of less than 64 bytes that a client may send within a second, beside four for each request; more end
    /// the connection.
    pub small_data_frames_per_second: u32,
    /// How often a silent client is pinged.
    pub ping_every: Span,
    /// For the answer to a ping.
    pub ping_timeout: Span,
    /// A connection without a request is closed after this.
    pub idle_timeout: Span,
    /// A client that takes nothing of an answer for this long is cut off.
    pub stall_timeout: Span,
}

impl Default for Http2 {
    fn default() -> Self {
        Self {
            max_concurrent_streams: 100,
            header_list_bytes: 64 * 1024,
            header_table_bytes: 4096,
            frame_bytes: 16 * 1024,
            stream_window_bytes: 256 * 1024,
            connection_window_bytes: 1024 * 1024,
            send_buffer_bytes: 64 * 1024,
            max_pending_accept_reset_streams: 20,
            max_local_error_reset_streams: 64,
            control_frames_per_second: 200,
            small_data_frames_per_second: 1000,
            ping_every: Span(Duration::from_secs(30)),
            ping_timeout: Span(Duration::from_secs(20)),
            idle_timeout: Span(Duration::from_secs(60)),
            stall_timeout: Span(Duration::from_secs(30)),
        }
    }
}

impl Http2 {
    /// Values that the protocol does not allow (RFC 9113, sections 6.5.2 and 6.9.1).
    pub(super) fn problems(&self) -> Vec<Problem> {
        const LARGEST_WINDOW: u32 = (1 << 31) - 1;
        let mut problems = Vec::new();
        let mut wrong = |key: &str, message: &str| problems.push(Problem::new(format!("http2.{key}"), message));
        if self.max_concurrent_streams == 0 {
            wrong(
                "max_concurrent_streams",
                "it must be at least 1, or no request could be made",
            );
        }
        if self.control_frames_per_second == 0 {
            wrong(
                "control_frames_per_second",
                "it must be at least 1, for a connection begins with settings",
            );
        }
        if self.small_data_frames_per_second == 0 {
            wrong(
                "small_data_frames_per_second",
                "it must be at least 1, for a body may end in a small piece",
            );
        }
        if !(16 * 1024..1 << 24).contains(&self.frame_bytes) {
            wrong("frame_bytes", "it must be from 16384 to 16777215");
        }
        for (key, bytes) in [
            ("stream_window_bytes", self.stream_window_bytes),
            ("connection_window_bytes", self.connection_window_bytes),
        ] {
            if !(65_535..=LARGEST_WINDOW).contains(&bytes) {
                wrong(key, "it must be from 65535 to 2147483647");
            }
        }
        problems
    }
}
