//! The fields of a certificate (RFC 5280 section 4.1) that an X509-SVID is judged by.

use super::{
    InvalidSvid,
    der::{
        BIT_STRING, BOOLEAN, CONSTRUCTED, INTEGER, OBJECT_IDENTIFIER, OCTET_STRING, PRIMITIVE, Reader,
        SEQUENCE, boolean,
    },
    time::take_time,
};

/// What matters of a certificate; `uris` borrows from its DER.
pub(super) struct Certificate<'a> {
    pub(super) not_before: i64,
    pub(super) not_after: i64,
    /// All URI SANs.
    pub(super) uris: Vec<&'a [u8]>,
    pub(super) is_ca: bool,
    pub(super) key_usage: KeyUsage,
}

/// What the key may be used for. Without the extension: nothing.
#[derive(Default)]
pub(super) struct KeyUsage {
    pub(super) digital_signature: bool,
    pub(super) key_cert_sign: bool,
    pub(super) crl_sign: bool,
}

impl<'a> Certificate<'a> {
    pub(super) fn read(der: &'a [u8]) -> Result<Self, InvalidSvid> {
        let Body { not_before, not_after, mut extensions } =
            read_body(der).ok_or(malformed("certificate"))?;
        let (mut names, mut constraints, mut usage) = (None, None, None);
        while !extensions.is_at_end() {
            let (identifier, value) = take_extension(&mut extensions).ok_or(malformed("extensions"))?;
            let (place, extension) = match identifier {
                SUBJECT_ALT_NAME => (&mut names, "subjectAltName"),
                BASIC_CONSTRAINTS => (&mut constraints, "basicConstraints"),
                KEY_USAGE => (&mut usage, "keyUsage"),
                _ => continue, // Envoy refused those that are critical and unknown to it
            };
            if place.replace(value).is_some() {
                return Err(InvalidSvid::Repeated { extension });
            }
        }
        Ok(Self {
            not_before,
            not_after,
            uris: parse(names, "subjectAltName", read_uris)?,
            is_ca: parse(constraints, "basicConstraints", read_is_ca)?,
            key_usage: parse(usage, "keyUsage", read_key_usage)?,
        })
    }
}

struct Body<'a> {
    not_before: i64,
    not_after: i64,
    extensions: Reader<'a>,
}

/// `Certificate` and `TBSCertificate`.
fn read_body(der: &[u8]) -> Option<Body<'_>> {
    let mut all = Reader(der);
    let mut certificate = all.enter(SEQUENCE)?;
    let mut body = certificate.enter(SEQUENCE)?;
    certificate.take(SEQUENCE)?; // signatureAlgorithm
    certificate.take(BIT_STRING)?; // signatureValue

    if body.take(CONSTRUCTED)? != VERSION_3 {
        return None;
    }
    body.take(INTEGER)?; // serialNumber
    body.take(SEQUENCE)?; // signature
    body.take(SEQUENCE)?; // issuer
    let mut validity = body.enter(SEQUENCE)?;
    let (not_before, not_after) = (take_time(&mut validity)?, take_time(&mut validity)?);
    body.take(SEQUENCE)?; // subject
    body.take(SEQUENCE)?; // subjectPublicKeyInfo
    body.take_if(PRIMITIVE | 1)?; // issuerUniqueID
    body.take_if(PRIMITIVE | 2)?; // subjectUniqueID
    let extensions = match body.take_if(CONSTRUCTED | 3)? {
        Some(outer) => {
            let mut outer = Reader(outer);
            let extensions = outer.enter(SEQUENCE)?;
            outer.finish(extensions)?
        }
        None => Reader(&[]),
    };
    let body = body.finish(Body { not_before, not_after, extensions })?;
    let body = validity.finish(body)?;
    all.finish(certificate.finish(body)?)
}

/// Identifier and value of the next extension.
fn take_extension<'a>(extensions: &mut Reader<'a>) -> Option<(&'a [u8], &'a [u8])> {
    let mut extension = extensions.enter(SEQUENCE)?;
    let identifier = extension.take(OBJECT_IDENTIFIER)?;
    if let Some(critical) = extension.take_if(BOOLEAN)? {
        boolean(critical)?;
    }
    let value = extension.take(OCTET_STRING)?;
    extension.finish((identifier, value))
}

/// What `read` makes of an extension, or nothing if it is not there.
fn parse<'a, T: Default>(
    value: Option<&'a [u8]>,
    extension: &'static str,
    read: fn(Reader<'a>) -> Option<T>,
) -> Result<T, InvalidSvid> {
    value.map_or_else(|| Ok(T::default()), |value| read(Reader(value)).ok_or(malformed(extension)))
}

/// The URIs of `SubjectAltName` (RFC 5280 section 4.2.1.6).
fn read_uris(mut value: Reader<'_>) -> Option<Vec<&[u8]>> {
    let mut names = value.enter(SEQUENCE)?;
    let mut uris = Vec::new();
    while !names.is_at_end() {
        match names.take_any()? {
            (UNIFORM_RESOURCE_IDENTIFIER, name) => uris.push(name),
            (tag, _) if OTHER_NAMES.contains(&tag) => {}
            _ => return None,
        }
    }
    value.finish(uris)
}

/// `cA` of `BasicConstraints` (RFC 5280 section 4.2.1.9).
fn read_is_ca(mut value: Reader<'_>) -> Option<bool> {
    let mut constraints = value.enter(SEQUENCE)?;
    let is_ca = constraints.take_if(BOOLEAN)?.map_or(Some(false), boolean)?;
    constraints.take_if(INTEGER)?; // pathLenConstraint
    value.finish(constraints.finish(is_ca)?)
}

/// `KeyUsage` (RFC 5280 section 4.2.1.3).
fn read_key_usage(mut value: Reader<'_>) -> Option<KeyUsage> {
    let bits = match value.take(BIT_STRING)? {
        [0] => 0,
        [0..8, first, ..] => *first,
        _ => return None,
    };
    value.finish(KeyUsage {
        digital_signature: bits & 0x80 != 0, // bit 0
        key_cert_sign: bits & 0x04 != 0,     // bit 5
        crl_sign: bits & 0x02 != 0,          // bit 6
    })
}

fn malformed(part: &'static str) -> InvalidSvid {
    InvalidSvid::Malformed { part }
}

const VERSION_3: &[u8] = &[INTEGER, 1, 2];
const SUBJECT_ALT_NAME: &[u8] = &[0x55, 0x1D, 0x11]; // 2.5.29.17
const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1D, 0x13]; // 2.5.29.19
const KEY_USAGE: &[u8] = &[0x55, 0x1D, 0x0F]; // 2.5.29.15
const UNIFORM_RESOURCE_IDENTIFIER: u8 = PRIMITIVE | 6;
/// otherName, rfc822Name, dNSName, x400Address, directoryName, ediPartyName, iPAddress, registeredID.
const OTHER_NAMES: [u8; 8] = [
    CONSTRUCTED,
    PRIMITIVE | 1,
    PRIMITIVE | 2,
    CONSTRUCTED | 3,
    CONSTRUCTED | 4,
    CONSTRUCTED | 5,
    PRIMITIVE | 7,
    PRIMITIVE | 8,
];
