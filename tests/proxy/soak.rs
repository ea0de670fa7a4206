//! Everything at once for a long time: load of every kind while flags, certificates, replicas of legacy and Ficus itself change.
//!
//! In CI it runs until each change has happened once or twice. The long form, whose table goes to `docs/performance.md`:
//! `FICUS_SOAK_SECONDS=1800 FICUS_BINARY=target/release/ficus cargo test -p suite --test proxy soak -- --nocapture`.

#![expect(clippy::print_stdout, reason = "what was measured is for reading")]

mod changes;
mod load;
mod memory;

use std::time::Duration;

use harness::{Authority, FicusProcess, free_address};
use proxy::provision::Progress;
use proxy::provision::legacy::LegacyApp;
use tokio::time::Instant;

use self::changes::Changes;
use self::load::Load;
use self::memory::Memory;
use crate::people;

/// The short form: long enough for two restarts of a real Next.js app and two upgrades.
const SHORT: Duration = Duration::from_secs(16);

fn duration() -> Duration {
    std::env::var("FICUS_SOAK_SECONDS").map_or(SHORT, |seconds| {
        Duration::from_secs(seconds.parse().expect("FICUS_SOAK_SECONDS is a number"))
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_fails_that_should_have_succeeded_and_memory_does_not_grow() {
    let database = people::database().await;
    let start = async || {
        LegacyApp::start(people::settings(&database), &Progress::silent())
            .await
            .unwrap()
    };
    let apps = [start().await, start().await];
    let authority = Authority::new();
    authority.certify("site", &["site.test"]);
    let secure = free_address();
    let home = tempfile::TempDir::new().unwrap();
    let flags = home.path().join("flags.yaml");
    std::fs::write(&flags, changes::flags(0)).unwrap();
    let yaml = format!(
        "flags: {}\nstore: {{ url: \"sqlite:{}\" }}\ntimeouts: {{ drain: 5s }}\nlisteners:\n  - {{ address: LISTEN }}\n  - {{ address: {secure}, protocol: https, tls: {} }}\n",
        flags.display(),
        home.path().join("store.db").display(),
        authority.tls(&["site"]),
    );
    let legacy = format!("{{ url: \"{}\", replicas: [\"{}\"] }}", apps[0].url(), apps[1].url());
    let process = FicusProcess::configured_with(&legacy, &yaml, &people::environment(&database)).await;

    let until = Instant::now() + duration();
    let load = Load::start(&authority, process.origin(), secure.parse().unwrap(), until).await;
    let memory = Memory::watch(process.pid_file(), until);
    let changes = Changes::new(apps, &authority, &flags, &process);
    let (happened, apps) = changes.run(until).await;
    let result = load.finish().await;
    for app in apps {
        app.stop().await;
    }
    let memory = memory.finish().await;
    println!("{result}\n{happened}\n{memory}");

    assert!(
        result.answered() > 0 && result.kinds_without_an_answer().is_empty(),
        "{result}"
    );
    assert!(happened.each_happened(), "{happened}");
    let unexplained = result.unexplained(&happened.outages);
    assert!(unexplained.is_empty(), "failures that no rule allows: {unexplained:#?}");
    assert!(!memory.grows(), "{memory}");
}
