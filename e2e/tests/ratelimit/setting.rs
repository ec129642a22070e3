//! Requests with keys, policies and limits of services that tests share.

use e2e::{Bootstrap, Request};

/// In every key; nobody may tell it on.
pub(crate) const PLANTED: &str = "PLANTED";

/// A request of this user.
pub(crate) fn user(name: &str) -> Request {
    Request::get("/").header("x-user-id", format!("{PLANTED}-{name}"))
}

/// A request of this tenant, whose answer is not wanted.
pub(crate) fn tenant(name: &str) -> Request {
    Request::get("/").header("x-tenant", format!("{PLANTED}-{name}")).header("x-upstream-report", "none")
}

/// A policy for each of these routes, `/<name>`; all others are for anyone. One Envoy for many policies.
pub(crate) fn on_routes(policies: &[(&str, String)]) -> Bootstrap {
    let none = "limits: [{ name: none, when: { path: { exact: /none } }, rate: { requests: 0, per: 1s } }]";
    policies.iter().fold(Bootstrap::ratelimit().policy(none), |bootstrap, (name, policy)| {
        let route = format!("{{ name: {name}, match: {{ prefix: /{name} }}, route: {{ cluster: stable }} }}");
        bootstrap.route(&route).route_policy(name, policy)
    })
}

/// A request of this user on that route.
pub(crate) fn user_at(route: &str, name: &str) -> Request {
    Request::get(format!("/{route}")).header("x-user-id", format!("{PLANTED}-{name}"))
}

/// Limits of the service, in Limitador's form: so many requests for each tenant. A window begins with its first hit.
pub(crate) fn per_tenant(max: u32, seconds: u32) -> String {
    format!(
        "
- namespace: sluice
  name: tenants
  max_value: {max}
  seconds: {seconds}
  conditions: []
  variables: ['descriptors[0].tenant']
"
    )
}

/// A limit that a service keeps for each tenant; `more` follows its `global`.
pub(crate) fn shared_by_tenants(global: &str, more: &str) -> String {
    format!(
        "
limits:
  - name: tenants
    key: [{{ header: x-tenant }}]
    global: {{ cluster: ratelimit, domain: sluice, descriptor: tenant, {global} }}
    {more}
"
    )
}

/// Answers of a service, as protobuf.
pub(crate) mod verdict {
    pub(crate) const OK: [u8; 2] = [8, 1];
    pub(crate) const OVER_LIMIT: [u8; 2] = [8, 2];
    pub(crate) const UNKNOWN: [u8; 2] = [8, 0];

    /// An entry of `response_headers_to_add` (field 3).
    pub(crate) fn header(name: &[u8], value: &[u8]) -> Vec<u8> {
        let pair = [field(1, name), field(2, value)].concat();
        field(3, &pair)
    }

    /// A field of bytes.
    pub(crate) fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
        let mut encoded = vec![number << 3 | 2];
        let mut length = bytes.len();
        while length > 0x7f {
            encoded.push(u8::try_from(length & 0x7f).expect("seven bits") | 0x80);
            length >>= 7;
        }
        encoded.push(u8::try_from(length).expect("seven bits"));
        [encoded, bytes.to_vec()].concat()
    }
}
