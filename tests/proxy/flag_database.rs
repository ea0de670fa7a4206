//! Flags in PostgreSQL and three real processes that follow them: they converge, they go on without the database, of two writers one
//! wins, and nothing is served that was not published.

mod commands;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use flags::{Inventory, version_of};
use harness::{Client, FicusProcess};
use proxy::rollout::{FlagPlace, Rollout, RolloutError, State, Wish};
use proxy::shadow::now_ms;
use proxy::store::Store;
use serde_json::json;
use test_support::database::{Cluster, Database};
use test_support::eventually::eventually;
use test_support::gate::Gate;
use test_support::legacy::{Answer, FakeLegacy};

/// What a replica may need on a machine that does other things as well; what it did need is printed.
const BOUND: Duration = Duration::from_secs(5);

/// A flag file of its own for every number, with a comment that has to survive.
fn document(number: usize) -> String {
    let stage = if number.is_multiple_of(2) { "shadow" } else { "legacy" };
    format!("version: 1\n# edit {number}\nroutes:\n  - route: GET /api/health\n    stage: {stage}   # by hand\n")
}

fn wish(expected: Option<String>) -> Wish {
    Wish {
        actor: "ana".to_owned(),
        reason: "a test".to_owned(),
        expected,
        evidence: json!({}),
        despite_freeze: false,
    }
}

async fn rollout(url: &str) -> Rollout {
    let inventory = Inventory::new(["GET /api/health".parse().unwrap()]);
    Rollout::new(Store::open(url).await.unwrap(), FlagPlace::Store, inventory, now_ms)
}

fn configuration(url: &str, cache: &Path) -> String {
    let cache = cache.display();
    format!("flags: {{ source: postgres, cache: {cache}, poll: 300ms }}\nstore: {{ url: \"{url}\" }}\n")
}

/// Replicas in front of one legacy app, and the table that they follow.
struct Stage {
    legacy: FakeLegacy,
    database: Database,
    rollout: Rollout,
    home: tempfile::TempDir,
}

impl Stage {
    async fn set() -> Self {
        let legacy = FakeLegacy::start().await;
        legacy.otherwise(Answer::text(200, "legacy"));
        let database = Cluster::shared().await.empty_database().await;
        Self {
            rollout: rollout(&database.url).await,
            legacy,
            database,
            home: tempfile::tempdir().unwrap(),
        }
    }

    fn cache(&self, number: usize) -> std::path::PathBuf {
        self.home.path().join(format!("{number}.yaml"))
    }

    async fn replica(&self, number: usize, url: &str) -> FicusProcess {
        let more = configuration(url, &self.cache(number));
        FicusProcess::configured(&self.legacy.url(), &format!("listen: LISTEN\n{more}")).await
    }

    async fn replicas(&self, url: &str) -> Vec<FicusProcess> {
        futures_util::future::join_all((0..3).map(|number| self.replica(number, url))).await
    }

    async fn push(&self, text: &str) -> String {
        self.rollout.push(text.to_owned(), &wish(None)).await.unwrap();
        version_of(text)
    }
}

fn clients(replicas: &[FicusProcess]) -> Vec<Client> {
    replicas
        .iter()
        .map(|replica| Client::of_origin(replica.origin()))
        .collect()
}

/// The version by which a replica decides now.
async fn version(client: &Client) -> String {
    let answer = client.get("/page").await;
    assert_eq!((answer.status.as_u16(), answer.text()), (200, "legacy"));
    answer.header("x-ficus-flags").unwrap().to_owned()
}

/// Waits until every replica decides by this version; how long the last one took.
async fn converge(clients: &[Client], wanted: &str) -> Duration {
    let begin = Instant::now();
    let each = clients
        .iter()
        .map(|client| eventually(wanted, || async { (version(client).await == wanted).then_some(()) }));
    futures_util::future::join_all(each).await;
    begin.elapsed()
}

#[expect(
    clippy::print_stdout,
    reason = "a measured value is for people; a loaded machine must not fail on it"
)]
fn measured(text: &str) {
    println!("{text}");
}

async fn metrics(replica: &FicusProcess) -> String {
    Client::of_origin(replica.admin())
        .get("/metrics")
        .await
        .text()
        .to_owned()
}

async fn until_counted(replica: &FicusProcess, line: &str) {
    eventually(line, || async {
        metrics(replica).await.lines().any(|found| found == line).then_some(())
    })
    .await;
}

