//! Curves as SVG: no scripts, colours by class so that light, dark and print each have theirs.

use super::html::escape;
use super::say;
use std::fmt::Write;

/// How values lie along an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    Linear,
    Log,
    /// Percentiles by their number of nines.
    Nines,
}

impl Scale {
    fn place(self, v: f64) -> f64 {
        match self {
            Self::Linear => v,
            Self::Log => v.max(1e-9).log10(),
            Self::Nines => -(1.0 - v / 100.0).max(1e-9).log10(),
        }
    }
}

pub struct Line<'a> {
    /// Which colour.
    pub target: usize,
    pub name: &'a str,
    pub points: Vec<(f64, f64)>,
}

pub struct Chart<'a> {
    pub title: &'a str,
    pub x: Scale,
    pub y: Scale,
    pub x_unit: &'a str,
    pub y_unit: &'a str,
    pub lines: Vec<Line<'a>>,
    /// Places on the x axis with a name: where a step begins.
    pub marks: Vec<(f64, String)>,
}

// About as wide as it is shown, in three columns, on paper and on a phone: so letters keep their size.
const W: f64 = 400.0;
const H: f64 = 230.0;
const LEFT: f64 = 58.0;
const RIGHT: f64 = 14.0;
const TOP: f64 = 16.0;
const BOTTOM: f64 = 34.0;

/// Round numbers from 0 to at least `max`, five or so.
pub fn ticks(max: f64) -> Vec<f64> {
    if max <= 0.0 || !max.is_finite() {
        return vec![0.0, 1.0];
    }
    let raw = max / 4.0;
    let base = 10f64.powf(raw.log10().floor());
    let step = [1.0, 2.0, 2.5, 5.0, 10.0].iter().map(|m| m * base).find(|s| *s >= raw * 0.999).unwrap_or(raw);
    let n = (max / step - 1e-9).ceil() as usize;
    (0..=n).map(|i| i as f64 * step).collect()
}

fn axis(scale: Scale, low: f64, high: f64) -> Vec<f64> {
    match scale {
        Scale::Linear => ticks(high),
        Scale::Log => {
            let (a, b) = (low.max(1e-9).log10().floor() as i32, high.max(1e-9).log10().ceil() as i32);
            (a..=b.max(a + 1)).map(|e| 10f64.powi(e)).collect()
        }
        Scale::Nines => {
            let all = [0.0, 90.0, 99.0, 99.9, 99.99, 99.999];
            let most = Scale::Nines.place(high).ceil().max(1.0) as usize;
            all.into_iter().take(most + 1).collect()
        }
    }
}

fn label(scale: Scale, unit: &str, v: f64) -> String {
    match (scale, unit) {
        (Scale::Nines, _) => format!("{v} %"),
        (_, "µs") if v >= 1e6 => format!("{} s", plain(v / 1e6)),
        (_, "µs") if v >= 1e3 => format!("{} ms", plain(v / 1e3)),
        (_, "µs") => format!("{} µs", plain(v)),
        (_, "s") => format!("{} s", plain(v)),
        _ => plain(v),
    }
}

