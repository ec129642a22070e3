//! What the command line asks for.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

/// See [`USAGE`].
#[derive(Debug, Clone)]
pub(crate) struct Options {
    pub(crate) rounds: usize,
    pub(crate) requests: usize,
    pub(crate) only: Vec<String>,
    pub(crate) updates: usize,
    pub(crate) revocations: usize,
    /// Different ones, to see what they leave in memory.
    pub(crate) tokens: usize,
    /// How often, and how long, each case is asked at each rate.
    pub(crate) stretches: usize,
    pub(crate) stretch: Duration,
    /// How far things grow.
    pub(crate) largest: usize,
    /// Of [`PARTS`]; none: all.
    parts: Vec<String>,
    pub(crate) against: Vec<PathBuf>,
    pub(crate) check: bool,
    /// A document is written.
    pub(crate) report: bool,
    /// Nothing was left out or made shorter.
    whole: bool,
}

impl Options {
    pub(crate) fn parse(arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self {
            rounds: 60,
            requests: 2_000,
            only: Vec::new(),
            updates: 150,
            revocations: 60,
            tokens: 100_000,
            stretches: 6,
            stretch: Duration::from_millis(1_500),
            largest: 1_000_000,
            parts: Vec::new(),
            against: Vec::new(),
            check: false,
            report: false,
            whole: true,
        };
        let mut arguments = arguments;
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or_else(|| format!("{argument} needs a value"));
            match argument.as_str() {
                "--check" => {
                    options.check = true;
                    continue;
                }
                "--report" => {
                    options.report = true;
                    continue;
                }
                "--rounds" => options.rounds = positive(&value()?)?,
                "--requests" => options.requests = positive(&value()?)?,
                "--updates" => options.updates = positive(&value()?)?,
                "--only" => options.only.push(value()?),
                "--against" => options.against.push(PathBuf::from(value()?)),
                "--part" => options.parts.push(part(value()?)?),
                "--quick" => {
                    (options.rounds, options.updates) = (15, 30);
                    (options.revocations, options.tokens, options.largest) = (10, 20_000, 10_000);
                    (options.stretches, options.stretch) = (2, Duration::from_millis(500));
                }
                other => return Err(format!("what is {other}?")),
            }
            options.whole = false;
        }
        Ok(options)
    }
}

impl Options {
    /// Whether this part is to be measured.
    pub(crate) fn wants(&self, part: &str) -> bool {
        match self.parts.as_slice() {
            [] => self.report || !OF_REPORT.contains(&part),
            parts => parts.iter().any(|wanted| wanted == part),
        }
    }

    /// Whether all of the report was measured as the documents say, so that it may replace the one that is kept.
    pub(crate) fn keeps(&self) -> bool {
        self.report && self.whole
    }

    /// A line has many points, and needs no more than to show its slope.
    pub(crate) fn growth_rounds(&self) -> usize {
        self.rounds.div_ceil(3)
    }
}

fn part(name: String) -> Result<String, String> {
    if PARTS.contains(&name.as_str()) {
        Ok(name)
    } else {
        Err(format!("{name} is none of {}", PARTS.join(", ")))
    }
}

fn positive(text: &str) -> Result<usize, String> {
    match usize::from_str(text) {
        Ok(number) if number > 0 => Ok(number),
        _ => Err(format!("{text} is not a number above 0")),
    }
}

const PARTS: [&str; 7] = ["cost", "propagation", "revocation", "memory", "throughput", "growth", "latency"];
/// Parts that are measured for the report, or when they are asked for.
const OF_REPORT: [&str; 2] = ["growth", "latency"];
pub(crate) const USAGE: &str = "\
bench [--report] [--quick] [--rounds N] [--requests N] [--only CASE]... [--against WASM]... [--updates N] [--part NAME]... [--check]
  --report           also measure growth and latency, and write REPORT.md
  --rounds N         rounds of each case (60; a third of them for growth)
  --requests N       requests in a round (2000)
  --only CASE        this case and `none`; may be repeated, and may be the beginning of a name
  --against WASM     also a case with another build of a module, named `canary..` or `ratelimit..`; may be repeated
  --updates N        policy changes of each kind (150)
  --part NAME        only cost (CPU time), propagation, revocation, memory, throughput, growth or latency; may be repeated
  --quick            15 rounds, 30 policy changes, 10 revocations, 20 000 tokens, growth up to 10 000, 2 stretches of half a second
  --check            exit with an error when a goal is missed
With --report alone the result goes to e2e/bench/ and into the README, else to target/bench/.";
