//! RSA signatures whose padding is almost right (threats J24 to J26), made with the private key.

use e2e::Hash;
use num_bigint::BigUint;

use super::secret::der;
use super::setting::{Issuer, bearer, draft};
use super::signature::fill;

e2e::tests![paddings_of_pkcs1, paddings_of_pss, integers_of_rsa];

type Rows = Vec<(String, &'static str, String)>;

const HASHES: [Hash; 3] = [Hash::Sha256, Hash::Sha384, Hash::Sha512];

async fn paddings_of_pkcs1() {
    let issuer = Issuer::new();
    let gate = issuer.gate().await;
    let rsa = issuer.rs.as_rsa();
    let mut rows: Rows = Vec::new();
    for (algorithm, hash) in ["RS256", "RS384", "RS512"].into_iter().zip(HASHES) {
        let draft = draft();
        let mut digest = Vec::new();
        draft.seal("rs", algorithm, |input| {
            digest = hash.of(input);
            Vec::new()
        });
        let seal = |encoded: &[u8]| draft.seal("rs", algorithm, |_| rsa.raw(encoded));
        for (name, encoded) in [bits(hash, &digest), blocks(hash, &digest), infos(hash, &digest)].concat() {
            assert_eq!(encoded.len(), SIZE, "{name}");
            rows.push((format!("{algorithm}: {name}"), "signature", seal(&encoded)));
        }
        gate.allows(algorithm, bearer(&seal(&padded(&[hash.digest_info(), &digest].concat())))).await;
    }
    gate.refuses_tokens(&rows).await;
    gate.end().await;
}

/// Bytes of the modulus.
const SIZE: usize = 256;

/// The only good encoding (RFC 8017 section 9.2).
fn padded(info: &[u8]) -> Vec<u8> {
    block(1, &vec![0xff; SIZE - 3 - info.len()], info)
}

fn block(kind: u8, padding: &[u8], info: &[u8]) -> Vec<u8> {
    [&[0, kind], padding, &[0], info].concat()
}

type Encodings = Vec<(String, Vec<u8>)>;

/// One bit off: in each byte of the identifier, and here and there in padding and hash.
fn bits(hash: Hash, digest: &[u8]) -> Encodings {
    let good = padded(&[hash.digest_info(), digest].concat());
    let identifier = SIZE - hash.bytes() - hash.digest_info().len()..SIZE - hash.bytes();
    let elsewhere =
        [0, 1, 2, 3, 9, 10, 50, 100, identifier.start - 1, identifier.start - 2, 250, SIZE - 2, SIZE - 1];
    let flipped = |at: usize, bit: u8| {
        let mut encoded = good.clone();
        encoded[at] ^= bit;
        (format!("bit {bit:#x} of byte {at}"), encoded)
    };
    // The first byte stays below the modulus' own, or the number would be reduced.
    let of_both =
        elsewhere.into_iter().flat_map(|at| [flipped(at, 1), flipped(at, if at == 0 { 8 } else { 0x80 })]);
    identifier.map(|at| flipped(at, 1)).chain(of_both).collect()
}

/// The right hash in the wrong block.
fn blocks(hash: Hash, digest: &[u8]) -> Encodings {
    let info = [hash.digest_info(), digest].concat();
    let rest = SIZE - 3 - info.len();
    let short = |padding: usize| {
        let behind = vec![0x5a; rest - padding];
        [block(1, &vec![0xff; padding], &info), behind].concat()
    };
    [
        ("no padding, garbage behind", short(0)),
        ("eight bytes of padding, garbage behind", short(8)),
        ("half a padding, garbage behind", short(100)),
        ("one byte of garbage behind", short(rest - 1)),
        ("padding of zeros", block(1, &vec![0; rest], &info)),
        ("block type 0", block(0, &vec![0; rest], &info)),
        ("block type 2", block(2, &vec![0xa5; rest], &info)),
        ("no separator", [&[0, 1], vec![0xff; rest + 1].as_slice(), &info].concat()),
        ("a separator too early", block(1, &[vec![0xff; 8], vec![0], vec![0xff; rest - 9]].concat(), &info)),
        ("the hash alone", padded(digest)),
        ("nothing", padded(&[])),
        ("zeros", vec![0; SIZE]),
    ]
    .map(|(name, encoded)| (name.to_owned(), encoded))
    .to_vec()
}

/// The right block around a structure that says something else, or says it otherwise.
fn infos(hash: Hash, digest: &[u8]) -> Encodings {
    let good = [hash.digest_info(), digest].concat();
    let oid = &hash.digest_info()[6..hash.digest_info().len() - 4];
    let built = |parameters: &[u8], tail: &[u8]| {
        let identifier = der(0x30, &[&der(6, oid), parameters].concat());
        der(0x30, &[&identifier, &der(4, digest), tail].concat())
    };
    assert_eq!(built(&[5, 0], &[]), good);
    let mut all = vec![
        ("no parameters", built(&[], &[])),
        ("parameters twice", built(&[5, 0, 5, 0], &[])),
        ("a long NULL", built(&[5, 0x81, 0], &[])),
        ("NULL with content", built(&[5, 1, 0], &[])),
        ("other parameters", built(&[4, 0], &[])),
        ("parameters of garbage", built(&der(4, &[0x5a; 40]), &[])),
        ("more in the sequence", built(&[5, 0], &[5, 0])),
        ("garbage in the sequence", built(&[5, 0], &der(4, &[0x5a; 60]))),
        ("bytes behind the sequence", [good.as_slice(), &[5, 0]].concat()),
        ("a length in the long form", [&[0x30, 0x81], &good[1..]].concat()),
        ("an indefinite length", [&[0x30, 0x80], &good[2..], &[0, 0]].concat()),
        ("a cut hash", good[..good.len() - 1].to_vec()),
        ("a longer hash", [good.as_slice(), &[0]].concat()),
        (
            "the hash backwards",
            [hash.digest_info(), &digest.iter().rev().copied().collect::<Vec<_>>()].concat(),
        ),
    ];
    for other in HASHES.into_iter().filter(|other| *other != hash) {
        all.push(("another identifier", [other.digest_info(), digest].concat()));
    }
    all.into_iter().map(|(name, info)| (name.to_owned(), padded(&info))).collect()
}

async fn paddings_of_pss() {
    let issuer = Issuer::new();
    let gate = issuer.gate().await;
    let rsa = issuer.rs.as_rsa();
    let mut rows: Rows = Vec::new();
    for (algorithm, hash) in ["PS256", "PS384", "PS512"].into_iter().zip(HASHES) {
        let mut add = |name: String, sign: &dyn Fn(&[u8]) -> Vec<u8>| {
            rows.push((format!("{algorithm}: {name}"), "signature", draft().seal("rs", algorithm, sign)));
        };
        for salt in [0, 1, 20, hash.bytes() - 1, hash.bytes() + 1, 2 * hash.bytes(), SIZE - hash.bytes() - 2]
        {
            add(format!("a salt of {salt}"), &|input| rsa.sign_pss(hash, hash, salt, input));
        }
        for other in HASHES.into_iter().filter(|other| *other != hash) {
            add("another hash".to_owned(), &|input| rsa.sign_pss(other, other, other.bytes(), input));
            add("another mask".to_owned(), &|input| rsa.sign_pss(hash, other, hash.bytes(), input));
            add("another hash, this mask".to_owned(), &|input| {
                rsa.sign_pss(other, hash, other.bytes(), input)
            });
        }
        for at in [0, 1, 10, 100, 150, SIZE - hash.bytes() - 1, 200, 254, 255] {
            for bit in [1, 0x40] {
                add(format!("bit {bit:#x} of byte {at}"), &|input| {
                    let mut encoded = rsa.pss(hash, hash, hash.bytes(), input);
                    encoded[at] ^= bit;
                    rsa.raw(&encoded)
                });
            }
        }
        add("v1.5".to_owned(), &|input| rsa.sign_pkcs1(hash, input));
        let twice = |input: &[u8]| rsa.sign_pss(hash, hash, hash.bytes(), &hash.of(input));
        add("hashed twice".to_owned(), &twice);
        let good =
            |name: &str| draft().seal("rs", name, |input| rsa.sign_pss(hash, hash, hash.bytes(), input));
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
        let draft = draft();
        let mut good = Vec::new();
        draft.seal("rs", algorithm, |input| {
            good = issuer.rs.sign(algorithm, input);
            Vec::new()
        });
        let number = BigUint::from_bytes_be(&good);
        for (name, signature) in [
            ("0", vec![0; SIZE]),
            ("1", fill(&one, SIZE)),
            ("2", fill(&(&one + &one), SIZE)),
            ("n-1", fill(&(&n - &one), SIZE)),
            ("n", fill(&n, SIZE)),
            ("n+1", fill(&(&n + &one), SIZE)),
            ("a zero before", [&[0], good.as_slice()].concat()),
            ("a zero behind", [good.as_slice(), &[0]].concat()),
            ("cut", good[..SIZE - 1].to_vec()),
            ("the first byte cut", good[1..].to_vec()),
            ("not reduced", (&number + &n).to_bytes_be()),
            ("negated", fill(&(&n - &number), SIZE)),
            ("backwards", good.iter().rev().copied().collect()),
            ("twice", [good.as_slice(), &good].concat()),
            ("empty", vec![]),
        ] {
            let token = draft.seal("rs", algorithm, |_| signature);
            rows.push((format!("{algorithm}: {name}"), "signature|malformed", token));
        }
        gate.allows(algorithm, bearer(&draft.seal("rs", algorithm, |_| good))).await;
    }
    gate.refuses_tokens(&rows).await;
    gate.end().await;
}