fn plain(v: f64) -> String {
    if v >= 1000.0 {
        return say::thousands(v);
    }
    let text = format!("{v:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Nothing if there is nothing to draw.
pub fn chart(c: &Chart) -> String {
    let points = || c.lines.iter().flat_map(|l| &l.points);
    if points().count() < 2 {
        return String::new();
    }
    let span = |pick: fn(&(f64, f64)) -> f64| {
        let low = points().map(pick).fold(f64::INFINITY, f64::min);
        (low, points().map(pick).fold(f64::NEG_INFINITY, f64::max))
    };
    let ((x0, x1), (y0, y1)) = (span(|p| p.0), span(|p| p.1));
    let xs = if c.x == Scale::Linear { ticks(x1) } else { axis(c.x, x0, x1) };
    let ys = axis(c.y, y0, y1);
    let place = |scale: Scale, axis: &[f64], end: f64, v: f64| {
        let (a, b) = (scale.place(axis[0]), scale.place(end).max(scale.place(axis[0]) + 1e-9));
        (scale.place(v) - a) / (b - a)
    };
    // Time ends where the measurement ends; other axes at their last tick.
    let x_end = if c.x == Scale::Linear { x1 } else { *xs.last().unwrap_or(&x1) };
    let y_end = *ys.last().unwrap_or(&y1);
    let px = |v: f64| LEFT + place(c.x, &xs, x_end, v).clamp(0.0, 1.0) * (W - LEFT - RIGHT);
    let py = |v: f64| H - BOTTOM - place(c.y, &ys, y_end, v).clamp(0.0, 1.0) * (H - TOP - BOTTOM);
    let mut s = String::new();
    let _ = write!(
        s,
        "<figure class=chart><figcaption>{}</figcaption><svg viewBox=\"0 0 {W} {H}\" role=img aria-label=\"{}\">",
        escape(c.title),
        escape(c.title)
    );
    for v in &ys {
        let y = py(*v);
        let _ = write!(s, "<line class=grid x1={LEFT} x2={} y1={y:.1} y2={y:.1} />", W - RIGHT);
        let _ = write!(
            s,
            "<text class=tick x={} y={:.1} text-anchor=end>{}</text>",
            LEFT - 7.0,
            y + 3.5,
            label(c.y, c.y_unit, *v)
        );
    }
    for v in xs.iter().filter(|v| **v <= x_end * 1.0001) {
        let x = px(*v);
        let _ = write!(
            s,
            "<text class=tick x={x:.1} y={} text-anchor=middle>{}</text>",
            H - BOTTOM + 17.0,
            label(c.x, c.x_unit, *v)
        );
        if c.x == Scale::Nines {
            let _ = write!(s, "<line class=grid x1={x:.1} x2={x:.1} y1={TOP} y2={} />", H - BOTTOM);
        }
    }
    for (at, name) in &c.marks {
        let x = px(*at);
        let _ = write!(s, "<line class=mark x1={x:.1} x2={x:.1} y1={TOP} y2={} />", H - BOTTOM);
        let _ = write!(s, "<text class=tick x={:.1} y={}>{}</text>", x + 4.0, TOP - 4.0, escape(name));
    }
    // The first target is drawn last, on top.
    for line in c.lines.iter().rev().filter(|l| !l.points.is_empty()) {
        let mut path = String::new();
        let thinned = thin(&line.points, 300);
        for (i, (x, y)) in thinned.iter().enumerate() {
            let _ = write!(path, "{}{:.1} {:.1}", if i == 0 { "M" } else { "L" }, px(*x), py(*y));
        }
        let _ = write!(
            s,
            "<path class=\"line t{}\" d=\"{path}\"><title>{}</title></path>",
            line.target,
            escape(line.name)
        );
    }
    s.push_str("</svg></figure>");
    s
}

/// At most `most` points, each the mean of its neighbours.
fn thin(points: &[(f64, f64)], most: usize) -> Vec<(f64, f64)> {
    let each = points.len().div_ceil(most).max(1);
    let mean = |p: &[(f64, f64)]| {
        let n = p.len() as f64;
        (p.iter().map(|p| p.0).sum::<f64>() / n, p.iter().map(|p| p.1).sum::<f64>() / n)
    };
    points.chunks(each).map(mean).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_reach_the_top() {
        for max in [0.37, 1.0, 7.2, 99.0, 100.0, 101_806.0, 3e-4] {
            let t = ticks(max);
            assert!((3..=7).contains(&t.len()), "{max}: {t:?}");
            assert!(t[0] == 0.0 && *t.last().unwrap() >= max * 0.999, "{max}: {t:?}");
            assert!(t[t.len() - 2] < max, "{max}: {t:?}");
        }
    }

    #[test]
    fn charts_stay_within_their_frame() {
        let lines = vec![Line { target: 0, name: "a<b", points: vec![(0.0, 50.0), (99.95, 123_456.0)] }];
        let (x, y) = (Scale::Nines, Scale::Log);
        let svg = chart(&Chart { title: "t", x, y, x_unit: "%", y_unit: "µs", lines, marks: vec![] });
        assert!(svg.contains("a&lt;b") && svg.contains("99.9 %") && svg.contains("100 ms"), "{svg}");
        assert!(!svg.contains("NaN") && !svg.contains("inf"));
        let none = Chart { title: "t", x, y, x_unit: "", y_unit: "", lines: vec![], marks: vec![] };
        assert_eq!(chart(&none), "");
    }
}
