//! Follows the policy file: each change goes to Envoy over ECDS, and the demo says what became of it.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use e2e::{Error, Request, Stack, Update};

use crate::round::weights;
use crate::traffic;

/// Runs until the demo is stopped.
pub(crate) async fn follow(stack: &mut Stack, file: &Path, mut known: String) -> Result<(), Error> {
    loop {
        tokio::time::sleep(GLANCE).await;
        // An editor may have moved the file away for a moment.
        let Ok(text) = fs::read_to_string(file) else { continue };
        if text == known || text.trim().is_empty() {
            continue;
        }
        known = text;
        let begun = Instant::now();
        let logged = stack.envoy.log().len();
        match stack.try_update_policy(&known).await {
            Err(problem) => println!("policy  refused, the last one keeps serving: {problem}"),
            Ok(Update::Rejected) => {
                let log = stack.envoy.log();
                let why = refusal(log.get(logged..).unwrap_or_default(), "Envoy rejected the update");
                println!("policy  refused, the last one keeps serving: {why}");
            }
            Ok(Update::Accepted) => {
                println!(
                    "policy  in force after {} ms; {}",
                    begun.elapsed().as_millis(),
                    now(stack, &known).await?
                );
            }
        }
    }
}

/// Where a thousand users go under the policy that has just come.
async fn now(stack: &Stack, policy: &str) -> Result<String, Error> {
    let users = 1000;
    let user = |n| Request::get("/").header("x-user-id", format!("user-{n}"));
    let split = traffic::split(stack, users, user).await?;
    let shares = weights(policy)?.into_iter().map(|(subset, want)| {
        let got = 100.0 * split.get(&subset).copied().unwrap_or(0) as f64 / users as f64;
        format!("{subset} {got:.1} % (wanted {want:.2} %)")
    });
    Ok(format!("of {users} users now: {}", shares.collect::<Vec<_>>().join(", ")))
}

/// What the filter said about a policy in Envoy's log, a problem a line; if it said nothing, `otherwise`.
pub(crate) fn refusal(log: &str, otherwise: &str) -> String {
    let said = log.lines().filter_map(|line| line.split_once("wasm log").map(|(_, said)| said));
    let mut said: Vec<&str> = said.filter_map(|said| said.split_once(": ").map(|(_, text)| text)).collect();
    // Every VM says the same.
    said.sort_unstable();
    said.dedup();
    if said.is_empty() { format!("{otherwise}\n{log}") } else { said.join("\n        ") }
}

const GLANCE: Duration = Duration::from_millis(100);
