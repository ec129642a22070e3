//! Who asks: keys of an issuer, and tokens of users with different rights, good ones and bad ones.

use std::sync::Arc;

use serde_json::{Value, json};

use super::oracle::Verified;
use crate::mint::{Draft, Key, now};

/// A token, and what its bearer may.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) token: Arc<str>,
    pub(crate) sub: Arc<str>,
    pub(crate) rights: Rights,
    /// Its plan admits nobody.
    pub(crate) broke: bool,
    /// A rule or a list of `canary` sends it to the new version.
    pub(crate) early: bool,
}

/// What claims allow, by the rules of the policy ([`super::chain`]).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Rights {
    pub(crate) read: bool,
    pub(crate) write: bool,
    pub(crate) admin: bool,
}

/// Everybody that a proof knows.
#[derive(Debug, Clone)]
pub(crate) struct People {
    /// Their tokens are good: the first are readers, the rest of other kinds.
    pub(crate) good: Vec<Person>,
    /// Tokens that nobody may take, with what is wrong with them.
    pub(crate) bad: Vec<(&'static str, String)>,
    pub(crate) issuer: Issuer,
}

/// The keys that sign.
#[derive(Debug, Clone)]
pub(crate) struct Issuer {
    pub(crate) rs: Key,
    pub(crate) es: Key,
    pub(crate) ed: Key,
    /// By the name of `es`, and not in the set.
    pub(crate) stranger: Key,
}

impl Person {
    /// As the oracle knows it.
    pub(crate) fn verified(&self) -> Verified {
        let Self { sub, rights, broke, early, token: _ } = self;
        Verified { sub: Some(sub.to_string()), rights: *rights, broke: *broke, early: *early }
    }
}

impl Issuer {
    fn new() -> Self {
        Self {
            rs: Key::shared_rsa("rs"),
            es: Key::p256("es"),
            ed: Key::ed25519("ed"),
            stranger: Key::p256("es"),
        }
    }

    pub(crate) fn keys(&self) -> [&Key; 3] {
        [&self.rs, &self.es, &self.ed]
    }

    pub(crate) fn set(&self) -> Value {
        json!({ "keys": self.keys().map(Key::jwk) })
    }
}

impl People {
    pub(crate) fn new() -> Self {
        let issuer = Issuer::new();
        let good = people(&issuer);
        let bad = bad(&issuer);
        Self { good, bad, issuer }
    }

    /// The list of those who see the new version early.
    pub(crate) fn early_list() -> String {
        (0..READERS).filter(|number| number % 10 == 7).map(|number| format!("reader-{number}\n")).collect()
    }

    /// The revocation list: one by subject, one by `jti`.
    pub(crate) fn revoked() -> Value {
        json!({ "revoked": [{ "iss": ISSUER, "sub": "revoked" }, { "iss": ISSUER, "jti": "revoked-jti" }] })
    }
}

fn people(issuer: &Issuer) -> Vec<Person> {
    let person = |key: &Key, sub: &str, more: Value, rights: Rights| {
        let mut draft = draft(sub);
        for (name, value) in more.as_object().expect("claims") {
            draft = draft.claim(name, value.clone());
        }
        Person {
            token: draft.sign(key).into(),
            sub: sub.into(),
            rights,
            broke: more["plan"] == "broke",
            early: more["roles"].to_string().contains("staff") || listed(sub),
        }
    };
    let read = Rights { read: true, ..Rights::default() };
    let mut all: Vec<Person> = (0..READERS)
        .map(|number| {
            let key = issuer.keys()[number % 3];
            person(key, &format!("reader-{number}"), json!({ "scope": "orders.read" }), read)
        })
        .collect();
    for (number, key) in issuer.keys().into_iter().enumerate() {
        let both = "orders.read orders.write";
        let write = Rights { write: true, ..read };
        all.push(person(key, &format!("writer-{number}"), json!({ "scope": both }), write));
        let admin = Rights { admin: true, ..Rights::default() };
        all.push(person(key, &format!("admin-{number}"), json!({ "roles": ["x", "admin"] }), admin));
        let staff = json!({ "scope": both, "roles": ["staff"] });
        all.push(person(key, &format!("staff-{number}"), staff, write));
        let broke = json!({ "scope": both, "plan": "broke" });
        all.push(person(key, &format!("broke-{number}"), broke, write));
        all.push(person(key, &format!("nobody-{number}"), json!({}), Rights::default()));
    }
    all
}

fn listed(sub: &str) -> bool {
    People::early_list().lines().any(|entry| entry == sub)
}

fn bad(issuer: &Issuer) -> Vec<(&'static str, String)> {
    let Issuer { rs, es, ed, stranger } = issuer;
    let may =
        |sub: &str| draft(sub).claim("scope", "orders.read orders.write").claim("roles", json!(["admin"]));
    let good = may("reader-0");
    let mut all = vec![("another key of that name", good.sign(stranger))];
    for key in [rs, es, ed] {
        all.extend([
            ("expired", good.clone().claim("exp", now() - 3600).sign(key)),
            ("not yet valid", good.clone().claim("nbf", now() + 36_000).sign(key)),
            ("without exp", good.clone().without("exp").sign(key)),
            ("another issuer", good.clone().claim("iss", "https://other.example").sign(key)),
            ("another audience", good.clone().claim("aud", "payments").sign(key)),
            ("critical", good.clone().header("crit", json!(["exp"])).sign(key)),
            ("unsigned", good.seal(key.kid(), "none", |_| Vec::new())),
            ("a public key as a secret", good.sign(&Key::secret(key.kid(), key.public()))),
            ("revoked by subject", may("revoked").sign(key)),
            ("revoked by jti", may("reader-1").claim("jti", "revoked-jti").sign(key)),
        ]);
    }
    all
}

/// Claims that the policy takes; no rights yet.
pub(crate) fn draft(sub: &str) -> Draft {
    Draft::new(json!({
        "iss": ISSUER, "aud": "orders", "sub": sub, "tenant": "acme", "iat": now() - 10, "exp": now() + 86_400,
    }))
}

pub(crate) const ISSUER: &str = "https://issuer.example";
pub(crate) const READERS: usize = 60;
