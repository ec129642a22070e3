//! Runs the tests: each on a thread of its own, a few at once, and with a report that shows what Envoy said.
//!
//! libtest cannot skip a test at run time, and knows nothing of an Envoy behind a test. This runner takes the same
//! arguments as far as they matter and ends with the same line.

use std::any::Any;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::env;
use std::io::{self, Write};
use std::panic::{self, AssertUnwindSafe};
use std::pin::{Pin, pin};
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use crate::backend::Backend;
use crate::paths::envoy_version;
use crate::reaper;
use crate::version::Version;

/// One test of a suite; [`crate::tests!`] makes them.
#[derive(Clone, Copy)]
pub struct Test {
    /// Module and function.
    pub name: &'static str,
    /// Starts it.
    pub run: fn() -> Pin<Box<dyn Future<Output = ()>>>,
}

/// What a test needs of the Envoy under it. Declared, so that a version is known to lack something before anything fails.
#[derive(Debug, Clone, Copy)]
pub struct Need {
    /// Module and function, without the crate.
    pub test: &'static str,
    /// Which versions have it.
    pub envoy: Envoys,
    /// What the others lack or have.
    pub reason: &'static str,
}

/// Some versions of Envoy.
#[derive(Debug, Clone, Copy)]
pub enum Envoys {
    /// This one and newer ones, as `1.39`.
    From(&'static str),
    /// Older ones than this.
    Before(&'static str),
}

/// Lists the tests of a module as its `TESTS`. A function that is missing in the list is dead code, and a warning.
#[macro_export]
macro_rules! tests {
    ($($name:ident),* $(,)?) => {
        pub(crate) const TESTS: &[$crate::suite::Test] = &[$($crate::suite::Test {
            name: concat!(module_path!(), "::", stringify!($name)),
            run: || Box::pin($name()),
        }),*];
    };
}

/// Ends the running test as skipped.
pub fn skip(reason: &str) -> ! {
    // Not a panic for the hook: nothing went wrong.
    panic::resume_unwind(Box::new(Skipped(reason.to_owned())))
}

/// Skips a test that makes sense with a local process only.
pub fn needs_local(reason: &str) {
    if Backend::chosen() != Backend::Local {
        skip(reason);
    }
}

/// Adds to the report of the running test, which is shown if it fails.
pub fn note(text: String) {
    REPORT.with_borrow_mut(|report| report.push(text));
}

/// Runs what the arguments select; [`ExitCode::SUCCESS`] if nothing failed.
///
/// * `needs`: of some of the tests. One that names no test is a mistake.
pub fn main(groups: &[&[Test]], needs: &[Need]) -> ExitCode {
    let arguments = match Arguments::parse(env::args().skip(1)) {
        Ok(arguments) => arguments,
        Err(problem) => {
            eprintln!("{problem}");
            return ExitCode::FAILURE;
        }
    };
    let all: Vec<Test> = groups.concat();
    if let Some(need) = needs.iter().find(|need| all.iter().all(|test| test.name() != need.test)) {
        eprintln!("there is no test {}, but it is said what it needs", need.test);
        return ExitCode::FAILURE;
    }
    let chosen: VecDeque<Test> = all.iter().copied().filter(|test| arguments.chosen(test.name)).collect();
    if arguments.list {
        chosen.iter().for_each(|test| println!("{}: test", test.name()));
        return ExitCode::SUCCESS;
    }
    let filtered = all.len() - chosen.len();
    if let Some(reason) = Backend::chosen().missing() {
        println!("SKIPPED: {reason}");
        return summary(&[], chosen.len(), filtered, Duration::ZERO);
    }
    panic::set_hook(Box::new(|info| note(info.to_string())));
    thread::spawn(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(reaper::told_to_stop());
        eprintln!("stopped: removing what runs");
        reaper::exit(130)
    });
    let started = Instant::now();
    println!("\nrunning {} tests", chosen.len());
    let results = run(chosen, arguments.jobs, needs);
    for (test, outcome) in &results {
        if let Outcome::Failed(report) = outcome {
            println!("\n==== {} failed\n{report}", test.name());
        }
    }
    let skipped = results.iter().filter(|(_, outcome)| matches!(outcome, Outcome::Skipped(_))).count();
    let ran: Vec<_> =
        results.into_iter().filter(|(_, outcome)| !matches!(outcome, Outcome::Skipped(_))).collect();
    summary(&ran, skipped, filtered, started.elapsed())
}

impl Test {
    /// The name without the crate.
    fn name(&self) -> &'static str {
        self.name.split_once("::").map_or(self.name, |(_, name)| name)
    }
}

impl Need {
    /// Why the Envoy under test is none of these, if so.
    fn lack(&self) -> Option<String> {
        let version = envoy_version();
        let parsed = |text: &str| Version::parse(text).unwrap_or_else(|| panic!("{text} is no version"));
        let (has, wanted) = match self.envoy {
            Envoys::From(least) => (parsed(&version) >= parsed(least), format!("{least} or newer")),
            Envoys::Before(first) => (parsed(&version) < parsed(first), format!("older than {first}")),
        };
        (!has).then(|| format!("wants Envoy {wanted}: {}", self.reason))
    }
}

struct Skipped(String);

