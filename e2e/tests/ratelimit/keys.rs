//! Keys: what tells requests apart, and what a client cannot do about it (threats L08 to L11, L18, L20).

use e2e::{Answer, Bootstrap, Client, Protocol, Request};
use serde_json::{Value, json};

use super::gate::Gate;
use super::setting::{PLANTED, on_routes, user, user_at};

e2e::tests![
    tuples_are_kept_apart,
    without_a_key,
    a_second_line_is_no_second_bucket,
    an_address_has_no_port_and_no_forged_hops,
    addresses_of_one_network_are_one_client,
    spellings_of_a_path_share_its_limit,
    a_retried_or_redirected_request_counts_once,
    plugins_with_one_vm_id_count_apart,
];

fn limit(key: &str, more: &str) -> String {
    format!("limits: [{{ name: one, key: {key}, rate: {{ requests: 1, per: 87600h }} {more} }}]")
}

async fn tuples_are_kept_apart() {
    let gate = Gate::with(&limit("[{ header: x-user-id }, { header: x-part }]", "")).await;
    let of = |user: &str, part: &str| {
        Request::get("/").header("x-user-id", format!("{PLANTED}{user}")).header("x-part", part)
    };
    let pairs = [
        ("a", "b"),
        ("ab", "c"),
        ("a", "bc"),
        ("abc", "x"),
        ("b", "a"),
        ("a,b", "c"),
        ("a", "b,c"),
        ("A", "b"),
    ];
    for (user, part) in pairs {
        gate.admits(&format!("{user} {part}"), of(user, part)).await;
    }
    for (user, part) in pairs {
        gate.refuses(&format!("{user} {part} again"), "over_limit", of(user, part)).await;
    }
    gate.end().await;
}

async fn without_a_key() {
    let rows = [
        ("skip", ", missing: skip"),
        ("deny", ", missing: deny"),
        ("shared", ", missing: shared"),
        ("default", ""),
    ];
    let policies = rows.map(|(route, more)| (route, limit("[{ header: x-user-id }]", more)));
    let gate = Gate::start(on_routes(&policies)).await;
    for (route, _) in rows {
        // Missing, empty, another one: all of that is no key.
        let at = || Request::get(format!("/{route}"));
        let none = [at(), at().header("x-user-id", ""), at().header("x-other", PLANTED)];
        gate.admits(route, user_at(route, "ada")).await;
        for (number, request) in none.into_iter().cycle().take(6).enumerate() {
            let name = format!("{route}, {number}");
            match (route, number) {
                ("skip", _) | ("shared" | "default", 0) => drop(gate.admits(&name, request).await),
                ("deny", _) => drop(gate.refuses(&name, "key_missing", request).await),
                _ => drop(gate.refuses(&name, "over_limit", request).await),
            }
        }
        gate.refuses("and who has one is still counted", "over_limit", user_at(route, "ada")).await;
    }
    assert_eq!(gate.counted("requests", &[("outcome", "skipped")]).await, 6);
    gate.end().await;
}

async fn a_second_line_is_no_second_bucket() {
    let gate = Gate::with(&limit("[{ header: x-user-id }]", "")).await;
    gate.admits("one line", user("ada")).await;
    for number in 0..5 {
        let more = user("ada").header("x-user-id", format!("{PLANTED}-{number}"));
        gate.refuses("a second line", "over_limit", more).await;
        gate.refuses(
            "white space",
            "over_limit",
            Request::get("/").header("X-User-ID", format!("{PLANTED}-ada ")),
        )
        .await;
    }
    gate.end().await;
}

const ADDRESS: &str = "[{ source_ip: { v4_prefix: 32, v6_prefix: 64 } }]";

async fn an_address_has_no_port_and_no_forged_hops() {
    let gate = Gate::with(&limit(ADDRESS, "")).await;
    gate.admits("the first", Request::get("/")).await;
    // Each comes on a connection of its own, from a port of its own.
    for forged in ["203.0.113.7", "203.0.113.7, 198.51.100.1", "::1", "unknown", ""] {
        for name in
            ["x-forwarded-for", "x-real-ip", "forwarded", "x-envoy-external-address", "true-client-ip"]
        {
            let request = Request::get("/").header(name, forged);
            gate.refuses(&format!("{name}: {forged}"), "over_limit", request).await;
        }
    }
    gate.end().await;
}

