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
use crate::request::Request;
use crate::validate::{kind, problems, site::Document};
use answer::{Chain, Explanation};
use filter_api::Value;
use options::Explain;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use supply::Supply;

/// Prints the explanation, or everything that is in the way. True if there is one.
///
/// # Errors
/// What `out` says.
pub fn run(given: &Explain, out: &mut impl Write, err: &mut impl Write) -> io::Result<bool> {
    match explain(given) {
        Ok(chain) if given.json => out.write_all(chain.json().as_bytes()).map(|()| true),
        Ok(chain) => out.write_all(chain.text().as_bytes()).map(|()| true),
        Err(problems) => {
            for problem in problems {
                writeln!(err, "{problem}")?;
            }
            Ok(false)
        }
    }
}

/// The explanations of all filters that the request comes to, each of which sees what those before it leave.
///
/// # Errors
/// Everything that is in the way, a line each.
pub fn explain(given: &Explain) -> Result<Chain, Vec<String>> {
    let policies = chain(&given.policies, given.filter)?;
    let one = |problem: String| vec![problem];
    let supply = given.supply().map_err(one)?;
    let documents: Vec<_> = policies.iter().flat_map(|(filter, policy)| filter.documents(policy)).collect();
    if let Some(stranger) = supply.stranger(&documents) {
        return Err(vec![stranger]);
    }
    let mut request = Some(given.request());
    let verifies = policies.iter().any(|(filter, _)| *filter == Filter::Auth);
    if let Some(request) = request.as_mut().filter(|_| !verifies && !given.claims.is_empty()) {
        request.identity = Some(mint::record(&given.claims, request.time).map_err(one)?);
    }
    let mut chain = Chain::default();
    for (filter, policy) in &policies {
        let Some(seen) = request.take() else {
            chain.not_reached.push(*filter);
            continue;
        };
        let explanation = filter_alone(*filter, policy, seen, &supply, given).map_err(one)?;
        request.clone_from(&explanation.next);
        chain.explanations.push(explanation);
    }
    Ok(chain)
}

fn filter_alone(
    filter: Filter,
    policy: &Value,
    mut request: Request,
    supply: &Supply,
    given: &Explain,
) -> Result<Explanation, String> {
    match filter {
        Filter::Canary => canary::explain(policy, &request, supply),
        Filter::RateLimit => ratelimit::explain(policy, &request, supply, given.after),
        Filter::Auth if given.claims.is_empty() => auth::explain(policy, &request, supply),
        Filter::Auth => auth::as_if_verified(policy, given.issuer.as_deref(), &given.claims, &mut request)
            .and_then(|policy| auth::explain(&policy, &request, supply)),
    }
}

/// The policies of a chain, in the order of files and of places in them.
fn chain(files: &[PathBuf], filter: Option<Filter>) -> Result<Vec<(Filter, Value)>, Vec<String>> {
    let mut chain: Vec<(Filter, Value)> = Vec::new();
    for file in files {
        let found = policies(file, filter)?;
        let is_chain = found
            .iter()
            .enumerate()
            .all(|(place, one)| found.iter().take(place).all(|other| other.filter != one.filter));
        if !is_chain {
            return Err(vec![several(file, &found)]);
        }
        for Found { filter, value, .. } in found {
            if chain.iter().any(|(other, _)| *other == filter) {
                return Err(vec![format!("{}: is the second policy of {}", file.display(), filter.name())]);
            }
            chain.push((filter, value));
        }
    }
    Ok(chain)
}

/// The one policy in a file, which compiles; or all that is wrong, a line each.
///
/// # Errors
/// The file cannot be read, has no policy or several, or the policy is refused.
pub fn policy(file: &Path, filter: Option<Filter>) -> Result<(Filter, Value), Vec<String>> {
    let mut found = policies(file, filter)?;
    match (found.pop(), found.is_empty()) {
        (Some(Found { filter, value, .. }), true) => Ok((filter, value)),
        (last, _) => {
            found.extend(last);
            Err(vec![several(file, &found)])
        }
    }
}

/// A policy in a file.
struct Found {
    filter: Filter,
    value: Value,
    line: u64,
}

fn several(file: &Path, found: &[Found]) -> String {
    let place = |found: &Found| format!("{} on line {}", found.filter.name(), found.line);
    let places: Vec<String> = found.iter().map(place).collect();
    format!(
        "{}: has several policies ({}); take one of them, or say --filter",
        file.display(),
        places.join(", ")
    )
}

/// The policies in a file, at least one, which compile; or all that is wrong, a line each.
fn policies(file: &Path, filter: Option<Filter>) -> Result<Vec<Found>, Vec<String>> {
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
    let mut wrong: Vec<_> = documents.iter().flat_map(problems).collect();
    wrong.sort_by_key(|finding| finding.line);
    if !wrong.is_empty() {
        return Err(wrong.iter().map(|finding| format!("{name}:{finding}")).collect());
    }
    let policies = documents.iter().flat_map(Document::policies);
    let wanted = policies.filter(|policy| filter.is_none_or(|filter| policy.filter == filter));
    let found: Vec<Found> = wanted
        .map(|policy| Found { filter: policy.filter, value: policy.tree.value(), line: policy.tree.line })
        .collect();
    if found.is_empty() { Err(vec![format!("{name}: has no policy")]) } else { Ok(found) }
}
