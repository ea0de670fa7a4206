//! The supervisor with small shell scripts for servers.

use std::path::Path;

use super::*;

fn service(place: &Path, script: &str) -> Service {
    Service {
        program: PathBuf::from("/bin/sh"),
        arguments: vec!["-c".to_owned(), script.to_owned()],
        environment: Vec::new(),
        directory: PathBuf::from("/"),
        identity: None,
        log: place.join("log"),
        stop: ("TERM", Duration::from_secs(1)),
        remove: None,
    }
}

async fn said(place: &Path, word: &str) {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
    while !std::fs::read_to_string(place.join("log"))
        .unwrap_or_default()
        .contains(word)
    {
        assert!(tokio::time::Instant::now() < deadline, "the server never said {word:?}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn an_ended_server_is_noticed_with_its_last_words() {
    let place = tempfile::tempdir().unwrap();
    let mut server = Supervised::start(&service(place.path(), "echo no room >&2")).unwrap();
    tokio::time::timeout(Duration::from_secs(10), server.gone())
        .await
        .unwrap();
    assert_eq!(server.last_words(), "no room");
}

#[tokio::test]
async fn a_living_server_is_not_gone() {
    let place = tempfile::tempdir().unwrap();
    let mut server = Supervised::start(&service(place.path(), "echo up; exec sleep 60")).unwrap();
    said(place.path(), "up").await;
    assert!(
        tokio::time::timeout(Duration::from_millis(100), server.gone())
            .await
            .is_err()
    );
    server.stop().await;
}

#[tokio::test]
async fn stopping_asks_first_and_then_removes_the_directory() {
    let place = tempfile::tempdir().unwrap();
    let directory = place.path().join("data");
    std::fs::create_dir(&directory).unwrap();
    let script = "trap 'echo asked; exit' TERM; echo up; while :; do sleep 0.05; done";
    let server = Supervised::start(&Service {
        remove: Some(directory.clone()),
        ..service(place.path(), script)
    })
    .unwrap();
    said(place.path(), "up").await;
    server.stop().await;
    said(place.path(), "asked").await;
    assert!(!directory.exists());
}

#[tokio::test]
async fn a_server_that_will_not_stop_is_killed_with_its_children() {
    let place = tempfile::tempdir().unwrap();
    let script = "trap '' TERM; (trap '' TERM; sleep 60) & echo up; while :; do sleep 0.05; done";
    let mut server = Supervised::start(&service(place.path(), script)).unwrap();
    said(place.path(), "up").await;
    server.leash = None;
    tokio::time::timeout(Duration::from_secs(10), server.gone())
        .await
        .expect("everything is gone");
}

#[tokio::test]
async fn a_kill_gives_the_server_no_say() {
    let place = tempfile::tempdir().unwrap();
    let script = "trap 'echo asked; exit' TERM; echo up; while :; do sleep 0.05; done";
    let server = Supervised::start(&service(place.path(), script)).unwrap();
    said(place.path(), "up").await;
    server.kill().await;
    assert!(
        !std::fs::read_to_string(place.path().join("log"))
            .unwrap()
            .contains("asked")
    );
}

#[tokio::test]
async fn dropping_the_owner_is_enough() {
    let place = tempfile::tempdir().unwrap();
    let gone = place.path().join("gone");
    std::fs::create_dir(&gone).unwrap();
    let server = Supervised::start(&Service {
        remove: Some(gone.clone()),
        ..service(place.path(), "exec sleep 60")
    });
    drop(server.unwrap());
    let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
    while gone.exists() {
        assert!(tokio::time::Instant::now() < deadline, "the directory is still there");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
