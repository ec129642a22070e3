//! Which part of a condition held, and which did not: each part is asked on its own, by the code that asks the whole.

use super::answer::Line;
use crate::json::flow;
use filter_api::Value;

/// The parts of a predicate in the order in which they are asked; what was not asked has no answer.
///
/// * `holds`: the answer of the policy's code to a predicate.
pub(super) fn trace(when: &Value, holds: &dyn Fn(&Value) -> bool) -> Vec<Line> {
    let mut lines = Vec::new();
    part(when, holds, true, 0, &mut lines);
    lines
}

/// Returns whether this part holds, if it was asked.
fn part(
    when: &Value,
    holds: &dyn Fn(&Value) -> bool,
    asked: bool,
    depth: usize,
    lines: &mut Vec<Line>,
) -> Option<bool> {
    let held = asked.then(|| holds(when));
    let Value::Map(entries) = when else { return held };
    let Some((name, inner)) = entries.first() else { return held };
    let deeper = depth.saturating_add(1);
    match (name.as_str(), inner) {
        ("all" | "any", Value::List(parts)) => {
            lines.push(Line::new(depth, name.as_str(), held));
            let mut open = asked;
            for inner in parts {
                let answer = part(inner, holds, open, deeper, lines);
                // The first `no` settles `all`, the first `yes` settles `any`.
                open = open && answer == Some(name == "all");
            }
        }
        ("not", inner) => {
            lines.push(Line::new(depth, "not", held));
            part(inner, holds, asked, deeper, lines);
        }
        _ => {
            let text = flow(when);
            let text = text.strip_prefix("{ ").and_then(|text| text.strip_suffix(" }")).unwrap_or(&text);
            lines.push(Line::new(depth, text, held));
        }
    }
    held
}