#[tokio::test]
async fn three_replicas_follow_every_change_and_its_audit_is_one_chain() {
    let stage = Stage::set().await;
    let replicas = stage.replicas(&stage.database.url).await;
    let clients = clients(&replicas);
    for client in &clients {
        assert_eq!(version(client).await, "none", "nothing is published yet");
    }
    let mut longest = Duration::ZERO;
    for number in 0..10 {
        let pushed = stage.push(&document(number)).await;
        longest = longest.max(converge(&clients, &pushed).await);
    }
    measured(&format!("three replicas converged within {longest:?}, ten times"));
    assert!(longest < BOUND, "{longest:?}");
    let shadow = State::parse("shadow").unwrap();
    let changed = stage
        .rollout
        .change("GET /api/health", shadow, "promote", &wish(None))
        .await
        .unwrap();
    converge(&clients, &changed.version).await;
    let text = stage.rollout.text().await.unwrap();
    assert!(
        text.contains("# edit 9") && text.contains("stage: shadow   # by hand"),
        "{text}"
    );
    stage.rollout.roll_back("GET /api/health", &wish(None)).await.unwrap();
    converge(&clients, &version_of(&document(9))).await;
    stage.rollout.restore(1, &wish(None)).await.unwrap();
    converge(&clients, &version_of(&document(0))).await;
    let verified = stage.rollout.verify_audit().await.unwrap();
    assert_eq!((verified.rows, verified.broken), (13, None));
    until_counted(&replicas[0], "ficus_flags_source_version 13").await;
    until_counted(&replicas[0], "ficus_flags_source_connected 1").await;
}

#[tokio::test]
async fn without_the_database_they_go_on_and_start_with_the_last_good_version() {
    let stage = Stage::set().await;
    let direct: sqlx::postgres::PgConnectOptions = stage.database.url.parse().unwrap();
    let gate = Gate::before(direct.get_host(), direct.get_port()).await;
    let port = (format!(":{}/", direct.get_port()), format!(":{}/", gate.port()));
    let url = stage.database.url.replace(&port.0, &port.1);
    assert_ne!(url, stage.database.url);
    let first = stage.push(&document(0)).await;
    let mut replicas = stage.replicas(&url).await;
    let clients = clients(&replicas);
    converge(&clients, &first).await;
    for (number, outage) in [Gate::close, Gate::silence].into_iter().enumerate() {
        outage(&gate);
        for replica in &replicas {
            until_counted(replica, "ficus_flags_source_connected 0").await;
        }
        // Published where they cannot see it.
        let missed = stage.push(&document(number + 1)).await;
        for client in &clients {
            assert_ne!(version(client).await, missed);
        }
        gate.open();
        let took = converge(&clients, &missed).await;
        measured(&format!("converged {took:?} after the database was back"));
    }
    let last = version(&clients[0]).await;
    // The copy is written behind the moment at which a version is in force.
    eventually("the copy is written", || async {
        let copy = std::fs::read_to_string(stage.cache(2)).unwrap_or_default();
        copy.lines()
            .next()
            .is_some_and(|head| head.contains(&last))
            .then_some(())
    })
    .await;
    gate.close();
    replicas.truncate(2);
    let restarted = stage.replica(2, &url).await;
    let client = Client::of_origin(restarted.origin());
    assert_eq!(version(&client).await, last, "the copy is the last good version");
    gate.open();
    let next = stage.push(&document(3)).await;
    converge(&[client], &next).await;
}

#[tokio::test]
async fn a_first_start_without_the_database_is_refused_in_clear_words() {
    let stage = Stage::set().await;
    let nobody = "postgres://ficus:s3cret@127.0.0.1:1/ficus";
    let file = stage.home.path().join("ficus.yaml");
    let cache = stage.cache(0);
    let text = format!(
        "legacy: {{ url: \"{}\" }}\nlisten: 127.0.0.1:0\n{}",
        stage.legacy.url(),
        configuration(nobody, &cache)
    );
    std::fs::write(&file, text).unwrap();
    let start = || {
        let mut command = tokio::process::Command::new(harness::ficus());
        command.args(["run", "--config"]).arg(&file).env_remove("DATABASE_URL");
        async move { command.output().await.unwrap() }
    };
    let said = |output: &std::process::Output| String::from_utf8_lossy(&output.stderr).into_owned();
    let refused = start().await;
    let why = said(&refused);
    assert_eq!(refused.status.code(), Some(2), "{why}");
    assert!(why.contains("no usable copy") && why.contains("0.yaml"), "{why}");
    assert!(!why.contains("s3cret"), "{why}");
    // A copy that somebody has edited was never published.
    std::fs::write(&cache, document(0)).unwrap();
    let refused = start().await;
    let why = said(&refused);
    assert_eq!(refused.status.code(), Some(2), "{why}");
    assert!(why.contains("not as Ficus has written it"), "{why}");
}

