//! Signatures on curves that are almost right (threats J22, J23, J27), made with the private key.

use e2e::Key;
use num_bigint::BigUint;

use super::secret::der;
use super::setting::{Issuer, bearer, draft};

e2e::tests![
    special_numbers_in_ecdsa,
    other_forms_of_ecdsa,
    a_good_signature_of_something_else,
    scalars_of_ed25519,
    points_of_ed25519,
];

type Rows = Vec<(String, &'static str, String)>;

/// A curve of ECDSA: order, prime, bytes of a coordinate.
struct Curve {
    n: BigUint,
    p: BigUint,
    size: usize,
}

impl Curve {
    /// Each with a key of the issuer's.
    fn all(issuer: &Issuer) -> [(Self, &Key); 2] {
        let of = |n: &str, p: &str| Self { n: hex(n), p: hex(p), size: n.len() / 2 };
        [(of(N256, P256), &issuer.es), (of(N384, P384), &issuer.es384)]
    }

    fn fill(&self, number: &BigUint) -> Vec<u8> {
        fill(number, self.size)
    }
}

async fn special_numbers_in_ecdsa() {
    let issuer = Issuer::new();
    let gate = issuer.gate().await;
    let mut rows: Rows = Vec::new();
    for (curve, key) in Curve::all(&issuer) {
        let Curve { n, p, size } = &curve;
        let one = BigUint::from(1_u8);
        let special = [
            ("0", curve.fill(&BigUint::ZERO)),
            ("1", curve.fill(&one)),
            ("2", curve.fill(&(&one + &one))),
            ("n-1", curve.fill(&(n - &one))),
            ("n", curve.fill(n)),
            ("n+1", curve.fill(&(n + &one))),
            ("p", curve.fill(p)),
            ("ones", vec![0xff; *size]),
        ];
        for (r_name, r) in &special {
            for (s_name, s) in &special {
                let token = draft().seal(key.kid(), key.algorithm(), |_| [r.as_slice(), s].concat());
                rows.push((format!("{}: r {r_name}, s {s_name}", key.kid()), "signature", token));
            }
        }
    }
    gate.refuses_tokens(&rows).await;
    gate.end().await;
}

async fn other_forms_of_ecdsa() {
    let issuer = Issuer::new();
    let gate = issuer.gate().await;
    let mut rows: Rows = Vec::new();
    for (curve, key) in Curve::all(&issuer) {
        let draft = draft();
        let seal = |signature: Vec<u8>| draft.seal(key.kid(), key.algorithm(), |_| signature);
        let mut good = Vec::new();
        draft.seal(key.kid(), key.algorithm(), |input| {
            good = key.sign(key.algorithm(), input);
            Vec::new()
        });
        let (r, s) = good.split_at(curve.size);
        let (r, s) = (BigUint::from_bytes_be(r), BigUint::from_bytes_be(s));
        for (name, signature) in ecdsa_forms(&curve, &r, &s) {
            rows.push((format!("{}: {name}", key.kid()), "signature|malformed", seal(signature)));
        }
        // Both s and n - s are good: no rule of JWS says otherwise, and all libraries take both.
        gate.allows("s", bearer(&seal([curve.fill(&r), curve.fill(&s)].concat()))).await;
        gate.allows("n - s", bearer(&seal([curve.fill(&r), curve.fill(&(&curve.n - &s))].concat()))).await;
    }
    gate.refuses_tokens(&rows).await;
    gate.end().await;
}

/// Everything that a good signature `r`, `s` is sometimes mistaken for.
fn ecdsa_forms(curve: &Curve, r: &BigUint, s: &BigUint) -> Vec<(&'static str, Vec<u8>)> {
    let Curve { n, p, size } = curve;
    let (one, fill) = (BigUint::from(1_u8), |number: &BigUint| curve.fill(number));
    let backwards = |number: &BigUint| fill(number).into_iter().rev().collect::<Vec<_>>();
    let integer = |number: &BigUint| {
        der(2, &[&[0][..usize::from(number.bits().is_multiple_of(8))], &number.to_bytes_be()].concat())
    };
    let sequence = der(0x30, &[integer(r), integer(s)].concat());
    vec![
        ("DER", sequence.clone()),
        ("DER and more", [sequence, vec![0]].concat()),
        ("one byte more", [fill(r), fill(s), vec![0]].concat()),
        ("one byte less", [fill(r), fill(s)[..size - 1].to_vec()].concat()),
        ("a zero before", [vec![0], fill(r), fill(s)].concat()),
        ("zeros before both", [vec![0], fill(r), vec![0], fill(s)].concat()),
        ("swapped", [fill(s), fill(r)].concat()),
        ("r alone", fill(r)),
        ("r twice", [fill(r), fill(r)].concat()),
        ("r + n", [(r + n).to_bytes_be(), fill(s)].concat()),
        ("s + n", [fill(r), (s + n).to_bytes_be()].concat()),
        ("s + 1", [fill(r), fill(&(s + &one))].concat()),
        ("r + 1", [fill(&(r + &one)), fill(s)].concat()),
        ("-r", [fill(&(n - r)), fill(s)].concat()),
        ("p - r", [fill(&(p - r)), fill(s)].concat()),
        ("little endian", [backwards(r), backwards(s)].concat()),
        ("empty", vec![]),
        ("739 bytes more", [fill(r), vec![7; 739]].concat()),
    ]
}

async fn a_good_signature_of_something_else() {
    let issuer = Issuer::new();
    let gate = issuer.gate().await;
    let mut rows: Rows = Vec::new();
    for key in issuer.all() {
        let other = draft().sign(key);
        let (input, _) = other.rsplit_once('.').expect("a dot");
        let forged = draft().claim("sub", "root");
        let forged = forged.seal(key.kid(), key.algorithm(), |_| key.sign(key.algorithm(), input.as_bytes()));
        rows.push((key.kid().to_owned(), "signature", forged));
    }
    gate.refuses_tokens(&rows).await;
    gate.end().await;
}

/// What becomes of R and S.
type Change<'c> = &'c dyn Fn(&[u8], &[u8]) -> Vec<u8>;

/// Tokens whose signature is made of a good one's two halves.
fn ed25519(issuer: &Issuer, forms: &[(String, Change<'_>)]) -> Rows {
    let token = |change: Change<'_>| {
        draft().seal("ed", "EdDSA", |input| {
            let good = issuer.ed.sign("EdDSA", input);
            change(&good[..32], &good[32..])
        })
    };
    forms.iter().map(|(name, change)| (name.clone(), "signature|malformed", token(change))).collect()
}

async fn scalars_of_ed25519() {
    let issuer = Issuer::new();
    let gate = issuer.gate().await;
    let order = hex("1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed");
    let plus = |s: &[u8], times: u8| {
        let mut bytes = (BigUint::from_bytes_le(s) + &order * times).to_bytes_le();
        bytes.resize(32, 0);
        bytes
    };
    let mut rows: Rows = Vec::new();
    for times in [1, 2, 4, 8, 14] {
        let name = format!("S + {times} L");
        rows.extend(ed25519(&issuer, &[(name, &|r, s| [r.to_vec(), plus(s, times)].concat())]));
    }
    let one = [vec![1], vec![0; 31]].concat();
    for (name, s) in [("0", vec![0; 32]), ("1", one), ("L", plus(&[0; 32], 1)), ("ones", vec![0xff; 32])] {
        rows.extend(ed25519(
            &issuer,
            &[
                (format!("S = {name}"), &|r, _| [r, &s].concat()),
                (format!("R = {name}, S as it was"), &|_, good| [&s, good].concat()),
                (format!("R = S = {name}"), &|_, _| [s.as_slice(), &s].concat()),
            ],
        ));
    }
    gate.refuses_tokens(&rows).await;
    gate.end().await;
}

async fn points_of_ed25519() {
    let issuer = Issuer::new();
    let gate = issuer.gate().await;
    let mut rows: Rows = Vec::new();
    for point in SMALL_ORDER {
        let bytes = fill(&hex(point), 32);
        rows.extend(ed25519(
            &issuer,
            &[
                (format!("R = {point}, S = 0"), &|_, _| [bytes.as_slice(), &[0; 32]].concat()),
                (format!("R = {point}"), &|_, s| [bytes.as_slice(), s].concat()),
            ],
        ));
    }
    let name = str::to_owned;
    rows.extend(ed25519(
        &issuer,
        &[
            (name("cut"), &|r, s| [r, &s[..31]].concat()),
            (name("one byte more"), &|r, s| [r, s, &[0]].concat()),
            (name("R alone"), &|r, _| r.to_vec()),
            (name("swapped"), &|r, s| [s, r].concat()),
            (name("empty"), &|_, _| vec![]),
            (name("all ones"), &|_, _| vec![0xff; 64]),
            (name("the sign of R"), &|r, s| [&r[..31], &[r[31] ^ 0x80], s].concat()),
        ],
    ));
    gate.refuses_tokens(&rows).await;
    gate.allows("as it was", bearer(&draft().sign(&issuer.ed))).await;
    gate.end().await;
}

fn hex(text: &str) -> BigUint {
    BigUint::parse_bytes(text.as_bytes(), 16).expect("hex")
}

/// A number in so many bytes, big endian.
pub(super) fn fill(number: &BigUint, size: usize) -> Vec<u8> {
    let bytes = number.to_bytes_be();
    [vec![0; size.saturating_sub(bytes.len())], bytes].concat()
}

/// Encodings of points of small order, some of them not canonical.
const SMALL_ORDER: [&str; 7] = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
];
const N256: &str = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
const P256: &str = "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff";
const N384: &str =
    "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973";
const P384: &str =
    "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff0000000000000000ffffffff";
