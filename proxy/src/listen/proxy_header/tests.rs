use proptest::prelude::*;

use super::*;

fn whole(bytes: &[u8]) -> Option<(Option<IpAddr>, usize)> {
    match parse(bytes) {
        Header::Whole { client, length } => Some((client, length)),
        Header::Incomplete | Header::Wrong => None,
    }
}

fn binary(command: u8, family: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = SIGNATURE.to_vec();
    bytes.extend([0x20 | command, family]);
    bytes.extend(u16::try_from(body.len()).unwrap().to_be_bytes());
    bytes.extend(body);
    bytes
}

#[test]
fn lines_of_version_1_name_the_client() {
    for (line, client) in [
        ("PROXY TCP4 192.0.2.7 198.51.100.1 56324 443\r\n", Some("192.0.2.7")),
        ("PROXY TCP6 2001:db8::7 2001:db8::1 56324 443\r\n", Some("2001:db8::7")),
        ("PROXY UNKNOWN\r\n", None),
        ("PROXY UNKNOWN ffff:f::1 whatever 1 2\r\n", None),
    ] {
        let expected = client.map(|client| client.parse().unwrap());
        let bytes = format!("{line}GET / HTTP/1.1\r\n");
        assert_eq!(whole(bytes.as_bytes()), Some((expected, line.len())), "{line}");
    }
}

#[test]
fn other_lines_are_no_headers() {
    for line in [
        "GET / HTTP/1.1\r\n",
        "PROXY TCP4 192.0.2.7 198.51.100.1 56324\r\n",
        "PROXY TCP4 192.0.2.7 198.51.100.1 56324 443 x\r\n",
        "PROXY TCP4 192.0.2.7 198.51.100.1 +1 443\r\n",
        "PROXY TCP4 192.0.2.7 198.51.100.1 65536 443\r\n",
        "PROXY TCP4 2001:db8::7 198.51.100.1 1 443\r\n",
        "PROXY TCP4  192.0.2.7 198.51.100.1 1 443\r\n",
        "PROXY UDP4 192.0.2.7 198.51.100.1 1 443\r\n",
        "proxy TCP4 192.0.2.7 198.51.100.1 1 443\r\n",
    ] {
        assert_eq!(parse(line.as_bytes()), Header::Wrong, "{line}");
    }
    let endless = format!("PROXY UNKNOWN {}", "x".repeat(LONGEST_LINE));
    assert_eq!(parse(endless.as_bytes()), Header::Wrong);
}

#[test]
fn version_2_names_the_client_and_leaves_additions_alone() {
    let mut body = vec![192, 0, 2, 7, 198, 51, 100, 1, 0xdc, 4, 1, 0xbb];
    body.extend([0x04, 0, 3, 1, 2, 3]);
    let bytes = binary(1, 0x11, &body);
    let client = Some("192.0.2.7".parse().unwrap());
    assert_eq!(whole(&bytes), Some((client, bytes.len())));
    let local = binary(0, 0, &[]);
    assert_eq!(whole(&local), Some((None, local.len())));
    assert_eq!(parse(&binary(2, 0x11, &body)), Header::Wrong);
    assert_eq!(parse(&binary(1, 0x11, &body[..8])), Header::Wrong);
    assert_eq!(parse(&binary(1, 0x11, &vec![0; LONGEST])), Header::Wrong);
}

proptest! {
    #[test]
    fn no_bytes_are_a_header_longer_than_themselves(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        if let Some((_, length)) = whole(&bytes) {
            prop_assert!(length <= bytes.len() && length <= LONGEST);
        }
    }

    #[test]
    fn a_header_is_incomplete_until_its_last_byte_and_the_same_whatever_follows(
        address in any::<std::net::IpAddr>(),
        is_line in any::<bool>(),
        additions in proptest::collection::vec(any::<u8>(), 0..200),
        behind in proptest::collection::vec(any::<u8>(), 0..50),
    ) {
        let header = if is_line {
            let family = if address.is_ipv4() { "TCP4" } else { "TCP6" };
            format!("PROXY {family} {address} {address} 1 65535\r\n").into_bytes()
        } else {
            let (family, octets) = match address {
                IpAddr::V4(four) => (0x11, four.octets().to_vec()),
                IpAddr::V6(six) => (0x21, six.octets().to_vec()),
            };
            binary(1, family, &[octets.clone(), octets, vec![0; 4], additions].concat())
        };
        for end in 0..header.len() {
            prop_assert_eq!(parse(&header[..end]), Header::Incomplete);
        }
        let expected = Some((Some(address), header.len()));
        prop_assert_eq!(whole(&[header, behind].concat()), expected);
    }

    #[test]
    fn what_begins_like_a_header_never_panics(rest in proptest::collection::vec(any::<u8>(), 0..300), binary in any::<bool>()) {
        let start: &[u8] = if binary { SIGNATURE } else { b"PROXY TCP4 " };
        let _ = parse(&[start, &rest].concat());
    }
}
