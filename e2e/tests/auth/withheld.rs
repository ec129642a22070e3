//! Host functions that a `capability_restriction_config` withholds (threat K15): the filter does without, or refuses.

use e2e::{Bootstrap, Key, Request, repository};
use serde_json::{Value, json};

use super::gate::Gate;
use super::setting::{Issuer, bearer, draft};

e2e::tests![signatures_are_checked_without_the_hosts_help, whatever_is_missing_nobody_is_let_in];

/// All that `abi.txt` lists, without some. What a filter asks WASI for stands there only as far as it is the filter's own.
fn without(bootstrap: Bootstrap, withheld: &[&str]) -> Bootstrap {
    let abi = std::fs::read_to_string(repository().join("filters/auth/abi.txt")).expect("abi.txt");
    let names = abi.lines().filter_map(|line| line.split(' ').nth(1)?.rsplit('.').next());
    let of_std = ["environ_get", "environ_sizes_get", "fd_write", "proc_exit", "proxy_on_memory_allocate"];
    let allowed: serde_json::Map<String, Value> = names
        .chain(of_std)
        .filter(|name| !withheld.contains(name))
        .map(|name| (name.to_owned(), json!({})))
        .collect();
    bootstrap.edit(move |envoy| {
        let manager =
            &mut envoy["static_resources"]["listeners"][0]["filter_chains"][0]["filters"][0]["typed_config"];
        manager["stream_idle_timeout"] = json!("1s");
        manager["http_filters"][0]["typed_config"]["config"]["capability_restriction_config"] =
            json!({ "allowed_capabilities": allowed });
    })
}

async fn signatures_are_checked_without_the_hosts_help() {
    let issuer = Issuer::new();
    let bootstrap =
        without(Bootstrap::auth().policy_value(issuer.policy()), &["proxy_call_foreign_function"]);
    let gate = Gate::start(bootstrap, issuer.good()).await;
    for key in issuer.all() {
        let forged = match key.algorithm() {
            "RS256" => continue, // one key for all tests; its forgeries are those of `signature.rs`
            "ES256" => Key::p256(key.kid()),
            "ES384" => Key::p384(key.kid()),
            _ => Key::ed25519(key.kid()),
        };
        gate.allows(key.algorithm(), bearer(&draft().sign(key))).await;
        gate.refuses(key.algorithm(), "signature", bearer(&draft().sign(&forged))).await;
    }
    gate.allows("RS256", bearer(&draft().sign(&issuer.rs))).await;
    let (signed, signature) = draft()
        .sign(&issuer.rs)
        .rsplit_once('.')
        .map(|(a, b)| (a.to_owned(), b.to_owned()))
        .expect("a token");
    let other = draft().claim("sub", "somebody else").sign(&issuer.rs);
    let (other, _) = other.rsplit_once('.').expect("a token");
    assert_ne!(signed, other);
    gate.refuses("RS256", "signature", bearer(&format!("{other}.{signature}"))).await;
    assert!(gate.stack.stats().await.of("sluice.auth.host_crypto_missing", &[]) >= 1);
    gate.stack.envoy.log_line("the host checks no signatures").await;
    gate.end().await;
}

/// Only `proxy_on_request_headers` must not be withheld: then there is no filter, and Envoy says nothing.
async fn whatever_is_missing_nobody_is_let_in() {
    let issuer = Issuer::new();
    let expired = bearer(&draft().claim("exp", 1_000_000_000).without("iat").without("nbf").sign(&issuer.es));
    for name in [
        "proxy_get_header_map_pairs",
        "proxy_get_property",
        "proxy_get_current_time_nanoseconds",
        "proxy_send_local_response",
        "proxy_on_context_create",
    ] {
        let bootstrap = without(Bootstrap::auth().policy_value(issuer.policy()), &[name]);
        let Ok(stack) = e2e::Stack::try_start(bootstrap).await else { continue };
        for request in [Request::get("/orders"), bearer("a.b.c"), expired.clone()] {
            let hits = stack.hits().await;
            let status = stack.send(request.clone()).await.status;
            assert_ne!(status, 200, "{name}: {request:?}");
            assert_eq!(stack.hits().await, hits, "{name}: {request:?}");
        }
    }
}
