//! What the demo prints.

use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use e2e::Stack;

/// A numbered step that is under way.
pub(crate) struct Step {
    number: usize,
    name: &'static str,
    begun: Instant,
}

impl Step {
    pub(crate) fn begin(number: usize, name: &'static str) -> Self {
        if io::stdout().is_terminal() {
            print!("[{number}/{STEPS}] {name} ...\r");
            let _ = io::stdout().flush();
        }
        Self { number, name, begun: Instant::now() }
    }

    pub(crate) fn done(self, result: &str) {
        step(self.number, self.name, result, self.begun.elapsed());
    }
}

/// A numbered step that is done.
pub(crate) fn step(number: usize, name: &str, result: &str, took: Duration) {
    println!("[{number}/{STEPS}] {name:<14} {result:<62} {:>6.1}s", took.as_secs_f64());
}

/// A line that belongs to the step above it.
pub(crate) fn line(name: &str, text: &str) {
    println!("      {name:<14} {text}");
}

/// Requests on their way; on a terminal in one line, elsewhere not at all.
pub(crate) struct Progress {
    number: usize,
    all: usize,
    done: usize,
}

impl Progress {
    pub(crate) fn begin(number: usize, all: usize) -> Self {
        Self { number, all, done: 0 }
    }

    pub(crate) fn advance(&mut self) {
        self.done += 1;
        if self.done.is_multiple_of(50) && io::stdout().is_terminal() {
            print!("[{}/{STEPS}] {} of {} requests\r", self.number, self.done, self.all);
            let _ = io::stdout().flush();
        }
    }

    pub(crate) fn end(&self) {
        if io::stdout().is_terminal() {
            print!("{:60}\r", "");
        }
    }
}

/// The filter's own stats that moved, as Prometheus sees them.
pub(crate) async fn stats(stack: &Stack) {
    let page = stack.envoy.admin("/stats/prometheus").await;
    let ours = page.lines().filter(|line| line.starts_with("sluice_canary_") && !line.ends_with(" 0"));
    for (number, sample) in ours.enumerate() {
        line(if number == 0 { "stats" } else { "" }, sample);
    }
}

/// What to try now.
pub(crate) fn invitation(stack: &Stack, policy: &Path) {
    let url = format!("http://{}", stack.envoy.addr("http"));
    println!();
    println!("try   curl -i -H 'x-user-id: ada' {url}/        the same subset every time");
    println!("      curl -i -H 'x-env: canary' {url}/         dyed: always canary");
    println!("      curl -i {url}/                            a first visit: look at set-cookie");
    println!("      curl -i {url}/assets/logo.svg             the filter is off here");
    println!("      curl -s http://{}/stats/prometheus | grep sluice", stack.envoy.admin_addr());
    println!("edit  {}   in force when it is saved", policy.display());
    println!("stop  Ctrl-C");
    println!();
}

const STEPS: usize = 5;
