//! What the demo and the tests stand on: PostgreSQL of npm, and the legacy app from its sources to its end.

use std::time::Duration;

use proxy::provision::legacy::{LegacyApp, Settings};
use proxy::provision::postgres::{Cluster, Origin};
use proxy::provision::{Progress, ProvisionError};
use sqlx::{Connection as _, PgConnection};

#[tokio::test]
async fn npm_brings_a_postgresql_that_runs_the_whole_schema() {
    let cluster = Cluster::start(Origin::Npm, &Progress::silent()).await.unwrap();
    let mut connection = PgConnection::connect(&cluster.url()).await.unwrap();
    let version: String =
        sqlx::query_scalar("select current_setting('server_version_num')").fetch_one(&mut connection).await.unwrap();
    assert!(version.parse::<u32>().unwrap() >= 180_000, "{version} is not the version that npm brings");
    let pool = sqlx::PgPool::connect(&cluster.url()).await.unwrap();
    let outcome = handlers::schema::migrate(&pool).await.unwrap();
    assert_eq!(outcome.action, handlers::schema::Action::Created);
    pool.close().await;
    cluster.stop().await;
}

async fn health(app: &LegacyApp) -> reqwest::Result<u16> {
    let client = reqwest::Client::builder().timeout(Duration::from_secs(10)).pool_max_idle_per_host(0).build()?;
    client.get(format!("{}/api/health", app.url())).send().await.map(|response| response.status().as_u16())
}

#[tokio::test]
async fn the_legacy_app_keeps_its_address_over_a_crash() -> Result<(), ProvisionError> {
    let database = test_support::database::Cluster::shared().await.database().await;
    let settings = Settings { database_url: database.url.clone(), environment: Vec::new() };
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
