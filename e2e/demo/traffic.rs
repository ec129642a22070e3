//! The requests of the demo, by kind, and what became of them.

use std::collections::BTreeMap;

use e2e::{Answer, Error, Load, Protocol, Request, Stack};

/// Subsets by how many requests (or users) went there.
pub(crate) type Split = BTreeMap<String, usize>;

/// What an answer says about the decision: the subset that the upstream was told, or that nothing was decided.
pub(crate) fn subset(answer: &Answer) -> String {
    answer.report().subset().unwrap_or("no decision").to_owned()
}

/// Sends `count` requests over a few connections and hands every answer on.
pub(crate) async fn send(
    stack: &Stack,
    count: usize,
    request: impl Fn(usize) -> Request + Send + Sync + 'static,
    mut answered: impl FnMut(usize, Answer) -> Result<(), Error>,
) -> Result<(), Error> {
    let load = Load { client: stack.client(Protocol::Http1), connections: 8, streams: 1 };
    let mut problem = Ok(());
    let seen = |number, answer: Answer| {
        if problem.is_ok() {
            problem = match answer.status {
                200 => answered(number, answer),
                other => Err(format!("a request was answered with {other}").into()),
            };
        }
    };
    load.run(count, request, seen).await?;
    problem
}

/// The subsets of `count` requests.
pub(crate) async fn split(
    stack: &Stack,
    count: usize,
    request: impl Fn(usize) -> Request + Send + Sync + 'static,
) -> Result<Split, Error> {
    let mut split = Split::new();
    send(stack, count, request, |_, answer| {
        *split.entry(subset(&answer)).or_default() += 1;
        Ok(())
    })
    .await?;
    Ok(split)
}

/// `canary 18, stable 2`.
pub(crate) fn listed(split: &Split) -> String {
    let parts: Vec<String> = split.iter().map(|(subset, count)| format!("{subset} {count}")).collect();
    parts.join(", ")
}
