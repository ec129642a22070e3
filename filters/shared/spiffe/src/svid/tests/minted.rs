//! What an independent library signs.

use super::{InvalidSvid, X509Svid};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, SanType, date_time_ymd,
};

const ID: &str = "spiffe://example.org/ns/prod/sa/orders";

fn uri(text: &str) -> SanType {
    SanType::URI(text.try_into().unwrap())
}

fn dns(text: &str) -> SanType {
    SanType::DnsName(text.try_into().unwrap())
}

/// A certificate of the year 2026 with what SPIRE puts into a leaf.
fn leaf(names: &[SanType]) -> CertificateParams {
    let mut leaf = CertificateParams::default();
    leaf.subject_alt_names = names.to_vec();
    leaf.distinguished_name.push(DnType::OrganizationName, "SPIRE");
    leaf.not_before = date_time_ymd(2026, 1, 1);
    leaf.not_after = date_time_ymd(2026, 12, 31);
    leaf.is_ca = IsCa::ExplicitNoCa;
    leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyEncipherment];
    leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth, ExtendedKeyUsagePurpose::ServerAuth];
    leaf.use_authority_key_identifier_extension = true;
    leaf
}

/// Signed by an authority whose trust domain is `example.org`.
fn signed(leaf: &CertificateParams) -> Result<X509Svid, InvalidSvid> {
    let mut authority = CertificateParams::default();
    authority.subject_alt_names = vec![uri("spiffe://example.org")];
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let issuer = Issuer::new(authority, KeyPair::generate().unwrap());
    let certificate = leaf.signed_by(&KeyPair::generate().unwrap(), &issuer).unwrap();
    X509Svid::from_pem(certificate.pem().as_bytes())
}

#[test]
fn refuses() {
    type Change = fn(&mut CertificateParams);
    let rows: [(&str, Change, &str); 10] = [
        ("no name", |c| c.subject_alt_names.clear(), "0 URIs"),
        ("DNS name only", |c| c.subject_alt_names = vec![dns("spiffe.example.org")], "0 URIs"),
        ("two URIs", |c| c.subject_alt_names.push(uri("spiffe://example.org/b")), "2 URIs"),
        ("no path", |c| c.subject_alt_names = vec![uri("spiffe://example.org")], "has no path"),
        ("NUL", |c| c.subject_alt_names = vec![uri("spiffe://example.org/a\0b")], "'\\0' in the path"),
        (
            "another scheme",
            |c| c.subject_alt_names = vec![uri("https://example.org/a")],
            "not with \"spiffe://\"",
        ),
        (
            "an authority",
            |c| c.is_ca = IsCa::Ca(BasicConstraints::Constrained(0)),
            "is a certificate authority",
        ),
        ("keyCertSign", |c| c.key_usages.push(KeyUsagePurpose::KeyCertSign), "may sign certificates"),
        ("cRLSign", |c| c.key_usages.push(KeyUsagePurpose::CrlSign), "may sign revocation lists"),
        (
            "no digitalSignature",
            |c| c.key_usages.retain(|usage| *usage != KeyUsagePurpose::DigitalSignature),
            "may not sign",
        ),
    ];
    for (name, change, want) in rows {
        let mut certificate = leaf(&[uri(ID)]);
        change(&mut certificate);
        let problem = signed(&certificate).unwrap_err().to_string();
        assert!(problem.contains(want), "{name}: {problem}");
    }
}

#[test]
fn accepts() {
    type Change = fn(&mut CertificateParams);
    let rows: [(&str, Change); 5] = [
        ("as it is", |_| {}),
        ("no subject", |c| c.distinguished_name = rcgen::DistinguishedName::new()),
        ("no basicConstraints", |c| c.is_ca = IsCa::NoCa),
        ("no extended key usage", |c| c.extended_key_usages.clear()),
        ("a hundred other names", |c| {
            c.subject_alt_names.extend((0..100).map(|n| dns(&format!("orders-{n}.example.org"))));
        }),
    ];
    for (name, change) in rows {
        let mut certificate = leaf(&[dns("orders.example.org"), uri(ID)]);
        change(&mut certificate);
        let svid = signed(&certificate).unwrap_or_else(|problem| panic!("{name}: {problem}"));
        assert_eq!(svid.id().as_str(), ID, "{name}");
        assert_eq!((svid.not_before, svid.not_after), (1_767_225_600, 1_798_675_200), "{name}");
    }
}
