//! `make soak`: the whole chain under a steady load for minutes.

use std::process::ExitCode;

use e2e::proof::{Options, Outcome, Soak, soak};
use e2e::{Dice, Error, redis_server, told_to_stop};

const USAGE: &str = "\
soak [--minutes N] [--seed N] [--percent N] [--rate N] [--workers N]
  --minutes N   how long under load, may be a fraction (10)
  --seed N      the same requests again (a fresh one)
  --percent N   of the measured capacity (70)
  --rate N      so many requests a second, instead of measuring
  --workers N   of Envoy (4)
The report goes to target/soak/report.json, too.";

#[tokio::main]
async fn main() -> ExitCode {
    let ran = match options() {
        Ok(options) => tokio::select! {
            ran = run(options) => ran,
            () = told_to_stop() => Err("stopped".into()),
        },
        Err(problem) => Err(format!("{problem}\n{USAGE}").into()),
    };
    ran.unwrap_or_else(|problem| {
        eprintln!("soak: {problem}");
        ExitCode::FAILURE
    })
}

fn options() -> Result<Soak, String> {
    let mut words = Options::parse(std::env::args().skip(1))?;
    let minutes: f64 = words.take("minutes")?.unwrap_or(10.0);
    let rate: Option<f64> = words.take("rate")?;
    let options = Soak {
        seed: words.take("seed")?.unwrap_or_else(Dice::fresh_seed),
        seconds: (minutes * 60.0) as u64,
        capacity_seconds: if rate.is_some() { 0 } else { 10 },
        percent: words.take("percent")?.unwrap_or(70),
        rate: rate.unwrap_or(0.0),
        workers: words.take("workers")?.unwrap_or(4),
    };
    words.end()?;
    if options.seconds < 5
        || options.percent == 0
        || options.workers == 0
        || rate.is_some_and(|rate| rate < 1.0)
    {
        return Err("too little of something".to_owned());
    }
    Ok(options)
}

async fn run(options: Soak) -> Result<ExitCode, Error> {
    redis_server().ok_or("no redis-server: make setup")?;
    let outcome = soak(options).await?;
    print!("{}", outcome.text());
    Outcome::write("soak", std::slice::from_ref(&outcome))?;
    Ok(if outcome.held() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
