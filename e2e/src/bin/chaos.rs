//! `make chaos`: the whole chain while everything around it fails, changes, leaves or lies.

use std::process::ExitCode;
use std::time::Duration;

use e2e::proof::{Churn, Faults, Mutate, Options, Outcome, Resets, churn, faults, mutate, replay, resets};
use e2e::{Dice, Error, redis_server, told_to_stop};

const USAGE: &str = "\
chaos [--seed N] [--only PART] [--requests N] [--faults N] [--resets N] [--updates N] [--workers N] [--index N]
  --seed N       the same requests, faults and updates again (a fresh one)
  --only PART    mutate, faults, churn or resets
  --requests N   mutated requests (2000000)
  --faults N     of the sources, the service and its Redis (60)
  --updates N    of policies and routes, at 500 requests a second (500)
  --resets N     clients that leave while they are asked about (100000)
  --workers N    of Envoy (2)
  --index N      send the mutated request of this number once, and show it
The report goes to target/chaos/report.json, requests that broke something beside it.";

struct Chaos {
    seed: u64,
    only: Option<String>,
    requests: u64,
    faults: usize,
    updates: usize,
    clients: u64,
    workers: u32,
    index: Option<u64>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let ran = match options() {
        Ok(options) => tokio::select! {
            ran = run(&options) => ran,
            () = told_to_stop() => Err("stopped".into()),
        },
        Err(problem) => Err(format!("{problem}\n{USAGE}").into()),
    };
    ran.unwrap_or_else(|problem| {
        eprintln!("chaos: {problem}");
        ExitCode::FAILURE
    })
}

fn options() -> Result<Chaos, String> {
    let mut words = Options::parse(std::env::args().skip(1))?;
    let options = Chaos {
        seed: words.take("seed")?.unwrap_or_else(Dice::fresh_seed),
        only: words.take("only")?,
        requests: words.take("requests")?.unwrap_or(2_000_000),
        faults: words.take("faults")?.unwrap_or(60),
        updates: words.take("updates")?.unwrap_or(500),
        clients: words.take("resets")?.unwrap_or(100_000),
        workers: words.take("workers")?.unwrap_or(2),
        index: words.take("index")?,
    };
    words.end()?;
    match &options.only {
        Some(part) if !PARTS.contains(&part.as_str()) => {
            Err(format!("{part} is none of {}", PARTS.join(", ")))
        }
        _ => Ok(options),
    }
}

async fn run(options: &Chaos) -> Result<ExitCode, Error> {
    redis_server().ok_or("no redis-server: make setup")?;
    let Chaos { seed, only, requests, faults: count, updates, clients, workers, index } = options;
    let (seed, workers) = (*seed, *workers);
    let wants = |part: &str| only.as_ref().is_none_or(|only| only == part);
    let mut outcomes = Vec::new();
    if let Some(index) = index {
        outcomes.push(replay(seed, *index, workers).await?);
    } else {
        if wants("mutate") {
            outcomes.push(told(mutate(Mutate { seed, requests: *requests, workers }).await?));
        }
        if wants("faults") {
            let each = Duration::from_millis(1500);
            outcomes.push(told(faults(Faults { seed, faults: *count, each, rate: 400.0, workers }).await?));
        }
        if wants("churn") {
            outcomes.push(told(churn(Churn { seed, updates: *updates, rate: 500.0, workers }).await?));
        }
        if wants("resets") {
            outcomes.push(told(resets(Resets { seed, clients: *clients, workers }).await?));
        }
    }
    println!();
    outcomes.iter().for_each(|outcome| print!("{}", outcome.text()));
    Outcome::write("chaos", &outcomes)?;
    Ok(if outcomes.iter().all(Outcome::held) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A line as soon as it is known.
fn told(outcome: Outcome) -> Outcome {
    println!("{}: {}", outcome.name, if outcome.held() { "held" } else { "BROKEN" });
    outcome
}

const PARTS: [&str; 4] = ["mutate", "faults", "churn", "resets"];
