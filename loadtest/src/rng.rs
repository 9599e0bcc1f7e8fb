//! Random numbers from a seed (SplitMix64), and the distributions the scenarios draw from.

#[derive(Clone, Debug)]
pub struct Rng(u64);

impl Rng {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// In (0, 1].
    pub fn unit(&mut self) -> f64 {
        ((self.next_u64() >> 11) + 1) as f64 / (1u64 << 53) as f64
    }

    pub fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.next_u64()) * n as u128) >> 64) as usize
    }

    pub fn exponential(&mut self, mean: f64) -> f64 {
        -mean * self.unit().ln()
    }

    pub fn normal(&mut self) -> f64 {
        (-2.0 * self.unit().ln()).sqrt() * (std::f64::consts::TAU * self.unit()).cos()
    }

    pub fn lognormal(&mut self, mu: f64, sigma: f64) -> f64 {
        (mu + sigma * self.normal()).exp()
    }

    pub fn pareto(&mut self, k: f64, alpha: f64) -> f64 {
        k / self.unit().powf(1.0 / alpha)
    }

    /// Weibull of scale `scale` and shape `shape`.
    pub fn weibull(&mut self, scale: f64, shape: f64) -> f64 {
        scale * (-self.unit().ln()).powf(1.0 / shape)
    }
}

/// The user of SURGE: P. Barford and M. Crovella, "Generating Representative Web Workloads for Network and Server
/// Performance Evaluation", SIGMETRICS 1998, the table of distributions and parameters.
pub mod surge {
    use super::Rng;

    /// Where the Pareto tail takes over from the lognormal body.
    pub const CUT: f64 = 133_000.0;
    /// Nothing is larger: a Pareto tail of 1.1 has single files that would fill a whole run.
    pub const LARGEST: f64 = 4_000_000.0;

    /// Bytes of a file: lognormal (9.357, 1.318), and beyond the cut Pareto (133 K, 1.1).
    pub fn size(rng: &mut Rng) -> u64 {
        let body = rng.lognormal(9.357, 1.318);
        let size = if body <= CUT { body } else { rng.pareto(CUT, 1.1) };
        size.clamp(1.0, LARGEST) as u64
    }

    /// Files of a page: Pareto (1, 2.43).
    pub fn objects(rng: &mut Rng) -> u16 {
        rng.pareto(1.0, 2.43).min(100.0) as u16
    }

    /// Seconds between two files of a page ("active off"): Weibull (1.46, 0.382), here at most 10 s.
    pub fn active_off(rng: &mut Rng) -> f64 {
        rng.weibull(1.46, 0.382).min(10.0)
    }

    /// Seconds between two pages ("inactive off"): Pareto (1, 1.5), here at most 60 s.
    pub fn inactive_off(rng: &mut Rng) -> f64 {
        rng.pareto(1.0, 1.5).min(60.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_distributions_have_their_medians() {
        let mut rng = Rng::new(1);
        let mut median = |draw: &mut dyn FnMut(&mut Rng) -> f64| {
            let mut all: Vec<f64> = (0..20_001).map(|_| draw(&mut rng)).collect();
            all.sort_by(f64::total_cmp);
            all[10_000]
        };
        let near = |got: f64, want: f64| assert!((got / want - 1.0).abs() < 0.05, "{got} is not near {want}");
        near(median(&mut |r| r.exponential(2.0)), 2.0 * std::f64::consts::LN_2);
        near(median(&mut |r| r.lognormal(9.357, 1.318)), 9.357f64.exp());
        near(median(&mut |r| r.pareto(1.0, 1.5)), 2f64.powf(1.0 / 1.5));
        near(median(&mut |r| r.weibull(1.46, 0.382)), 1.46 * std::f64::consts::LN_2.powf(1.0 / 0.382));
        near(median(&mut |r| surge::size(r) as f64), 9.357f64.exp());
    }

    #[test]
    fn below_reaches_every_number_and_no_other() {
        let mut rng = Rng::new(7);
        let mut seen = [0u32; 10];
        for _ in 0..10_000 {
            seen[rng.below(10)] += 1;
        }
        assert!(seen.iter().all(|&n| (800..1200).contains(&n)), "{seen:?}");
    }
}
