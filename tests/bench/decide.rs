//! How long matching and deciding take: ten thousand routes, every request another one, in an order that no cache can guess.
//!
//! `cargo bench -p flags --bench decide`. The two rows of each kind are the same requests in one order and shuffled.

#![expect(clippy::unwrap_used, reason = "a benchmark may fail by panicking")]

use std::fmt::Write as _;
use std::hint::black_box;

use criterion::{Criterion, Throughput};
use flags::{Facts, Inventory, Snapshot, compile};
use http::{HeaderMap, Method};

const ROUTES: usize = 10_000;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let snapshot = snapshot();
    let mut headers = HeaderMap::new();
    headers.insert("accept", "*/*".parse().unwrap());
    headers.insert("user-agent", "bench".parse().unwrap());
    headers.insert("x-client-id", "5f0c7a1e-2f6b-4c55-9a7e-0c4d6b1f2a33".parse().unwrap());
    for (kind, path) in [
        (
            "static",
            (|number| format!("/api/area{}/things{number}/list", number % 100)) as fn(usize) -> String,
        ),
        ("parameter", |number| {
            format!("/api/area{}/items{number}/{}", number % 100, number * 7)
        }),
        ("encoded", |number| {
            format!("/api/area{}/items{number}/caf%C3%A9", number % 100)
        }),
        ("unknown", |number| {
            format!("/api/area{}/nothing{number}/x", number % 100)
        }),
    ] {
        let paths: Vec<String> = (0..ROUTES / 2).map(path).collect();
        let in_order: Vec<&str> = paths.iter().map(String::as_str).collect();
        let mut group = criterion.benchmark_group(kind);
        group.throughput(Throughput::Elements(1));
        for (order, paths) in [("in order", in_order.clone()), ("shuffled", shuffled(in_order))] {
            let mut next = paths.iter().cycle();
            group.bench_function(order, |bencher| {
                bencher.iter(|| {
                    let path = next.next().copied().unwrap_or_default();
                    let facts = Facts {
                        headers: Some(&headers),
                        ..Facts::new(&Method::GET, path, 7)
                    };
                    black_box(flags::decide(black_box(&snapshot), &facts));
                });
            });
        }
        group.finish();
    }
    criterion.final_summary();
}

/// Half of the routes end in a text, half in a parameter; every other one is a canary, which hashes its subject.
fn snapshot() -> Snapshot {
    let mut text =
        "version: 1\ndefaults: { canary: { share: 50%, subject: [\"header:x-client-id\"] } }\nroutes:\n".to_owned();
    let mut routes = Vec::new();
    for number in 0..ROUTES / 2 {
        for end in [format!("things{number}/list"), format!("items{number}/[id]")] {
            let route = format!("GET /api/area{}/{end}", number % 100);
            let stage = if number % 2 == 0 { "canary" } else { "native" };
            writeln!(text, "  - {{ route: \"{route}\", stage: {stage} }}").unwrap();
            routes.push(route.parse().unwrap());
        }
    }
    compile(&text, &Inventory::new(routes)).unwrap()
}

/// An order that repeats from run to run (a linear congruential generator).
fn shuffled(mut paths: Vec<&str>) -> Vec<&str> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    for place in (1..paths.len()).rev() {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        paths.swap(place, usize::try_from(state >> 33).unwrap() % (place + 1));
    }
    paths
}
