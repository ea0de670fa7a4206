//! Ficus's own control headers: taken off every request before anybody decides, so that none reaches either side.

use http::header::COOKIE;
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::exchange::Notable;
use crate::overrides;

/// Headers under this prefix are Ficus's own, also in the spelling with underscores, which some servers read alike.
const PREFIX: &[u8] = b"x-ficus-";

/// Takes every control header and the cookie of overrides away. Returns the override that the request carried, signed or not.
pub(in crate::layers) fn take(headers: &mut HeaderMap, notable: Notable) -> Option<String> {
    let from_header = if notable.has(Notable::FICUS) && headers.keys().any(is_control) {
        let token = headers.get(overrides::HEADER).and_then(|value| value.to_str().ok());
        let token = token.map(str::to_owned);
        let ours: Vec<HeaderName> = headers.keys().filter(|name| is_control(name)).cloned().collect();
        for name in ours {
            headers.remove(name);
        }
        token
    } else {
        None
    };
    let from_cookie = if notable.has(Notable::COOKIE) && headers.get_all(COOKIE).iter().any(mentions) {
        take_cookie(headers)
    } else {
        None
    };
    from_header.or(from_cookie)
}

fn is_control(name: &HeaderName) -> bool {
    let name = name.as_str().as_bytes();
    let like = |(letter, wanted): (&u8, &u8)| letter == wanted || (*wanted == b'-' && *letter == b'_');
    name.len() > PREFIX.len() && name.iter().zip(PREFIX).all(like)
}

fn mentions(line: &HeaderValue) -> bool {
    let cookie = overrides::COOKIE.as_bytes();
    line.as_bytes().windows(cookie.len()).any(|part| part == cookie)
}

/// Takes the cookie out of its line; the other cookies stay as they are written.
fn take_cookie(headers: &mut HeaderMap) -> Option<String> {
    let mut token = None;
    let lines: Vec<HeaderValue> = headers.get_all(COOKIE).iter().cloned().collect();
    headers.remove(COOKIE);
    for line in lines {
        let Ok(text) = line.to_str() else {
            headers.append(COOKIE, line);
            continue;
        };
        let ours = |pair: &&str| {
            pair.split_once('=')
                .is_some_and(|(name, _)| name.trim() == overrides::COOKIE)
        };
        let pairs = || text.split(';');
        if let Some((_, value)) = pairs().find(ours).and_then(|pair| pair.split_once('=')) {
            token.get_or_insert_with(|| value.trim().to_owned());
        }
        let kept: Vec<&str> = pairs().filter(|pair| !ours(pair)).collect();
        let kept = kept.join(";");
        if !kept.trim().is_empty()
            && let Ok(kept) = HeaderValue::from_str(kept.trim_start())
        {
            headers.append(COOKIE, kept);
        }
    }
    token
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(lines: &[(&str, &str)]) -> (Option<String>, Vec<(String, String)>) {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
        }
        let notable = Notable::of(&headers);
        let token = take(&mut headers, notable);
        let left = headers.iter();
        let left = left.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
        (token, left.collect())
    }

    fn lines(lines: &[(&str, &str)]) -> Vec<(String, String)> {
        lines
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn control_headers_are_taken_off_and_the_rest_stays() {
        let (token, left) = taken(&[
            ("accept", "*/*"),
            ("x-ficus-override", "abc"),
            ("X-Ficus-Stage", "native"),
            ("x_ficus_override", "forged"),
            ("x-ficusx", "kept"),
        ]);
        assert_eq!(token.as_deref(), Some("abc"));
        assert_eq!(left, lines(&[("accept", "*/*"), ("x-ficusx", "kept")]));
        assert_eq!(taken(&[("x_ficus_override", "forged")]), (None, Vec::new()));
    }

    #[test]
    fn the_cookie_is_taken_out_of_its_line() {
        for (line, token, left) in [
            ("ficus-override=abc", Some("abc"), &[][..]),
            ("a=1; ficus-override=abc; b=2", Some("abc"), &[("cookie", "a=1; b=2")]),
            ("ficus-override=abc; b=2", Some("abc"), &[("cookie", "b=2")]),
            ("xficus-override=abc", None, &[("cookie", "xficus-override=abc")]),
            ("a=ficus-override", None, &[("cookie", "a=ficus-override")]),
        ] {
            assert_eq!(
                taken(&[("cookie", line)]),
                (token.map(str::to_owned), lines(left)),
                "{line}"
            );
        }
    }

    #[test]
    fn the_header_goes_before_the_cookie() {
        let (token, left) = taken(&[("x-ficus-override", "h"), ("cookie", "ficus-override=c")]);
        assert_eq!((token.as_deref(), left), (Some("h"), Vec::new()));
    }
}
