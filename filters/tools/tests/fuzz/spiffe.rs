use crate::{choice, fuzz};
use filter_spiffe::{Pattern, SpiffeId, TrustDomain, forwarded_peer};

const PIECES: [&[u8]; 12] = [
    b"spiffe://",
    b"example.org",
    b"/",
    b"/a",
    b"/..",
    b".",
    b"*",
    b"**",
    b"%2F",
    b"@",
    b":443",
    b"\xC3\xA9",
];

/// An ID is kept as it was written, is what it says in its parts, and a pattern without stars matches it alone.
#[test]
fn id() {
    fuzz("id", &PIECES, |bytes| {
        let (kind, bytes) = choice(bytes, 4);
        let bytes = if kind == 0 { bytes.to_vec() } else { [b"spiffe://example.org", bytes].concat() };
        let Ok(text) = std::str::from_utf8(&bytes) else { return };
        let (id, pattern) = (SpiffeId::parse(text), Pattern::parse(text));
        let _ = TrustDomain::parse(text);
        let Ok(id) = id else { return };
        assert_eq!(id.as_str(), text);
        assert_eq!(["spiffe://", id.trust_domain(), id.path()].concat(), text);
        assert!(TrustDomain::parse(id.trust_domain()).is_ok_and(|domain| id.is_member_of(&domain)));
        assert_eq!(id.segments().map(|segment| format!("/{segment}")).collect::<String>(), id.path());
        assert!(pattern.is_ok_and(|pattern| pattern.matches(&id)));
        let other = SpiffeId::parse(&format!("{text}/x")).ok();
        assert!(!other.is_some_and(|other| Pattern::parse(text).unwrap().matches(&other)));
    });
}

const HOPS: [&[u8]; 18] = [
    b"URI=",
    b"uri=",
    b"URI=spiffe://example.org/evil",
    b"spiffe://example.org/evil",
    b"By=",
    b"Hash=0a",
    b"Subject=\"CN=a\"",
    b"Cert=\"",
    b"\"",
    b"\\",
    b"\\\"",
    b",",
    b";",
    b"=",
    b" ",
    b"\t",
    b"\0",
    b"x",
];

/// Whatever a client sends first, the hop that a proxy appends is read as it was written, or nothing is.
#[test]
fn xfcc() {
    const APPENDED: &str =
        "By=spiffe://example.org/proxy;Hash=0a;Subject=\"CN=\\\"a;b\\\",O=c\";URI=spiffe://example.org/good";
    fuzz("xfcc", &HOPS, |bytes| {
        let _ = forwarded_peer([bytes]);
        let joined = [bytes, b",", APPENDED.as_bytes()].concat();
        for lines in [&[bytes, APPENDED.as_bytes()][..], &[&joined]] {
            if let Ok(id) = forwarded_peer(lines.iter().copied()) {
                assert_eq!(id.as_str(), "spiffe://example.org/good");
            }
        }
        let apart = forwarded_peer(bytes.split(|byte| *byte == b'\n'));
        assert!(apart.is_err() || bytes.windows(9).any(|part| part == b"spiffe://"));
    });
}
