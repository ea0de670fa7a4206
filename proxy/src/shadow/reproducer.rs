//! A `curl` line that asks the same question, with variables in place of secrets.

use bytes::Bytes;
use http::Request;
use http::header::{ACCEPT, ACCEPT_LANGUAGE, AUTHORIZATION, CONTENT_TYPE, COOKIE};
use serde_json::Value;

use super::redact;

/// Longest body in the line, in bytes.
const LONGEST_BODY: usize = 4_096;

/// The line. `$FICUS_URL`, `$AUTHORIZATION` and `$COOKIE` are for the reader to fill in.
pub(super) fn curl(request: &Request<Bytes>, route: &str) -> String {
    let mut line = format!(
        "curl -i -X {} \"$FICUS_URL\"{}",
        request.method(),
        quoted(&redact::target(request.uri(), route))
    );
    for name in [ACCEPT, ACCEPT_LANGUAGE, CONTENT_TYPE] {
        if let Some(value) = request.headers().get(&name) {
            let header = format!("{name}: {}", redact::text(&String::from_utf8_lossy(value.as_bytes())));
            line.push_str(&format!(" -H {}", quoted(&header)));
        }
    }
    for (name, variable) in [(AUTHORIZATION, "AUTHORIZATION"), (COOKIE, "COOKIE")] {
        if request.headers().contains_key(&name) {
            line.push_str(&format!(" -H \"{name}: ${variable}\""));
        }
    }
    match redact::body(request.headers(), request.body(), LONGEST_BODY).value {
        Value::Null => {}
        Value::String(text) => line.push_str(&format!(" --data-raw {}", quoted(&text))),
        tree => line.push_str(&format!(" --data-raw {}", quoted(&tree.to_string()))),
    }
    line
}

/// One word for a POSIX shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::Request;

    use super::curl;

    #[test]
    fn the_line_is_one_safe_command_without_secrets() {
        let request = Request::post("/api/crm/tickets?tenantId=t1")
            .header("content-type", "application/json")
            .header("authorization", "Bearer very-secret-value")
            .body(Bytes::from_static(b"{\"title\":\"it's $(rm)\",\"password\":\"p\"}"))
            .expect("request");
        assert_eq!(
            curl(&request, "POST /api/crm/tickets"),
            "curl -i -X POST \"$FICUS_URL\"'/api/crm/tickets?tenantId=t1' -H 'content-type: application/json' -H \"authorization: $AUTHORIZATION\" \
             --data-raw '{\"title\":\"it'\\''s $(rm)\",\"password\":\"[secret]\"}'"
        );
    }
}
