//! Deciding allocates nothing: an allocator that counts, for this thread alone, while a test runs.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::hint::black_box;

use http::header::COOKIE;
use http::{HeaderMap, Method};

use crate::{Facts, Inventory, Session, Side, compile};

struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

// SAFETY: every call goes to the system's allocator unchanged; counting neither allocates nor panics.
#[expect(
    unsafe_code,
    reason = "an allocator is unsafe by its trait; this one hands everything to the system's"
)]
unsafe impl GlobalAlloc for Counting {
    // SAFETY: as the trait has it, and passed on.
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: the caller keeps the contract of `alloc`, which is that of the system's allocator.
        unsafe { System.alloc(layout) }
    }

    // SAFETY: as the trait has it, and passed on.
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the pointer came from the system's allocator with this layout.
        unsafe { System.dealloc(pointer, layout) }
    }
}

/// How often this allocates.
fn allocations(work: impl FnOnce()) -> u64 {
    let before = ALLOCATIONS.get();
    work();
    ALLOCATIONS.get() - before
}

const FLAGS: &str = "version: 1
routes:
  - route: GET /api/[tenant]/[...rest]
    stage: canary
    tenant_from: [session, \"header:x-tenant\", \"host:*.example.com\", \"path:tenant\"]
    canary: { share: 50%, subject: [user, \"header:x-client-id\", \"cookie:sid\", ip] }
    target:
      - { tenant: [zeta], serve: legacy }
      - { user: [u2], role: admin, serve: native }
      - { header: { x-beta: yes }, cookie: { beta: yes }, host: [a.example], ip: [10.0.0.0/8], serve: native }
  - { route: GET /native, stage: native, sample: 10% }
";

#[test]
fn deciding_allocates_nothing() {
    let routes = ["GET /api/[tenant]/[...rest]", "GET /native"].map(|route| route.parse().unwrap());
    let snapshot = compile(FLAGS, &Inventory::new(routes)).unwrap();
    let (mut headers, none) = (HeaderMap::new(), HeaderMap::new());
    headers.insert("x-beta", "yes".parse().unwrap());
    headers.insert("x-client-id", "c7".parse().unwrap());
    headers.insert(COOKIE, "a=1; sid=s1; beta=yes".parse().unwrap());
    let sessions = [
        Session::default(),
        Session {
            user: Some("u1"),
            tenant: Some("acme"),
            role: Some("user"),
        },
    ];
    let client = Some("2001:db8::7".parse().unwrap());
    let counted = allocations(|| {
        for path in ["/api/acme/x/y", "/api/%61cme/caf%C3%A9", "/native", "/other", "/api//x"] {
            for (headers, session) in [(&headers, sessions[0]), (&none, sessions[1]), (&none, sessions[0])] {
                for wanted in [None, Some(Side::Native)] {
                    let facts = Facts {
                        headers: Some(headers),
                        host: Some("acme.example.com:443"),
                        client,
                        session,
                        wanted,
                        ..Facts::new(&Method::GET, path, 7)
                    };
                    black_box(crate::decide(black_box(&snapshot), &facts));
                }
            }
        }
    });
    assert_eq!(counted, 0);
    assert!(allocations(|| drop(black_box(vec![1]))) > 0, "the allocator counts");
}
