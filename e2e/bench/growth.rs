//! How CPU time and memory grow: with the rules, subsets, keys and limits of a policy, the entries of its lists, and
//! what a worker has to keep of tokens and keys that it saw.
//!
//! All sizes of an axis, and the case without a filter, take turns in one Envoy. What a case keeps in memory it is given
//! before, case by case, from the smallest on: how much more memory Envoy has after each is what that size takes. (What
//! one case gave back another one may use, so this is rather too little than too much.)

mod auth;
mod axis;
mod canary;
mod ratelimit;

use e2e::{Error, Stack};

use crate::case::NONE;
use crate::cost::{Cost, Measured};
use crate::listener;
use crate::options::Options;
use crate::turns::Turns;
use axis::{Axis, Bound};

/// One axis, measured.
#[derive(Debug)]
pub(crate) struct Growth {
    /// What grows.
    pub(crate) about: &'static str,
    /// What is counted.
    pub(crate) of: &'static str,
    pub(crate) lines: Vec<Line>,
    /// All cases, with the one without a filter.
    pub(crate) cost: Cost,
    /// Where it ends, and who says so.
    pub(crate) bounds: Vec<String>,
}

/// One filter at all sizes.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) about: &'static str,
    pub(crate) points: Vec<Point>,
}

/// One filter at one size.
#[derive(Debug)]
pub(crate) struct Point {
    pub(crate) size: usize,
    /// The name of the case.
    pub(crate) case: String,
    /// How much memory it took, where that was looked at.
    pub(crate) mebibytes: Option<f64>,
}

impl Growth {
    /// Microseconds above the case without a filter, by the least or another value of both.
    pub(crate) fn above(&self, point: &Point, of: fn(&Measured) -> f64) -> f64 {
        match (self.cost.of(&point.case), self.cost.of(NONE)) {
            (Some(case), Some(none)) => of(case) - of(none),
            _ => f64::NAN,
        }
    }

    /// All sizes of all lines.
    pub(crate) fn sizes(&self) -> Vec<usize> {
        let mut sizes: Vec<usize> =
            self.lines.iter().flat_map(|line| &line.points).map(|point| point.size).collect();
        sizes.sort_unstable();
        sizes.dedup();
        sizes
    }

    pub(crate) fn weighs(&self) -> bool {
        self.lines.iter().flat_map(|line| &line.points).any(|point| point.mebibytes.is_some())
    }
}

/// Measures along each axis.
pub(crate) async fn measure(options: &Options) -> Result<Vec<Growth>, Error> {
    let rounds = options.growth_rounds();
    let sent = (rounds + crate::turns::WARM_UP) * options.requests;
    let mut axes = canary::axes(options.largest)?;
    axes.extend(auth::axes(options.largest)?);
    axes.extend(ratelimit::axes(options.largest, sent)?);
    let mut measured = Vec::new();
    for axis in axes {
        println!("growth with {}, {rounds} rounds", axis.about);
        measured.push(along(axis, rounds, options.requests).await?);
    }
    Ok(measured)
}

async fn along(axis: Axis, rounds: usize, requests: usize) -> Result<Growth, Error> {
    let Axis { name, about, of, base, series, bounds, weighs } = axis;
    let points = series.iter().flat_map(|series| &series.points);
    let cases: Vec<_> = [&base].into_iter().chain(points.map(|point| &point.case)).cloned().collect();
    let stack = Stack::try_start(listener::bootstrap(&cases)).await.map_err(|e| e.to_string())?;
    let mut turns = Turns::open(stack, &cases).await?;
    let mut before = turns.fill(0).await?;
    let (mut lines, mut place) = (Vec::new(), 0);
    for series in series {
        let mut points = Vec::new();
        for point in series.points {
            place += 1;
            if let Some(list) = &point.list {
                list.load(&turns.stack).await;
            }
            let resident = turns.fill(place).await?;
            let mebibytes = resident.saturating_sub(before) as f64 / f64::from(1 << 20);
            before = resident;
            points.push(Point {
                size: point.size,
                case: point.case.name,
                mebibytes: weighs.then_some(mebibytes),
            });
        }
        lines.push(Line { about: series.about, points });
    }
    turns.run(rounds, requests).await?;
    let cost = turns.close(name).await?;
    let mut said = Vec::new();
    for bound in bounds {
        said.push(bound_of(bound).await?);
    }
    Ok(Growth { about, of, lines, cost, bounds: said })
}

/// What the filter itself says about a policy that is too large.
async fn bound_of(bound: Bound) -> Result<String, Error> {
    let (about, case) = match bound {
        Bound::Said(said) => return Ok(said.to_owned()),
        Bound::Refused { about, case } => (about, case),
    };
    let refused = match Stack::try_start(listener::bootstrap(&[*case])).await {
        Ok(_) => return Err(format!("{about}: was not refused").into()),
        Err(refused) => refused,
    };
    let said = refused.log.lines().find_map(|line| Some(line.split_once("policy refused: ")?.1));
    let said = said.ok_or_else(|| format!("{about}: refused, but not by the filter: {refused}"))?;
    Ok(format!("{about}: refused, `{}`", said.trim()))
}
