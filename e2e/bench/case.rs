//! What is measured: one listener each, all in the same Envoy.

use std::path::{Path, PathBuf};

use e2e::{Error, artifact, parse_yaml};
use serde_json::{Value, json};

use crate::traffic::Traffic;
use crate::{auth, ladder, ratelimit};

/// One way to send a request through Envoy.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) name: String,
    /// For the reader of the table.
    pub(crate) about: String,
    /// The filters before the router.
    pub(crate) filters: Vec<Filter>,
    /// The routes of its only virtual host.
    pub(crate) routes: Value,
    pub(crate) decides: Decides,
    pub(crate) traffic: Traffic,
}

/// A filter.
#[derive(Debug, Clone)]
pub(crate) enum Filter {
    Lua(String),
    /// One of Envoy's own, as its configuration has it.
    Native(Value),
    Wasm {
        name: &'static str,
        module: PathBuf,
        policy: Value,
    },
}

impl Filter {
    pub(crate) fn wasm(name: &'static str, module: &Path, policy: Value) -> Self {
        Self::Wasm { name, module: module.to_owned(), policy }
    }
}

/// What is measured in one Envoy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Group {
    Canary,
    Auth,
    RateLimit,
}

impl Group {
    pub(crate) const ALL: [Self; 3] = [Self::Canary, Self::Auth, Self::RateLimit];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Canary => "canary",
            Self::Auth => "auth",
            Self::RateLimit => "ratelimit",
        }
    }

    /// All cases, the plainest first. `against`: other builds of modules.
    pub(crate) fn cases(self, against: &[PathBuf]) -> Result<Vec<Case>, Error> {
        match self {
            Self::Canary => Case::of_canary(&builds_of("canary", against)?),
            Self::Auth => auth::cases(),
            Self::RateLimit => ratelimit::cases(&builds_of("ratelimit", against)?),
        }
    }
}

/// What must come of two requests before anything is measured, so that no broken configuration looks fast.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decides {
    /// A client that sends `x-sluice-subset` gets what it wants.
    Nobody,
    /// That header counts for nothing.
    ByDraw,
    /// The same, and `x-env: canary` gets `canary`.
    ByRules,
    /// `x-env: canary` gets `canary`, everybody else is drawn anew each time.
    AtRandom,
    /// Another module is its author's business.
    Anything,
}

impl Case {
    fn of_canary(against: &[PathBuf]) -> Result<Vec<Self>, Error> {
        let mut cases = references()?;
        cases.extend(canaries()?);
        for module in against {
            let filter = wasm(module, parse_yaml(POLICY)?);
            let name = module.file_stem().unwrap_or_default().to_string_lossy();
            cases.push(Self::new(
                &format!("{AGAINST}{name}"),
                "canary with another module",
                filter,
                Decides::Anything,
            )?);
        }
        Ok(cases)
    }

    fn new(
        name: &str,
        about: &str,
        filters: impl IntoIterator<Item = Filter>,
        decides: Decides,
    ) -> Result<Self, Error> {
        let routes = parse_yaml(ROUTES)?;
        let (name, about, filters) = (name.to_owned(), about.to_owned(), filters.into_iter().collect());
        Ok(Self { name, about, filters, routes, decides, traffic: Traffic::default() })
    }

    /// A case whose requests say themselves what must come of them.
    pub(crate) fn plain(name: &str, about: &str, filters: Vec<Filter>) -> Result<Self, Error> {
        Self::new(name, about, filters, Decides::Anything)
    }

    pub(crate) fn traffic(self, traffic: Traffic) -> Self {
        Self { traffic, ..self }
    }

    pub(crate) fn each_route(self, change: impl Fn(&mut Value)) -> Self {
        let routes = each(&self.routes, change);
        self.with_routes(routes)
    }

    pub(crate) fn with_routes(self, routes: Value) -> Self {
        Self { routes, ..self }
    }
}

/// Those whose file name begins with that of a filter.
fn builds_of(filter: &str, against: &[PathBuf]) -> Result<Vec<PathBuf>, Error> {
    let of_filter =
        |path: &&PathBuf| path.file_stem().is_some_and(|stem| stem.to_string_lossy().starts_with(filter));
    let found = |path: &PathBuf| path.canonicalize().map_err(|e| format!("{}: {e}", path.display()).into());
    against.iter().filter(of_filter).map(found).collect()
}

