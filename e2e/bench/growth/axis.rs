//! What grows: the cases to be measured, at each size.

use e2e::{Error, Stack, until};

use crate::case::{Case, Filter, NONE};
use crate::traffic::Traffic;

/// One thing that grows.
pub(crate) struct Axis {
    /// For files.
    pub(crate) name: &'static str,
    /// What grows, for readers.
    pub(crate) about: &'static str,
    /// What is counted.
    pub(crate) of: &'static str,
    /// The case without a filter.
    pub(crate) base: Case,
    pub(crate) series: Vec<Series>,
    pub(crate) bounds: Vec<Bound>,
    /// Whether memory is looked at, too.
    pub(crate) weighs: bool,
}

/// One filter at all sizes, from the smallest on.
pub(crate) struct Series {
    pub(crate) about: &'static str,
    pub(crate) points: Vec<Step>,
}

/// One size.
pub(crate) struct Step {
    pub(crate) size: usize,
    pub(crate) case: Case,
    /// What has to be fetched before anything is measured.
    pub(crate) list: Option<Fetched>,
}

/// A list that a source has.
pub(crate) struct Fetched {
    pub(crate) name: String,
    pub(crate) path: &'static str,
    pub(crate) entries: usize,
}

/// Where a size ends.
pub(crate) enum Bound {
    /// One more is refused when the policy is read.
    Refused { about: &'static str, case: Box<Case> },
    /// It is kept in another way.
    Said(&'static str),
}

impl Series {
    /// `case` makes the filters and what is sent, for a size.
    pub(crate) fn new(
        name: &str,
        about: &'static str,
        sizes: impl IntoIterator<Item = usize>,
        case: impl Fn(usize) -> Result<(Vec<Filter>, Traffic), Error>,
    ) -> Result<Self, Error> {
        let step = |size| {
            let (filters, traffic) = case(size)?;
            let case = Case::plain(&format!("{name}-{size}"), about, filters)?.traffic(traffic);
            Ok(Step { size, case, list: None })
        };
        let points = sizes.into_iter().map(step).collect::<Result<_, Error>>()?;
        Ok(Self { about, points })
    }
}

impl Bound {
    pub(crate) fn refused(about: &'static str, filter: Filter) -> Result<Self, Error> {
        Ok(Self::Refused { about, case: Box::new(Case::plain("refused", about, vec![filter])?) })
    }
}

impl Fetched {
    /// Lets the source have it, and waits until the filter has it, too.
    pub(crate) async fn load(&self, stack: &Stack) {
        let Self { name, path, entries } = self;
        let text: String = (0..*entries).map(|number| format!("listed-{number}\n")).collect();
        stack.lists.at(path).serve(text).await;
        let wanted = *entries as i128;
        until("the list to be loaded", async || {
            let loaded = stack.stats().await.of("sluice.canary.list_entries", &[("list", name)]);
            (loaded == wanted).then_some(())
        })
        .await;
    }
}

/// The case without a filter.
pub(crate) fn base(traffic: Traffic) -> Result<Case, Error> {
    Ok(Case::plain(NONE, "no filter", Vec::new())?.traffic(traffic))
}

/// 1, 10, 100 and so on, as far as `largest`.
pub(crate) fn decades(largest: usize) -> impl Iterator<Item = usize> {
    (0..7).map(|exponent| 10_usize.pow(exponent)).filter(move |size| *size <= largest)
}
