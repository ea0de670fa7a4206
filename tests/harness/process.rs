//! Ficus as a process of its own, for what cannot be seen from inside: its memory, its signals, its exit code.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use tempfile::TempDir;
use test_support::eventually::eventually;
use tokio::process::{Child, Command};

use crate::binary::ficus;

/// The file with the number of the process that serves.
const PID_FILE: &str = "ficus.pid";

/// A running `ficus run`. It is killed when it is dropped.
#[derive(Debug)]
pub struct FicusProcess {
    child: Child,
    origin: String,
    admin: String,
    home: TempDir,
}

impl FicusProcess {
    /// Starts it in front of `legacy` and waits until it is ready.
    ///
    /// # Panics
    /// When it does not become ready.
    pub async fn start(legacy: &str, flags: Option<&Path>) -> Self {
        Self::start_with(legacy, flags, &[]).await
    }

    /// The same with variables in its environment.
    ///
    /// # Panics
    /// As [`FicusProcess::start`].
    pub async fn start_with(legacy: &str, flags: Option<&Path>, environment: &[(&str, &str)]) -> Self {
        let (listen, admin) = (free_address(), free_address());
        let mut command = command();
        command.args(["--listen", &listen, "--admin", &admin, "--legacy", legacy]);
        if let Some(flags) = flags {
            command.arg("--flags").arg(flags);
        }
        command.envs(environment.iter().copied());
        Self::wait(command, listen, admin, TempDir::new().expect("a directory can be made")).await
    }

    /// Starts it with a configuration file. `LISTEN` in it stands for a free address, which [`Self::origin`] then is.
    ///
    /// # Panics
    /// When it does not become ready.
    pub async fn configured(legacy: &str, yaml: &str) -> Self {
        Self::configured_with(&format!("{{ url: \"{legacy}\" }}"), yaml, &[]).await
    }

    /// The same with the whole section `legacy`, and with variables in its environment.
    ///
    /// # Panics
    /// When it does not become ready.
    pub async fn configured_with(legacy: &str, yaml: &str, environment: &[(&str, &str)]) -> Self {
        let (listen, admin) = (free_address(), free_address());
        let home = TempDir::with_prefix("ficus-process-").expect("a directory can be made");
        let file = home.path().join("ficus.yaml");
        let yaml = yaml.replace("LISTEN", &listen);
        let text = format!("legacy: {legacy}\nadmin: {{ listen: {admin} }}\n{yaml}");
        std::fs::write(&file, text).expect("the configuration can be written");
        let mut command = command();
        command.arg("--config").arg(file);
        command.arg("--pid-file").arg(home.path().join(PID_FILE));
        command.envs(environment.iter().copied());
        let process = Self::wait(command, listen, admin, home).await;
        eventually("its number is in the file", || async {
            process.pid_file().exists().then_some(())
        })
        .await;
        process
    }

    async fn wait(mut command: Command, listen: String, admin: String, home: TempDir) -> Self {
        let child = command.spawn().expect("ficus starts");
        let process = Self {
            child,
            origin: format!("http://{listen}"),
            admin: format!("http://{admin}"),
            home,
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

    /// The directory of its configuration file.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// Where the process that serves, this one or its successor, keeps its number.
    pub fn pid_file(&self) -> PathBuf {
        self.home.path().join(PID_FILE)
    }

    /// The process that serves, this one or its successor.
    ///
    /// # Panics
    /// When there is no such file.
    pub fn serving_pid(&self) -> u32 {
        let text = std::fs::read_to_string(self.pid_file()).expect("a configured process has a file of its number");
        text.trim().parse().expect("a number")
    }

    /// Where its probes and metrics are.
    pub fn admin(&self) -> &str {
        &self.admin
    }

    /// `http://127.0.0.1:PORT`.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// How many files, sockets and pipes the process has open.
    ///
    /// # Panics
    /// When it has ended.
    pub fn open_files(&self) -> usize {
        let process = self.child.id().expect("ficus still runs");
        let files = std::fs::read_dir(format!("/proc/{process}/fd")).expect("the kernel lists them");
        files.count()
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

impl Drop for FicusProcess {
    fn drop(&mut self) {
        let Ok(text) = std::fs::read_to_string(self.pid_file()) else {
            return;
        };
        let successor: u32 = text.trim().parse().unwrap_or_default();
        if successor > 1 && self.child.id() != Some(successor) {
            // It may have ended already.
            let _ = std::process::Command::new("kill")
                .args(["-s", "KILL", text.trim()])
                .status();
        }
    }
}

/// `ficus run`. Whatever the machine has set must not reach it.
fn command() -> Command {
    let mut command = Command::new(ficus());
    command
        .arg("run")
        .env_remove("DATABASE_URL")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .kill_on_drop(true);
    command
}

/// An address that nobody listens on. Its port is below those that the kernel gives to outgoing connections, or one of the many
/// that the other tests make could take it before it is bound.
///
/// # Panics
/// When nothing is free.
pub fn free_address() -> String {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = u16::try_from(std::process::id() % 8_000).unwrap_or_default();
    for _ in 0..10_000 {
        let port = 10_000 + (first + NEXT.fetch_add(1, Ordering::Relaxed)) % 20_000;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return format!("127.0.0.1:{port}");
        }
    }
    panic!("no port is free");
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