/// What the filter is compared with.
fn references() -> Result<Vec<Case>, Error> {
    use Decides::{AtRandom, ByRules, Nobody};
    let full = LUA_SOURCE.replace("FULL = false", "FULL = true");
    Ok(vec![
        Case::new(NONE, "no filter", None, Nobody)?,
        Case::new(EMPTY, "empty Wasm filter", Some(empty()?), Nobody)?,
        Case::new("native", "routes: 3 header matches, runtime_fraction", None, AtRandom)?
            .with_routes(parse_yaml(NATIVE)?),
        Case::new(
            LUA,
            "Lua: 3 rules, sticky draw, header",
            Some(Filter::Lua(LUA_SOURCE.to_owned())),
            ByRules,
        )?,
        Case::new(
            LUA_FULL,
            "the same, route metadata, subset for the log",
            Some(Filter::Lua(full)),
            ByRules,
        )?,
    ])
}

/// The filter with more and more to do.
fn canaries() -> Result<Vec<Case>, Error> {
    use Decides::{AtRandom, ByDraw, ByRules, Nobody};
    let module = artifact("canary.wasm")?;
    let canary = |policy: &Value| wasm(&module, policy.clone());
    let (policy, minimal, routes) = (parse_yaml(POLICY)?, parse_yaml(MINIMAL)?, parse_yaml(ROUTES)?);
    let outputs = with_all_outputs(&policy);
    let mut cases = vec![
        Case::new("canary-off", "canary off on the route", canary(&policy), Nobody)?
            .with_routes(switched_off(&routes)),
        Case::new("canary-min", "canary: sticky draw, header", canary(&minimal), ByDraw)?,
        Case::new(CANARY, "canary: 3 rules, sticky draw, stats, header", canary(&policy), ByRules)?,
        Case::new(
            "canary-outputs",
            "the same, new cookie, baggage, response header",
            canary(&outputs),
            AtRandom,
        )?,
        Case::new("canary-route", "the same by the policy of the route", canary(&minimal), ByRules)?
            .with_routes(with_policy(&routes, &policy)),
    ];
    for step in ladder::steps(&policy) {
        cases.push(Case::new(&step.name, &step.about, canary(&step.policy), step.decides)?);
    }
    Ok(cases)
}

/// A module that exports what a filter has to, and does nothing: what Wasm costs by itself.
pub(crate) fn empty() -> Result<Filter, Error> {
    Ok(Filter::wasm("sluice.canary", &artifact("test/empty.wasm")?, json!({})))
}

fn wasm(module: &Path, policy: Value) -> Option<Filter> {
    Some(Filter::wasm("sluice.canary", module, policy))
}

/// What a response can carry, it carries: no sticky key, so that each request is a client's first and gets a cookie.
fn with_all_outputs(policy: &Value) -> Value {
    let mut policy = policy.clone();
    policy["sticky"] = json!([]);
    policy["sticky_cookie"] = json!({ "name": "sluice-id", "max_age": "24h" });
    policy["output"] = json!({ "header": HEADER, "baggage": true, "response_header": HEADER });
    policy
}

fn with_policy(routes: &Value, policy: &Value) -> Value {
    each(routes, |route| route["metadata"] = json!({ "filter_metadata": { "sluice.canary": policy } }))
}

/// The case with these namespaces in the metadata of every route.
pub(crate) fn with_route_metadata(case: Case, namespaces: &Value) -> Case {
    case.each_route(|route| route["metadata"] = json!({ "filter_metadata": namespaces }))
}

fn switched_off(routes: &Value) -> Value {
    let off = json!({ "@type": "type.googleapis.com/envoy.config.route.v3.FilterConfig", "disabled": true });
    each(routes, |route| route["typed_per_filter_config"] = json!({ "sluice.canary": off }))
}

fn each(routes: &Value, change: impl Fn(&mut Value)) -> Value {
    let mut routes = routes.clone();
    routes.as_array_mut().into_iter().flatten().for_each(change);
    routes
}

pub(crate) const NONE: &str = "none";
pub(crate) const EMPTY: &str = "empty";
pub(crate) const LUA: &str = "lua";
pub(crate) const LUA_FULL: &str = "lua-full";
pub(crate) const CANARY: &str = "canary";
pub(crate) const AGAINST: &str = "against-";
pub(crate) const HEADER: &str = "x-sluice-subset";
pub(crate) const ROUTES: &str = include_str!("routes.yaml");
pub(crate) const POLICY: &str = include_str!("policy.yaml");
const NATIVE: &str = include_str!("native.yaml");
const LUA_SOURCE: &str = include_str!("policy.lua");
const MINIMAL: &str = "
subsets: [{ name: stable, weight: 9000 }, { name: canary, weight: 1000 }]
sticky: [{ header: x-user-id }]
";
