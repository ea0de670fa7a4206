//! Patterns against the rules of Next.js.

use proptest::prelude::*;

use super::*;

#[test]
fn every_form_of_next_js_is_read_and_printed_alike() {
    for text in [
        "/",
        "/api",
        "/api/crm/tickets/[ticketId]",
        "/files/[...path]",
        "/docs/[[...slug]]",
        "/[tenant]/[slug]",
        "/.well-known/openid-configuration",
        "/api/v1.0/x_y-z~",
        "/api/café",
        "/_next/[...rest]",
    ] {
        assert_eq!(
            text.parse::<Pattern>().map(|pattern| pattern.to_string()),
            Ok(text.to_owned())
        );
    }
}

#[test]
fn what_next_js_could_not_build_is_refused() {
    let too_many = "/a".repeat(MAX_SEGMENTS + 1);
    let too_long = format!("/{}", "a".repeat(MAX_SEGMENT_BYTES + 1));
    for text in [
        "",
        "api",
        "//",
        "/api/",
        "/api//x",
        "/[[id]]",
        "/[]",
        "/[...]",
        "/[[...]]",
        "/[....x]",
        "/[.x]",
        "/[..x]",
        "/[[x]",
        "/[x]]",
        "/[[...x]",
        "/[...x]]",
        "/a[x]",
        "/[x]a",
        "/[...x]/y",
        "/[[...x]]/y",
        "/[x]/[x]",
        "/[a-b]/[ab]",
        "/[a b]",
        "/:id",
        "/{id}",
        "/*",
        "/a*",
        "/.",
        "/a/..",
        "/(group)/x",
        "/@slot/x",
        "/a%20b",
        "/a?b",
        "/a#b",
        "/a\\b",
        "/a b",
        "/a\nb",
        "/a\0",
        &too_many,
        &too_long,
    ] {
        assert!(text.parse::<Pattern>().is_err(), "{text:?} was accepted");
    }
}

#[test]
fn a_refusal_names_the_segment() {
    let refusal = "/api/:id".parse::<Pattern>().map_err(|error| error.to_string());
    assert_eq!(
        refusal,
        Err(
            "the segment `:id` is in the notation of another router; write `[id]`, `[...rest]` or `[[...rest]]`"
                .to_owned()
        )
    );
}

#[test]
fn patterns_order_as_next_js_tries_them() -> Result<(), PatternError> {
    let texts = [
        "/api/a",
        "/api/b/[id]",
        "/api/[x]",
        "/api/[x]/z",
        "/api/[...rest]",
        "/api/[[...rest]]",
    ];
    let mut patterns = texts
        .iter()
        .rev()
        .map(|text| text.parse())
        .collect::<Result<Vec<Pattern>, _>>()?;
    patterns.sort();
    let sorted: Vec<_> = patterns.iter().map(ToString::to_string).collect();
    assert_eq!(sorted, texts);
    Ok(())
}

fn segment() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zA-Z0-9_.~-]{1,12}",
        "\\[[a-zA-Z][a-zA-Z0-9_]{0,8}\\]",
        "[\\[\\].:a-b%é]{0,8}"
    ]
}

proptest! {
    #[test]
    fn a_pattern_reads_back_what_it_prints(segments in prop::collection::vec(segment(), 0..6), last in 0usize..3) {
        let tail = ["", "/[...zz]", "/[[...zz]]"][last];
        let text = format!("/{}{tail}", segments.join("/"));
        if let Ok(pattern) = text.parse::<Pattern>() {
            prop_assert_eq!(pattern.to_string(), text.clone());
            prop_assert_eq!(pattern.to_string().parse::<Pattern>(), Ok(pattern));
        }
    }

    #[test]
    fn any_text_at_all_is_read_or_refused(text in any::<String>()) {
        let _ = format!("/{text}").parse::<Pattern>();
        let _ = text.parse::<Pattern>();
    }
}
