//! The resident memory of whatever process serves, over its life.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::Instant;

/// What a process may have at its end beside what it had after its beginning: buffers of connections that come and go.
const SLACK_KIB: u64 = 8 * 1024;

/// Somebody who looks once a second.
pub(super) struct Memory(JoinHandle<Lives>);

/// For each process that served, what it had resident, in KiB, once a second.
#[derive(Debug, Default)]
pub(super) struct Lives(Vec<(u32, Vec<u64>)>);

impl Memory {
    pub(super) fn watch(pid_file: PathBuf, until: Instant) -> Self {
        Self(tokio::spawn(async move {
            let mut lives = Lives::default();
            while Instant::now() < until {
                lives.look(&pid_file);
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            lives
        }))
    }

    pub(super) async fn finish(self) -> Lives {
        self.0.await.unwrap()
    }
}

impl Lives {
    fn look(&mut self, pid_file: &PathBuf) {
        let Ok(text) = std::fs::read_to_string(pid_file) else {
            return;
        };
        let Ok(process) = text.trim().parse::<u32>() else {
            return;
        };
        let Some(resident) = anonymous_kib(process) else { return };
        match self.0.last_mut() {
            Some((last, life)) if *last == process => life.push(resident),
            _ => self.0.push((process, vec![resident])),
        }
    }

    /// Whether a process ended with more than it had in the middle of its life; what comes before that is warming up.
    pub(super) fn grows(&self) -> bool {
        self.0.iter().any(|(_, life)| {
            let middle = life.len() / 2;
            let (early, late) = (
                highest(&life[middle / 2..=middle.min(life.len() - 1)]),
                median(&life[middle..]),
            );
            late > early + early / 10 + SLACK_KIB
        })
    }
}

impl fmt::Display for Lives {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            formatter,
            "| process | seconds | after a quarter MiB | at the end MiB | most MiB |\n|--:|--:|--:|--:|--:|"
        )?;
        for (number, (_, life)) in self.0.iter().enumerate() {
            let mib = |kib: u64| kib / 1024;
            let (quarter, end) = (life[life.len() / 4], life[life.len() - 1]);
            writeln!(
                formatter,
                "| {} | {} | {} | {} | {} |",
                number + 1,
                life.len(),
                mib(quarter),
                mib(end),
                mib(highest(life))
            )?;
        }
        Ok(())
    }
}

fn highest(life: &[u64]) -> u64 {
    life.iter().copied().max().unwrap_or_default()
}

fn median(life: &[u64]) -> u64 {
    let mut life = life.to_vec();
    life.sort_unstable();
    life.get(life.len() / 2).copied().unwrap_or_default()
}

/// Without the pages of the program file, which are shared.
fn anonymous_kib(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"))?;
    line.trim().trim_end_matches("kB").trim().parse().ok()
}
