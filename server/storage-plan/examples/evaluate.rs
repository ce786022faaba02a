//! Prints how `auto` does on usage that was made, for pairs of sheets as they are offered, and several seeds.
//!
//! `cargo run --release -p storage-plan --example evaluate -- [titles] [views a day] [seeds, separated by commas] [a part of the names of sheets]`

use std::io::Write;

use storage_plan::{
    calendar::Day,
    evaluate::evaluate,
    generate::{Size, generate},
    market::market,
    optimum::ROUNDS,
    plan::Settings,
};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let titles = arguments.next().map_or(Ok(3_000), |text| text.parse())?;
    let views = arguments.next().map_or(Ok(titles as f64 / 2.0), |text| text.parse())?;
    let seeds = arguments.next().unwrap_or_else(|| "101,102,103".to_owned());
    let part = arguments.next().unwrap_or_default();
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "{:<34} {:>5} {:>11} {:>11} {:>11} {:>11} {:>11} {:>9} {:>9} {:>7} {:>6} {:>7}",
        "sheets", "seed", "auto", "per view", "flat", "plan", "bound", "to bound", "to fixed", "gap", "moves", "in flat"
    )?;
    for seed in seeds.split(',') {
        let seed = seed.parse()?;
        // Ninety days that are known, and a year.
        let history = generate(Size { titles, first: Day::parse("2025-10-03")?, days: 90 + 365, views, seed });
        let terabytes =
            history.lifetimes.iter().filter_map(|lifetime| lifetime.days.first()).map(|day| day.stored_bytes as f64).sum::<f64>()
                / 1e12;
        for (name, document) in market(terabytes).into_iter().filter(|(name, _)| name.contains(&part)) {
            let report = evaluate(&history, 90, &document.try_into()?, Settings::default(), ROUNDS)?;
            let flat = report.flat.map_or("-".to_owned(), |flat| format!("{:.0}", flat.units()));
            let (auto, per_view) = (report.auto.units(), report.per_view.units());
            let (plan, bound) = (report.optimum.feasible, report.optimum.bound);
            writeln!(
                out,
                "{name:<34} {seed:>5} {auto:>11.0} {per_view:>11.0} {flat:>11} {plan:>11.0} {bound:>11.0} {:>9.4} {:>9.4} {:>7.4} {:>6} {:>6.0}%",
                report.to_bound(),
                report.to_fixed(),
                report.gap(),
                report.moves,
                report.in_flat * 100.0
            )?;
        }
    }
    Ok(())
}
