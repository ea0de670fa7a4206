//! Real clusters, from their start to their end.

use super::*;

/// The directory of a cluster, from what the server itself says.
async fn home_of(cluster: &Cluster) -> PathBuf {
    let mut connection = PgConnection::connect(&cluster.url()).await.unwrap();
    let data: String = sqlx::query_scalar("select current_setting('data_directory')")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    PathBuf::from(data).parent().unwrap().to_path_buf()
}

#[tokio::test]
async fn a_cluster_serves_and_leaves_nothing_behind() {
    let cluster = Cluster::start(Origin::Anywhere, &Progress::silent()).await.unwrap();
    cluster.administer("create database other").await.unwrap();
    let mut other = PgConnection::connect(&cluster.url_of("other")).await.unwrap();
    let name: String = sqlx::query_scalar("select current_database()::text")
        .fetch_one(&mut other)
        .await
        .unwrap();
    assert_eq!(name, "other");
    let home = home_of(&cluster).await;
    assert!(home.exists());
    cluster.stop().await;
    assert!(!home.exists());
}

#[tokio::test]
async fn a_stranger_without_the_password_is_refused() {
    let cluster = Cluster::start(Origin::Anywhere, &Progress::silent()).await.unwrap();
    let stranger = cluster.options.clone().password("guess");
    let refusal = PgConnection::connect_with(&stranger).await.unwrap_err();
    assert!(
        refusal.to_string().contains("password authentication failed"),
        "{refusal}"
    );
    assert!(!format!("{cluster:?}").contains("password"));
    cluster.stop().await;
}

#[tokio::test]
async fn two_clusters_do_not_meet() {
    let silent = Progress::silent();
    let (one, two) = tokio::join!(
        Cluster::start(Origin::Anywhere, &silent),
        Cluster::start(Origin::Anywhere, &silent)
    );
    let (one, two) = (one.unwrap(), two.unwrap());
    assert_ne!(one.url(), two.url());
    tokio::join!(one.stop(), two.stop());
}

#[tokio::test]
async fn a_url_that_is_none_is_refused_without_repeating_it() {
    let refusal = Cluster::start(Origin::Url("postgres://user:hidden@[".to_owned()), &Progress::silent())
        .await
        .unwrap_err();
    assert!(!refusal.to_string().contains("hidden"), "{refusal}");
}

#[tokio::test]
async fn a_named_server_is_used_and_left_running() {
    let cluster = Cluster::start(Origin::Anywhere, &Progress::silent()).await.unwrap();
    let named = Cluster::start(Origin::Url(cluster.url()), &Progress::silent())
        .await
        .unwrap();
    named.administer("select 1").await.unwrap();
    named.stop().await;
    cluster.administer("select 1").await.unwrap();
    cluster.stop().await;
}

#[test]
fn another_database_keeps_everything_else() {
    for (url, other) in [
        ("postgres://u:p@h:1/a", "postgres://u:p@h:1/b"),
        ("postgres://h", "postgres://h/b"),
        ("postgres://h/a?sslmode=require", "postgres://h/b?sslmode=require"),
    ] {
        assert_eq!(with_database(url, "b"), other);
    }
}
