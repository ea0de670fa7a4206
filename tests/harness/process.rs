//! Ficus as a process of its own, for what cannot be seen from inside: its memory, its signals, its exit code.

use std::net::TcpListener;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use test_support::eventually::eventually;
use tokio::process::{Child, Command};

use crate::binary::ficus;

/// A running `ficus run`. It is killed when it is dropped.
#[derive(Debug)]
pub struct FicusProcess {
    child: Child,
    origin: String,
    admin: String,
}

impl FicusProcess {
    /// Starts it in front of `legacy` and waits until it is ready.
    ///
    /// # Panics
    /// When it does not become ready.
    pub async fn start(legacy: &str, flags: Option<&Path>) -> Self {
        Self::start_with(legacy, flags, &[]).await
    }

    /// The same with environment variables.
    ///
    /// # Panics
    /// As [`FicusProcess::start`].
    pub async fn start_with(legacy: &str, flags: Option<&Path>, environment: &[(&str, &str)]) -> Self {
        let (listen, admin) = (free_address(), free_address());
        let mut command = Command::new(ficus());
        command.args(["run", "--listen", &listen, "--admin", &admin, "--legacy", legacy]);
        if let Some(flags) = flags {
            command.arg("--flags").arg(flags);
        }
        // Whatever the machine has set must not reach it.
        command
            .env_remove("DATABASE_URL")
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .kill_on_drop(true);
        let child = command.spawn().expect("ficus starts");
        let process = Self {
            child,
            origin: format!("http://{listen}"),
            admin: format!("http://{admin}"),
        };
        let client = reqwest::Client::builder()
            .no_proxy()
            .build()
            .expect("a client can be made");
        eventually("ficus is ready", || async {
            let answer = client
                .get(format!("{}/ready", process.admin))
                .timeout(Duration::from_secs(2))
                .send()
                .await;
            answer.ok().filter(|answer| answer.status().is_success()).map(|_| ())
        })
        .await;
        process
    }

    /// `http://127.0.0.1:PORT`.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Where the probes and the metrics are.
    pub fn admin(&self) -> &str {
        &self.admin
    }

    /// The most memory that it has ever had resident, in bytes, less the pages of its own program file: those are clean, shared
    /// and, in the debug build that the tests run, twice those of a release build.
    ///
    /// # Panics
    /// When the process is gone, or this is not Linux.
    pub fn peak_resident_bytes(&self) -> u64 {
        let process = self.child.id().expect("ficus still runs");
        let status =
            std::fs::read_to_string(format!("/proc/{process}/status")).expect("the kernel describes the process");
        kibibytes(&status, "VmHWM:").saturating_sub(kibibytes(&status, "RssFile:")) * 1024
    }

    /// Sends a signal by its name.
    ///
    /// # Panics
    /// When the process is gone.
    pub async fn signal(&self, name: &str) {
        let process = self.child.id().expect("ficus still runs").to_string();
        let sent = Command::new("kill")
            .args(["-s", name, &process])
            .status()
            .await
            .expect("`kill` runs");
        assert!(sent.success());
    }

    /// Waits for its end and returns its exit code.
    ///
    /// # Panics
    /// When it does not end within half a minute.
    pub async fn exit_code(&mut self) -> Option<i32> {
        let ended = tokio::time::timeout(Duration::from_secs(30), self.child.wait()).await;
        ended.expect("ficus ends").expect("its end can be seen").code()
    }
}

fn free_address() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener
        .local_addr()
        .expect("a bound listener has an address")
        .to_string()
}

/// A field of `/proc/PID/status` that is given in kB.
fn kibibytes(status: &str, field: &str) -> u64 {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix(field))
        .expect("the kernel tells the field");
    line.trim()
        .trim_end_matches("kB")
        .trim()
        .parse()
        .expect("the field is a number")
}
