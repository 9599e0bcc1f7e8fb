//! Medians, spreads, and what follows from several runs.

use serde::{Deserialize, Serialize};

/// A figure of several runs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Value {
    pub median: f64,
    pub min: f64,
    pub max: f64,
    /// Median absolute deviation from the median.
    pub mad: f64,
    pub runs: Vec<f64>,
}

pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let n = sorted.len();
    match n {
        0 => f64::NAN,
        _ if n % 2 == 1 => sorted[n / 2],
        _ => (sorted[n / 2 - 1] + sorted[n / 2]) / 2.0,
    }
}

impl Value {
    /// None without any run.
    pub fn of(runs: Vec<f64>) -> Option<Self> {
        if runs.is_empty() {
            return None;
        }
        let mid = median(&runs);
        let away: Vec<f64> = runs.iter().map(|v| (v - mid).abs()).collect();
        Some(Self {
            median: mid,
            min: runs.iter().copied().fold(f64::INFINITY, f64::min),
            max: runs.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            mad: median(&away),
            runs,
        })
    }
}

/// Requests a second at which the CPU reaches `limit` per cent of a core, from measured points (requests a second,
/// per cent), and how that was found.
pub fn rate_at(points: &[(f64, f64)], limit: f64) -> Option<(f64, String)> {
    let mut points = points.to_vec();
    points.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (first, last) = (*points.first()?, *points.last()?);
    if first.1 >= limit {
        if first.0 > 1.0 {
            return None;
        }
        return Some((0.0, format!("open connections alone take {:.2} % of a core", first.1)));
    }
    for pair in points.windows(2) {
        let [(r0, c0), (r1, c1)] = [pair[0], pair[1]];
        if c1 >= limit {
            let rate = r0 + (limit - c0) / (c1 - c0) * (r1 - r0);
            let how = format!("between {c0:.2} % at {r0:.0}/s and {c1:.2} % at {r1:.0}/s");
            return Some((rate, how));
        }
    }
    // All below the limit: what lies beyond is not measured.
    Some((last.0, format!("at least: the highest rate measured took {:.2} %", last.1)))
}

/// What a figure did between two reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    Lower,
    Higher,
    /// Within the noise.
    Same,
    /// Too few runs to know.
    Unknown,
}

/// Beyond the noise is what differs by more than 3 %, by more than three standard errors (each side's standard
/// deviation taken as 1.4826 · MAD), and whose runs do not overlap.
pub fn change(before: &Value, after: &Value) -> Change {
    if before.runs.len() < 3 || after.runs.len() < 3 {
        return Change::Unknown;
    }
    let delta = after.median - before.median;
    let error = |v: &Value| (1.4826 * v.mad).powi(2) / v.runs.len() as f64;
    let noise = 3.0 * (error(before) + error(after)).sqrt();
    let apart = after.min > before.max || after.max < before.min;
    let size = before.median.abs().max(after.median.abs());
    if !apart || delta.abs() <= noise || delta.abs() <= 0.03 * size {
        Change::Same
    } else if delta > 0.0 {
        Change::Higher
    } else {
        Change::Lower
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn v(runs: &[f64]) -> Value {
        Value::of(runs.to_vec()).unwrap()
    }

    #[test]
    fn medians_and_spreads() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), 2.5);
        let x = v(&[10.0, 12.0, 11.0, 30.0, 9.0]);
        assert_eq!((x.median, x.min, x.max, x.mad), (11.0, 9.0, 30.0, 1.0));
        assert_eq!(Value::of(vec![]), None);
    }

    #[test]
    fn the_rate_at_one_percent_lies_between_the_points() {
        let (rate, how) = rate_at(&[(1000.0, 6.2), (0.0, 0.2), (100.0, 0.8), (300.0, 2.0)], 1.0).unwrap();
        assert!((rate - (100.0 + 200.0 * 0.2 / 1.2)).abs() < 1e-9, "{rate}");
        assert!(how.contains("0.80 % at 100/s"), "{how}");
        assert_eq!(rate_at(&[(0.0, 1.5), (100.0, 3.0)], 1.0).unwrap().0, 0.0);
        let (rate, how) = rate_at(&[(0.0, 0.1), (100.0, 0.4)], 1.0).unwrap();
        assert!(rate == 100.0 && how.starts_with("at least"), "nothing beyond what was measured");
        assert_eq!(rate_at(&[], 1.0), None);
        assert_eq!(rate_at(&[(100.0, 2.0)], 1.0), None, "without an idle point nothing is known below");
    }

    #[test]
    fn changes_are_told_from_noise() {
        let before = v(&[10.0, 10.2, 9.9, 10.1, 10.0]);
        assert_eq!(change(&before, &v(&[8.0, 8.1, 7.9, 8.0, 8.2])), Change::Lower);
        assert_eq!(change(&before, &v(&[12.0, 12.1, 11.9])), Change::Higher);
        assert_eq!(change(&before, &v(&[10.3, 10.2, 10.25])), Change::Same, "small, and runs touch");
        assert_eq!(change(&before, &v(&[8.0, 10.1, 7.9])), Change::Same, "the runs overlap");
        assert_eq!(change(&before, &v(&[5.0])), Change::Unknown);
        assert_eq!(change(&before, &before), Change::Same);
    }
}
