use flags::{Inventory, Session, Side, Snapshot, compile};
use http::{HeaderMap, HeaderName, HeaderValue};

use super::evaluate::NoValue;
use super::*;

const FLAGS: &str = "version: 1
groups: { crm: { stage: native } }
routes:
  - { route: GET /a, group: crm }
  - { route: GET /b, stage: shadow }
  - route: 'GET /c/[tenantId]'
    stage: canary
    tenant_from: [path:tenantId]
    canary: { share: 50%, subject: [user, 'header:x-client-id', 'cookie:sid'] }
    target:
      - { tenant: [acme], serve: native }
      - { host: [qa.example], serve: native }
";

fn snapshot() -> Snapshot {
    let keys = ["GET /a", "GET /b", "GET /c/[tenantId]"].map(|key| key.parse().unwrap());
    compile(FLAGS, &Inventory::new(keys)).unwrap()
}

struct Question {
    headers: HeaderMap,
    host: Option<&'static str>,
    user: Option<&'static str>,
    context: Context,
}

fn question(context: &str) -> Question {
    let body = format!("{{\"context\":{context}}}");
    Question {
        headers: HeaderMap::new(),
        host: None,
        user: None,
        context: Context::parse(body.as_bytes()).unwrap(),
    }
}

impl Question {
    fn with(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers
            .insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        self
    }

    fn ask(&self, route: &str) -> Evaluation {
        let snapshot = snapshot();
        let asker = Asker {
            headers: &self.headers,
            host: self.host,
            client: [127, 0, 0, 1].into(),
            session: Session {
                user: self.user,
                ..Session::default()
            },
            ticket: 7,
            context: &self.context,
        };
        let plan = snapshot.plans().iter().find(|plan| plan.key.to_string() == route);
        asker.evaluate(&snapshot, plan.unwrap(), None)
    }

    fn canary(&self) -> (Result<Side, NoValue>, &'static str) {
        let evaluation = self.ask("GET /c/[tenantId]");
        (evaluation.side, evaluation.reason)
    }
}

fn side_of(subject: &str) -> Result<Side, NoValue> {
    let native = flags::bucket("GET /c/[tenantId]", "", subject) < 5_000;
    Ok(if native { Side::Native } else { Side::Legacy })
}

#[test]
fn a_path_names_all_flags_one_flag_or_none() {
    let one = |name: &str| Some(Asked::One(name.to_owned()));
    assert_eq!(Asked::by("/ofrep/v1/evaluate/flags"), Some(Asked::All));
    assert_eq!(
        Asked::by("/ofrep/v1/evaluate/flags/GET%20%2Fapi%2F%5Bid%5D"),
        one("GET /api/[id]")
    );
    assert_eq!(Asked::by("/ofrep/v1/evaluate/flags/"), None);
    assert_eq!(Asked::by("/ofrep/v1/evaluate/flagsx"), None);
    assert_eq!(Asked::by("/ofrep/v1/evaluate/"), None);
}

#[test]
fn a_stage_needs_no_context() {
    let evaluation = question("{}").ask("GET /a");
    assert_eq!((evaluation.side, evaluation.reason), (Ok(Side::Native), "STATIC"));
    assert_eq!((evaluation.group.as_deref(), evaluation.stage), (Some("crm"), "native"));
    assert_eq!(question("{}").ask("GET /b").side, Ok(Side::Legacy));
}

#[test]
fn the_subject_is_what_requests_of_this_client_would_carry() {
    assert_eq!(question("{}").canary(), (Err(NoValue::NoSubject), "DEFAULT"));
    for subject in (0..50).map(|number| format!("s{number}")) {
        let expected = (side_of(&subject), "SPLIT");
        for context in [
            format!("{{\"targetingKey\":\"{subject}\"}}"),
            format!("{{\"headers\":{{\"x-client-id\":\"{subject}\"}},\"targetingKey\":\"other\"}}"),
            format!("{{\"cookies\":{{\"sid\":\"{subject}\"}}}}"),
        ] {
            assert_eq!(question(&context).canary(), expected, "{context}");
        }
    }
    // The question's own header goes before the key, and a verified user before both.
    let own = question("{\"targetingKey\":\"k\"}").with("x-client-id", "own");
    assert_eq!(own.canary().0, side_of("own"));
    let signed_in = Question {
        user: Some("u1"),
        ..own
    };
    assert_eq!(signed_in.canary().0, side_of("u1"));
    let cookie = question("{\"cookies\":{\"sid\":\"said\"}}").with("cookie", "a=1; sid=sent");
    assert_eq!(cookie.canary().0, side_of("said"));
}

#[test]
fn targets_see_parameters_that_are_said_and_guess_none() {
    let matched = (Ok(Side::Native), "TARGETING_MATCH");
    assert_eq!(question("{\"params\":{\"tenantId\":\"acme\"}}").canary(), matched);
    let unknown = (Err(NoValue::NoSubject), "DEFAULT");
    for context in [
        "{\"params\":{\"tenantId\":\"a/../acme\"}}",
        "{\"params\":{\"tenantId\":\"\"}}",
    ] {
        assert_eq!(question(context).canary(), unknown, "{context}");
    }
    let host = Question {
        host: Some("qa.example:8080"),
        ..question("{}")
    };
    assert_eq!(host.canary(), matched);
}

#[test]
fn a_context_that_is_none_is_refused_with_its_reason() {
    let parse = |body: &str| Context::parse(body.as_bytes());
    for body in ["{}", "{\"context\":null}", "{\"context\":{\"plan\":{\"deep\":[1]}}}"] {
        assert_eq!(parse(body), Ok(Context::default()), "{body}");
    }
    assert!(matches!(parse("{"), Err(ContextError::Parse(_))));
    assert!(matches!(parse(""), Err(ContextError::Parse(_))));
    for body in [
        "[]",
        "{\"context\":7}",
        "{\"context\":{\"targetingKey\":7}}",
        "{\"context\":{\"targetingKey\":\"a\\nb\"}}",
        "{\"context\":{\"headers\":{\"authorization\":\"Bearer x\"}}}",
        "{\"context\":{\"headers\":{\"a b\":\"x\"}}}",
        "{\"context\":{\"cookies\":{\"a\":\"x; b=y\"}}}",
        "{\"context\":{\"params\":[]}}",
    ] {
        assert!(matches!(parse(body), Err(ContextError::Invalid(_))), "{body}");
    }
}

#[test]
fn what_is_known_already_is_not_told_again() {
    let evaluations = [question("{}").ask("GET /a")];
    let first = bulk(&evaluations, "v1", &HeaderMap::new());
    let tag = first.headers()["etag"].clone();
    let asks = |tag: &HeaderValue, version: &str| {
        let headers = HeaderMap::from_iter([(http::header::IF_NONE_MATCH, tag.clone())]);
        bulk(&evaluations, version, &headers).status().as_u16()
    };
    assert_eq!((asks(&tag, "v1"), asks(&tag, "v2")), (304, 200));
    let weak = HeaderValue::try_from(format!("\"x\", W/{}", tag.to_str().unwrap())).unwrap();
    assert_eq!(asks(&weak, "v1"), 304);
}
