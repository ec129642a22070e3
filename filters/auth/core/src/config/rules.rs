//! `rules:`.

use crate::binding::Bound;
use crate::forward::Reserved;
use crate::provider::JWT_SVID;
use crate::require::{Accepted, Require, RequireToken, Tls};
use crate::rule::{Rule, Verdict};
use filter_api::config::Node;
use filter_api::{ClaimCondition, Key, Name, Pattern, Predicate, TlsVersion, Value};

/// What rules may refer to.
pub(super) struct Known<'k> {
    pub(super) providers: &'k [Name],
    pub(super) has_svids: bool,
    /// Fields that the policy sets itself.
    pub(super) reserved: &'k Reserved,
}

pub(super) fn rules(node: &Node<'_>, known: &Known<'_>) -> Option<Vec<Rule>> {
    let mut names: Vec<Name> = Vec::new();
    let mut place = 0_usize;
    let rules = node.non_empty(|item| {
        let index = place;
        place = place.saturating_add(1);
        rule(&item, index, known, &mut names)
    })?;
    if rules.len() > MAX_RULES {
        return node.refuse(format_args!("{} rules are more than {MAX_RULES}", rules.len()));
    }
    Some(rules)
}

fn rule(item: &Node<'_>, index: usize, known: &Known<'_>, names: &mut Vec<Name>) -> Option<Rule> {
    let mut map = item.map()?;
    let (at, name) = match map.field("name") {
        Some(node) => (node.clone(), node.parse(Name::parse)),
        // As problems and stats call it.
        None => (item.clone(), Name::parse(&format!("rule-{index}")).ok()),
    };
    let name = name.and_then(|name| match names.contains(&name) {
        true => at.refuse(format_args!("`{name}` is the name of another rule")),
        false => {
            names.push(name.clone());
            Some(name)
        }
    });
    let when = map.field("when").map(|node| when(&node, known));
    let (allow, require) = (map.field("allow"), map.field("require"));
    let verdict = match (allow, require) {
        (Some(allow), None) => match allow.text() {
            Some("anyone") => Some(Verdict::Anyone),
            Some(other) => allow.refuse(format_args!("`{other}` is not anyone")),
            None => None,
        },
        (None, Some(require)) => read_require(&require, known).map(Verdict::Require),
        (Some(_), Some(_)) => item.refuse("has both allow and require"),
        (None, None) => item.refuse("needs allow or require"),
    };
    let dry_run = map.optional("dry_run", |node| node.boolean()).unwrap_or(false);
    map.finish();
    let when = match when {
        Some(when) => Some(when?),
        None => None,
    };
    Some(Rule { name: name?, when, verdict: verdict?, dry_run })
}

/// What a rule is about is asked before anything is verified.
fn when(node: &Node<'_>, known: &Known<'_>) -> Option<Predicate> {
    let when = Predicate::read(node, &[])?;
    let mut claims = false;
    let mut reserved = None;
    visit(&when, &mut |predicate| match predicate {
        Predicate::Claim(..) | Predicate::List(_, Key::Claim(_)) => claims = true,
        Predicate::Header(field, _) if known.reserved.has(field) => reserved = Some(field.clone()),
        _ => {}
    });
    if claims {
        return node.refuse("reads a claim, but no token is verified yet; use require.claims");
    }
    match reserved {
        Some(field) => {
            let field = field.as_str();
            node.refuse(format_args!("reads {field}, which only the policy sets: a client could choose"))
        }
        None => Some(when),
    }
}

fn visit<'p>(predicate: &'p Predicate, look: &mut impl FnMut(&'p Predicate)) {
    look(predicate);
    match predicate {
        Predicate::All(parts) | Predicate::Any(parts) => parts.iter().for_each(|part| visit(part, look)),
        Predicate::Not(part) => visit(part, look),
        _ => {}
    }
}

