//! Waiting for something that another task does, without sleeping for a guessed time.

use std::future::Future;
use std::time::Duration;

/// How long something may take to come true.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often it is looked at.
const PAUSE: Duration = Duration::from_millis(5);

/// Asks again and again until there is an answer.
///
/// # Panics
/// When there is none after twenty seconds; the message says `what` was waited for.
pub async fn eventually<T, F: Future<Output = Option<T>>>(what: &str, mut ask: impl FnMut() -> F) -> T {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(tokio::time::Instant::now() < deadline, "this never came true: {what}");
        tokio::time::sleep(PAUSE).await;
    }
}
