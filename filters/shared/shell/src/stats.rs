//! Names of stats to metrics of the host, each defined once per VM: the host never frees one.

use crate::host::{self, Metric, MetricKind};
use filter_api::{Slot, StatName};
use std::collections::BTreeMap;

/// The metrics of one VM.
#[derive(Debug, Default)]
pub struct Metrics(Slot<BTreeMap<String, Metric>>);

impl Metrics {
    /// The metric of a name. One that the host refuses is counted nowhere; the filter works on.
    pub(crate) fn define(&self, kind: MetricKind, name: &StatName) -> Metric {
        let define = || host::define_metric(kind, name.as_str()).unwrap_or(UNDEFINED);
        self.0
            .with(|known| *known.entry(name.as_str().to_owned()).or_insert_with(define))
            .unwrap_or(UNDEFINED)
    }

    pub(crate) fn counter(&self, name: &StatName) -> Metric {
        self.define(MetricKind::Counter, name)
    }

    pub(crate) fn gauge(&self, name: &StatName) -> Metric {
        self.define(MetricKind::Gauge, name)
    }
}

/// The host numbers metrics from zero up and answers "not found" for this one.
const UNDEFINED: Metric = Metric(u32::MAX);
