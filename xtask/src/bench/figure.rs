//! One measured figure with its bound, and the table of all.

use serde::Serialize;

/// What was promised of a figure.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    AtMost(f64),
    AtLeast(f64),
    /// Told for comparison; nothing was promised.
    None,
}

/// One measured figure.
#[derive(Clone, Debug, Serialize)]
pub struct Figure {
    pub name: String,
    pub value: f64,
    pub unit: &'static str,
    pub bound: Bound,
    /// Who else was measured, and how they did.
    pub peer: String,
}

impl Figure {
    /// A figure that must not be above `most`.
    pub fn at_most(name: &str, value: f64, unit: &'static str, most: f64) -> Self {
        Self { name: name.to_owned(), value, unit, bound: Bound::AtMost(most), peer: String::new() }
    }

    /// A figure that must not be below `least`.
    pub fn at_least(name: &str, value: f64, unit: &'static str, least: f64) -> Self {
        Self { name: name.to_owned(), value, unit, bound: Bound::AtLeast(least), peer: String::new() }
    }

    /// A figure without a promise.
    pub fn told(name: &str, value: f64, unit: &'static str) -> Self {
        Self { name: name.to_owned(), value, unit, bound: Bound::None, peer: String::new() }
    }

    #[must_use]
    pub fn beside(mut self, peer: &str) -> Self {
        peer.clone_into(&mut self.peer);
        self
    }

    /// Whether the promise is kept.
    pub fn holds(&self) -> bool {
        match self.bound {
            Bound::AtMost(most) => self.value <= most,
            Bound::AtLeast(least) => self.value >= least,
            Bound::None => true,
        }
    }

    fn row(&self) -> String {
        let bound = match self.bound {
            Bound::AtMost(most) => format!("at most {most}"),
            Bound::AtLeast(least) => format!("at least {least}"),
            Bound::None => String::new(),
        };
        let verdict = match (self.bound, self.holds()) {
            (Bound::None, _) => "",
            (Bound::AtMost(_) | Bound::AtLeast(_), true) => "holds",
            (Bound::AtMost(_) | Bound::AtLeast(_), false) => "MISSED",
        };
        let Self { name, value, unit, peer, .. } = self;
        format!("{name:<38} {value:>10.1} {unit:<9} {bound:<14} {verdict:<7} {peer}").trim_end().to_owned()
    }
}

/// Prints the table.
#[expect(clippy::print_stdout, reason = "the table is the command's result")]
pub fn print(figures: &[Figure]) {
    println!("\n{:<38} {:>10} {:<9} {:<14} {:<7} peer", "figure", "measured", "unit", "bound", "");
    for figure in figures {
        println!("{}", figure.row());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missed_bound_says_so() {
        assert!(Figure::at_most("a", 10.0, "ms", 10.0).holds());
        let missed = Figure::at_most("a", 10.1, "ms", 10.0).beside("nginx");
        assert!(!missed.holds() && missed.row().contains("MISSED") && missed.row().ends_with("nginx"));
        assert!(!Figure::at_least("b", 49.0, "%", 50.0).holds());
        assert!(Figure::told("c", 1.0, "kB").holds());
    }
}
