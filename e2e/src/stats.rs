//! Envoy's counters and gauges at one moment.

use std::collections::BTreeMap;

use serde_json::Value;

/// Counters and gauges by their full name in `/stats`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stats(BTreeMap<String, i128>);

impl Stats {
    /// From `/stats?format=json`. Histograms and text are left out.
    pub(crate) fn parse(json: &str) -> Option<Self> {
        let document: Value = serde_json::from_str(json).ok()?;
        let entries = document["stats"].as_array()?.iter();
        let number = |v: &Value| v.as_i64().map(i128::from).or_else(|| v.as_u64().map(i128::from));
        Some(Self(
            entries.filter_map(|e| Some((e["name"].as_str()?.to_owned(), number(&e["value"])?))).collect(),
        ))
    }

    /// The value of one stat; a stat that Envoy does not know (yet) is 0.
    pub fn value(&self, name: &str) -> i128 {
        self.0.get(name).copied().unwrap_or(0)
    }

    /// Whether Envoy has such a stat at all.
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// The sum of a filter's stat over all tags that agree with `tags`:
    /// `of("sluice.canary.decisions", &[("subset", "canary")])`.
    pub fn of(&self, name: &str, tags: &[(&str, &str)]) -> i128 {
        self.tagged(name)
            .filter(|(found, _)| tags.iter().all(|want| found.contains(want)))
            .map(|(_, value)| value)
            .sum()
    }

    /// All tag sets of a filter's stat.
    pub fn tagged<'a>(&'a self, name: &'a str) -> impl Iterator<Item = (Vec<(&'a str, &'a str)>, i128)> + 'a {
        self.0.iter().filter_map(move |(full, value)| {
            let rest = full.strip_prefix("wasmcustom.")?.strip_prefix(name)?;
            match rest.strip_prefix('.') {
                Some(tags) => Some((tags_of(tags)?, *value)),
                None => rest.is_empty().then(|| (Vec::new(), *value)),
            }
        })
    }

    /// The sum over all stats whose name ends so, as `.downstream_rq_5xx`.
    pub fn ending(&self, suffix: &str) -> i128 {
        self.0.iter().filter(|(name, _)| name.ends_with(suffix)).map(|(_, value)| value).sum()
    }

    /// What changed since then, by name.
    pub fn since<'a>(&'a self, earlier: &'a Self) -> impl Iterator<Item = (&'a str, i128)> + 'a {
        self.0.iter().filter_map(|(name, value)| {
            let moved = value - earlier.value(name);
            (moved != 0).then_some((name.as_str(), moved))
        })
    }
}

/// `a=.=x;.;b=.=y;.;` as pairs; `None` when it has another form, so that `n.b` is not taken for a tag of `n`.
fn tags_of(text: &str) -> Option<Vec<(&str, &str)>> {
    text.strip_suffix(";.;")?.split(";.;").map(|pair| pair.split_once("=.=")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_over_the_tags_that_agree() {
        let stats = Stats::parse(
            r#"{"stats": [
                {"name": "wasmcustom.n.a=.=1;.;b=.=x;.;", "value": 3},
                {"name": "wasmcustom.n.a=.=1;.;b=.=y;.;", "value": 4},
                {"name": "wasmcustom.n.a=.=2;.;b=.=x;.;", "value": 5},
                {"name": "wasmcustom.n.other", "value": 100},
                {"name": "wasmcustom.n_more.a=.=1;.;", "value": 100},
                {"histograms": {}}
            ]}"#,
        )
        .unwrap();
        assert_eq!(stats.of("n", &[]), 12);
        assert_eq!(stats.of("n", &[("a", "1")]), 7);
        assert_eq!(stats.of("n", &[("b", "x"), ("a", "1")]), 3);
        assert_eq!(stats.of("n", &[("a", "3")]), 0);
        assert_eq!(stats.of("n.other", &[]), 100);
    }
}