enum Outcome {
    Passed,
    Failed(String),
    Skipped(String),
}

fn run(tests: VecDeque<Test>, jobs: usize, needs: &[Need]) -> Vec<(Test, Outcome)> {
    let queue = Mutex::new(tests);
    let (done, results) = mpsc::channel();
    thread::scope(|scope| {
        for _ in 0..jobs {
            let (queue, done) = (&queue, done.clone());
            scope.spawn(move || {
                loop {
                    let next = queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
                    let Some(test) = next else { return };
                    let started = Instant::now();
                    // A fresh thread, so that neither a runtime nor a report is shared.
                    let outcome = thread::scope(|s| s.spawn(|| one(test, needs)).join());
                    let outcome =
                        outcome.unwrap_or_else(|_| Outcome::Failed("the runner panicked".to_owned()));
                    let _ = done.send((test, outcome, started.elapsed()));
                }
            });
        }
        drop(done);
        results.iter().map(|(test, outcome, took)| (test, announce(test, outcome, took))).collect()
    })
}

fn one(test: Test, needs: &[Need]) -> Outcome {
    if let Some(lack) = needs.iter().filter(|need| need.test == test.name()).find_map(|need| need.lack()) {
        return Outcome::Skipped(lack);
    }
    let run = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            // Pinned outside, so that it is dropped by the panic below and its Envoy reports.
            let mut body = pin!((test.run)());
            let ended = tokio::time::timeout(LIMIT, body.as_mut()).await;
            assert!(ended.is_ok(), "not finished after {LIMIT:?}");
        });
    };
    let outcome = panic::catch_unwind(AssertUnwindSafe(run));
    let report = REPORT.take().join("\n");
    match outcome {
        Ok(()) => Outcome::Passed,
        Err(payload) => payload.downcast::<Skipped>().map_or_else(
            |_: Box<dyn Any + Send>| Outcome::Failed(report),
            |skipped| Outcome::Skipped(skipped.0),
        ),
    }
}

fn announce(test: Test, outcome: Outcome, took: Duration) -> Outcome {
    let (name, took) = (test.name(), took.as_secs_f32());
    match &outcome {
        Outcome::Passed => println!("test {name} ... ok ({took:.2}s)"),
        Outcome::Failed(_) => println!("test {name} ... FAILED ({took:.2}s)"),
        Outcome::Skipped(reason) => println!("test {name} ... SKIPPED: {reason}"),
    }
    let _ = io::stdout().flush();
    outcome
}

fn summary(ran: &[(Test, Outcome)], skipped: usize, filtered: usize, took: Duration) -> ExitCode {
    let failed = ran.iter().filter(|(_, outcome)| matches!(outcome, Outcome::Failed(_))).count();
    let passed = ran.len() - failed;
    let word = match (passed, failed) {
        (0, 0) => "nothing ran",
        (_, 0) => "ok",
        _ => "FAILED",
    };
    println!(
        "\ntest result: {word}. {passed} passed; {failed} failed; {skipped} ignored; 0 measured; {filtered} filtered \
         out; finished in {:.2}s\n",
        took.as_secs_f32()
    );
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::from(101) }
}

struct Arguments {
    filters: Vec<String>,
    skips: Vec<String>,
    exact: bool,
    list: bool,
    jobs: usize,
}

impl Arguments {
    fn parse(mut words: impl Iterator<Item = String>) -> Result<Self, String> {
        let jobs = env::var("E2E_JOBS").ok().and_then(|jobs| jobs.parse().ok()).unwrap_or(4);
        let mut parsed = Self { filters: Vec::new(), skips: Vec::new(), exact: false, list: false, jobs };
        while let Some(word) = words.next() {
            let (word, inline) = match word.split_once('=') {
                Some((word, value)) => (word.to_owned(), Some(value.to_owned())),
                None => (word, None),
            };
            let mut value =
                || inline.clone().or_else(|| words.next()).ok_or_else(|| format!("{word} needs a value"));
            match word.as_str() {
                "--exact" => parsed.exact = true,
                "--list" => parsed.list = true,
                "--skip" => parsed.skips.push(value()?),
                "--test-threads" => {
                    parsed.jobs = value()?.parse().map_err(|_| "--test-threads needs a number")?
                }
                "--format" | "--color" | "-Z" | "--logfile" => drop(value()?),
                "--nocapture" | "--no-capture" | "--show-output" | "-q" | "--quiet" | "--include-ignored" => {
                }
                flag if flag.starts_with('-') => return Err(format!("unknown option {flag}")),
                filter => parsed.filters.push(filter.to_owned()),
            }
        }
        parsed.jobs = parsed.jobs.max(1);
        Ok(parsed)
    }

    fn chosen(&self, name: &str) -> bool {
        let name = name.split_once("::").map_or(name, |(_, name)| name);
        let matches =
            |filter: &String| if self.exact { name == filter } else { name.contains(filter.as_str()) };
        (self.filters.is_empty() || self.filters.iter().any(matches)) && !self.skips.iter().any(matches)
    }
}

thread_local! {
    /// What the running test left for its report: panics, and what its Envoy had to say.
    static REPORT: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Far more than any test takes; nothing may hang.
const LIMIT: Duration = Duration::from_secs(600);
