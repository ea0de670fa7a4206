//! A real Next.js app asked directly and through Ficus: every answer byte by byte, and a visit with a real browser.
//! What is left aside, and what is known to differ, stands in `docs/nextjs.md`.

mod browser;
mod raw;
mod site;
mod table;

use self::site::{Mode, Site};
use self::table::Words;

/// `hello` and `goodbye` as a client sends them, under a mask of zeros, and the close that answers the server's.
const FRAMES: &[u8] = b"\x81\x85\0\0\0\0hello\x81\x87\0\0\0\0goodbye\x88\x82\0\0\0\0\x0f\xa1";

async fn ask_everything(site: &Site, mode: Mode) {
    let mut failed = Vec::new();
    for case in table::cases(mode) {
        let words = Words::of(&case, site.direct()).await;
        // The first answer may fill a cache of the app, or compile the page; the second and the third are alike.
        case.send(&words, site.direct()).await;
        let direct = case.send(&words, site.direct()).await;
        let proxied = case.send(&words, site.proxy.address()).await;
        if let Some(difference) = table::difference(&case, mode, direct, proxied) {
            failed.push(format!("{}: {difference}", case.name));
        }
    }
    assert!(failed.is_empty(), "{} differ:\n{}", failed.len(), failed.join("\n\n"));
}

async fn leave_http(site: &Site, target: &str, frames: &[u8]) {
    // In development Next.js opens its socket to pages of this machine alone.
    let head = format!(
        "GET {target} HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\nConnection: Upgrade\r\n\
         Upgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Protocol: echo\r\n\r\n"
    );
    let direct = raw::upgrade(site.direct(), head.as_bytes(), frames).await;
    let proxied = raw::upgrade(site.proxy.address(), head.as_bytes(), frames).await;
    assert_eq!(proxied.0, direct.0, "{target}");
    if !frames.is_empty() {
        assert_eq!(proxied.1, direct.1, "{target}");
    }
}

async fn visit(site: &Site, mode: Mode) {
    let direct = browser::visit(site, mode, &format!("http://{}", site.direct())).await;
    let proxied = browser::visit(site, mode, site.proxy.origin()).await;
    assert_eq!(proxied, direct);
    // The steps themselves are asserted in the script; this is what it only tells.
    for seen in [r#""mark": "same document""#, r#""kind": "rsc""#, r#""complaints": []"#] {
        assert!(direct.contains(seen), "{seen} is not in {direct}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_built_app_is_the_same_through_ficus() {
    let site = Site::start(Mode::Production).await;
    ask_everything(&site, Mode::Production).await;
    leave_http(&site, "/socket?room=1", FRAMES).await;
    leave_http(&site, "/nowhere", b"").await;
    visit(&site, Mode::Production).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_app_in_development_is_the_same_through_ficus() {
    let site = Site::start(Mode::Development).await;
    ask_everything(&site, Mode::Development).await;
    leave_http(&site, "/socket?room=1", FRAMES).await;
    leave_http(&site, "/_next/hmr?id=1", b"").await;
    visit(&site, Mode::Development).await;
}
