//! Latencies: HDR histograms in nanoseconds, and how they travel between processes.

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

/// Three significant digits from 1 µs to 100 s; what is longer counts as 100 s.
#[derive(Clone, Debug)]
pub struct Latencies(Histogram<u64>);

const HIGHEST: u64 = 100_000_000_000;

/// Buckets of a histogram: value in nanoseconds and how many.
#[derive(Clone, Debug, Default, Serialize, Deserialize, PartialEq, Eq)]
pub struct Buckets(pub Vec<(u64, u64)>);

impl Default for Latencies {
    fn default() -> Self {
        Self(Histogram::new_with_bounds(1_000, HIGHEST, 3).expect("the bounds are valid"))
    }
}

impl Latencies {
    pub fn record(&mut self, ns: u64) {
        self.0.saturating_record(ns.min(HIGHEST));
    }

    pub fn clear(&mut self) {
        self.0.reset();
    }

    #[cfg(test)]
    pub fn len(&self) -> u64 {
        self.0.len()
    }

    pub fn buckets(&self) -> Buckets {
        Buckets(self.0.iter_recorded().map(|v| (v.value_iterated_to(), v.count_at_value())).collect())
    }

    pub fn merge(&mut self, buckets: &Buckets) {
        for &(value, count) in &buckets.0 {
            self.0.saturating_record_n(value.min(HIGHEST), count);
        }
    }

    /// The latency in microseconds that this share (0..1) of the requests did not exceed; none without requests.
    pub fn quantile_us(&self, q: f64) -> Option<f64> {
        (!self.0.is_empty()).then(|| self.0.value_at_quantile(q) as f64 / 1e3)
    }

    pub fn max_us(&self) -> Option<f64> {
        (!self.0.is_empty()).then(|| self.0.max() as f64 / 1e3)
    }

    /// Points of the curve by percentile, equally far apart in the number of nines: (percentile, µs).
    pub fn curve(&self) -> Vec<(f64, f64)> {
        if self.0.is_empty() {
            return Vec::new();
        }
        let mut points = Vec::new();
        for step in 0..=48 {
            let left = 10f64.powf(-f64::from(step) / 10.0);
            // A percentile finer than the number of requests would be the maximum again and again.
            if left * (self.0.len() as f64) < 1.0 {
                break;
            }
            points.push((100.0 * (1.0 - left), self.0.value_at_quantile(1.0 - left) as f64 / 1e3));
        }
        points
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_of_two_processes_merge_into_the_whole() {
        let (mut a, mut b, mut whole) = (Latencies::default(), Latencies::default(), Latencies::default());
        for i in 1..=1000u64 {
            let ns = i * i * 1_000;
            if i % 3 == 0 {
                a.record(ns)
            } else {
                b.record(ns)
            }
            whole.record(ns);
        }
        let text = serde_json::to_string(&a.buckets()).unwrap();
        let mut merged = Latencies::default();
        merged.merge(&serde_json::from_str(&text).unwrap());
        merged.merge(&b.buckets());
        assert_eq!(merged.len(), 1000);
        assert_eq!(merged.buckets(), whole.buckets());
        let p50 = merged.quantile_us(0.5).unwrap();
        assert!((p50 / 250_000.0 - 1.0).abs() < 0.002, "{p50}");
        assert_eq!(merged.quantile_us(0.99), whole.quantile_us(0.99));
    }

    #[test]
    fn nothing_recorded_has_no_percentile() {
        assert_eq!(Latencies::default().quantile_us(0.99), None);
        assert!(Latencies::default().curve().is_empty());
    }

    #[test]
    fn longer_than_the_range_is_kept_as_the_longest() {
        let mut l = Latencies::default();
        l.record(u64::MAX);
        assert_eq!(l.len(), 1);
        assert!(l.max_us().unwrap() >= 1e8);
    }
}
