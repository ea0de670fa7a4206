//! Ficus in this process, on ports that it chose itself, with its flags in a file that a test can change.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;
use std::time::Duration;

use handlers::kit::Routes;
use proxy::app::App;
use proxy::config::{Config, Environment};
use tempfile::TempDir;
use test_support::eventually::eventually;
use test_support::legacy::FakeLegacy;
use tokio_util::sync::CancellationToken;

use crate::app::TOKEN_SECRET;
use crate::client::Client;

/// How long a drain may take when a test ends.
const DRAIN: Duration = Duration::from_secs(30);

/// What to start.
#[derive(Debug, Default)]
pub struct Builder {
    legacy: String,
    flags: Option<String>,
    database: Option<String>,
    store: Option<String>,
    routes: Option<fn() -> Routes>,
    settings: Vec<(&'static str, &'static str)>,
    legacy_options: String,
    more: String,
}

/// A running Ficus. Dropping it drains it.
#[derive(Debug)]
pub struct TestProxy {
    origin: String,
    admin: String,
    home: TempDir,
    shutdown: CancellationToken,
    running: Option<JoinHandle<()>>,
}

impl TestProxy {
    /// Begins a proxy.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// `http://127.0.0.1:PORT`.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// `127.0.0.1:PORT`.
    pub fn address(&self) -> &str {
        self.origin.trim_start_matches("http://")
    }

    /// Where the probes, the metrics and the console are.
    pub fn admin(&self) -> &str {
        &self.admin
    }

    /// A client that goes through it.
    pub fn client(&self) -> Client {
        Client::of_origin(&self.origin)
    }

    /// The file of its flags.
    pub fn flag_file(&self) -> PathBuf {
        flag_file(self.home.path())
    }

    /// Where its store is by default.
    pub fn store_url(&self) -> String {
        store_url(self.home.path())
    }

    /// Replaces the flags, as an editor would save them.
    ///
    /// # Panics
    /// When the file cannot be written.
    pub fn set_flags(&self, yaml: &str) {
        let draft = self.home.path().join("flags.draft");
        std::fs::write(&draft, yaml)
            .and_then(|()| std::fs::rename(&draft, self.flag_file()))
            .expect("flags can be written");
    }

    /// The metrics as text.
    ///
    /// # Panics
    /// When they cannot be had.
    pub async fn metrics(&self) -> String {
        Client::of_origin(&self.admin).get("/metrics").await.text().to_owned()
    }

    /// Asks the same path until the answer is as wanted, for what follows a change of the flags.
    ///
    /// # Panics
    /// When it never is.
    pub async fn until(&self, what: &str, path: &str, wanted: impl Fn(&crate::Answer) -> bool) {
        let client = self.client();
        eventually(what, || async { wanted(&client.get(path).await).then_some(()) }).await;
    }
}

impl Builder {
    /// In front of a scripted legacy app.
    #[must_use]
    pub fn legacy(self, legacy: &FakeLegacy) -> Self {
        self.legacy_url(&legacy.url())
    }

    /// In front of anything.
    #[must_use]
    pub fn legacy_url(mut self, url: &str) -> Self {
        url.clone_into(&mut self.legacy);
        self
    }

    /// More lines below `legacy:` of `ficus.yaml`.
    #[must_use]
    pub fn legacy_options(mut self, yaml: &str) -> Self {
        for line in yaml.lines() {
            let _ = writeln!(self.legacy_options, "  {line}");
        }
        self
    }

    /// With these flags; without any, everything is legacy.
    #[must_use]
    pub fn flags(mut self, yaml: &str) -> Self {
        self.flags = Some(yaml.to_owned());
        self
    }

    /// With native handlers on this database.
    #[must_use]
    pub fn database(mut self, url: &str) -> Self {
        self.database = Some(url.to_owned());
        self
    }

    /// With the store elsewhere.
    #[must_use]
    pub fn store(mut self, url: &str) -> Self {
        self.store = Some(url.to_owned());
        self
    }

    /// With native endpoints that only this test has.
    #[must_use]
    pub fn routes(mut self, routes: fn() -> Routes) -> Self {
        self.routes = Some(routes);
        self
    }

    /// With one more environment variable.
    #[must_use]
    pub fn setting(mut self, name: &'static str, value: &'static str) -> Self {
        self.settings.push((name, value));
        self
    }

    /// More lines of `ficus.yaml`.
    #[must_use]
    pub fn config(mut self, yaml: &str) -> Self {
        self.more.push_str(yaml);
        self.more.push('\n');
        self
    }

    /// Starts it and waits until it listens.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn spawn(self) -> TestProxy {
        let home = TempDir::with_prefix("ficus-test-").expect("a directory can be made");
        let flags = flag_file(home.path());
        std::fs::write(&flags, self.flags.as_deref().unwrap_or("version: 1\n")).expect("flags can be written");
        let path = home.path().join("ficus.yaml");
        let environment = Environment::of(
            self.settings
                .iter()
                .copied()
                .chain([("NEST_AUTH_SECRET", TOKEN_SECRET)]),
        );
        let text = self.text(home.path());
        std::fs::write(&path, &text).expect("the configuration can be written");
        let config = Config::parse_in(&text, &path, environment).expect("the configuration of the tests is right");
        let shutdown = CancellationToken::new();
        let (told, addresses) = tokio::sync::oneshot::channel();
        let stop = shutdown.clone();
        let more_routes = self.routes;
        // A thread of its own: a test's runtime that is busy, paused or gone must not hold the proxy up.
        let running = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime");
            runtime.block_on(async {
                let bound = App::bind_with(config, more_routes.map(|routes| routes()).into_iter().collect())
                    .await
                    .expect("ficus starts");
                told.send((bound.addr, bound.admin_addr))
                    .expect("the test waits for the addresses");
                bound.run(stop).await.expect("ficus drains");
            });
        });
        let (address, admin) = addresses.await.expect("ficus says where it listens");
        TestProxy {
            origin: format!("http://{address}"),
            admin: format!("http://{admin}"),
            home,
            shutdown,
            running: Some(running),
        }
    }

    fn text(&self, home: &Path) -> String {
        let mut text = format!(
            "listen: 127.0.0.1:0\nadmin:\n  listen: 127.0.0.1:0\nlegacy:\n  url: {}\n{}flags: {}\n",
            self.legacy,
            self.legacy_options,
            flag_file(home).display(),
        );
        let store = self.store.clone().unwrap_or_else(|| store_url(home));
        let _ = writeln!(text, "store:\n  url: {store}");
        if let Some(database) = &self.database {
            let _ = writeln!(text, "database:\n  url: {database}");
        }
        text.push_str(&self.more);
        text
    }
}

impl Drop for TestProxy {
    fn drop(&mut self) {
        self.shutdown.cancel();
        let Some(running) = self.running.take() else {
            return;
        };
        let deadline = std::time::Instant::now() + DRAIN;
        while !running.is_finished() && std::time::Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(5));
        }
        if !std::thread::panicking() {
            assert!(running.is_finished(), "ficus did not drain in time");
            running.join().expect("ficus does not panic");
        }
    }
}

fn flag_file(home: &Path) -> PathBuf {
    home.join("flags.yaml")
}

fn store_url(home: &Path) -> String {
    format!("sqlite:{}", home.join("store.db").display())
}
