//! What stands in `Host` (RFC 9110, section 7.2): a name or an address, and perhaps a port.

use std::net::{Ipv4Addr, Ipv6Addr};

/// The name in a `Host`, without its port; none when the value is malformed.
#[must_use]
pub fn host_name(value: &[u8]) -> Option<&str> {
    let value = std::str::from_utf8(value).ok()?;
    let (name, port) = match value.strip_prefix('[') {
        Some(rest) => {
            let (address, rest) = rest.split_once(']')?;
            address.parse::<Ipv6Addr>().ok()?;
            (address, rest)
        }
        None => {
            let end = memchr::memchr(b':', value.as_bytes()).unwrap_or(value.len());
            let (name, rest) = value.split_at_checked(end)?;
            (Some(name).filter(|name| is_name(name))?, rest)
        }
    };
    let good_port = match port.strip_prefix(':') {
        None => port.is_empty(),
        Some(digits) => is_port(digits),
    };
    good_port.then_some(name)
}

/// Letters, digits, dots, hyphens and underscores: names that browsers can ask for. One that looks like an IPv4 address is one.
fn is_name(name: &str) -> bool {
    // As if a dot stood before the name: no label is empty, but the one behind the last dot.
    let (mut before, mut numeric) = (b'.', true);
    for byte in name.bytes() {
        match byte {
            b'.' if before == b'.' => return false,
            b'.' | b'0'..=b'9' => {}
            b'a'..=b'z' | b'A'..=b'Z' | b'-' | b'_' => numeric = false,
            _ => return false,
        }
        before = byte;
    }
    (1..=255).contains(&name.len()) && (!numeric || name.parse::<Ipv4Addr>().is_ok())
}

fn is_port(digits: &str) -> bool {
    (1..=5).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && digits.parse::<u16>().is_ok_and(|port| port > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_a_name_or_an_address_and_perhaps_a_port() {
        for (value, name) in [
            ("app.example", "app.example"),
            ("app.example.:8080", "app.example."),
            ("127.0.0.1:3000", "127.0.0.1"),
            ("[::1]:3000", "::1"),
            ("my_app", "my_app"),
        ] {
            assert_eq!(host_name(value.as_bytes()), Some(name), "{value}");
        }
        for value in [
            "",
            " a",
            "a b",
            "a,b",
            "a@b",
            "a/b",
            "a?b",
            "a#b",
            "a\\b",
            ":80",
            "a:",
            "a:0",
            "a:65536",
            "a:80x",
            "a:080000",
            "a:-1",
            "a:+1",
            "a:80:80",
            "[::1",
            "[::1]x",
            "[x]",
            "::1",
            ".a",
            "a..b",
            "127.1",
            "1.2.3.4.5",
            "a%00",
            "a\u{e9}",
        ] {
            assert_eq!(host_name(value.as_bytes()), None, "{value}");
        }
    }
}
