//! What the demo and the tests stand on: PostgreSQL of npm, and the legacy app from its sources to its end.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use proxy::provision::legacy::{LegacyApp, Settings};
use proxy::provision::postgres::{Cluster, Origin};
use proxy::provision::{Progress, ProvisionError};
use sqlx::{Connection as _, PgConnection};
use test_support::eventually::eventually;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;

/// What the owner of a cluster says before it waits for its death.
const HERE: &str = "the cluster is in ";

#[tokio::test]
async fn npm_brings_a_postgresql_that_runs_the_whole_schema() {
    let cluster = Cluster::start(Origin::Npm, &Progress::silent()).await.unwrap();
    let mut connection = PgConnection::connect(&cluster.url()).await.unwrap();
    let version: String = sqlx::query_scalar("select current_setting('server_version_num')")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    assert!(
        version.parse::<u32>().unwrap() >= 180_000,
        "{version} is not the version that npm brings"
    );
    let pool = sqlx::PgPool::connect(&cluster.url()).await.unwrap();
    let outcome = handlers::schema::migrate(&pool).await.unwrap();
    assert_eq!(outcome.action, handlers::schema::Action::Created);
    pool.close().await;
    cluster.stop().await;
}

async fn health(app: &LegacyApp) -> reqwest::Result<u16> {
    let client = reqwest::Client::builder()
        .timeout(Duration::from_secs(10))
        .pool_max_idle_per_host(0)
        .build()?;
    client
        .get(format!("{}/api/health", app.url()))
        .send()
        .await
        .map(|response| response.status().as_u16())
}

#[tokio::test]
async fn the_legacy_app_keeps_its_address_over_a_crash() -> Result<(), ProvisionError> {
    let database = test_support::database::Cluster::shared().await.database().await;
    let settings = Settings {
        database_url: database.url.clone(),
        environment: Vec::new(),
    };
    let mut app = LegacyApp::start(settings, &Progress::silent()).await?;
    let address = app.url();
    assert_eq!(health(&app).await.unwrap(), 200);
    app.kill().await;
    assert!(health(&app).await.unwrap_err().is_connect());
    app.resume().await?;
    assert_eq!((app.url(), health(&app).await.unwrap()), (address, 200));
    app.stop().await;
    Ok(())
}

/// Not a test by itself: the process that the next test kills.
#[tokio::test]
#[ignore = "run as a process of its own by the next test"]
async fn an_owner_that_waits_to_be_killed() {
    let cluster = Cluster::start(Origin::Anywhere, &Progress::silent()).await.unwrap();
    let mut connection = PgConnection::connect(&cluster.url()).await.unwrap();
    let data: String = sqlx::query_scalar("select current_setting('data_directory')")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    // Straight to the descriptor: the test runner would keep it back.
    std::io::Write::write_all(&mut std::io::stderr(), format!("{HERE}{data}\n").as_bytes()).unwrap();
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn a_killed_owner_leaves_no_server_and_no_files() {
    let mut owner = Command::new(std::env::current_exe().unwrap());
    owner.args([
        "--exact",
        "provision::an_owner_that_waits_to_be_killed",
        "--ignored",
        "--nocapture",
    ]);
    let mut owner = owner
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(owner.stderr.take().unwrap()).lines();
    let data = loop {
        let line = lines.next_line().await.unwrap().expect("the owner starts a cluster");
        if let Some((_, data)) = line.split_once(HERE) {
            break PathBuf::from(data);
        }
    };
    let home = data.parent().unwrap().to_path_buf();
    let server = std::fs::read_to_string(data.join("postmaster.pid")).unwrap();
    let server = server.lines().next().unwrap().to_owned();
    let alive = |process: String| async move {
        let asked = Command::new("ps")
            .args(["-o", "stat=", "-p", &process])
            .output()
            .await
            .unwrap();
        // A dead process that nobody has waited for yet is listed as a zombie.
        asked.status.success() && !asked.stdout.starts_with(b"Z")
    };
    assert!(alive(server.clone()).await);
    // SIGKILL: the owner has no last word.
    owner.kill().await.unwrap();
    eventually("the files are gone", || async { (!home.exists()).then_some(()) }).await;
    eventually("the server is gone", || async {
        (!alive(server.clone()).await).then_some(())
    })
    .await;
}
