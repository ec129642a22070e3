use crate::{choice, fuzz};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use filter_spiffe::X509Svid;
use rcgen::{CertificateParams, IsCa, KeyPair, KeyUsagePurpose, SanType};

const ID: &str = "spiffe://example.org/ns/prod/sa/orders";

/// A good certificate with some of its bytes changed, cut out or put in; and bytes that never were one.
#[test]
fn certificate() {
    let good = good();
    assert!(X509Svid::from_pem(&pem(&good)).is_ok_and(|svid| svid.id().as_str() == ID));
    fuzz(
        "certificate",
        &[b"\x06\x03\x55\x1d\x11", b"\x30\x82", b"\x30\x80", b"\xA3", b"\x86\x26", ID.as_bytes()],
        |bytes| {
            let (kind, bytes) = choice(bytes, 8);
            let der = if kind == 0 { bytes.to_vec() } else { damaged(&good, bytes) };
            if let Ok(svid) = X509Svid::from_pem(&pem(&der)) {
                assert!(!svid.id().path().is_empty());
                let _ = (svid.valid_at(i64::MIN), svid.valid_at(0), svid.valid_at(i64::MAX));
            }
        },
    );
}

/// The armour around a certificate: whole, broken, and twice.
#[test]
fn pem_armour() {
    let good = pem(&good());
    let lines: Vec<&[u8]> = good.split_inclusive(|byte| *byte == b'\n').collect();
    let pieces = [&lines[..], &[&good, b"\r\n", b"-----", b"CERTIFICATE", b"=", b"BEGIN ", b"END "]].concat();
    fuzz("pem_armour", &pieces, |bytes| {
        for text in
            [bytes.to_vec(), [&good[..], bytes].concat(), [bytes, &good[..]].concat(), damaged(&good, bytes)]
        {
            if let Ok(svid) = X509Svid::from_pem(&text) {
                assert!(!svid.id().path().is_empty());
            }
        }
    });
}

/// Applies what four bytes at a time say: where (two bytes), how, and with what.
fn damaged(good: &[u8], bytes: &[u8]) -> Vec<u8> {
    let mut der = good.to_vec();
    for change in bytes.as_chunks::<4>().0.iter().take(4) {
        let [high, low, how, byte] = *change;
        let place = usize::from(u16::from_be_bytes([high, low])).checked_rem(der.len()).unwrap_or(0);
        match how % 5 {
            0 => der.truncate(place),
            1 if !der.is_empty() => drop(der.remove(place)),
            2 => der.insert(place, byte),
            3 => {
                der.splice(place..place, good.iter().copied().skip(usize::from(byte)).take(32)).for_each(drop)
            }
            _ => der.get_mut(place).into_iter().for_each(|found| *found = byte),
        }
    }
    der
}

fn good() -> Vec<u8> {
    let mut leaf = CertificateParams::default();
    leaf.subject_alt_names = vec![SanType::URI(ID.try_into().unwrap())];
    leaf.is_ca = IsCa::ExplicitNoCa;
    leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    leaf.self_signed(&KeyPair::generate().unwrap()).unwrap().der().to_vec()
}

fn pem(der: &[u8]) -> Vec<u8> {
    let text = STANDARD.encode(der);
    let mut pem = b"-----BEGIN CERTIFICATE-----\n".to_vec();
    for line in text.as_bytes().chunks(64) {
        pem.extend([line, b"\n"].concat());
    }
    pem.extend(b"-----END CERTIFICATE-----\n");
    pem
}
