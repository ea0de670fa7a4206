//! When a request may be sent again: one truth table.

use http::Method;

/// How far a failed attempt got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failed {
    /// No connection was made, so nothing was sent.
    Connecting,
    /// The connection was closed before it took the request.
    Unsent,
    /// The request was sent, on a connection that had been used before, and nothing came back: most likely the upstream
    /// closed an idle connection at that very moment.
    StaleConnection,
    /// The request was sent on a fresh connection and nothing came back.
    NoAnswer,
    /// The head of the answer was received.
    Answered,
}

/// Whether to try once more, when `replayable` tells that the body is still in hand.
///
/// Nothing was sent: any method. Sent and nothing came back: methods that may be repeated (RFC 9110, section 9.2.2). Answered:
/// never, the client may have seen it. Each retry but the first kind is paid from the retry budget.
#[must_use]
pub fn may_retry(failed: Failed, method: &Method, replayable: bool) -> bool {
    match failed {
        Failed::Connecting | Failed::Unsent => replayable,
        Failed::StaleConnection | Failed::NoAnswer => replayable && method.is_idempotent(),
        Failed::Answered => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_truth_table() {
        let post = Method::POST;
        let get = Method::GET;
        for (failed, get_again, post_again) in [
            (Failed::Connecting, true, true),
            (Failed::Unsent, true, true),
            (Failed::StaleConnection, true, false),
            (Failed::NoAnswer, true, false),
            (Failed::Answered, false, false),
        ] {
            assert_eq!(may_retry(failed, &get, true), get_again, "{failed:?}");
            assert_eq!(may_retry(failed, &post, true), post_again, "{failed:?}");
            assert!(!may_retry(failed, &get, false), "{failed:?}");
        }
    }
}
