//! A certificate without a key and a signature that means nothing: X509-SVID checks look at neither.

pub(super) const ID: &[u8] = b"spiffe://example.org/ns/prod/sa/orders";

pub(super) const URI: u8 = 0x86;
pub(super) const DNS: u8 = 0x82;

/// The parts of a certificate that tests change, each as encoded DER.
#[derive(Clone)]
pub(super) struct Draft {
    pub(super) version: Vec<u8>,
    pub(super) not_before: Vec<u8>,
    pub(super) not_after: Vec<u8>,
    /// Between public key and extensions.
    pub(super) unique_ids: Vec<u8>,
    pub(super) extensions: Vec<Vec<u8>>,
    /// Behind the list of extensions, inside its tag.
    pub(super) behind_list: Vec<u8>,
    /// Behind the extensions.
    pub(super) behind_extensions: Vec<u8>,
    /// Behind the signature.
    pub(super) behind_signature: Vec<u8>,
}

impl Draft {
    /// Version 3, the year 2026, no extension.
    pub(super) fn bare() -> Self {
        Self {
            version: element(0xA0, &[&[0x02, 1, 2]]),
            not_before: element(0x17, &[b"260101000000Z"]),
            not_after: element(0x17, &[b"261231235959Z"]),
            unique_ids: vec![],
            extensions: vec![],
            behind_list: vec![],
            behind_extensions: vec![],
            behind_signature: vec![],
        }
    }

    /// What SPIRE issues, but for the key.
    pub(super) fn leaf() -> Self {
        Self::bare().with(names(&[(URI, ID)])).with(usage(&[7, 0x80])).with(constraints(&[]))
    }

    pub(super) fn with(mut self, extension: Vec<u8>) -> Self {
        self.extensions.push(extension);
        self
    }

    pub(super) fn der(&self) -> Vec<u8> {
        let algorithm = element(0x30, &[&element(0x06, &[&[0x2A, 0x86, 0x48, 0xCE, 0x3D, 4, 3, 2]])]);
        let extensions = match self.extensions.concat() {
            extensions if extensions.is_empty() => vec![],
            extensions => element(0xA3, &[&element(0x30, &[&extensions]), &self.behind_list]),
        };
        let body = element(
            0x30,
            &[
                &self.version,
                &element(0x02, &[&[1]]),
                &algorithm,
                &element(0x30, &[]),
                &element(0x30, &[&self.not_before, &self.not_after]),
                &element(0x30, &[]),
                &element(0x30, &[&algorithm, &element(0x03, &[&[0, 1]])]),
                &self.unique_ids,
                &extensions,
                &self.behind_extensions,
            ],
        );
        element(0x30, &[&body, &algorithm, &element(0x03, &[&[0, 1]]), &self.behind_signature])
    }

    pub(super) fn pem(&self) -> Vec<u8> {
        armor(&self.der())
    }
}

/// One element: tag, length, contents.
pub(super) fn element(tag: u8, contents: &[&[u8]]) -> Vec<u8> {
    let contents = contents.concat();
    let length = match contents.len() as u32 {
        length @ 0..0x80 => vec![length as u8],
        length @ 0x80..0x100 => vec![0x81, length as u8],
        length @ 0x100..0x1_0000 => [&[0x82], &length.to_be_bytes()[2..]].concat(),
        length => [&[0x83], &length.to_be_bytes()[1..]].concat(),
    };
    [&[tag][..], &length, &contents].concat()
}

/// An extension 2.5.29.`arc`, marked critical.
pub(super) fn extension(arc: u8, value: &[u8]) -> Vec<u8> {
    element(0x30, &[&element(0x06, &[&[0x55, 0x1D, arc]]), &[0x01, 1, 0xFF], &element(0x04, &[value])])
}

/// A subjectAltName of these kinds and names.
pub(super) fn names(names: &[(u8, &[u8])]) -> Vec<u8> {
    let names: Vec<u8> = names.iter().flat_map(|(tag, name)| element(*tag, &[name])).collect();
    extension(17, &element(0x30, &[&names]))
}

/// A basicConstraints with these fields.
pub(super) fn constraints(fields: &[u8]) -> Vec<u8> {
    extension(19, &element(0x30, &[fields]))
}

/// A keyUsage: the number of unused bits, then the bits.
pub(super) fn usage(bits: &[u8]) -> Vec<u8> {
    extension(15, &element(0x03, &[bits]))
}

/// PEM, as Envoy writes it.
pub(super) fn armor(der: &[u8]) -> Vec<u8> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut base64 = Vec::new();
    for group in der.chunks(3) {
        let bits =
            group.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - group.len()));
        for place in 0..4 {
            let letter = ALPHABET[(bits >> (18 - 6 * place) & 63) as usize];
            base64.push(if place <= group.len() { letter } else { b'=' });
        }
    }
    let lines: Vec<&[u8]> = base64.chunks(64).collect();
    [b"-----BEGIN CERTIFICATE-----\n", &*lines.join(&b'\n'), b"\n-----END CERTIFICATE-----\n"].concat()
}
