use super::*;

fn parse(text: &str) -> Result<Config, ConfigError> {
    let environment = Environment::of([("SECRET", "s3")]);
    Config::parse_in(text, Path::new("conf/ficus.yaml"), environment)
}

#[test]
fn the_smallest_file_names_the_legacy_app() {
    let config = parse("legacy: { url: \"http://127.0.0.1:3000\" }\nflags: flags.yaml\n").unwrap();
    assert_eq!(config.legacy.url.to_string(), "http://127.0.0.1:3000");
    assert_eq!(config.flags.as_deref(), Some(Path::new("conf/flags.yaml")));
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
