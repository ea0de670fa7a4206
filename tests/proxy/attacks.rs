//! What attackers send, and the answer that each of it gets: the YAML files beside this one, a case each. Raw bytes go to the proxy
//! over TCP, a recording upstream stands behind it, and every case says what that one may have seen.

mod carrier;
mod case;
mod exhaustion;
mod floods;
mod frames;
mod reuse;
mod windows;
mod wire;

use case::{Case, File};
use harness::TestProxy;
use test_support::eventually::eventually;
use test_support::legacy::{Answer, FakeLegacy};
use wire::Connection;

/// What the upstream answers unless a case has words of its own for it.
const ORDINARY: &str = "ordinary";

async fn run(text: &str) {
    let file: File = serde_yaml::from_str(text).unwrap();
    let legacy = FakeLegacy::start().await;
    legacy.otherwise(Answer::text(200, ORDINARY));
    let mut proxy = TestProxy::builder().legacy(&legacy).config(&file.config);
    if let Some(flags) = &file.flags {
        proxy = proxy.flags(flags);
    }
    let proxy = proxy.spawn().await;
    assert!(!file.cases.is_empty());
    let mut failed = Vec::new();
    for case in &file.cases {
        assert_ne!(
            case.send.is_some(),
            case.not_applicable.is_some(),
            "{}: a case is sent, or says why not",
            case.case
        );
        if case.send.is_some()
            && let Err(error) = check(case, &proxy, &legacy).await
        {
            failed.push(format!("{} ({}): {error}", case.case, case.item));
        }
    }
    assert!(
        failed.is_empty(),
        "{} of {}:\n{}",
        failed.len(),
        file.cases.len(),
        failed.join("\n")
    );
}

/// Sends a case and looks at everything that it says.
async fn check(case: &Case, proxy: &TestProxy, legacy: &FakeLegacy) -> Result<(), String> {
    let before = (legacy.requests().len(), refused(proxy, case).await);
    legacy.otherwise(match &case.legacy {
        Some(raw) => Answer::Raw(case::bytes(raw)),
        None => Answer::text(200, ORDINARY),
    });
    let mut connection = Connection::open(proxy.address()).await;
    connection.send(&case.bytes()).await;
    for status in &case.answers {
        let answer = connection.answer(case.bodiless).await?;
        if answer.status != *status {
            return Err(format!("answered {} in place of {status}: {answer:?}", answer.status));
        }
        case.check_answer(&answer)?;
    }
    if case.closed {
        connection.end().await?;
    } else {
        connection.probe(legacy).await?;
    }
    let probes = usize::from(!case.closed);
    let certain = probes + case.upstream.iter().filter(|request| request.complete).count();
    eventually("the upstream has seen it", || async {
        (legacy.requests().len() >= before.0 + certain).then_some(())
    })
    .await;
    let seen = legacy.requests().split_off(before.0);
    if !(certain..=probes + case.upstream.len()).contains(&seen.len()) {
        return Err(format!("the upstream has seen {seen:#?}"));
    }
    for (request, expected) in seen.iter().zip(&case.upstream) {
        expected.check(request)?;
    }
    if case.refused.is_some() && refused(proxy, case).await != before.1 + 1 {
        return Err(format!("the counter of {:?} has not moved by one", case.refused));
    }
    Ok(())
}

/// The counter that a case says will move.
async fn refused(proxy: &TestProxy, case: &Case) -> u64 {
    let Some(reason) = &case.refused else {
        return 0;
    };
    let name = format!("ficus_refused_total{{reason=\"{reason}\"}} ");
    let metrics = proxy.metrics().await;
    let line = metrics.lines().find_map(|line| line.strip_prefix(&name));
    line.map_or(0, |count| count.parse().unwrap())
}

macro_rules! files {
    ($($name:ident: $file:literal),* $(,)?) => {
        $(#[tokio::test]
        async fn $name() {
            run(include_str!(concat!("attacks/", $file))).await;
        })*
    };
}

files! {
    lengths_and_codings: "lengths.yaml",
    lines_and_names: "lines.yaml",
    chunks: "chunks.yaml",
    requests_one_behind_the_other: "pipelining.yaml",
    answers_of_a_hostile_upstream: "answers.yaml",
    upgrades_and_targets: "upgrades.yaml",
    paths_and_queries: "paths.yaml",
    hop_by_hop_fields_and_spoofs: "headers.yaml",
    fields_of_nextjs: "nextjs.yaml",
    caches: "caching.yaml",
    sizes: "sizes.yaml",
}
