//! What accumulators compute over many values: sums, averages, deviations, percentiles.
//!
//! Values that are no numbers do not count. Doubles are summed with a second double for what the first
//! loses, whole numbers exactly, decimals as decimals; what is not a decimal meets them only at the end.

use crate::bson::number::Number;
use crate::bson::{Decimal128, RawValue};

/// A sum of numbers of all types.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sum {
    whole: i128,
    double: DoubleSum,
    decimal: Decimal128,
    /// The widest type so far.
    widest: Widest,
}

#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
enum Widest {
    Int32,
    Int64,
    Double,
    Decimal128,
}

/// A sum of doubles: its nearest double, and what that lacks.
#[derive(Clone, Copy, Debug, Default)]
struct DoubleSum {
    high: f64,
    low: f64,
}

impl DoubleSum {
    fn add(&mut self, value: f64) {
        let high = self.high + value;
        if !high.is_finite() {
            (self.high, self.low) = (high, 0.0);
            return;
        }
        // What was lost of either of the two.
        let taken = high - self.high;
        self.low += (self.high - (high - taken)) + (value - taken);
        self.high = high;
    }

    fn value(self) -> f64 {
        self.high + self.low
    }
}

impl Sum {
    pub(crate) fn new() -> Sum {
        Sum {
            whole: 0,
            double: DoubleSum::default(),
            decimal: Decimal128::ZERO,
            widest: Widest::Int32,
        }
    }

    pub(crate) fn add(&mut self, number: Number) {
        let widest = match number {
            Number::Int32(value) => {
                self.whole += i128::from(value);
                Widest::Int32
            }
            Number::Int64(value) => {
                self.whole += i128::from(value);
                Widest::Int64
            }
            Number::Double(value) => {
                self.double.add(value);
                Widest::Double
            }
            Number::Decimal128(value) => {
                self.decimal = self.decimal.add(value);
                Widest::Decimal128
            }
        };
        if widest > self.widest {
            self.widest = widest;
        }
    }

    /// An int or a long where all were whole and it fits, else a double, or a decimal.
    pub(crate) fn value(&self) -> RawValue<'static> {
        let whole = i64::try_from(self.whole).ok();
        match (self.widest, whole) {
            (Widest::Decimal128, _) => RawValue::Decimal128(self.as_decimal()),
            (Widest::Int32, Some(value)) => match i32::try_from(value) {
                Ok(value) => RawValue::Int32(value),
                Err(_) => RawValue::Int64(value),
            },
            (Widest::Int64, Some(value)) => RawValue::Int64(value),
            _ => RawValue::Double(self.as_double()),
        }
    }

    fn as_double(&self) -> f64 {
        let mut sum = self.double;
        let high = self.whole as f64;
        sum.add(high);
        sum.add((self.whole - high as i128) as f64);
        sum.value()
    }

    fn as_decimal(&self) -> Decimal128 {
        let whole = match i64::try_from(self.whole) {
            Ok(whole) => Decimal128::from(whole),
            Err(_) => Decimal128::from_double(self.whole as f64),
        };
        let mut sum = self.decimal.add(whole);
        let double = self.double.value();
        if double != 0.0 {
            sum = sum.add(Decimal128::from_double(double));
        }
        sum
    }
}

/// An average: a double, or a decimal if there is one among the numbers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Average {
    sum: Sum,
    count: i64,
}

impl Average {
    pub(crate) fn new() -> Average {
        Average {
            sum: Sum::new(),
            count: 0,
        }
    }

    pub(crate) fn add(&mut self, number: Number) {
        self.sum.add(number);
        self.count += 1;
    }

    /// Null without any number.
    pub(crate) fn value(&self) -> RawValue<'static> {
        if self.count == 0 {
            return RawValue::Null;
        }
        match self.sum.widest {
            Widest::Decimal128 => {
                let sum = self.sum.as_decimal();
                RawValue::Decimal128(sum.divide(Decimal128::from(self.count)))
            }
            _ => RawValue::Double(self.sum.as_double() / self.count as f64),
        }
    }
}

/// A standard deviation, by Welford's method: numerically stable in one pass.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Deviation {
    count: i64,
    mean: f64,
    squares: f64,
}

impl Deviation {
    pub(crate) fn add(&mut self, number: Number) {
        let value = number.to_f64();
        self.count += 1;
        let delta = value - self.mean;
        self.mean += delta / self.count as f64;
        self.squares += delta * (value - self.mean);
    }

    /// Of a whole population, or of a sample of one; null of too few numbers.
    pub(crate) fn value(&self, is_sample: bool) -> RawValue<'static> {
        let count = self.count - i64::from(is_sample);
        if count <= 0 {
            return RawValue::Null;
        }
        RawValue::Double((self.squares / count as f64).sqrt())
    }
}

/// The values below which lie the shares `p` of `numbers`, each one of them.
pub(crate) fn percentiles(mut numbers: Vec<f64>, shares: &[f64]) -> Vec<Option<f64>> {
    numbers.sort_by(f64::total_cmp);
    let count = numbers.len();
    let at = |share: &f64| {
        let rank = (share * count as f64).ceil() as usize;
        let last = count.checked_sub(1)?;
        numbers.get(rank.saturating_sub(1).min(last)).copied()
    };
    shares.iter().map(at).collect()
}