fn read_require(node: &Node<'_>, known: &Known<'_>) -> Option<Require> {
    let mut map = node.map()?;
    let tls = map.field("tls").map(|node| read_tls(&node));
    let peer = map.field("peer").map(|node| node.non_empty(|item| item.parse(Pattern::parse)));
    let token = map.field("token").map(|node| accepted(&node, known));
    let claims = map.field("claims");
    let bound = map.field("bound");
    map.finish();
    if token.is_none() {
        for field in [&claims, &bound].into_iter().flatten() {
            field.refuse::<()>("is about a token, and no token is required");
        }
    }
    if tls.is_none() && peer.is_none() && token.is_none() {
        return node.refuse("requires nothing; it needs tls, peer or token, or write allow: anyone");
    }
    let claims = claims.map(|node| node.non_empty(|item| ClaimCondition::read(&item)));
    let bound = bound.map(|node| read_bound(&node));
    let (tls, peer) = (all(tls)?, all(peer)?);
    let (token, claims, bound) = (all(token)?, all(claims)?, all(bound)?);
    let token = token.map(|from| RequireToken {
        from,
        claims: claims.unwrap_or_default(),
        bound: bound.unwrap_or_default(),
    });
    Some(Require { tls: tls.unwrap_or_default(), peer: peer.unwrap_or_default(), token })
}

/// A field that is not there is fine, one that could not be read is not.
#[expect(clippy::option_option, reason = "not there, there and refused, there and read")]
fn all<T>(field: Option<Option<T>>) -> Option<Option<T>> {
    match field {
        None => Some(None),
        Some(read) => read.map(Some),
    }
}

fn read_tls(node: &Node<'_>) -> Option<Tls> {
    let mut map = node.map()?;
    let (min_version, mutual) = (map.field("min_version"), map.field("mutual"));
    map.finish();
    let min_version = all(min_version.map(|node| read_version(&node)));
    let mutual = all(mutual.map(|node| node.boolean()));
    let (min_version, mutual) = (min_version?, mutual?.unwrap_or(false));
    if min_version.is_none() && !mutual {
        return node.refuse("requires nothing; it needs min_version or mutual: true");
    }
    Some(Tls { min_version, mutual })
}

fn read_version(node: &Node<'_>) -> Option<TlsVersion> {
    match node.text()? {
        "1.0" => Some(TlsVersion::V1_0),
        "1.1" => Some(TlsVersion::V1_1),
        "1.2" => Some(TlsVersion::V1_2),
        "1.3" => Some(TlsVersion::V1_3),
        other => node.refuse(format_args!("`{other}` is none of 1.0, 1.1, 1.2, 1.3")),
    }
}

/// A name, or a list of them.
fn accepted(node: &Node<'_>, known: &Known<'_>) -> Option<Vec<Accepted>> {
    let mut seen = Vec::new();
    let mut one = |node: Node<'_>| {
        let name = node.text()?;
        let accepted = if name == JWT_SVID {
            if !known.has_svids {
                return node.refuse("jwt_svid needs spiffe.trust_domains");
            }
            Accepted::Svid
        } else {
            match known.providers.iter().position(|provider| provider.as_str() == name) {
                Some(place) => Accepted::Provider(place),
                None => return unknown(&node, name, known),
            }
        };
        if seen.contains(&accepted) {
            return node.refuse(format_args!("`{name}` is there twice"));
        }
        seen.push(accepted);
        Some(accepted)
    };
    match node.value() {
        Value::List(_) => node.non_empty(one),
        _ => one(node.clone()).map(|accepted| vec![accepted]),
    }
}

fn unknown<T>(node: &Node<'_>, name: &str, known: &Known<'_>) -> Option<T> {
    let names: Vec<_> = known.providers.iter().map(Name::as_str).collect();
    if names.is_empty() {
        return node.refuse(format_args!("`{name}` is not a provider, there is none"));
    }
    node.refuse(format_args!("`{name}` is not a provider, known here: {}", names.join(", ")))
}

fn read_bound(node: &Node<'_>) -> Option<Bound> {
    match node.text()? {
        "ignore" => Some(Bound::Ignore),
        "if_present" => Some(Bound::IfPresent),
        "required" => Some(Bound::Required),
        other => node.refuse(format_args!("`{other}` is none of ignore, if_present, required")),
    }
}

const MAX_RULES: usize = 1000;
