//! `providers:` and `spiffe:`.

use super::{Reading, distinct, keys, non_empty, span};
use crate::bundle::Bundle;
use crate::forward::Forward;
use crate::places::{Place, PlaceSet};
use crate::provider::{JWT_SVID, Provider, Svids, Terms};
use crate::svid;
use filter_api::config::{Map, Node};
use filter_api::{FieldName, Name, Pattern};
use filter_jose::{Algorithm, Expected, Origin};
use filter_spiffe::TrustDomain;
use std::time::Duration;

/// Fills `names` with every provider that has a good one, in the order of the result.
pub(super) fn providers(
    node: &Node<'_>,
    reading: &mut Reading,
    names: &mut Vec<Name>,
) -> Option<Vec<Provider>> {
    let mut issuers: Vec<String> = Vec::new();
    let providers = node.list(|item| {
        let mut map = item.map()?;
        let name = map.required("name", |node| name(&node, names));
        let issuer = map.required("issuer", |node| {
            let issuer = non_empty(node.clone())?;
            // The issuer chooses the provider.
            if issuers.contains(&issuer) {
                return node.refuse("is the issuer of another provider; give one provider both audiences");
            }
            issuers.push(issuer.clone());
            Some(issuer)
        });
        let audiences = map.required("audiences", distinct);
        let algorithms_node = map.field("algorithms");
        let algorithms = algorithms_node.as_ref().and_then(algorithms).unwrap_or_default();
        let keys = map.required("keys", |node| keys::keys(&node, name.as_ref(), Origin::Fetched, reading));
        if keys.as_ref().is_some_and(|keys| keys.is_fetched()) {
            refuse_secrets(algorithms_node, &algorithms);
        }
        let places = places(&mut map, reading);
        let clock_skew = clock_skew(&mut map);
        let max_lifetime = span(&mut map, "max_lifetime", Duration::from_secs(1), LONGEST);
        let typ = map.optional("type", non_empty);
        let forward = map.optional("forward", |node| forward(&node, reading)).unwrap_or_default();
        map.finish();
        let issuer = Some(issuer?);
        let audiences = audiences?;
        let expected = Expected { issuer, audiences, clock_skew, max_lifetime, typ, require_subject: false };
        let terms = Terms { expected, algorithms, places: places?, forward };
        Some(Provider { name: name?, keys: keys?, terms })
    })?;
    if providers.len() > MAX_ISSUERS {
        return node.refuse(format_args!("{} providers are more than {MAX_ISSUERS}", providers.len()));
    }
    Some(providers)
}

fn name(node: &Node<'_>, names: &mut Vec<Name>) -> Option<Name> {
    let name = node.parse(Name::parse)?;
    if name.as_str() == JWT_SVID {
        return node.refuse("jwt_svid stands for the JWT-SVIDs of spiffe.trust_domains");
    }
    if names.contains(&name) {
        return node.refuse(format_args!("`{name}` is the name of another provider"));
    }
    names.push(name.clone());
    Some(name)
}

fn algorithms(node: &Node<'_>) -> Option<Vec<Algorithm>> {
    let mut seen = Vec::new();
    node.non_empty(|item| {
        let algorithm = item.parse(str::parse::<Algorithm>)?;
        if seen.contains(&algorithm) {
            return item.refuse("is there twice");
        }
        seen.push(algorithm);
        Some(algorithm)
    })
}

/// Of fetched keys none is ever a shared secret.
fn refuse_secrets(node: Option<Node<'_>>, algorithms: &[Algorithm]) {
    let secret = algorithms.iter().find(|algorithm| algorithm.is_symmetric());
    if let (Some(node), Some(secret)) = (node, secret) {
        node.refuse::<()>(format_args!(
            "{secret} needs a shared secret, which is never fetched; see keys.inline"
        ));
    }
}

fn places(map: &mut Map<'_>, reading: &mut Reading) -> Option<PlaceSet> {
    match map.field("from") {
        Some(node) => Place::read_list(&node).and_then(|places| reading.look_in(&node, &places)),
        None => reading.look_in(map.node(), &Place::standard()),
    }
}

fn clock_skew(map: &mut Map<'_>) -> Duration {
    span(map, "clock_skew", Duration::ZERO, LONGEST_SKEW).unwrap_or(DEFAULT_SKEW)
}

