//! Turns, medians and the table.
//!
//! Every round runs each contender once, starting with another one each time, so that neither drift
//! nor the order favours anyone.

use anyhow::Result;

/// Which of two figures is the better one.
#[derive(Clone, Copy)]
pub enum Better {
    /// Times.
    Lower,
    /// Rates.
    Higher,
}

type Run<'a> = Box<dyn FnMut() -> Result<f64> + 'a>;

/// One comparison: a title, a unit, and who takes part. The first is what the others are held against.
pub struct Comparison<'a> {
    title: String,
    unit: &'static str,
    better: Better,
    contenders: Vec<(String, Run<'a>)>,
}

impl<'a> Comparison<'a> {
    /// A comparison without contenders.
    pub fn new(title: impl Into<String>, unit: &'static str, better: Better) -> Comparison<'a> {
        Comparison {
            title: title.into(),
            unit,
            better,
            contenders: Vec::new(),
        }
    }

    /// Adds a contender: a function that does its work once and returns the figure of it.
    pub fn add(&mut self, name: &str, run: impl FnMut() -> Result<f64> + 'a) {
        self.contenders.push((name.to_string(), Box::new(run)));
    }

    /// Runs all rounds and prints the table.
    pub fn run(mut self, rounds: usize) -> Result<()> {
        let count = self.contenders.len();
        let mut figures = vec![Vec::with_capacity(rounds); count];
        for round in 0..rounds {
            for turn in 0..count {
                let who = (round + turn) % count;
                figures[who].push((self.contenders[who].1)()?);
            }
        }
        self.print(&mut figures);
        Ok(())
    }

    fn print(&self, figures: &mut [Vec<f64>]) {
        let medians: Vec<f64> = figures.iter_mut().map(|all| median(all)).collect();
        println!("\n### {}\n", self.title);
        println!(
            "| | {} (median) | lowest to highest | {} is |",
            self.unit, self.contenders[0].0
        );
        println!("|---|---:|---:|---:|");
        for (index, (name, _)) in self.contenders.iter().enumerate() {
            // `median` has sorted them
            let (lowest, highest) = (figures[index][0], figures[index][figures[index].len() - 1]);
            let times = match self.better {
                Better::Lower => medians[index] / medians[0],
                Better::Higher => medians[0] / medians[index],
            };
            let verdict = if index == 0 {
                String::new()
            } else {
                format!("{times:.2} x as fast")
            };
            println!(
                "| {name} | {} | {} to {} | {verdict} |",
                plain(medians[index]),
                plain(lowest),
                plain(highest),
            );
        }
    }
}

/// Sorts the figures and takes the middle one; of an even number the mean of the middle two.
fn median(figures: &mut [f64]) -> f64 {
    figures.sort_by(f64::total_cmp);
    let middle = figures.len() / 2;
    if figures.len() % 2 == 1 {
        figures[middle]
    } else {
        (figures[middle - 1] + figures[middle]) / 2.0
    }
}

/// Three significant digits are all that a run of this kind can tell.
fn plain(figure: f64) -> String {
    match figure {
        f if f >= 100.0 => format!("{f:.0}"),
        f if f >= 10.0 => format!("{f:.1}"),
        f => format!("{f:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn median_of_odd_and_even_numbers() {
        assert_eq!(median(&mut [3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&mut [4.0, 1.0, 2.0, 3.0]), 2.5);
    }
}
