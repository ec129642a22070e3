//! The few figures that the README shows, and how they come there.

use crate::case::{CANARY, Group, LUA, LUA_FULL, NONE};
use crate::cost::Measured;
use crate::markdown::table;
use crate::plot::grouped;
use crate::ratelimit::{BARE, CHAIN, CHAIN_AS_TEXT, KEYED, NATIVE, UNKEYED};
use crate::results::{Results, percentile};
use crate::revocation::REFRESH;

/// A table and a sentence; `None` if not all of it was measured.
pub(crate) fn summary(results: &Results) -> Option<String> {
    let least = |group: Group, name: &str| Some(results.of(group)?.of(name)?.least());
    let above = |group: Group, name: &str| Some(least(group, name)? - least(group, NONE)?);
    let [canary, auth, ratelimit] = Group::ALL.map(|group| {
        move |names: &[&str]| {
            let figures: Option<Vec<String>> =
                names.iter().map(|name| Some(signed(above(group, name)?))).collect();
            Some(figures?.join(", "))
        }
    });
    let bare = least(Group::RateLimit, BARE)?;
    let chain = |name| Some(signed(least(Group::RateLimit, name)? - bare));
    let chain = format!("{}, {}", chain(CHAIN)?, chain(CHAIN_AS_TEXT)?);
    let (lua, full) = (canary(&[LUA])?, canary(&[LUA_FULL])?);
    let jwt = auth(&["jwt-rs256", "jwt-es256", "jwt-eddsa"])?;
    let rows = [
        ["an empty Wasm filter", &canary(&["empty"])?, ""],
        [
            "`canary`: three rules, sticky draw, stats, header",
            &canary(&[CANARY])?,
            &format!("Lua that does the same: {full}; that only sets the header: {lua}"),
        ],
        ["the same by the policy of the route", &canary(&["canary-route"])?, ""],
        ["`canary` switched off on the route", &canary(&["canary-off"])?, ""],
        [
            "`auth`: a token seen first, RS256, ES256, EdDSA",
            &auth(&["auth-rs256", "auth-es256", "auth-eddsa"])?,
            &format!("`jwt_authn`: {jwt}"),
        ],
        [
            "`auth`: a known token",
            &auth(&["auth-known"])?,
            &format!("`jwt_authn` with its cache: {}", auth(&["jwt-known"])?),
        ],
        [
            "`ratelimit`: one bucket, one for each user",
            &ratelimit(&[UNKEYED, KEYED])?,
            &format!("`local_ratelimit`: {}", ratelimit(&[NATIVE, "native-keyed"])?),
        ],
        ["all three by policies of the route, as a mapping, as JSON text; a known token", &chain, ""],
    ];
    let rows = rows.map(|row| row.map(str::to_owned).to_vec());
    let none = results.of(Group::Canary)?.of(NONE)?;
    Some(format!(
        "CPU time of Envoy for a request, in microseconds, above Envoy without a filter ({:.1}); the least of {} rounds, all cases in \
         turns.\n\n{}\n{}\n",
        Measured::least(none),
        none.micros.len(),
        table(&["", "ours", "Envoy's own"], 0, rows),
        changes(results)?
    ))
}

/// Tenths, and no minus before nothing.
fn signed(micros: f64) -> String {
    format!("{:+.1}", (micros * 10.0).round() / 10.0 + 0.0)
}

fn changes(results: &Results) -> Option<String> {
    let way = |name: &str| {
        let ways = results.propagation.iter().filter(|way| way.name.ends_with(name));
        ways.map(|way| percentile(&way.first, 99.0)).reduce(f64::max)
    };
    let revoked = percentile(&results.revocation.as_ref()?.last_accepted, 99.0) - REFRESH.as_secs_f64() * 1e3;
    let [full, last] = results.memory.as_ref()?.after_full()?;
    Some(format!(
        "A new policy decides within {:.0} ms (RDS) or {:.0} ms (ECDS), p99; a revocation within its `refresh` and {:.0} ms in all \
         workers; {} different tokens take {:.1} MiB more than {}.",
        way("-rds")?.ceil(),
        way("-ecds")?.ceil(),
        revoked.max(1.0).ceil(),
        grouped(last.tokens),
        (last.mebibytes - full.mebibytes).max(0.0),
        grouped(full.tokens)
    ))
}

/// The README with another summary, of that day.
pub(crate) fn replace(readme: &str, date: &str, summary: &str) -> Option<String> {
    let (before, rest) = readme.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n{}\n\n{summary}{END}{after}", link(date)))
}

fn link(date: &str) -> String {
    format!(
        "[The whole report](e2e/bench/REPORT.md), written by `make bench-report` on {date}: machine, method, tables, pictures."
    )
}

const BEGIN: &str = "<!-- written by make bench-report -->";
const END: &str = "<!-- end of what make bench-report wrote -->";

#[cfg(test)]
mod tests {
    use std::fs;

    use e2e::repository;

    use super::*;

    #[test]
    fn replaces_what_is_between_its_marks() {
        let readme = format!("before\n{BEGIN}\nold\n{END}\nafter\n");
        let replaced = replace(&readme, "2026-11-22", "new\n").unwrap();
        let want = format!("before\n{BEGIN}\n{}\n\nnew\n{END}\nafter\n", link("2026-11-22"));
        assert_eq!(replaced, want);
        assert_eq!(replace(&replaced, "2026-11-22", "new\n").unwrap(), want, "a second time changes nothing");
        assert_eq!(replace("no marks", "2026-11-22", "new\n"), None);
    }

    /// What the README says is what the kept report says, and of the same day.
    #[test]
    fn readme_agrees_with_the_report() {
        let readme = fs::read_to_string(repository().join("README.md")).unwrap();
        let shown =
            readme.split_once(BEGIN).and_then(|(_, rest)| rest.split_once(END)).expect("both marks").0;
        let Ok(report) = fs::read_to_string(repository().join("e2e/bench/REPORT.md")) else {
            assert!(!readme.contains("e2e/bench/REPORT.md"), "a link to a report that is not kept");
            println!("SKIPPED readme_agrees_with_the_report: no report is kept");
            return;
        };
        let date = report.split_once("`make bench-report` on ").expect("a date").1.get(..10).expect("a date");
        let (head, summary) = shown.trim().split_once("\n\n").expect("a link and a summary");
        assert_eq!(head, link(date));
        assert!(report.contains(summary), "the report does not say what the README says");
    }
}
