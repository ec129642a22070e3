//! Key sets (threats J13 to J21): which keys are usable, and for what. A bad key skips itself only.

use e2e::{Bootstrap, Hash, Key, RsaKey, base64url};
use serde_json::{Value, json};

use super::gate::Gate;
use super::setting::{Issuer, JWKS, bearer, draft, fetched};

e2e::tests![
    keys_that_are_too_weak_or_wrong,
    keys_for_something_else,
    a_set_of_strangers,
    many_keys_without_names
];

/// A refusal by a key that is in the set, but not usable; or not there at all.
const UNUSABLE: &str = "unusable_key|unknown_key|algorithm";

/// A gate whose issuer serves these keys and a good one.
async fn serving(issuer: &Issuer, keys: Vec<Value>) -> Gate {
    let gate = Gate::start_cold(Bootstrap::auth().policy(&fetched("1h", "")), issuer.good()).await;
    let keys: Vec<Value> = keys.into_iter().chain([issuer.es.jwk()]).collect();
    gate.stack.lists.at(JWKS).serve(json!({ "keys": keys }).to_string()).await;
    gate.warm().await;
    gate
}

fn changed(mut jwk: Value, name: &str, value: Value) -> Value {
    if value.is_null() {
        jwk.as_object_mut().expect("an object").remove(name);
    } else {
        jwk[name] = value;
    }
    jwk
}

