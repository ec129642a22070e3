//! Whether the VMs of a stack live.

use crate::stack::Stack;

impl Stack {
    /// No VM was lost since Envoy was started: none was replaced, and none trapped.
    ///
    /// # Panics
    /// When one was.
    pub async fn lost_no_vm(&self) {
        let stats = self.stats().await;
        for sign in ["vm_reload", "vm_reload_success", "vm_reload_backoff", "vm_reload_failure"] {
            assert_eq!(stats.ending(&format!(".{sign}")), 0, "{sign}");
        }
        let log = self.envoy.log();
        let died = ["wasm_fail", "panicked", "unreachable", "Wasm VM failed"];
        // A policy that was refused never ran.
        let lines = log.lines().filter(|line| !line.contains("Failed to configure base Wasm plugin"));
        let died: Vec<&str> = lines.filter(|line| died.iter().any(|sign| line.contains(sign))).collect();
        assert_eq!(died, [""; 0]);
    }
}