fn forward(node: &Node<'_>, reading: &mut Reading) -> Option<Forward> {
    let mut map = node.map()?;
    let mut fields: Vec<FieldName> = Vec::new();
    let mut field = |node: Node<'_>| {
        let field = node.parse(FieldName::parse_writable)?;
        reading.reserve(&node, &field)?;
        if fields.contains(&field) {
            return node.refuse(format_args!("{} is set twice", field.as_str()));
        }
        fields.push(field.clone());
        Some(field)
    };
    let token = map.optional("token", |node| match node.text()? {
        "keep" => Some(false),
        "strip" => Some(true),
        other => node.refuse(format_args!("`{other}` is neither keep nor strip")),
    });
    let payload = map.optional("payload_header", &mut field);
    let claims = map.optional("claims", |node| {
        node.list(|item| {
            let mut map = item.map()?;
            let claim = map.required("claim", non_empty);
            let header = map.required("header", &mut field);
            map.finish();
            Some((claim?, header?))
        })
    });
    map.finish();
    Some(Forward { strip_token: token.unwrap_or(false), payload, claims: claims.unwrap_or_default() })
}

/// `spiffe:`.
#[derive(Default)]
pub(super) struct Spiffe {
    pub(super) svids: Option<Svids>,
    pub(super) xfcc: Vec<Pattern>,
}

/// `has_svids` tells whether there are trust domains, good or bad.
pub(super) fn spiffe(node: &Node<'_>, reading: &mut Reading, has_svids: &mut bool) -> Option<Spiffe> {
    let mut map = node.map()?;
    let domains = map.field("trust_domains");
    *has_svids = domains.is_some();
    let xfcc = map.optional("xfcc", |node| {
        let mut map = node.map()?;
        let from = map.required("from", |node| node.non_empty(|item| item.parse(Pattern::parse)));
        map.finish();
        from
    });
    let xfcc = xfcc.unwrap_or_default();
    let Some(domains) = domains else {
        for name in ["audiences", "from", "clock_skew", "forward"] {
            map.optional(name, |node| node.refuse::<()>("goes with trust_domains"));
        }
        map.finish();
        return Some(Spiffe { svids: None, xfcc });
    };
    let bundles = bundles(&domains, reading);
    let audiences = match map.field("audiences") {
        Some(node) => distinct(node),
        None => node.refuse("trust_domains need audiences: a JWT-SVID is for somebody"),
    };
    let places = places(&mut map, reading);
    let clock_skew = clock_skew(&mut map);
    let forward = map.optional("forward", |node| forward(&node, reading)).unwrap_or_default();
    map.finish();
    let expected =
        Expected { audiences: audiences?, clock_skew, require_subject: true, ..Expected::default() };
    let terms = Terms { expected, algorithms: svid::ALGORITHMS.to_vec(), places: places?, forward };
    Some(Spiffe { svids: Some(Svids { bundles: bundles?, terms }), xfcc })
}

fn bundles(node: &Node<'_>, reading: &mut Reading) -> Option<Vec<Bundle>> {
    let mut domains: Vec<TrustDomain> = Vec::new();
    let bundles = node.non_empty(|item| {
        let mut map = item.map()?;
        let domain = map.required("name", |node| {
            let domain = node.parse(TrustDomain::parse)?;
            if domains.contains(&domain) {
                return node.refuse(format_args!("`{domain}` is there twice"));
            }
            domains.push(domain.clone());
            Some(domain)
        });
        let name = domain.as_ref().and_then(document_name);
        let keys =
            map.required("bundle", |node| keys::keys(&node, name.as_ref(), Origin::SpiffeBundle, reading));
        map.finish();
        Some(Bundle { domain: domain?, keys: keys? })
    })?;
    if bundles.len() > MAX_ISSUERS {
        return node.refuse(format_args!("{} trust domains are more than {MAX_ISSUERS}", bundles.len()));
    }
    Some(bundles)
}

/// The tag of the stats of its bundle: a name of at most 64 bytes.
fn document_name(domain: &TrustDomain) -> Option<Name> {
    let name = domain.as_str();
    Name::parse(name.get(..name.len().min(64))?).ok()
}

const MAX_ISSUERS: usize = 100;
const DEFAULT_SKEW: Duration = Duration::from_mins(1);
const LONGEST_SKEW: Duration = Duration::from_mins(10);
const LONGEST: Duration = Duration::from_hours(3650 * 24);