/// Bad keys, each with a token that it would let pass if it were used.
#[derive(Default)]
struct Bad {
    set: Vec<Value>,
    rows: Vec<(String, &'static str, String)>,
}

impl Bad {
    /// `jwk` bears the name `kid`, and the token says so, too.
    fn add(&mut self, kid: &str, jwk: Value, token: String) {
        self.set.push(jwk);
        self.rows.push((kid.to_owned(), UNUSABLE, token));
    }
}

async fn keys_that_are_too_weak_or_wrong() {
    let issuer = Issuer::new();
    let mut bad = Bad::default();
    weak_rsa(&mut bad, &issuer.rs);
    odd_rsa(&mut bad, &issuer.rs);
    for key in [Key::p256("p256"), Key::p384("p384")] {
        wrong_points(&mut bad, &key);
        wrong_curves(&mut bad, &key);
    }
    wrong_ed25519(&mut bad, &Key::ed25519("ed"));
    let gate = serving(&issuer, bad.set).await;
    gate.refuses_tokens(&bad.rows).await;
    gate.end().await;
}

fn weak_rsa(bad: &mut Bad, good: &Key) {
    for (bits, e) in [(512, 65537), (1024, 65537), (1536, 65537), (2047, 65537)] {
        let key = Key::rsa_from(&format!("rsa-{bits}"), RsaKey::generate(bits, e));
        bad.add(key.kid(), key.jwk(), draft().sign(&key));
    }
    // With these exponents anybody can make a signature, or nobody can check one.
    for (kid, e) in [
        ("e0", vec![0]),
        ("e1", vec![1]),
        ("e2", vec![2]),
        ("e-even", vec![1, 0, 0]),
        ("e-large", vec![2, 0, 0, 0, 1]),
        ("e-none", vec![]),
    ] {
        let jwk = changed(good.named(kid).jwk(), "e", json!(base64url(&e)));
        // With `e` 1 the encoded message is its own signature.
        let trivial = |input: &[u8]| {
            let info = [Hash::Sha256.digest_info(), &Hash::Sha256.of(input)].concat();
            [&[0, 1], vec![0xff; 256 - 3 - info.len()].as_slice(), &[0], &info].concat()
        };
        bad.add(kid, jwk, draft().seal(kid, "RS256", trivial));
        bad.rows.push((format!("{kid}, signed"), UNUSABLE, draft().sign(&good.named(kid))));
    }
}

fn odd_rsa(bad: &mut Bad, good: &Key) {
    let n = base64url(good.public());
    for (kid, n) in [
        ("n-8192", json!(base64url([0xc5; 1024]))),
        ("n-16384", json!(base64url([0xc5; 2048]))),
        ("n-even", json!(base64url([good.public(), vec![0]].concat()))),
        ("n-zero", json!(base64url([0; 256]))),
        ("n-empty", json!("")),
        ("n-padded", json!(format!("{n}=="))),
        ("n-number", json!(65537)),
        ("n-no-base64", json!(format!("{n}*"))),
        ("n-missing", Value::Null),
    ] {
        bad.add(kid, changed(good.named(kid).jwk(), "n", n), draft().sign(&good.named(kid)));
    }
}

fn wrong_points(bad: &mut Bad, key: &Key) {
    let public = key.public();
    let (x, y) = public[1..].split_at(public.len() / 2);
    let (x, y) = (x.to_vec(), y.to_vec());
    let off: Vec<u8> = y.iter().enumerate().map(|(at, byte)| byte ^ u8::from(at == 0)).collect();
    let p: &[u8] = if key.kid() == "p256" { &P256 } else { &P384 };
    for (name, x, y) in [
        ("off the curve", x.clone(), off),
        ("swapped", y.clone(), x.clone()),
        ("infinity", vec![0; x.len()], vec![0; x.len()]),
        ("x is p", p.to_vec(), y.clone()),
        ("y is p", x.clone(), p.to_vec()),
        ("all ones", vec![0xff; x.len()], vec![0xff; x.len()]),
        ("a zero before x", [&[0], x.as_slice()].concat(), y.clone()),
        ("x cut", x[1..].to_vec(), y.clone()),
        ("y cut at its end", x.clone(), y[..y.len() - 1].to_vec()),
        ("empty", vec![], vec![]),
    ] {
        let key = key.named(&format!("{} {name}", key.kid()));
        let jwk = changed(key.jwk(), "x", json!(base64url(x)));
        bad.add(key.kid(), changed(jwk, "y", json!(base64url(y))), draft().sign(&key));
    }
}

fn wrong_curves(bad: &mut Bad, key: &Key) {
    for (name, member, value) in [
        ("no y", "y", Value::Null),
        ("another curve", "crv", json!(if key.kid() == "p256" { "P-384" } else { "P-256" })),
        ("a curve nobody has", "crv", json!("P-512")),
        ("secp256k1", "crv", json!("secp256k1")),
        ("no curve", "crv", Value::Null),
        ("RSA of points", "kty", json!("RSA")),
        ("a kind nobody knows", "kty", json!("AKP")),
        ("no kind", "kty", Value::Null),
    ] {
        let key = key.named(&format!("{} {name}", key.kid()));
        bad.add(key.kid(), changed(key.jwk(), member, value), draft().sign(&key));
    }
}

fn wrong_ed25519(bad: &mut Bad, key: &Key) {
    for (kid, x) in [
        ("ed cut", key.public()[1..].to_vec()),
        ("ed long", [key.public(), vec![0]].concat()),
        ("ed zero", vec![0; 32]),
        ("ed identity", [vec![1], vec![0; 31]].concat()),
        ("ed off the curve", [vec![2], vec![0; 31]].concat()),
    ] {
        // The neutral element as R, nothing as S: what a point of small order would let pass.
        let weak = draft().seal(kid, "EdDSA", |_| [vec![1], vec![0; 63]].concat());
        bad.set.push(changed(key.named(kid).jwk(), "x", json!(base64url(x))));
        bad.rows.push((kid.to_owned(), "unusable_key|unknown_key|algorithm|signature", weak));
    }
}

async fn keys_for_something_else() {
    let issuer = Issuer::new();
    let key = Key::p256("k");
    let mut set = Vec::new();
    let mut rows = Vec::new();
    for (kid, member, value) in [
        ("enc", "use", json!("enc")),
        ("a use of its own", "use", json!("tls")),
        ("SIG", "use", json!("SIG")),
        ("use is a list", "use", json!(["sig"])),
        ("use is a number", "use", json!(1)),
        ("sign only", "key_ops", json!(["sign"])),
        ("encrypt", "key_ops", json!(["encrypt", "wrapKey"])),
        ("no operations", "key_ops", json!([])),
        ("operations as a text", "key_ops", json!("verify")),
        ("A256GCM", "alg", json!("A256GCM")),
        ("ECDH-ES", "alg", json!("ECDH-ES")),
        ("none", "alg", json!("none")),
        ("ES384", "alg", json!("ES384")),
        ("RS256", "alg", json!("RS256")),
        ("HS256", "alg", json!("HS256")),
        ("alg is a number", "alg", json!(256)),
    ] {
        set.push(changed(key.named(kid).jwk(), member, value));
        rows.push((kid.to_owned(), UNUSABLE, draft().sign(&key.named(kid))));
    }
    // Two keys of one name: which one is meant?
    let (one, two) = (Key::p256("twice"), Key::p256("twice"));
    set.extend([one.jwk(), two.jwk()]);
    for key in [&one, &two] {
        rows.push(("of one name".to_owned(), UNUSABLE, draft().sign(key)));
    }
    set.push(Key::secret("oct", [7; 32]).jwk());
    rows.push(("oct".to_owned(), UNUSABLE, draft().sign(&Key::secret("oct", [7; 32]))));
    // What else may stand in a set.
    set.extend([
        json!({}),
        json!({ "kty": "EC" }),
        json!({ "kty": 1, "kid": 2 }),
        json!({ "kid": "x", "kty": "oct" }),
    ]);
    let gate = serving(&issuer, set).await;
    gate.refuses_tokens(&rows).await;
    gate.end().await;
}

/// A key may say more than is asked for, or less.
async fn a_set_of_strangers() {
    let issuer = Issuer::new();
    let key = Key::p256("k");
    let mut set = Vec::new();
    for (kid, member, value) in [
        ("no use", "use", Value::Null),
        ("no alg", "alg", Value::Null),
        ("verify", "key_ops", json!(["verify"])),
        ("sign and verify", "key_ops", json!(["sign", "verify"])),
        ("a certificate beside it", "x5c", json!(["MII="])),
        ("more members", "x-vendor", json!({ "a": [1, 2] })),
    ] {
        set.push(changed(key.named(kid).jwk(), member, value));
    }
    let kids: Vec<String> = set.iter().map(|jwk| jwk["kid"].as_str().expect("a name").to_owned()).collect();
    let large = Key::rsa_from("large", RsaKey::generate(4096, 65537));
    let three = Key::rsa_from("three", RsaKey::generate(3072, 65537));
    set.extend([large.jwk(), three.jwk()]);
    let gate = serving(&issuer, set).await;
    for kid in &kids {
        gate.allows(kid, bearer(&draft().sign(&key.named(kid)))).await;
    }
    for key in [large, three] {
        for algorithm in ["RS256", "PS256", "RS512"] {
            gate.allows(key.kid(), bearer(&draft().sign_as(&key, algorithm))).await;
        }
    }
    gate.end().await;
}

/// What a token without `kid` may cost: some tries, not a hundred.
async fn many_keys_without_names() {
    let issuer = Issuer::new();
    let keys: Vec<Key> = (0..99).map(|_| Key::p256("")).collect();
    let set = keys.iter().map(|key| changed(key.jwk(), "kid", Value::Null)).collect();
    let gate = serving(&issuer, set).await;
    let anonymous = |key: &Key| draft().header("kid", Value::Null).sign(key);
    let mut rows = Vec::new();
    for n in 0..20 {
        rows.push((format!("stranger {n}"), "signature|unknown_key", anonymous(&Key::p256(""))));
    }
    let begun = std::time::Instant::now();
    gate.refuses_tokens(&rows).await;
    assert!(begun.elapsed().as_secs() < 5, "twenty refusals took {:?}", begun.elapsed());
    gate.end().await;
}

/// The prime of P-256.
const P256: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
];

/// The prime of P-384.
const P384: [u8; 48] = {
    let mut p = [0xff; 48];
    p[31] = 0xfe;
    let mut at = 36;
    while at < 44 {
        p[at] = 0;
        at += 1;
    }
    p
};
