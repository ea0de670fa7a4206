//! What heads of answers are written as.

use http_body_util::StreamBody;

use super::*;
use crate::error::BoxError;

const GET: Asked = Asked {
    bodiless: false,
    http_10: false,
    trailers: false,
    keeps_alive: true,
};
const HEAD: Asked = Asked { bodiless: true, ..GET };
const OLD: Asked = Asked { http_10: true, ..GET };
const LAST: Asked = Asked {
    keeps_alive: false,
    ..GET
};

/// A body of which nobody knows the length.
fn stream() -> Body {
    let frames = futures_util::stream::pending::<Result<http_body::Frame<bytes::Bytes>, BoxError>>();
    Body::wrapped(StreamBody::new(frames))
}

fn answer(status: u16, body: Body, headers: &[(&'static str, &'static str)]) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    for (name, value) in [("date", "today")].iter().chain(headers) {
        let name = HeaderName::from_static(name);
        response.headers_mut().append(name, HeaderValue::from_static(value));
    }
    response
}

/// The lines behind `date`, how the body follows, and whether another request may.
fn encoded(response: &Response<Body>, asked: &Asked) -> (Vec<String>, String, bool) {
    let mut text = Vec::new();
    let (framing, keeps_alive) = encode(response, &[], asked, &mut text);
    let text = String::from_utf8(text).unwrap();
    let lines = text.strip_suffix("\r\n\r\n").unwrap().split("\r\n");
    let mut lines: Vec<String> = lines.filter(|line| *line != "date: today").map(str::to_owned).collect();
    lines.remove(0);
    (lines, format!("{framing:?}"), keeps_alive)
}

#[test]
fn the_length_is_said_once_and_is_the_true_one() {
    let five = [("content-length", "5")];
    for (status, body, headers, asked, lines, framing) in [
        (
            200,
            Body::full("hello"),
            &[][..],
            GET,
            &["content-length: 5"][..],
            "Length(5)",
        ),
        (
            200,
            Body::full("hello"),
            &five,
            GET,
            &["content-length: 5"],
            "Length(5)",
        ),
        (200, Body::Empty, &[], GET, &["content-length: 0"], "Length(0)"),
        (200, Body::Empty, &five, GET, &["content-length: 0"], "Length(0)"),
        (200, stream(), &five, GET, &["content-length: 5"], "Length(5)"),
        (200, Body::Empty, &five, HEAD, &["content-length: 5"], "Nothing"),
        (200, Body::Empty, &[], HEAD, &[], "Nothing"),
        (204, Body::Empty, &[], GET, &[], "Nothing"),
        (304, Body::Empty, &five, GET, &[], "Nothing"),
        (200, stream(), &[], HEAD, &[], "Nothing"),
        (404, Body::Empty, &[], GET, &["content-length: 0"], "Length(0)"),
    ] {
        let response = answer(status, body, headers);
        let (came, how, keeps_alive) = encoded(&response, &asked);
        assert_eq!(
            (came.as_slice(), how.as_str()),
            (lines.map_strings().as_slice(), framing),
            "{response:?}"
        );
        assert!(keeps_alive);
    }
}

#[test]
fn without_a_length_there_are_chunks_or_the_end_of_the_connection() {
    let (lines, framing, keeps_alive) = encoded(&answer(200, stream(), &[]), &GET);
    assert_eq!(
        (lines, keeps_alive),
        (["transfer-encoding: chunked"].map_strings(), true)
    );
    assert!(framing.starts_with("Chunked"));
    let (lines, framing, keeps_alive) = encoded(&answer(200, stream(), &[]), &OLD);
    assert_eq!(
        (lines, framing.as_str(), keeps_alive),
        (Vec::new(), "UntilClosed", false)
    );
}

#[test]
fn trailers_are_announced_where_chunks_come_and_sent_where_they_are_taken() {
    let response = answer(200, stream(), &[("trailer", "X-Sum, x-other")]);
    for (trailers, names) in [(false, 0), (true, 2)] {
        let mut text = Vec::new();
        let (framing, _) = encode(&response, &[], &Asked { trailers, ..GET }, &mut text);
        assert!(String::from_utf8(text).unwrap().contains("trailer: X-Sum, x-other\r\n"));
        assert!(matches!(framing, Framing::Chunked { trailers } if trailers.len() == names));
    }
    let (lines, ..) = encoded(&answer(200, Body::full("a"), &[("trailer", "x-sum")]), &GET);
    assert_eq!(lines, ["content-length: 1"]);
}

#[test]
fn the_connection_is_said_to_end_or_to_stay_where_that_is_not_understood() {
    let close = [("connection", "close")];
    for (headers, asked, lines, stays) in [
        (&[][..], GET, &["content-length: 1"][..], true),
        (&close, GET, &["connection: close", "content-length: 1"], false),
        (&[], LAST, &["content-length: 1", "connection: close"], false),
        (&[], OLD, &["content-length: 1", "connection: keep-alive"], true),
        (&close, OLD, &["connection: close", "content-length: 1"], false),
    ] {
        let (came, _, keeps_alive) = encoded(&answer(200, Body::full("a"), headers), &asked);
        assert_eq!(
            (came, keeps_alive),
            (lines.map_strings(), stays),
            "{headers:?} {asked:?}"
        );
    }
}

#[test]
fn what_ficus_says_goes_before_what_the_answer_says() {
    let response = answer(200, Body::Empty, &[("x-request-id", "theirs"), ("x-a", "1")]);
    let own = [(
        HeaderName::from_static("x-request-id"),
        HeaderValue::from_static("ours"),
    )];
    let mut text = Vec::new();
    encode(&response, &own, &GET, &mut text);
    let text = String::from_utf8(text).unwrap();
    assert_eq!(
        text,
        "HTTP/1.1 200 OK\r\ndate: today\r\nx-a: 1\r\nx-request-id: ours\r\ncontent-length: 0\r\n\r\n"
    );
}

#[test]
fn the_first_line_has_the_version_and_the_words_of_the_answer() {
    let mut odd = answer(418, Body::Empty, &[]);
    odd.extensions_mut()
        .insert(ReasonPhrase::from_static(b"Short and Stout"));
    for (response, asked, line) in [
        (answer(200, Body::Empty, &[]), GET, "HTTP/1.1 200 OK"),
        (answer(404, Body::Empty, &[]), GET, "HTTP/1.1 404 Not Found"),
        (answer(200, Body::Empty, &[]), OLD, "HTTP/1.0 200 OK"),
        (odd, GET, "HTTP/1.1 418 Short and Stout"),
    ] {
        let mut text = Vec::new();
        encode(&response, &[], &asked, &mut text);
        assert!(text.starts_with(line.as_bytes()) && text[line.len()..].starts_with(b"\r\n"));
    }
}

#[test]
fn an_answer_without_a_date_gets_one() {
    let mut text = Vec::new();
    encode(&Response::new(Body::Empty), &[], &GET, &mut text);
    let text = String::from_utf8(text).unwrap();
    let date = text.lines().find_map(|line| line.strip_prefix("date: ")).unwrap();
    assert!(httpdate::parse_http_date(date).is_ok(), "{date}");
}

trait Strings {
    fn map_strings(&self) -> Vec<String>;
}

impl Strings for [&str] {
    fn map_strings(&self) -> Vec<String> {
        self.iter().map(ToString::to_string).collect()
    }
}
