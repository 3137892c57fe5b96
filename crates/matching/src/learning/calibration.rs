//! Whether scores mean what they say: of the pairs with a score, how many are of one person?

/// Bits of one bin.
const BITS_PER_BIN: f64 = 5.0;

/// The pairs whose scores lie in one range.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Bin {
    /// The range begins at so many bits and is five wide.
    pub from_bits: f64,
    /// Pairs in it.
    pub pairs: u64,
    /// Of them, those of one person.
    pub one_person: u64,
}

/// Scores compared with labels.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Calibration {
    /// Range by range, from the lowest score that was seen.
    pub bins: Vec<Bin>,
    /// The score at which as many pairs are of one person as of two, by a logistic curve through all.
    pub even_at: f64,
    /// How much the odds grow for each bit; 1 when a bit is a bit.
    pub slope: f64,
}

/// Compares scores in bits with labels.
pub(super) fn calibrate(scores: impl Iterator<Item = (f64, bool)>) -> Calibration {
    let scores: Vec<(f64, bool)> = scores.collect();
    let mut bins: Vec<Bin> = Vec::new();
    let place = |bits: f64| (bits / BITS_PER_BIN).floor();
    let (lowest, highest) =
        scores.iter().fold((f64::MAX, f64::MIN), |(low, high), (bits, _)| (low.min(*bits), high.max(*bits)));
    if scores.is_empty() {
        return Calibration::default();
    }
    for bin in place(lowest) as i64..=place(highest) as i64 {
        let inside = scores.iter().filter(|(bits, _)| place(*bits) as i64 == bin);
        let (pairs, one_person) =
            inside.fold((0, 0), |(pairs, one), (_, is_one)| (pairs + 1, one + u64::from(*is_one)));
        bins.push(Bin { from_bits: bin as f64 * BITS_PER_BIN, pairs, one_person });
    }
    let (slope, even_at) = fit(&scores);
    Calibration { bins, even_at, slope }
}

/// A logistic curve by Newton's method: the natural logarithm of the odds is `slope * ln 2 * (bits - even_at)`.
fn fit(scores: &[(f64, bool)]) -> (f64, f64) {
    let (mut a, mut b) = (0.0_f64, 0.1_f64);
    for _ in 0..50 {
        let (mut ga, mut gb, mut aa, mut ab, mut bb) = (0.0, 0.0, 1e-6, 0.0, 1e-6);
        for (bits, is_one) in scores {
            let p = 1.0 / (1.0 + (-(a + b * bits)).exp());
            let (off, spread) = (f64::from(u8::from(*is_one)) - p, p * (1.0 - p));
            ga += off;
            gb += off * bits;
            aa += spread;
            ab += spread * bits;
            bb += spread * bits * bits;
        }
        let determinant = aa * bb - ab * ab;
        if determinant.abs() < 1e-12 {
            break;
        }
        let (da, db) = ((ga * bb - gb * ab) / determinant, (gb * aa - ga * ab) / determinant);
        (a, b) = (a + da.clamp(-5.0, 5.0), b + db.clamp(-0.5, 0.5));
        if da.abs() + db.abs() < 1e-9 {
            break;
        }
    }
    (b / std::f64::consts::LN_2, if b.abs() < 1e-9 { 0.0 } else { -a / b })
}
