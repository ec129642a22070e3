//! Whether the VMs of a stack live.

use crate::stack::Stack;

impl Stack {
    /// No VM was lost since Envoy was started: none was replaced, and none trapped.
    ///
    /// # Panics
    /// When one was.
    pub async fn lost_no_vm(&self) {
        assert_eq!(self.deaths().await, [""; 0]);
    }

    /// What says that a VM was lost since Envoy was started: counters that moved, lines of the log.
    pub async fn deaths(&self) -> Vec<String> {
        let stats = self.stats().await;
        let signs = ["vm_reload", "vm_reload_success", "vm_reload_backoff", "vm_reload_failure"];
        let moved = signs.iter().map(|sign| (sign, stats.ending(&format!(".{sign}"))));
        let moved = moved.filter(|(_, count)| *count != 0).map(|(sign, count)| format!("{sign}: {count}"));
        let log = self.envoy.log();
        let died = ["wasm_fail", "panicked", "unreachable", "Wasm VM failed"];
        // A policy that was refused never ran.
        let lines = log.lines().filter(|line| !line.contains("Failed to configure base Wasm plugin"));
        let died = lines.filter(|line| died.iter().any(|sign| line.contains(sign))).map(str::to_owned);
        moved.chain(died).collect()
    }
}
