use std::time::Duration;

use super::*;

fn parse(text: &str) -> Result<Config, ConfigError> {
    let environment = Environment::of([("SECRET", "s3")]);
    Config::parse_in(text, Path::new("conf/ficus.yaml"), environment)
}

#[test]
fn the_smallest_file_names_the_legacy_app() {
    let config = parse("legacy: { url: \"http://127.0.0.1:3000\" }\nflags: flags.yaml\n").unwrap();
    assert_eq!(config.legacy.url.to_string(), "http://127.0.0.1:3000");
    assert_eq!(
        config.flags.as_ref().and_then(FlagSource::file),
        Some(Path::new("conf/flags.yaml"))
    );
    assert_eq!(config.store_url().as_deref(), Some("sqlite:conf/ficus.db"));
}

#[test]
fn an_unknown_key_is_refused_with_its_place() {
    let error = parse("legacy:\n  url: http://a:1\nlimits:\n  uri_byte: 3\n").unwrap_err();
    assert_eq!(error.place.map(|place| place.0), Some(4), "{error}");
    assert!(error.message.contains("uri_byte"), "{error}");
}

#[test]
fn values_from_outside_are_filled_in_and_their_lack_is_said() {
    let config =
        parse("legacy: { url: \"http://a:1\" }\n# ${NOT_READ}\ndatabase: { url: \"postgres://u:${SECRET}@h/d\" }\n")
            .unwrap();
    assert_eq!(config.database.url.as_deref(), Some("postgres://u:s3@h/d"));
    assert!(!format!("{config:?}").contains("s3"));
    let error = parse("legacy:\n  url: \"${MISSING}\"\n").unwrap_err();
    assert_eq!((error.place, error.message.contains("MISSING")), (Some((2, 9)), true));
}

#[test]
fn lengths_of_time_and_networks_are_checked() {
    let config =
        parse("legacy: { url: \"http://a:1\" }\ntimeouts: { answer: 250ms }\ntrusted_hops: [10.0.0.0/8, \"::1\"]\n")
            .unwrap();
    assert_eq!(config.timeouts.answer, Duration::from_millis(250));
    assert!(config.trusts("10.9.9.9".parse().unwrap()) && config.trusts("::1".parse().unwrap()));
    assert!(!config.trusts("11.0.0.1".parse().unwrap()));
    assert!(parse("legacy: { url: \"http://a:1\" }\ntimeouts: { answer: 5 }\n").is_err());
    assert!(parse("legacy: { url: \"http://a:1\" }\ntrusted_hops: [10.0.0.0/33]\n").is_err());
}

#[test]
fn evidence_is_kept_for_an_hour_at_least() {
    let kept = |store: &str| {
        let text = format!("legacy: {{ url: \"http://127.0.0.1:1\" }}\nstore: {store}\n");
        parse(&text)
            .map(|config| config.retention())
            .map_err(|error| error.to_string())
    };
    assert_eq!(kept("{}"), Ok(RETENTION));
    assert_eq!(kept("{ retention: 7d }"), Ok(Duration::from_secs(7 * 24 * 3600)));
    let refused = kept("{ retention: 59m }").unwrap_err();
    assert!(refused.contains("store.retention"), "{refused}");
}

fn mistakes(text: &str) -> Vec<(Option<(usize, usize)>, String)> {
    let all = Config::mistakes(text, Path::new("ficus.yaml"), &Environment::of([]));
    all.into_iter().map(|error| (error.place, error.message)).collect()
}

#[test]
fn every_mistake_is_said_at_once_with_its_place() {
    let text = "lissten: 1\nlimits:\n  headers: many\n  uri_byte: 3\ntimeouts: { answer: 5 }\n\
                database: { url: \"${MISSING}\" }\nlisteners:\n  - protocol: htp\n  - { address: nowhere }\n  \
                - { address: \"127.0.0.1:1\", protocol: https }\nlegacy: {}\n";
    let found = mistakes(text);
    let expected = [
        (1, "lissten"),
        (3, "limits.headers"),
        (4, "uri_byte"),
        (5, "timeouts.answer"),
        (6, "MISSING"),
        (8, "address"),
        (8, "listeners[0].protocol"),
        (9, "nowhere"),
        (10, "listeners[2].protocol"),
        (11, "missing field `url`"),
    ];
    for (line, words) in expected {
        let said = found
            .iter()
            .any(|(place, message)| place.is_some_and(|place| place.0 == line) && message.contains(words));
        assert!(said, "line {line}, {words}: {found:#?}");
    }
    assert_eq!(found.len(), expected.len(), "{found:#?}");
}

#[test]
fn what_is_right_has_no_mistakes_and_what_is_no_yaml_has_one() {
    assert!(mistakes("legacy: { url: \"http://a:1\" }\n").is_empty());
    assert_eq!(mistakes("legacy: [\n").len(), 1);
    assert_eq!(mistakes("just words\n").len(), 1);
    assert_eq!(mistakes("").len(), 1);
}

#[test]
fn listeners_that_contradict_themselves_are_refused() {
    for (listener, key) in [
        ("protocol: https", "protocol"),
        ("tls: { certificates: [{ certificate: a, key: b }] }", "tls"),
        ("protocol: https, tls: { certificates: [] }", "certificates"),
        ("redirect_hosts: [a.example]", "redirect_hosts"),
        ("redirect_to_https: true", "redirect_hosts"),
        ("proxy_protocol_from: [10.0.0.0/8]", "proxy_protocol_from"),
        ("mode: \"0600\"", "mode"),
    ] {
        let text =
            format!("legacy: {{ url: \"http://a:1\" }}\nlisteners: [{{ address: \"127.0.0.1:1\", {listener} }}]\n");
        let error = parse(&text).unwrap_err();
        assert!(error.message.contains(key), "{listener}: {error}");
    }
    let error = parse("legacy: { url: \"http://a:1\" }\nhttp2: { frame_bytes: 5 }\n").unwrap_err();
    assert!(error.message.contains("16384"), "{error}");
}

#[test]
fn a_listener_takes_the_place_of_the_default_and_stands_beside_the_short_form() {
    let listeners = "listeners: [{ address: \"unix:a.sock\" }]\n";
    let addresses = |text: String| {
        let all = parse(&text).unwrap().all_listeners();
        all.iter()
            .map(|listener| listener.address.to_string())
            .collect::<Vec<_>>()
    };
    let legacy = "legacy: { url: \"http://a:1\" }\n";
    assert_eq!(addresses(legacy.to_owned()), ["127.0.0.1:8080"]);
    assert_eq!(addresses(format!("{legacy}{listeners}")), ["unix:conf/a.sock"]);
    let both = addresses(format!("{legacy}listen: 127.0.0.1:1\n{listeners}"));
    assert_eq!(both, ["127.0.0.1:1", "unix:conf/a.sock"]);
}

#[test]
fn the_schema_refuses_unknown_keys_and_knows_the_nested_ones() {
    let schema = schema();
    assert_eq!(schema["additionalProperties"], false);
    assert_eq!(schema["required"], serde_json::json!(["legacy"]));
    let keys = keys();
    for key in [
        "listeners[].tls.certificates[].key",
        "timeouts.drain",
        "legacy.health.window",
        "cores",
    ] {
        assert!(keys.contains(key), "{key}: {keys:?}");
    }
}
