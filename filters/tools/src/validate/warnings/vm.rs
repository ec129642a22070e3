//! Envoy's shared data is one map for each `vm_id`. Istio and Envoy Gateway choose it themselves.

use crate::validate::finding::{Finding, Warning};
use crate::validate::site::{Document, Platform};
use crate::validate::visit::join;

pub(super) fn warn(document: &Document<'_>, found: &mut Vec<Finding>) {
    let plugins: Vec<_> =
        document.plugins.iter().filter(|plugin| plugin.platform == Platform::Envoy).collect();
    for (place, plugin) in plugins.iter().enumerate() {
        let path = join(&plugin.path, "vm_config.vm_id");
        let config = plugin.node.field("vm_config");
        let id = config.and_then(|config| config.field("vm_id"));
        let Some((id, line)) = id.and_then(|id| Some((id.text()?, id.line))).filter(|(id, _)| !id.is_empty())
        else {
            let line = config.map_or(plugin.node.line, |config| config.line);
            let message = "is not set: all plugins without one share their data";
            found.push(Finding::warning(line, Warning::VmIdMissing, path, message));
            continue;
        };
        let before = plugins.iter().take(place);
        let other = before
            .filter(|other| other.filter != plugin.filter)
            .find(|other| other.node.text_at(&["vm_config", "vm_id"]) == Some(id));
        if let Some(other) = other {
            let message = format!(
                "`{id}` is that of {} on line {}, too: they share their data",
                other.filter.name(),
                other.node.line
            );
            found.push(Finding::warning(line, Warning::VmIdShared, path, message));
        }
    }
}
