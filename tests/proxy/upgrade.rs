//! A new process takes over while clients are being served, and the order in which a process goes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use harness::{Client, FicusProcess, ficus};
use test_support::eventually::eventually;
use test_support::legacy::{Answer, FakeLegacy};
use tokio::process::Command;
use tokio::task::JoinHandle;

const LISTENER: &str = "listeners: [{ address: LISTEN, protocol: h2c }]\n";

/// Clients that ask without a pause until told to stop; each counts its answers and fails on anything but 200.
struct Load {
    stop: Arc<AtomicBool>,
    answers: Arc<AtomicU64>,
    clients: Vec<JoinHandle<()>>,
}

impl Load {
    /// Three that keep their connection, one that never does, and one with HTTP/2.
    fn start(origin: &str) -> Self {
        let builders = [
            reqwest::Client::builder(),
            reqwest::Client::builder(),
            reqwest::Client::builder(),
            reqwest::Client::builder().pool_max_idle_per_host(0),
            reqwest::Client::builder().http2_prior_knowledge(),
        ];
        let (stop, answers) = (Arc::<AtomicBool>::default(), Arc::<AtomicU64>::default());
        let clients = builders.into_iter().map(|builder| {
            let client = builder.no_proxy().build().unwrap();
            let (stop, answers, url) = (Arc::clone(&stop), Arc::clone(&answers), format!("{origin}/load"));
            tokio::spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    let answer = client.post(&url).body("counted").send().await.unwrap();
                    assert_eq!(
                        (answer.status().as_u16(), answer.text().await.unwrap().as_str()),
                        (200, "ok")
                    );
                    answers.fetch_add(1, Ordering::Relaxed);
                }
            })
        });
        Self {
            clients: clients.collect(),
            stop,
            answers,
        }
    }

    async fn until_more(&self, answers: u64) {
        let goal = self.answers.load(Ordering::Relaxed) + answers;
        eventually("the load goes on", || async {
            assert!(
                self.clients.iter().all(|client| !client.is_finished()),
                "a request failed"
            );
            (self.answers.load(Ordering::Relaxed) >= goal).then_some(())
        })
        .await;
    }

    async fn finish(self) {
        self.stop.store(true, Ordering::Relaxed);
        for client in self.clients {
            client.await.unwrap();
        }
    }
}

async fn run_upgrade(process: &FicusProcess) -> Option<i32> {
    let mut command = Command::new(ficus());
    command.arg("upgrade").arg("--pid-file").arg(process.pid_file());
    let output = command.output().await.unwrap();
    output.status.code()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn not_one_request_fails_while_new_processes_take_over() {
    let legacy = FakeLegacy::start().await;
    legacy.otherwise(Answer::text(200, "ok"));
    let mut process = FicusProcess::configured(&legacy.url(), LISTENER).await;
    let first = process.serving_pid();
    let load = Load::start(process.origin());
    load.until_more(50).await;
    assert_eq!(run_upgrade(&process).await, Some(0));
    assert_ne!(process.serving_pid(), first);
    // The process that was started first drains and ends well.
    assert_eq!(process.exit_code().await, Some(0));
    load.until_more(50).await;
    assert_eq!(run_upgrade(&process).await, Some(0));
    load.until_more(50).await;
    load.finish().await;
}

#[tokio::test]
async fn a_new_process_that_cannot_start_changes_nothing() {
    let legacy = FakeLegacy::start().await;
    legacy.otherwise(Answer::text(200, "ok"));
    let process = FicusProcess::configured(&legacy.url(), LISTENER).await;
    let file = process.home().join("ficus.yaml");
    let good = std::fs::read(&file).unwrap();
    std::fs::write(&file, "legacy: {}\n").unwrap();
    process.signal("USR2").await;
    let admin = Client::of_origin(process.admin());
    eventually("the failure is counted", || async {
        let metrics = admin.get("/metrics").await;
        metrics.text().contains("ficus_upgrades_failed_total 1").then_some(())
    })
    .await;
    assert_eq!(admin.get("/ready").await.status, 200);
    assert_eq!(Client::of_origin(process.origin()).get("/").await.text(), "ok");
    std::fs::write(&file, good).unwrap();
    assert_eq!(run_upgrade(&process).await, Some(0));
    assert_eq!(Client::of_origin(process.origin()).get("/").await.text(), "ok");
}

#[tokio::test]
async fn readiness_goes_off_before_clients_are_turned_away() {
    let legacy = FakeLegacy::start().await;
    legacy.otherwise(Answer::text(200, "ok"));
    let config = format!("{LISTENER}timeouts: {{ drain_delay: 3s }}\n");
    let mut process = FicusProcess::configured(&legacy.url(), &config).await;
    process.signal("TERM").await;
    let admin = Client::of_origin(process.admin());
    eventually("readiness is off", || async {
        (admin.get("/ready").await.status == 503).then_some(())
    })
    .await;
    let late = Client::of_origin(process.origin());
    assert_eq!(late.get("/").await.text(), "ok");
    drop(late);
    assert_eq!(process.exit_code().await, Some(0));
}

#[tokio::test]
async fn a_connection_that_is_open_hears_that_its_next_answer_is_the_last() {
    let legacy = FakeLegacy::start().await;
    legacy.otherwise(Answer::text(200, "ok"));
    let config = format!("{LISTENER}timeouts: {{ drain_idle: 5s }}\n");
    let mut process = FicusProcess::configured(&legacy.url(), &config).await;
    let client = Client::of_origin(process.origin());
    assert_eq!(client.get("/").await.header("connection"), None);
    process.signal("TERM").await;
    eventually("the listener is closed", || async {
        let address = process.origin().trim_start_matches("http://");
        tokio::net::TcpStream::connect(address).await.is_err().then_some(())
    })
    .await;
    let last = client.get("/").await;
    assert_eq!((last.text(), last.header("connection")), ("ok", Some("close")));
    assert_eq!(process.exit_code().await, Some(0));
}

#[tokio::test]
async fn hup_puts_in_force_what_can_change_and_a_mistake_changes_nothing() {
    let legacy = FakeLegacy::start().await;
    legacy.otherwise(Answer::text(200, "ok"));
    let process = FicusProcess::configured(&legacy.url(), LISTENER).await;
    let file = process.home().join("ficus.yaml");
    let good = std::fs::read_to_string(&file).unwrap();
    let admin = Client::of_origin(process.admin());
    let until_counted = async |outcome: &str| {
        let line = format!("ficus_config_reloads_total{{outcome=\"{outcome}\"}} 1");
        eventually(outcome, || async {
            admin.get("/metrics").await.text().contains(&line).then_some(())
        })
        .await;
    };
    let long = format!("/{}", "x".repeat(50));
    let before = Client::of_origin(process.origin());
    assert_eq!(before.get(&long).await.status, 200);
    std::fs::write(&file, format!("{good}limits: {{ uri_bytes: 20 }}\n")).unwrap();
    process.signal("HUP").await;
    until_counted("adopted").await;
    // Each core takes it over by itself.
    eventually("a new connection has the new limit", || async {
        let new = Client::of_origin(process.origin());
        (new.get(&long).await.status == 414).then_some(())
    })
    .await;
    std::fs::write(&file, format!("{good}limits: {{ uri_bytes: many }}\n")).unwrap();
    process.signal("HUP").await;
    until_counted("refused").await;
    assert_eq!(admin.get("/ready").await.status, 200);
    assert_eq!(Client::of_origin(process.origin()).get("/").await.text(), "ok");
}
