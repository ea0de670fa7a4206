//! The access log: lines from all cores, written by one thread. A request never waits for it; lines that find no room are counted.

use std::fs::OpenOptions;
use std::io::{self, BufWriter, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use crate::config::Config;

/// Lines that may wait to be written.
const QUEUE: usize = 8 * 1024;

/// The end into which cores put their lines.
#[derive(Debug, Clone)]
pub struct AccessLogSink {
    lines: SyncSender<Vec<u8>>,
    dropped: Arc<AtomicU64>,
}

/// The thread that writes; it ends when no sink is left.
#[derive(Debug)]
pub struct AccessLogWriter(JoinHandle<()>);

/// Opens the log that the configuration asks for, if any, and starts its thread. `dropped` counts the lines that were not written.
///
/// # Errors
/// When the file cannot be opened or the thread not be started.
pub fn open(config: &Config, dropped: Arc<AtomicU64>) -> io::Result<Option<(AccessLogSink, AccessLogWriter)>> {
    if !config.access_log {
        return Ok(None);
    }
    let opened = match &config.access_log_file {
        Some(file) => begin(OpenOptions::new().create(true).append(true).open(file)?, dropped),
        None => begin(io::stdout(), dropped),
    };
    opened.map(Some)
}

fn begin(to: impl Write + Send + 'static, dropped: Arc<AtomicU64>) -> io::Result<(AccessLogSink, AccessLogWriter)> {
    let (lines, waiting) = sync_channel(QUEUE);
    let lost = Arc::clone(&dropped);
    let thread = std::thread::Builder::new()
        .name("access-log".to_owned())
        .spawn(move || write(&waiting, &mut BufWriter::new(to), &lost))?;
    Ok((AccessLogSink { lines, dropped }, AccessLogWriter(thread)))
}

impl AccessLogSink {
    /// Hands over one line, with its end.
    pub fn put(&self, line: Vec<u8>) {
        if self.lines.try_send(line).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl AccessLogWriter {
    /// Waits until everything is written. Every sink has to be gone by then.
    pub async fn finished(self) {
        let ended = tokio::task::spawn_blocking(move || self.0.join());
        if !matches!(ended.await, Ok(Ok(()))) {
            tracing::error!("the thread of the access log was lost");
        }
    }
}

/// Writes lines as they come, and flushes whenever none waits.
fn write(waiting: &Receiver<Vec<u8>>, to: &mut impl Write, lost: &AtomicU64) {
    let mut warned = false;
    while let Ok(first) = waiting.recv() {
        let mut lines = 0;
        let batch = std::iter::once(first).chain(waiting.try_iter().take(QUEUE));
        let mut written = Ok(());
        for line in batch {
            lines += 1;
            written = written.and_then(|()| to.write_all(&line));
        }
        if let Err(error) = written.and_then(|()| to.flush()) {
            lost.fetch_add(lines, Ordering::Relaxed);
            if !warned {
                tracing::error!(%error, "the access log cannot be written; lines are dropped");
                warned = true;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A disk that is full.
    struct Full;

    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn every_line_is_written_before_the_end() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let (sink, writer) = begin(file.reopen().unwrap(), Arc::default()).unwrap();
        for number in 0..1_000 {
            sink.put(format!("{number}\n").into_bytes());
        }
        drop(sink);
        writer.finished().await;
        assert_eq!(std::fs::read_to_string(file.path()).unwrap().lines().count(), 1_000);
    }

    #[tokio::test]
    async fn what_cannot_be_written_is_counted() {
        let dropped = Arc::new(AtomicU64::new(0));
        let (sink, writer) = begin(Full, Arc::clone(&dropped)).unwrap();
        sink.put(vec![b'x'; 64 * 1024]);
        drop(sink);
        writer.finished().await;
        assert_eq!(dropped.load(Ordering::Relaxed), 1);
    }
}
