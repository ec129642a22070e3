//! `sluice explain`: what does a policy decide about a request, and why?

pub mod answer; // for people and for programs
mod auth; // who, and may they
mod canary; // which subset
mod lists; // predicates and keys, one by one
mod mint; // claims as if verified
pub mod options; // the command line
mod ratelimit; // is there room
pub mod supply; // what would be fetched
mod trace; // parts of a condition

use crate::document;
use crate::filter::Filter;
use crate::validate::{kind, problems, site::Document};
use answer::Explanation;
use filter_api::Value;
use options::Explain;
use std::io::{self, Write};
use std::path::Path;

/// Prints the explanation, or everything that is in the way. True if there is one.
///
/// # Errors
/// What `out` says.
pub fn run(given: &Explain, out: &mut impl Write, err: &mut impl Write) -> io::Result<bool> {
    match explain(given) {
        Ok(explanation) if given.json => out.write_all(explanation.json().as_bytes()).map(|()| true),
        Ok(explanation) => out.write_all(explanation.text().as_bytes()).map(|()| true),
        Err(problems) => {
            for problem in problems {
                writeln!(err, "{problem}")?;
            }
            Ok(false)
        }
    }
}

/// The explanation.
///
/// # Errors
/// Everything that is in the way, a line each.
pub fn explain(given: &Explain) -> Result<Explanation, Vec<String>> {
    let (filter, policy) = policy(&given.policy, given.filter)?;
    let one = |problem: String| vec![problem];
    let supply = given.supply().map_err(one)?;
    if let Some(stranger) = supply.stranger(&filter.documents(&policy)) {
        return Err(vec![stranger]);
    }
    let mut request = given.request();
    if filter != Filter::Auth && !given.claims.is_empty() {
        request.identity = Some(mint::record(&given.claims, request.time).map_err(one)?);
    }
    match filter {
        Filter::Canary => canary::explain(&policy, &request, &supply),
        Filter::RateLimit => ratelimit::explain(&policy, &request, &supply, given.after),
        Filter::Auth if given.claims.is_empty() => auth::explain(&policy, &request, &supply),
        Filter::Auth => auth::as_if_verified(&policy, given.issuer.as_deref(), &given.claims, &mut request)
            .and_then(|policy| auth::explain(&policy, &request, &supply)),
    }
    .map_err(one)
}

/// The one policy in a file, which compiles; or all that is wrong, a line each.
///
/// # Errors
/// The file cannot be read, has no policy or several, or the policy is refused.
pub fn policy(file: &Path, filter: Option<Filter>) -> Result<(Filter, Value), Vec<String>> {
    let name = file.display();
    let unreadable = |error: document::Unreadable| vec![format!("{name}: {error}")];
    let bytes = document::bytes(file).map_err(unreadable)?;
    let roots = document::all(file, &bytes).map_err(unreadable)?;
    let source = String::from_utf8_lossy(&bytes);
    let source: Vec<&str> = source.lines().collect();
    let mut documents: Vec<Document<'_>> =
        roots.iter().map(|root| kind::document(None, root, &source)).collect();
    // Whose policy it is, the user knows best; but what holds policies is not one itself.
    if let (Some(filter), [root], [document]) = (filter, roots.as_slice(), documents.as_mut_slice())
        && document.policies().all(|policy| policy.path.is_empty())
        && root.field("apiVersion").is_none()
    {
        *document = Document::of_policy(filter, root);
    }
    let found: Vec<_> = documents
        .iter()
        .flat_map(Document::policies)
        .filter(|policy| filter.is_none_or(|filter| policy.filter == filter))
        .collect();
    let mut wrong: Vec<_> = documents.iter().flat_map(problems).collect();
    wrong.sort_by_key(|finding| finding.line);
    let wrong: Vec<String> = wrong.iter().map(|finding| format!("{name}:{finding}")).collect();
    match found.as_slice() {
        _ if !wrong.is_empty() => Err(wrong),
        [policy] => Ok((policy.filter, policy.tree.value())),
        [] => Err(vec![format!("{name}: has no policy")]),
        several => {
            let places: Vec<String> = several
                .iter()
                .map(|policy| format!("{} on line {}", policy.filter.name(), policy.tree.line))
                .collect();
            Err(vec![format!(
                "{name}: has several policies ({}); take one of them, or say --filter",
                places.join(", ")
            )])
        }
    }
}
