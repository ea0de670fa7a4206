//! What changes under the load: flags, certificates, replicas of legacy, and the process itself.

use std::fmt;
use std::ops::Range;
use std::path::Path;
use std::time::Duration;

use harness::{Authority, FicusProcess, ficus};
use proxy::provision::legacy::LegacyApp;
use tokio::process::Command;
use tokio::time::Instant;

/// Between two changes in the long form; in the short form they follow each other at once.
const PAUSE: Duration = Duration::from_secs(10);

/// How often each change has happened, and when a replica of legacy was away.
#[derive(Debug, Default)]
pub(super) struct Happened {
    flags: usize,
    certificates: usize,
    restarts: usize,
    upgrades: usize,
    pub(super) outages: Vec<Range<Instant>>,
}

pub(super) struct Changes<'a> {
    apps: [LegacyApp; 2],
    authority: &'a Authority,
    flags: &'a Path,
    process: &'a FicusProcess,
    happened: Happened,
}

/// A flag file; from version to version the write wanders between the sides.
pub(super) fn flags(version: usize) -> String {
    let login = ["legacy", "canary, canary: { share: 50% }", "native", "shadow"][version % 4];
    format!(
        "version: 1
routes:
  - {{ route: GET /api/v1/auth/me, stage: native }}
  - {{ route: GET /api/chat/otp/profile, stage: shadow }}
  - {{ route: POST /api/auth/login, stage: {login} }}
"
    )
}

impl<'a> Changes<'a> {
    pub(super) fn new(
        apps: [LegacyApp; 2],
        authority: &'a Authority,
        flags: &'a Path,
        process: &'a FicusProcess,
    ) -> Self {
        let happened = Happened::default();
        Self {
            apps,
            authority,
            flags,
            process,
            happened,
        }
    }

    /// Changes one thing after the other until the end, with an upgrade after each third of the time. The apps still run then: the
    /// load may have a request on its way.
    pub(super) async fn run(mut self, until: Instant) -> (Happened, [LegacyApp; 2]) {
        let third = (until - Instant::now()) / 3;
        let upgrades = [until - third - third, until - third];
        let pause = PAUSE.min(third / 20);
        for turn in 0.. {
            if let Some(at) = upgrades.get(self.happened.upgrades)
                && Instant::now() >= *at
            {
                self.upgrade().await;
            } else {
                self.change(turn).await;
            }
            if Instant::now() + pause >= until {
                break;
            }
            tokio::time::sleep(pause).await;
        }
        (self.happened, self.apps)
    }

    async fn change(&mut self, turn: usize) {
        match turn % 3 {
            0 => {
                self.happened.flags += 1;
                std::fs::write(self.flags, flags(self.happened.flags)).unwrap();
            }
            1 => {
                self.happened.certificates += 1;
                self.authority.certify("site", &["site.test"]);
            }
            _ => self.restart().await,
        }
    }

    async fn restart(&mut self) {
        let app = &mut self.apps[self.happened.restarts % 2];
        self.happened.restarts += 1;
        let gone = Instant::now();
        app.kill().await;
        app.resume().await.unwrap();
        self.happened.outages.push(gone..Instant::now());
    }

    async fn upgrade(&mut self) {
        self.happened.upgrades += 1;
        let mut command = Command::new(ficus());
        command.arg("upgrade").arg("--pid-file").arg(self.process.pid_file());
        let output = command.output().await.unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

impl Happened {
    pub(super) fn each_happened(&self) -> bool {
        self.flags > 0 && self.certificates > 0 && self.restarts > 0 && self.upgrades == 2
    }
}

impl fmt::Display for Happened {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{} changes of flags, {} of the certificate, {} restarts of a replica, {} upgrades",
            self.flags, self.certificates, self.restarts, self.upgrades
        )
    }
}
