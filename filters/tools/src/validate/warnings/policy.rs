//! What a policy says that its author may not have meant.

use crate::filter::Filter;
use crate::located::Located;
use crate::validate::finding::{Finding, Warning};
use crate::validate::site::Policy;
use crate::validate::visit::{join, visit};

pub(super) fn warn(policy: &Policy<'_>, found: &mut Vec<Finding>) {
    if policy.filter != Filter::Canary
        && let Some(dry_run) = policy.tree.field("dry_run")
        && policy.tree.is_true(&["dry_run"])
    {
        let message = format!("{} refuses nothing", policy.filter.name());
        found.push(Finding::warning(dry_run.line, Warning::DryRun, join(&policy.path, "dry_run"), message));
    }
    match policy.filter {
        Filter::Auth => {
            each(policy, "rules", &mut |rule, path| auth_rule(rule, path, found));
            secrets(policy, found);
        }
        Filter::Canary => {}
        Filter::RateLimit => each(policy, "limits", &mut |limit, path| keys(limit, path, found)),
    }
}

fn each(policy: &Policy<'_>, list: &str, see: &mut dyn FnMut(&Located, &str)) {
    let items = policy.tree.field(list).map_or(&[][..], Located::items);
    for (place, item) in items.iter().enumerate() {
        see(item, &format!("{}[{place}]", join(&policy.path, list)));
    }
}

fn auth_rule(rule: &Located, path: &str, found: &mut Vec<Finding>) {
    let Some(when) = rule.field("when") else { return };
    let open = rule.text_at(&["allow"]) == Some("anyone");
    let preflight = when.all().iter().any(|node| node.text_at(&["method", "exact"]) == Some("OPTIONS"));
    visit(when, &join(path, "when"), &mut |seen| {
        if let Some(matcher) = seen.node.field("path") {
            let path = join(seen.path, "path");
            for name in ["exact", "prefix", "suffix", "in"] {
                let Some(given) = matcher.field(name) else { continue };
                for text in given.all() {
                    spelling(text, &join(&path, name), found);
                }
            }
            let prefix = matcher.field("prefix").and_then(|prefix| Some((prefix.text()?, prefix.line)));
            if let Some((prefix, line)) = prefix.filter(|(prefix, _)| open && !prefix.ends_with('/')) {
                let message =
                    format!("`{prefix}` also opens {prefix}-internal; end it with a slash, or take `exact`");
                found.push(Finding::warning(line, Warning::OpenPrefix, join(&path, "prefix"), message));
            }
        }
        for name in ["header", "cookie", "query"] {
            if let Some(field) = seen.node.field(name).filter(|_| open && !preflight) {
                let message = format!("a client chooses its own {name}, and is let in by it");
                found.push(Finding::warning(
                    field.line,
                    Warning::OpenByClient,
                    join(seen.path, name),
                    message,
                ));
            }
        }
    });
}

/// Paths are compared byte for byte; what reserved characters look like, raw or encoded, is the client's choice.
fn spelling(given: &Located, path: &str, found: &mut Vec<Finding>) {
    let Some(text) = given.text() else { return };
    let plain = |character: char| character.is_ascii_alphanumeric() || "-._~/".contains(character);
    if let Some(character) = text.chars().find(|character| !plain(*character)) {
        let message = format!(
            "`{text}` has `{character}`, which clients may send raw or encoded; name only paths of A-Z a-z 0-9 - . _ ~ /"
        );
        found.push(Finding::warning(given.line, Warning::PathSpelling, path, message));
    }
}

fn secrets(policy: &Policy<'_>, found: &mut Vec<Finding>) {
    visit(&policy.tree, &policy.path, &mut |seen| {
        let private = ["k", "d"].iter().find(|name| seen.node.field(name).is_some());
        if let (Some(private), Some(_)) = (private, seen.node.field("kty")) {
            let message = "a secret; whoever sees Envoy's /config_dump can issue tokens";
            let path = join(seen.path, private);
            found.push(Finding::warning(seen.node.line, Warning::SecretInline, path, message));
        }
    });
}

/// A limit that every client walks around by sending something else.
fn keys(limit: &Located, path: &str, found: &mut Vec<Finding>) {
    let Some(key) = limit.field("key") else { return };
    let chosen = |part: &Located| ["header", "cookie", "query"].iter().any(|kind| part.field(kind).is_some());
    if !key.items().is_empty() && key.items().iter().all(chosen) {
        let message = "a client chooses all of it, and so another limit with each request; add claim, peer or source_ip";
        found.push(Finding::warning(key.line, Warning::KeyChosenByClient, join(path, "key"), message));
    }
}
