//! How long the strict reader of request framing takes for a head, and for a body in chunks.
//!
//! `cargo bench -p suite --bench framing`.

use std::hint::black_box;

use criterion::{Criterion, Throughput};
use proxy::framing::{HeadLimits, Reader};

/// What a load generator sends.
const SHORT: &str = "GET /api/health HTTP/1.1\r\nHost: bench.test:8080\r\nAccept: */*\r\n\r\n";

/// What a browser sends on its way through a site.
const BROWSER: &str = "GET /crm/tickets?page=2&status=open&sort=-created HTTP/1.1\r\n\
    Host: app.bench.test\r\n\
    User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36\r\n\
    Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8\r\n\
    Accept-Language: en-GB,en;q=0.9,de;q=0.8\r\n\
    Accept-Encoding: gzip, deflate, br, zstd\r\n\
    Referer: https://app.bench.test/crm/tickets?page=1&status=open\r\n\
    Cookie: session=c29tZSBieXRlcyB0aGF0IG1lYW4gbm90aGluZyBhdCBhbGwgYnV0IGFyZSBhcyBsb25nIGFzIGEgdG9rZW4gb2YgYSBzZXNzaW9uIG9m\
    dGVuIGlzIGluIHByYWN0aWNlLCB3aGljaCBpcyB3aHkgdGhleSBhcmUgaGVyZQ; theme=dark; consent=1; locale=en-GB\r\n\
    Sec-CH-UA: \"Chromium\";v=\"141\", \"Not?A_Brand\";v=\"8\"\r\n\
    Sec-CH-UA-Mobile: ?0\r\n\
    Sec-CH-UA-Platform: \"Linux\"\r\n\
    Sec-Fetch-Dest: document\r\n\
    Sec-Fetch-Mode: navigate\r\n\
    Sec-Fetch-Site: same-origin\r\n\
    Sec-Fetch-User: ?1\r\n\
    Upgrade-Insecure-Requests: 1\r\n\
    Connection: keep-alive\r\n\r\n";

fn main() {
    let chunks = "400\r\n".to_owned() + &"x".repeat(0x400) + "\r\n";
    let upload = format!(
        "POST /upload HTTP/1.1\r\nHost: bench.test\r\nTransfer-Encoding: chunked\r\n\r\n{}0\r\n\r\n",
        chunks.repeat(8)
    );
    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("framing");
    for (name, request) in [
        ("short head", SHORT),
        ("browser's head", BROWSER),
        ("eight chunks of 1 KiB", &upload),
    ] {
        let request = request.as_bytes();
        let mut reader = Reader::new(HeadLimits {
            uri_bytes: 8 * 1024,
            headers: 100,
            head_bytes: 64 * 1024,
        });
        group.throughput(Throughput::Bytes(u64::try_from(request.len()).unwrap_or(u64::MAX)));
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let step = reader.read(black_box(request));
                assert_eq!((step.passed, step.verdict), (request.len(), None));
            });
        });
    }
    group.finish();
    criterion.final_summary();
}
