//! Certificates: on a resumed connection Envoy calls none validated.

use crate::located::Located;
use crate::validate::finding::{Finding, Warning};
use crate::validate::site::Document;
use crate::validate::visit::{join, visit};

use super::reads::{self, holds};

pub(super) fn warn(document: &Document<'_>, all: &[&Document<'_>], found: &mut Vec<Finding>) {
    let asked = all.iter().flat_map(|document| document.policies()).any(reads::certificates);
    visit(document.root, "", &mut |seen| {
        let kind = seen.node.text_at(&["@type"]).and_then(|kind| kind.rsplit('.').next());
        // A listener that has none of our filters is no business of ours.
        let listener = seen.above.iter().rev().find(|above| above.field("filter_chains").is_some());
        let ours = listener.is_none_or(|listener| has_ours(document, listener));
        match kind {
            Some("DownstreamTlsContext") if asked && ours => context(seen.node, seen.path, found),
            Some("HttpConnectionManager") => forwarded(document, seen.node, seen.path, found),
            _ => {}
        }
    });
    let session = document.root.at(&["spec", "tls", "session", "resumption"]);
    let kind = document.root.text_at(&["kind"]);
    if let (true, Some("ClientTrafficPolicy"), Some(session)) = (asked, kind, session) {
        found.push(Finding::warning(
            session.line,
            Warning::SessionResumption,
            "spec.tls.session.resumption",
            RESUMED,
        ));
    }
}

fn has_ours(document: &Document<'_>, listener: &Located) -> bool {
    let by_name = |node: &&Located| node.text_at(&["name"]).is_some_and(|name| name.starts_with("sluice."));
    document.plugins.iter().any(|plugin| holds(listener, plugin.node)) || listener.all().iter().any(by_name)
}

fn context(context: &Located, path: &str, found: &mut Vec<Finding>) {
    for name in ["disable_stateless_session_resumption", "disable_stateful_session_resumption"] {
        if !context.is_true(&[name]) {
            let line = context.field(name).map_or(context.line, |field| field.line);
            found.push(Finding::warning(line, Warning::SessionResumption, join(path, name), RESUMED));
        }
    }
    visit(context, path, &mut |seen| {
        if let Some(field) = seen.node.field("trust_chain_verification")
            && field.text() == Some("ACCEPT_UNTRUSTED")
        {
            let message =
                "certificates that nobody vouches for count as not validated, and rules refuse them";
            let path = join(seen.path, "trust_chain_verification");
            found.push(Finding::warning(field.line, Warning::UntrustedAccepted, path, message));
        }
    });
}

/// `spiffe.xfcc` wants a header that Envoy removes unless it is told not to.
fn forwarded(document: &Document<'_>, manager: &Located, path: &str, found: &mut Vec<Finding>) {
    let inside = document.plugins.iter().filter(|plugin| holds(manager, plugin.node));
    let wanted = inside
        .filter_map(|plugin| plugin.policy.as_ref())
        .any(|policy| policy.tree.at(&["spiffe", "xfcc"]).is_some());
    let details = manager.field("forward_client_cert_details");
    if wanted && details.and_then(Located::text) != Some("ALWAYS_FORWARD_ONLY") {
        let line = details.map_or(manager.line, |details| details.line);
        let message =
            "removes or changes the header that `spiffe.xfcc` believes; ALWAYS_FORWARD_ONLY lets it through";
        let path = join(path, "forward_client_cert_details");
        found.push(Finding::warning(line, Warning::XfccRemoved, path, message));
    }
}

const RESUMED: &str = "sessions may be resumed, and on those connections no certificate counts as validated";
