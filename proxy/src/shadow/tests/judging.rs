//! What the worker learns about noise, and what its samples keep for judging again.

use std::sync::Mutex;

use super::*;
use crate::compare::Rules;
use crate::shadow::judge_again;

/// A read of a route with these rules of comparison.
fn exchange_under(rules: &str) -> Exchange {
    let key: RouteKey = "GET /api/things".parse().expect("route");
    let text = format!("version: 1\nroutes:\n  - route: {key}\n    stage: shadow\n    compare: {{ {rules} }}\n");
    let snapshot = flags::compile(&text, &Inventory::new([key])).expect("flags");
    Exchange {
        plan: Arc::clone(&snapshot.plans()[0]),
        ..exchange("GET /api/things", "")
    }
}

async fn read_under(bench: &Bench, rules: &str, body: &'static str) {
    let pending = bench.shadow.begin_read(exchange_under(rules)).expect("shadowed");
    pending
        .copy(legacy(200, body))
        .into_body()
        .collect()
        .await
        .expect("body");
    while bench.shadow.in_hand() > 0 {
        tokio::task::yield_now().await;
    }
}

fn legacy_again(bodies: &[&'static str]) -> Option<Arc<dyn Control>> {
    Some(Arc::new(Again(Mutex::new(bodies.iter().rev().copied().collect()))))
}

#[tokio::test]
async fn where_noise_is_learned_legacy_is_asked_twice_even_when_both_agree() {
    let control = legacy_again(&[r#"{"a":1,"clock":7}"#, r#"{"a":1,"clock":8}"#]);
    let bench = bench(native(r#"{"a":1,"clock":1}"#), control, Limits::default()).await;
    // Equal at once: legacy alone is asked again, and says something else.
    read_under(&bench, "noise: 100%", r#"{"a":1,"clock":1}"#).await;
    // Different: the second asking serves both purposes.
    read_under(&bench, "noise: 100%", r#"{"a":1,"clock":3}"#).await;
    // Not learned: nobody is asked.
    read_under(&bench, "noise: off", r#"{"a":1,"clock":1}"#).await;
    let (outcomes, _, store) = bench.results().await;
    assert_eq!(outcomes, ["match 2", "mismatch 1"]);
    let noise = store.noise(0).await.expect("noise");
    let figures: Vec<_> = noise
        .iter()
        .map(|place| (place.path_template.as_str(), place.raw, place.noise, place.exchanges))
        .collect();
    assert_eq!(figures, [("$.clock", 1, 2, 2)]);
}

#[tokio::test]
async fn a_sample_shows_the_same_differences_when_it_is_judged_again() {
    let bench = bench(
        native(r#"{"id":"aaaa1111bbbb2222cccc","a":1,"email":"ana@example.com","at":"2020-01-01T00:00:00Z"}"#),
        None,
        Limits::default(),
    )
    .await;
    let body = r#"{"id":"dddd3333eeee4444ffff","a":2,"email":"luis@example.com","at":"2020-01-01T00:00:00Z"}"#;
    let pending = bench.write(exchange("POST /api/things", "{}")).await.expect("shadowed");
    pending
        .copy(legacy(200, body))
        .into_body()
        .collect()
        .await
        .expect("body");
    let (_, _, store) = bench.results().await;
    let group = &store.groups(0).await.expect("groups")[0];
    let sample = &store.samples(&group.group_key).await.expect("samples")[0];
    let again = |rules: Rules| {
        let mut places: Vec<_> = judge_again(sample, &rules)
            .expect("whole")
            .into_iter()
            .map(|place| place.path)
            .collect();
        places.sort_unstable();
        places
    };
    // The ids are still matched, and the e-mails still differ although both are masked.
    assert_eq!(again(Rules::default()), ["$.a", "$.email"]);
    assert_eq!(again(Rules::default().ignore("$.email").expect("path")), ["$.a"]);
    assert_eq!(again(Rules::default().ignore("$").expect("path")), [""; 0]);
    assert!(!sample.judged.contains("example.com"), "{}", sample.judged);
}

#[tokio::test]
async fn a_body_that_was_cut_is_not_judged_again() {
    let long = Box::leak(format!(r#"{{"a":"{}"}}"#, "x".repeat(40_000)).into_boxed_str());
    let bench = bench(native(r#"{"a":1}"#), None, Limits::default()).await;
    read_under(&bench, "noise: off", long).await;
    let (_, _, store) = bench.results().await;
    let group = &store.groups(0).await.expect("groups")[0];
    let sample = &store.samples(&group.group_key).await.expect("samples")[0];
    assert_eq!(judge_again(sample, &Rules::default()), None);
}
