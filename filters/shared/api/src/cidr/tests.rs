//! Networks at their edges, and the addresses that Envoy reports.
#![allow(clippy::arithmetic_side_effects, reason = "tests may fail loudly")]

use super::{Cidr, InvalidCidr, parse_source, truncate};
use crate::testing::Arbitrary;
use std::net::IpAddr;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

#[test]
fn refuses() {
    type Variant = fn(String) -> InvalidCidr;
    // Each row holds several texts, a bar between them.
    let rows: [(Variant, &str); 6] = [
        (
            InvalidCidr::Address,
            "|/|/8|10|10.0.0|10.0.0.0.0/8|256.0.0.0/8|010.0.0.0/8|0x0a.0.0.0/8|10.*|localhost",
        ),
        (
            InvalidCidr::Address,
            "10.0.0.0 /8| 10.0.0.0/8|fd00:/8|fd00::1::/8|[fd00::]/8|fe80::%eth0/64|10.0.0.0:80",
        ),
        (
            InvalidCidr::Prefix,
            "10.0.0.0/|10.0.0.0/33|10.0.0.0/256|10.0.0.0/-1|10.0.0.0/+8|10.0.0.0/8/8|10.0.0.0/8 ",
        ),
        (InvalidCidr::Prefix, "10.0.0.0/255.0.0.0|fd00::/129|::/99999999999999999999|10.0.0.0/\u{668}"),
        (
            InvalidCidr::HostBits,
            "10.0.0.1/8|10.0.0.1/31|128.0.0.0/0|0.0.0.1/0|fd00::1/127|8000::/0|fd00::1/8",
        ),
        (InvalidCidr::Mapped, "::ffff:10.0.0.1|::ffff:10.0.0.0/104|::ffff:0:0/96|::ffff:a00:0/128"),
    ];
    for (variant, texts) in rows {
        for text in texts.split('|') {
            assert_eq!(Cidr::parse(text), Err(variant(text.to_owned())), "{text}");
        }
    }
}

#[test]
fn problems_say_what_is_wrong() {
    for (text, want) in [
        ("ten", "`ten` is not an IP address or network such as 10.0.0.0/8"),
        ("10.0.0.0/33", "`10.0.0.0/33` has no valid prefix length"),
        ("10.0.0.1/8", "`10.0.0.1/8` has bits set behind its prefix"),
        ("::ffff:10.0.0.1", "`::ffff:10.0.0.1` holds IPv4 addresses only; write it as an IPv4 network"),
    ] {
        assert_eq!(Cidr::parse(text).unwrap_err().to_string(), want);
    }
}

#[test]
fn a_network_ends_where_its_neighbours_begin() {
    let rows: [(&str, &[&str], &[&str]); 10] = [
        ("10.0.0.0/8", &["9.255.255.255", "11.0.0.0", "::a00:0"], &["10.0.0.0", "10.255.255.255"]),
        ("192.0.2.128/25", &["192.0.2.127", "192.0.3.128"], &["192.0.2.128", "192.0.2.255"]),
        ("192.0.2.4/31", &["192.0.2.3", "192.0.2.6"], &["192.0.2.4", "192.0.2.5"]),
        ("192.0.2.4/32", &["192.0.2.3", "192.0.2.5"], &["192.0.2.4"]),
        ("192.0.2.4", &["192.0.2.3", "192.0.2.5"], &["192.0.2.4"]),
        ("0.0.0.0/0", &["::", "::1"], &["0.0.0.0", "255.255.255.255"]),
        ("fd00::/8", &["fcff::", "fe00::", "10.0.0.1"], &["fd00::", "fdff:ffff::ffff"]),
        ("2001:db8::/33", &["2001:db8:8000::", "2001:db7::"], &["2001:db8::", "2001:db8:7fff::1"]),
        ("2001:db8::1", &["2001:db8::", "2001:db8::2"], &["2001:db8::1", "2001:DB8:0:0:0:0:0:1"]),
        ("::/0", &["0.0.0.0", "10.0.0.1"], &["::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"]),
    ];
    for (network, outside, inside) in rows {
        let network = Cidr::parse(network).unwrap();
        for address in outside {
            assert!(!network.contains(ip(address)), "{network:?} {address}");
        }
        for address in inside {
            assert!(network.contains(ip(address)), "{network:?} {address}");
        }
    }
}

#[test]
fn every_prefix_length_keeps_that_many_bits() {
    let (v4, v6) = (ip("255.255.255.255"), ip("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"));
    let ones = |address| match address {
        IpAddr::V4(v4) => (v4.to_bits().leading_ones(), v4.to_bits().count_ones()),
        IpAddr::V6(v6) => (v6.to_bits().leading_ones(), v6.to_bits().count_ones()),
    };
    for prefix in 0..=u8::MAX {
        let (four, six) = (u32::from(prefix.min(32)), u32::from(prefix.min(128)));
        assert_eq!(ones(truncate(v4, prefix)), (four, four), "/{prefix}");
        assert_eq!(ones(truncate(v6, prefix)), (six, six), "/{prefix}");
    }
}

#[test]
fn reads_the_addresses_that_envoy_reports() {
    let rows: [(&[u8], Option<&str>); 23] = [
        (b"", None),
        (b"@/tmp/envoy.sock", None),
        (b"/tmp/envoy.sock", None),
        (b"/tmp/192.0.2.1:80", None),
        (b"envoy://internal_listener/endpoint", None),
        (b"example.org:443", None),
        (b"\xFF\xFE", None),
        (b"192.0.2.1\xFF:443", None),
        (b"192.0.2.256:443", None),
        (b"[2001:db8::1", Some("2001:db8::1")),
        (b"[]:443", None),
        (b"[192.0.2.1]:443", Some("192.0.2.1")),
        (b":443", None),
        (b"192.0.2.1", Some("192.0.2.1")),
        (b"192.0.2.1:443", Some("192.0.2.1")),
        (b"192.0.2.1:0", Some("192.0.2.1")),
        (b"2001:db8::1", Some("2001:db8::1")),
        (b"::1", Some("::1")),
        (b"[2001:db8::1]:443", Some("2001:db8::1")),
        (b"[::ffff:192.0.2.1]:443", Some("192.0.2.1")),
        (b"::ffff:192.0.2.1", Some("192.0.2.1")),
        (b"[fe80::1%eth0]:443", Some("fe80::1")),
        (b"[64:ff9b::192.0.2.1]:443", Some("64:ff9b::c000:201")),
    ];
    for (text, want) in rows {
        assert_eq!(parse_source(text), want.map(ip), "{}", String::from_utf8_lossy(text));
    }
}

#[test]
fn no_bytes_make_a_parser_panic() {
    let mut arbitrary = Arbitrary::new(4);
    for _ in 0..20_000 {
        let length = arbitrary.below(24);
        let bytes = arbitrary.bytes_of(b"0123456789abcdef::..[]/%\xFF", length);
        let _ = (parse_source(&bytes), Cidr::parse(&String::from_utf8_lossy(&bytes)));
    }
}
