//! What a caller is told who may know: each limit that is about the request, its numbers, and what it said.

use crate::demand::Demand;
use crate::headers::Standing;
use filter_api::{Item, SharedData};

/// `"per-user";q=1000;w=60;r=0;t=3;refused=over_limit;retry=3`. No key in it.
///
/// * `dry_run`: of the policy.
pub(crate) fn item(demand: &Demand, dry_run: bool, shared: &dyn SharedData) -> Item {
    let limit = &demand.limit;
    let standing = demand.standing(shared);
    let mut item =
        standing.map_or_else(|| Item::new(limit.name.as_str()), |standing| Standing::item(&standing));
    if let Some(refusal) = demand.refusal() {
        item = item.bare("refused", refusal.reason.code());
        if let Some(wait) = refusal.wait {
            item = item.bare("retry", wait.secs_up().max(1));
        }
    }
    if demand.fallback().is_some() {
        item = item.flag("fallback");
    }
    if dry_run || limit.dry_run { item.flag("dry-run") } else { item }
}