async fn addresses_of_one_network_are_one_client() {
    // Here a proxy in front is trusted to say who the client is.
    let trusting = |manager: &mut Value| manager["use_remote_address"] = json!(false);
    let bootstrap = Bootstrap::ratelimit().policy(&limit(ADDRESS, "")).connection_manager(trusting);
    let gate = Gate::start(bootstrap).await;
    let by = |address: &str| Request::get("/").header("x-forwarded-for", address);
    for (first, same) in [
        ("2001:db8:0:1::7", "2001:db8:0:1:ffff::1"),
        ("2001:db8:0:2::7", "2001:0db8:0000:0002:0:0:0:8"),
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:198.51.100.9", "198.51.100.9"),
    ] {
        gate.admits(first, by(first)).await;
        gate.refuses(same, "over_limit", by(same)).await;
        gate.refuses("the same again", "over_limit", by(first)).await;
    }
    gate.admits("a neighbour", by("192.0.2.8")).await;
    gate.admits("another network", by("2001:db8:0:3::7")).await;
    gate.end().await;
}

async fn spellings_of_a_path_share_its_limit() {
    let policy = "
limits: [{ name: search, when: { path: { exact: /search } }, rate: { requests: 1, per: 87600h } }]
";
    let gate = Gate::with(policy).await;
    gate.admits("the first", Request::get("/search")).await;
    for path in ["/search", "/search?q=1", "//search", "/./search", "/x/../search", "/%73earch", "/search#x"]
    {
        let request = format!("GET {path} HTTP/1.1\r\nhost: shop.example\r\nconnection: close\r\n\r\n");
        let answer =
            e2e::exchange(gate.stack.envoy.addr("http"), request.as_bytes()).await.expect("an answer");
        assert!([429, 400].contains(&answer.status), "{path}: {}", answer.status);
    }
    // A path that the policy does not name is another path to the upstream, too.
    let report = gate.admits("a slash at the end", Request::get("/search/")).await.report();
    assert_eq!(report.path, "/search/");
    gate.end().await;
}

async fn a_retried_or_redirected_request_counts_once() {
    let again = "
name: again
match: { prefix: /again }
route: { cluster: stable, retry_policy: { retry_on: 5xx, num_retries: 3 } }
";
    let policy = "limits: [{ name: two, rate: { requests: 2, per: 87600h } }]";
    let gate = Gate::start(Bootstrap::ratelimit().policy(policy).route(again)).await;
    let request = || Request::get("/again").header("x-upstream-status", "503");
    for number in 0..2_u64 {
        assert_eq!(gate.stack.send(request()).await.status, 503, "{number}");
        assert_eq!(gate.upstream().await, 4 * (number + 1), "four tries of one request");
    }
    gate.recount().await;
    gate.refuses("the third", "over_limit", request()).await;
    gate.end().await;
}

async fn plugins_with_one_vm_id_count_apart() {
    e2e::suite::needs_local("a listener more");
    let policy = limit("[{ header: x-user-id }]", "");
    // The same module, the same policy, the same `vm_id`: another name.
    let bootstrap = Bootstrap::ratelimit().policy(&policy).plain_listener("second", |manager: &mut Value| {
        manager["http_filters"][0]["typed_config"]["config"]["name"] = json!("sluice.ratelimit.second");
    });
    let gate = Gate::start(bootstrap).await;
    let second = Client::new(gate.stack.envoy.addr("second"), Protocol::Http1);
    for round in 0..3 {
        let name = format!("user-{round}");
        gate.admits("here", user(&name)).await;
        gate.admits_by(&second, "there", user(&name)).await;
        gate.refuses("here again", "over_limit", user(&name)).await;
        let _: Answer = gate.refuses_by(&second, "there again", "over_limit", user(&name)).await;
    }
    gate.end().await;
}
