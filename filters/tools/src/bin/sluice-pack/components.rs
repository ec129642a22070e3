//! What is linked into a module, as `cargo tree` says.
//!
//! Not `cargo metadata`: that unites the features of the whole workspace, tools and tests too, and so knows dependencies
//! that never get into a module. `cargo tree` resolves for the packages and the target that are built.

use std::collections::{BTreeMap, BTreeSet};

/// A crate that is linked into a module, and what it names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Component {
    pub(crate) name: String,
    pub(crate) version: String,
    /// An SPDX expression.
    pub(crate) licence: String,
    /// Where its source is; empty if it does not say.
    pub(crate) repository: String,
    /// One of this workspace: no registry has it.
    pub(crate) own: bool,
    /// Ids of those that it stands on.
    pub(crate) needs: BTreeSet<String>,
}

impl Component {
    /// `serde@1.0.229`: unique within a module.
    pub(crate) fn id(&self) -> String {
        format!("{}@{}", self.name, self.version)
    }
}

/// The crates below `root` (and itself) in the output of
/// `cargo tree --prefix depth --no-dedupe --format '|{p}|{l}|{r}'`, by id.
pub(crate) fn read(tree: &str, root: &str) -> Result<BTreeMap<String, Component>, String> {
    let mut found: BTreeMap<String, Component> = BTreeMap::new();
    let mut path: Vec<String> = Vec::new();
    for line in tree.lines().filter(|line| !line.is_empty()) {
        let (depth, component) =
            component(line).ok_or_else(|| format!("not a line of cargo tree: {line}"))?;
        // A root, and all that follows until the next one.
        let ours = if depth == 0 { component.name == root } else { !path.is_empty() };
        if !ours {
            path.clear();
            continue;
        }
        if depth > path.len() {
            return Err(format!("too deep: {line}"));
        }
        path.truncate(depth);
        let id = component.id();
        if let Some(parent) = path.last().and_then(|parent| found.get_mut(parent)) {
            parent.needs.insert(id.clone());
        }
        found.entry(id.clone()).or_insert(component);
        path.push(id);
    }
    if found.is_empty() { Err(format!("cargo tree says nothing of {root}")) } else { Ok(found) }
}

/// `2|serde v1.0.229|MIT OR Apache-2.0|https://...` at depth 2; `2|auth v0.1.0 (/a/folder)|..` if it is our own.
fn component(line: &str) -> Option<(usize, Component)> {
    let mut fields = line.split('|');
    let depth = fields.next()?.parse().ok()?;
    let mut package = fields.next()?.splitn(3, ' ');
    let (name, version) = (package.next()?, package.next()?.strip_prefix('v')?);
    let own = match package.next() {
        None => false,
        Some(folder) if folder.starts_with("(/") => true,
        // From somewhere else than a folder or the registry: we have none, and none may come unseen.
        Some(_) => return None,
    };
    let (licence, repository) = (fields.next()?, fields.next()?);
    let component = Component {
        name: name.to_owned(),
        version: version.to_owned(),
        // The older form of OR.
        licence: licence.replace('/', " OR "),
        repository: repository.to_owned(),
        own,
        needs: BTreeSet::new(),
    };
    Some((depth, component))
}

#[cfg(test)]
mod tests {
    use super::read;

    const TREE: &str = "\
0|auth v0.1.0 (/somewhere/auth)|Apache-2.0|

1|serde v1.0.0|MIT|https://example.com/serde
0|canary v0.1.0 (/somewhere/canary)|Apache-2.0|
1|canary-core v0.1.0 (/somewhere/core)|Apache-2.0|
2|memchr v2.8.3|Unlicense/MIT|https://example.com/memchr
1|filter-shell v0.1.0 (/somewhere/shell)|Apache-2.0|
2|memchr v2.8.3|Unlicense/MIT|https://example.com/memchr
3|deep v1.0.0|MIT|
";

    #[test]
    fn a_module_has_what_stands_below_it() {
        let found = read(TREE, "canary").expect("a tree");
        let ids: Vec<&str> = found.keys().map(String::as_str).collect();
        assert_eq!(
            ids,
            ["canary-core@0.1.0", "canary@0.1.0", "deep@1.0.0", "filter-shell@0.1.0", "memchr@2.8.3"]
        );
        let needs = |id: &str| found.get(id).expect(id).needs.iter().map(String::as_str).collect::<Vec<_>>();
        assert_eq!(needs("canary@0.1.0"), ["canary-core@0.1.0", "filter-shell@0.1.0"]);
        assert_eq!(needs("memchr@2.8.3"), ["deep@1.0.0"]);
        let memchr = found.get("memchr@2.8.3").expect("memchr");
        assert_eq!((memchr.licence.as_str(), memchr.own), ("Unlicense OR MIT", false));
        assert!(found.get("canary-core@0.1.0").is_some_and(|core| core.own));
        assert_eq!(read(TREE, "auth").expect("a tree").len(), 2);
    }

    #[test]
    fn refuses() {
        for (name, tree) in [
            ("nothing", ""),
            ("another root", "0|auth v0.1.0 (/a)|Apache-2.0|\n"),
            ("no depth", "canary v0.1.0 (/a)|Apache-2.0|\n"),
            ("no version", "0|canary (/a)|Apache-2.0|\n"),
            ("no licence", "0|canary v0.1.0 (/a)\n"),
            ("a gap", "0|canary v0.1.0 (/a)|Apache-2.0|\n2|serde v1.0.0|MIT|\n"),
            ("from git", "0|canary v0.1.0 (/a)|A|\n1|serde v1.0.0 (https://example.com/serde#1)|MIT|\n"),
        ] {
            assert!(read(tree, "canary").is_err(), "{name}");
        }
    }
}
