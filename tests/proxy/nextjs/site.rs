//! The Next.js app of `tests/nextjs/site`, built or in development, as a process of its own.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use harness::TestProxy;
use proxy::provision::Progress;
use proxy::provision::legacy::{NextTree, prepare_tree};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// How long it may take until it listens, on a busy machine.
const START: Duration = Duration::from_secs(120);

/// How the app runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// What `next build` made.
    Production,
    /// From its sources, compiled as they are asked for.
    Development,
}

/// The running app, and Ficus in front of it. It is killed when it is dropped.
pub(super) struct Site {
    pub(super) proxy: TestProxy,
    address: String,
    sources: PathBuf,
    _child: Child,
    _copy: Option<TempDir>,
}

impl Site {
    pub(super) async fn start(mode: Mode) -> Self {
        let built = prepare_tree(&tree(), &Progress::silent()).await.unwrap();
        let copy = (mode == Mode::Development).then(|| editable_copy(&built));
        let sources = copy.as_ref().map_or(built, |copy| copy.path().to_path_buf());
        let (child, port) = serve(&sources, mode).await;
        let address = format!("127.0.0.1:{port}");
        let proxy = TestProxy::builder()
            .legacy_url(&format!("http://{address}"))
            .legacy_options(&format!("development: {}", mode == Mode::Development))
            .spawn()
            .await;
        Self {
            proxy,
            address,
            sources,
            _child: child,
            _copy: copy,
        }
    }

    /// `host:port` of the app itself.
    pub(super) fn direct(&self) -> &str {
        &self.address
    }

    /// The file of a page, which a test in development may edit.
    pub(super) fn source(&self, path: &str) -> PathBuf {
        self.sources.join(path)
    }
}

fn tree() -> NextTree {
    NextTree {
        name: "protocols".to_owned(),
        source: Path::new(env!("CARGO_MANIFEST_DIR")).join("nextjs/site"),
        apps: vec![String::new()],
        packages: None,
        workspaces: Vec::new(),
    }
}

/// The sources with the same packages beside the build, on the same file system: links take no room.
fn editable_copy(built: &Path) -> TempDir {
    let workshop = built.parent().unwrap();
    let copy = tempfile::Builder::new()
        .prefix("development-")
        .tempdir_in(workshop)
        .unwrap();
    let run = |program: &str, arguments: &[&Path]| {
        let status = std::process::Command::new(program).args(arguments).status().unwrap();
        assert!(status.success(), "{program} failed");
    };
    run("cp", &[Path::new("-R"), &tree().source.join("."), copy.path()]);
    run(
        "cp",
        &[
            Path::new("-Rl"),
            &built.join("node_modules"),
            &copy.path().join("node_modules"),
        ],
    );
    copy
}

async fn serve(directory: &Path, mode: Mode) -> (Child, u16) {
    let (word, environment) = match mode {
        Mode::Production => ("start", "production"),
        Mode::Development => ("dev", "development"),
    };
    let mut child = Command::new("node")
        .args(["server.mjs", word])
        .env("NEXT_TELEMETRY_DISABLED", "1")
        .env("NODE_ENV", environment)
        .env("TZ", "UTC")
        .current_dir(directory)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("Node.js is installed");
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let listening = async {
        while let Some(line) = lines.next_line().await.unwrap() {
            if let Some(port) = line.strip_prefix("listening on ") {
                return port.parse().unwrap();
            }
        }
        panic!("the app ended before it listened")
    };
    let port = timeout(START, listening).await.expect("the app listens in time");
    // What it goes on to say is read, so that it is never held up by saying it.
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    (child, port)
}
