//! The header by which a load balancer names its client: the PROXY protocol, versions 1 and 2
//! (<https://www.haproxy.org/download/2.9/doc/proxy-protocol.txt>).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The longest header that is read: a version 2 header with more than the usual additions is none that we wait for.
pub(crate) const LONGEST: usize = 1024;
/// The longest line of version 1, its end included (section 2.1).
const LONGEST_LINE: usize = 107;
/// How version 2 begins.
const SIGNATURE: &[u8; 12] = b"\r\n\r\n\0\r\nQUIT\n";
/// Signature, version and command, family, length.
const FIXED: usize = 16;

/// What the bytes that have come so far are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Header {
    /// The beginning of a header.
    Incomplete,
    /// A whole header.
    Whole {
        /// The client; none when the header leaves it open, as health checks of the balancer itself do.
        client: Option<IpAddr>,
        /// Its length.
        length: usize,
    },
    /// No header.
    Wrong,
}

/// Reads a header.
pub(crate) fn parse(bytes: &[u8]) -> Header {
    if begins(bytes, SIGNATURE) {
        parse_binary(bytes)
    } else if begins(bytes, b"PROXY ") {
        parse_line(bytes)
    } else {
        Header::Wrong
    }
}

/// Whether the bytes are, or may become, something that begins like this.
fn begins(bytes: &[u8], start: &[u8]) -> bool {
    let common = bytes.len().min(start.len());
    bytes.get(..common) == start.get(..common)
}

fn parse_line(bytes: &[u8]) -> Header {
    let within = bytes.get(..LONGEST_LINE).unwrap_or(bytes);
    let Some(end) = within.windows(2).position(|pair| pair == b"\r\n") else {
        return if bytes.len() < LONGEST_LINE {
            Header::Incomplete
        } else {
            Header::Wrong
        };
    };
    let line = bytes.get(..end).and_then(|line| std::str::from_utf8(line).ok());
    let whole = |client| Header::Whole {
        client,
        length: end + 2,
    };
    match line.map(client_of_line) {
        Some(Some(client)) => whole(client),
        _ => Header::Wrong,
    }
}

/// `PROXY TCP4 192.0.2.1 192.0.2.2 5000 80`, or `PROXY UNKNOWN` with anything behind it.
fn client_of_line(line: &str) -> Option<Option<IpAddr>> {
    let mut words = line.split(' ');
    if words.next() != Some("PROXY") {
        return None;
    }
    let family = words.next()?;
    if family == "UNKNOWN" {
        return Some(None);
    }
    let [source, target, source_port, target_port] = [words.next()?, words.next()?, words.next()?, words.next()?];
    for port in [source_port, target_port] {
        let is_number = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
        port.parse::<u16>().ok().filter(|_| is_number)?;
    }
    let client = match family {
        "TCP4" => both::<Ipv4Addr>(source, target)?.into(),
        "TCP6" => both::<Ipv6Addr>(source, target)?.into(),
        _ => return None,
    };
    words.next().is_none().then_some(Some(client))
}

fn both<A: std::str::FromStr>(source: &str, target: &str) -> Option<A> {
    target.parse::<A>().ok()?;
    source.parse().ok()
}

fn parse_binary(bytes: &[u8]) -> Header {
    let Some((fixed, rest)) = bytes.split_at_checked(FIXED) else {
        return Header::Incomplete;
    };
    let (version_and_command, family) = (fixed[12], fixed[13]);
    let length = usize::from(u16::from_be_bytes([fixed[14], fixed[15]]));
    if version_and_command >> 4 != 2 || FIXED + length > LONGEST {
        return Header::Wrong;
    }
    let Some(body) = rest.get(..length) else {
        return Header::Incomplete;
    };
    let client = match version_and_command & 0xf {
        // LOCAL: the balancer speaks for itself.
        0 => Some(None),
        1 => client_of_body(family, body),
        _ => None,
    };
    client.map_or(Header::Wrong, |client| Header::Whole {
        client,
        length: FIXED + length,
    })
}

/// The source address leads the body: 4 bytes for TCP over IPv4, 16 over IPv6. Other families name no address.
fn client_of_body(family: u8, body: &[u8]) -> Option<Option<IpAddr>> {
    match family {
        0x11 => {
            let addresses = body.get(..12)?;
            let source = <[u8; 4]>::try_from(addresses.get(..4)?).ok()?;
            Some(Some(Ipv4Addr::from(source).into()))
        }
        0x21 => {
            let addresses = body.get(..36)?;
            let source = <[u8; 16]>::try_from(addresses.get(..16)?).ok()?;
            Some(Some(Ipv6Addr::from(source).into()))
        }
        // UNSPEC, and stream or datagram over Unix sockets.
        0x00 | 0x31 | 0x32 => Some(None),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