#[tokio::test]
async fn of_two_who_publish_at_once_one_wins_and_the_other_is_told() {
    let stage = Stage::set().await;
    let mut seen = stage.push(&document(0)).await;
    let other = rollout(&stage.database.url).await;
    for number in 0..10 {
        let (ours, theirs) = (document(100 + number), document(200 + number));
        let (one, two) = (wish(Some(seen.clone())), wish(Some(seen.clone())));
        let both = tokio::join!(stage.rollout.push(ours.clone(), &one), other.push(theirs.clone(), &two));
        let (winner, lost) = match both {
            (Ok(_), Err(lost)) => (ours, lost),
            (Err(lost), Ok(_)) => (theirs, lost),
            both => panic!("{both:?}"),
        };
        assert!(
            matches!(&lost, RolloutError::Moved { expected, .. } if *expected == seen),
            "{lost}"
        );
        seen = version_of(&winner);
        assert_eq!(stage.rollout.text().await.unwrap(), winner);
    }
    assert_eq!(stage.rollout.versions(100).await.unwrap().len(), 11);
    assert_eq!(stage.rollout.verify_audit().await.unwrap().rows, 11);
}

/// Every version that a replica shows until told to stop.
async fn watch(client: Client, stop: Arc<AtomicBool>) -> Vec<String> {
    let mut seen: Vec<String> = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        let now = version(&client).await;
        if seen.last() != Some(&now) {
            seen.push(now);
        }
    }
    seen
}

/// A row that no door of Ficus wrote: its number, and the version that it would be.
async fn smuggle(stage: &Stage, text: &str, hash: &str) {
    sqlx::query(
        "insert into ficus.flag_versions (version, hash, yaml, published_at, author) \
         select max(version) + 1, $1, $2, 0, 'nobody' from ficus.flag_versions",
    )
    .bind(hash)
    .bind(text)
    .execute(&stage.database.pool)
    .await
    .unwrap();
}

#[tokio::test]
async fn nothing_is_served_that_was_never_published() {
    let stage = Stage::set().await;
    let first = stage.push(&document(0)).await;
    let replicas = stage.replicas(&stage.database.url).await;
    let clients = clients(&replicas);
    converge(&clients, &first).await;
    let stop = Arc::new(AtomicBool::new(false));
    let watching: Vec<_> = clients
        .iter()
        .map(|client| tokio::spawn(watch(client.clone(), Arc::clone(&stop))))
        .collect();
    let mut published = vec![first];
    for number in 1..=50 {
        let text = document(number);
        match number % 5 {
            0 => {
                let broken = text.replace("stage:", "stgae:");
                let refused = stage.rollout.push(broken, &wish(None)).await.unwrap_err();
                assert!(matches!(refused, RolloutError::Refused(_)), "{refused}");
            }
            1 => {
                let broken = text.replace("version: 1", "version: 9");
                smuggle(&stage, &broken, &version_of(&broken)).await;
            }
            2 => smuggle(&stage, &text, &published[0]).await,
            _ => published.push(stage.push(&text).await),
        }
    }
    let last = stage.push(&document(51)).await;
    converge(&clients, &last).await;
    stop.store(true, Ordering::Relaxed);
    published.push(last.clone());
    let known: BTreeSet<&String> = published.iter().collect();
    for watched in watching {
        let seen = watched.await.unwrap();
        assert!(
            seen.iter().all(|version| known.contains(version)),
            "{seen:?} of {published:?}"
        );
        // In the order of their publication, each at most once: nobody goes back.
        let places: Vec<_> = seen
            .iter()
            .map(|seen| published.iter().position(|one| one == seen))
            .collect();
        assert!(places.is_sorted(), "{places:?}");
        measured(&format!(
            "a replica showed {} of {} versions",
            seen.len(),
            published.len()
        ));
    }
    // The refused ones are counted; how many depends on how many were the newest at a look.
    smuggle(&stage, "version: 9\n", &version_of("version: 9\n")).await;
    until_counted(&replicas[0], "ficus_flags_stale 1").await;
    assert_eq!(version(&clients[0]).await, last);
}

#[tokio::test]
async fn a_restored_backup_is_not_followed_backwards_and_a_number_that_comes_again_is_seen() {
    let stage = Stage::set().await;
    let (first, second) = (stage.push(&document(0)).await, stage.push(&document(1)).await);
    let replica = stage.replica(0, &stage.database.url).await;
    let client = Client::of_origin(replica.origin());
    assert_eq!(version(&client).await, second);
    sqlx::query("delete from ficus.flag_versions where hash = $1")
        .bind(&second)
        .execute(&stage.database.pool)
        .await
        .unwrap();
    until_counted(&replica, "ficus_flags_stale 1").await;
    assert_eq!(version(&client).await, second);
    // Whoever starts now follows what the database has.
    let other = stage.replica(1, &stage.database.url).await;
    assert_eq!(version(&Client::of_origin(other.origin())).await, first);
    let again = stage.push(&document(2)).await;
    converge(&[client], &again).await;
    until_counted(&replica, "ficus_flags_source_version 2").await;
    until_counted(&replica, "ficus_flags_stale 0").await;
}
