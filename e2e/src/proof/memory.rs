//! Memory of a process while time goes by, from `/proc`.

use std::fs;
use std::time::Instant;

use crate::Error;

/// One look.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sample {
    pub(crate) minutes: f64,
    /// In RAM, all of the process.
    pub(crate) resident_kib: u64,
    /// Linear memory of its Wasm VMs, as far as it was ever grown.
    pub(crate) vms_kib: u64,
    /// How many there are.
    pub(crate) vms: u64,
}

/// Looks at a process.
pub(crate) struct Memory {
    id: u32,
    begun: Instant,
    pub(crate) samples: Vec<Sample>,
}

impl Memory {
    pub(crate) fn of(id: u32) -> Self {
        Self { id, begun: Instant::now(), samples: Vec::new() }
    }

    pub(crate) fn look(&mut self) -> Result<Sample, Error> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.id))?;
        let resident =
            status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB"));
        let (vms, vms_kib) = linear_memories(&fs::read_to_string(format!("/proc/{}/maps", self.id))?);
        let sample = Sample {
            minutes: self.begun.elapsed().as_secs_f64() / 60.0,
            resident_kib: resident.ok_or("/proc says nothing of VmRSS")?.parse()?,
            vms_kib,
            vms,
        };
        self.samples.push(sample);
        Ok(sample)
    }

    /// The second half, when all that is kept has been seen once.
    pub(crate) fn late(&self) -> &[Sample] {
        &self.samples[self.samples.len() / 2..]
    }

    /// How fast RAM grows in the second half: KiB a minute, by least squares.
    pub(crate) fn slope(&self) -> f64 {
        slope(self.late().iter().map(|sample| (sample.minutes, sample.resident_kib as f64)))
    }
}

fn slope(points: impl Iterator<Item = (f64, f64)> + Clone) -> f64 {
    let count = points.clone().count().max(1) as f64;
    let mean = points.clone().fold((0.0, 0.0), |sum, (x, y)| (sum.0 + x / count, sum.1 + y / count));
    let (above, below) = points.fold((0.0, 0.0), |sum, (x, y)| {
        (sum.0 + (x - mean.0) * (y - mean.1), sum.1 + (x - mean.0) * (x - mean.0))
    });
    if below > 0.0 { above / below } else { 0.0 }
}

/// How many linear memories there are, and how many KiB they have. V8 reserves gigabytes of addresses for each, and opens as much at their beginning as the module
/// has grown to.
fn linear_memories(maps: &str) -> (u64, u64) {
    let mappings: Vec<(u64, u64, &str)> = maps.lines().filter_map(mapping).collect();
    let pairs = mappings.windows(2).filter(|pair| {
        let ((_, end, open), (begin, reserved, closed)) = (pair[0], pair[1]);
        end == begin && open.starts_with("rw") && closed.starts_with("---") && reserved - begin > RESERVED
    });
    pairs.fold((0, 0), |(count, kib), pair| (count + 1, kib + (pair[0].1 - pair[0].0) / 1024))
}

/// From, to and permissions.
fn mapping(line: &str) -> Option<(u64, u64, &str)> {
    let mut words = line.split_ascii_whitespace();
    let (from, to) = words.next()?.split_once('-')?;
    let hex = |text| u64::from_str_radix(text, 16).ok();
    Some((hex(from)?, hex(to)?, words.next()?))
}

/// No other mapping is as large.
const RESERVED: u64 = 1 << 31;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_its_slope() {
        let points = [(0.0, 5.0), (1.0, 7.0), (2.0, 9.0)];
        assert!((slope(points.into_iter()) - 2.0).abs() < 1e-9);
        assert!(slope([(1.0, 1.0)].into_iter()).abs() < 1e-9);
    }

    #[test]
    fn linear_memory_stands_before_what_is_reserved() {
        let maps = "\
10000000-10100000 rw-p 00000000 00:00 0
10100000-210100000 ---p 00000000 00:00 0
300000000-300100000 rw-p 00000000 00:00 0
300100000-300200000 ---p 00000000 00:00 0
";
        assert_eq!(linear_memories(maps), (1, 1024));
    }
}
