//! Judges what came back: whether it is what was to come, and, if the request got through, whether it was allowed to, by
//! what the upstream saw.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::chain::{CANARY_STATUS, STABLE_STATUS};
use super::oracle::{Need, Oracle, Verified};
use super::shape::{Carried, Shape};
use crate::raw::RawAnswer;
use crate::report::Report;

/// The judge of one run.
pub(crate) struct Evidence {
    pub(crate) oracle: Oracle,
    /// The version that answered each subject first.
    versions: Mutex<HashMap<String, u16>>,
}

/// Whether these statuses are the upstream's.
pub(crate) fn admitted(status: u16) -> bool {
    [STABLE_STATUS, CANARY_STATUS].contains(&status)
}

impl Evidence {
    pub(crate) fn new(oracle: Oracle) -> Self {
        Self { oracle, versions: Mutex::default() }
    }

    /// What is wrong with the answer, if anything.
    pub(crate) fn judge(&self, shape: &Shape, answer: &RawAnswer) -> Result<(), String> {
        let status = answer.status;
        if !shape.expected.is_empty() && !shape.expected.contains(&status) {
            return Err(format!("{status} instead of {:?}", shape.expected));
        }
        if admitted(status) {
            return self.allowed(shape, answer).map_err(|why| format!("FALSE ACCEPT ({status}): {why}"));
        }
        match status {
            _ if !shape.expected.is_empty() => Ok(()),
            200..=299 => Err(format!("{status} from nobody known")),
            // Of Envoy itself, about HTTP that it does not speak.
            501 | 505 if !ours(answer) => Ok(()),
            500.. => Err(format!("{status}: {}", String::from_utf8_lossy(&answer.body))),
            _ => Ok(()),
        }
    }

    fn allowed(&self, shape: &Shape, answer: &RawAnswer) -> Result<(), String> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (report, method, path, needs) = if answer.body.is_empty() && shape.method == b"HEAD" {
            // What was asked for is all there is to see; nobody rewrites it.
            let (method, path) = (text(&shape.method), text(&shape.target));
            let needs = Need::all(&method, &path);
            (None, method, path, needs)
        } else {
            let report = Report::parse(&answer.body).ok_or("an answer that is not the upstream's")?;
            let (method, path) = (report.method.clone(), report.path.clone());
            let needs = Need::all(&method, &path);
            (Some(report), method, path, needs)
        };
        if needs == [Need::Nothing] {
            return report.as_ref().map_or(Ok(()), |report| headers(report, None, answer.status));
        }
        let carried = shape.carried(&self.oracle);
        let met =
            |verified: &Verified| !verified.broke && needs.iter().all(|need| need.met_by(verified.rights));
        match carried {
            Carried::One(verified) if met(&verified) => {
                report.as_ref().map_or(Ok(()), |report| headers(report, Some(&verified), answer.status))?;
                self.same_version(&verified, answer.status)
            }
            Carried::Somewhere(found) if found.iter().any(met) => Ok(()),
            carried => Err(format!("{method} {path} needs {needs:?}, carried was {carried:?}")),
        }
    }

    fn same_version(&self, verified: &Verified, status: u16) -> Result<(), String> {
        let sub = match verified {
            // Rules go by roles, which tokens of one subject need not share.
            Verified { early: true, .. } if status == CANARY_STATUS => return Ok(()),
            Verified { early: true, sub, .. } => return Err(format!("{sub:?} belongs to the new version")),
            Verified { sub: None, .. } => return Ok(()),
            Verified { sub: Some(sub), .. } => sub,
        };
        let mut versions = self.versions.lock().unwrap_or_else(PoisonError::into_inner);
        let first = *versions.entry(sub.clone()).or_insert(status);
        if first == status { Ok(()) } else { Err(format!("{sub} went to {first} before")) }
    }
}

/// A refusal of one of our filters.
fn ours(answer: &RawAnswer) -> bool {
    answer.body.starts_with(b"{\"type\":\"about:blank\"")
}

/// The headers that Sluice sets are what it set, whatever the client sent under their names.
fn headers(report: &Report, verified: Option<&Verified>, status: u16) -> Result<(), String> {
    let spelled = |wanted: &'static str| {
        let alike = move |name: &str| name.replace('_', "-") == wanted;
        let found = report.headers.iter().filter(move |(name, _)| alike(name));
        found.map(|(_, value)| String::from_utf8_lossy(value).into_owned()).collect::<Vec<_>>()
    };
    let sub: Vec<String> = verified.and_then(|verified| verified.sub.clone()).into_iter().collect();
    if spelled("x-jwt-sub") != sub {
        return Err(format!("x-jwt-sub is {:?} instead of {sub:?}", spelled("x-jwt-sub")));
    }
    let subset = if status == CANARY_STATUS { "canary" } else { "stable" };
    if report.subset() != Some(subset) {
        return Err(format!("x-sluice-subset is {:?} at {status}", report.lines("x-sluice-subset")));
    }
    if verified.is_some() && !spelled("authorization").is_empty() {
        return Err("the token was not stripped".to_owned());
    }
    Ok(())
}
