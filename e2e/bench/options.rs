//! What the command line asks for.

use std::path::PathBuf;
use std::str::FromStr;

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
    /// Of [`PARTS`]; none: all.
    parts: Vec<String>,
    pub(crate) against: Vec<PathBuf>,
    pub(crate) check: bool,
    /// Everything was measured as the documents say, so the result may stand beside them.
    pub(crate) whole: bool,
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
            parts: Vec::new(),
            against: Vec::new(),
            check: false,
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
                "--rounds" => options.rounds = positive(&value()?)?,
                "--requests" => options.requests = positive(&value()?)?,
                "--updates" => options.updates = positive(&value()?)?,
                "--only" => options.only.push(value()?),
                "--against" => options.against.push(PathBuf::from(value()?)),
                "--part" => options.parts.push(part(value()?)?),
                "--quick" => {
                    (options.rounds, options.updates) = (15, 30);
                    (options.revocations, options.tokens) = (10, 20_000);
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
        self.parts.is_empty() || self.parts.iter().any(|wanted| wanted == part)
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

const PARTS: [&str; 5] = ["cost", "propagation", "revocation", "memory", "throughput"];
pub(crate) const USAGE: &str = "\
bench [--quick] [--rounds N] [--requests N] [--only CASE]... [--against WASM]... [--updates N] [--part NAME]... [--check]
  --rounds N         rounds of each case (60)
  --requests N       requests in a round (2000)
  --only CASE        this case and `none`; may be repeated, and may be the beginning of a name
  --against WASM     also a case with another build of a module, named `canary..` or `ratelimit..`; may be repeated
  --updates N        policy changes of each kind (150)
  --part NAME        only cost (CPU time), propagation, revocation, memory or throughput; may be repeated
  --quick            15 rounds, 30 policy changes, 10 revocations, 20 000 tokens
  --check            exit with an error when a goal is missed
Without options the result goes to e2e/bench/, else to target/bench/.";
