//! How good recommendations are: each profile's last event is held out, and asked for.
//!
//! Leave-last-out by time. Of ten recommendations: recall and NDCG of the held-out title, coverage (how much of the catalogue is
//! recommended to anybody) and novelty (the mean self-information of what is recommended, in bits). Beside the model stand its parts,
//! popularity, chance, and an oracle where one is given.

use std::{
    collections::{HashMap, HashSet},
    fmt,
};

use rand::{Rng, SeedableRng, rngs::StdRng};

use crate::{
    answer::Entry,
    dataset::{Dataset, Rows},
    model::{Inconsistent, Model},
    parallel::on_rows,
    train::{Catalogue, Parts, Settings, train},
};

/// Recommendations that are looked at.
const SHOWN: usize = 10;
/// Profiles that are asked at most.
const ASKED: usize = 5_000;
/// Events of a profile that is asked.
const LEAST: usize = 3;

/// One line of the table.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    pub name: &'static str,
    pub recall: f64,
    pub ndcg: f64,
    pub coverage: f64,
    pub novelty: f64,
}

/// The table.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    pub events: usize,
    pub profiles: usize,
    pub titles: usize,
    /// Profiles that were asked.
    pub asked: usize,
    /// What the linear model and popularity count.
    pub shares: (f32, f32),
    pub lines: Vec<Line>,
}

impl Table {
    /// The NDCG of a line.
    pub fn ndcg(&self, name: &str) -> f64 {
        self.lines.iter().find(|line| line.name == name).map_or(0.0, |line| line.ndcg)
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { events, profiles, titles, asked, shares, lines } = self;
        writeln!(
            f,
            "{events} events of {profiles} profiles on {titles} titles; the last event of {asked} profiles was held out"
        )?;
        writeln!(f, "share of EASE on the head {:.2}, of popularity {:.2}", shares.0, shares.1)?;
        write!(f, "{:<14} {:>10} {:>10} {:>10} {:>10}", "", "recall@10", "NDCG@10", "coverage", "novelty")?;
        for Line { name, recall, ndcg, coverage, novelty } in lines {
            write!(f, "\n{name:<14} {recall:>10.4} {ndcg:>10.4} {coverage:>10.4} {novelty:>10.2}")?;
        }
        Ok(())
    }
}

/// What would recommend best: for a profile's number, and what is not to be recommended, the ten best titles by number.
pub type Oracle<'a> = &'a (dyn Fn(usize, &HashSet<u32>) -> Vec<u32> + Sync);

/// Trains without each profile's last event, and asks for it.
///
/// # Errors
/// [`Inconsistent`] where training came to what are no numbers.
pub fn evaluate(
    data: Dataset,
    catalogue: &Catalogue,
    settings: &Settings,
    oracle: Option<Oracle>,
) -> Result<Table, Inconsistent> {
    let events = data.histories.entries();
    let stride = (data.histories.len() / ASKED).max(1);
    let (known, mut held_out) = data.histories.without_last(|profile| data.histories.columns(profile).len() >= LEAST);
    held_out.retain(|(profile, _)| profile % stride == 0);
    let data = Dataset { histories: known, ..data };
    let trained = train(&data, catalogue, settings);
    let support: Vec<u32> = {
        let audiences = data.histories.transposed(data.titles.len());
        (0..audiences.len()).map(|title| u32::try_from(audiences.columns(title).len()).unwrap_or(u32::MAX)).collect()
    };
    let asking = Asking { histories: &data.histories, held_out: &held_out, support: &support, threads: settings.threads };
    let mut lines = Vec::new();
    for (name, parts) in
        [("model", Parts::All), ("iALS", Parts::Factors), ("EASE (head)", Parts::Linear), ("content", Parts::Content)]
    {
        let (model, numbers) = trained.model(&data, catalogue, parts, 0)?;
        let by_number: HashMap<u32, u32> = numbers.iter().copied().zip(0..).collect();
        lines.push(asking.line(name, |profile, seen| of_model(&model, &data.histories, profile, seen, (&numbers, &by_number))));
    }
    let mut popular: Vec<u32> = (0u32..).take(support.len()).collect();
    popular.sort_by_key(|title| std::cmp::Reverse(support.get(*title as usize).copied()));
    lines.push(
        asking.line("popularity", |_, seen| popular.iter().copied().filter(|title| !seen.contains(title)).take(SHOWN).collect()),
    );
    lines.push(asking.line("random", |profile, seen| {
        let mut random = StdRng::seed_from_u64(profile as u64);
        let count = u32::try_from(support.len()).unwrap_or(u32::MAX).max(1);
        (0..SHOWN * 4).map(|_| random.random_range(0..count)).filter(|title| !seen.contains(title)).take(SHOWN).collect()
    }));
    if let Some(oracle) = oracle {
        lines.push(asking.line("oracle", oracle));
    }
    let (profiles, titles) = (data.profiles.len(), data.titles.len());
    Ok(Table { events, profiles, titles, asked: held_out.len(), shares: trained.shares(), lines })
}

fn of_model(
    model: &Model,
    histories: &Rows,
    profile: usize,
    seen: &HashSet<u32>,
    (numbers, titles): (&[u32], &HashMap<u32, u32>),
) -> Vec<u32> {
    let number = |title: u32| numbers.get(title as usize).copied().unwrap_or(u32::MAX);
    let history: Vec<Entry> = histories.row(profile).map(|(title, weight)| Entry { title: number(title), weight }).collect();
    let seen: HashSet<u32> = seen.iter().map(|title| number(*title)).collect();
    let best = model.fold_in(&history).best(SHOWN, |title| seen.contains(&title));
    best.into_iter().filter_map(|number| titles.get(&number).copied()).collect()
}

struct Asking<'a> {
    histories: &'a Rows,
    held_out: &'a [(usize, u32)],
    support: &'a [u32],
    threads: usize,
}

impl Asking<'_> {
    fn line(&self, name: &'static str, recommend: impl Fn(usize, &HashSet<u32>) -> Vec<u32> + Sync) -> Line {
        // Numbers up to 2^24 are whole in an f32: titles are fewer.
        let mut shown = vec![f32::NAN; self.held_out.len() * SHOWN];
        on_rows(
            &mut shown,
            SHOWN,
            self.threads,
            || (),
            |(), at, out| {
                let Some((profile, _)) = self.held_out.get(at) else { return };
                let seen: HashSet<u32> = self.histories.columns(*profile).iter().copied().collect();
                out.iter_mut().zip(recommend(*profile, &seen)).for_each(|(out, title)| *out = title as f32);
            },
        );
        let (mut recall, mut ndcg, mut information, mut count) = (0.0, 0.0, 0.0, 0.0f64);
        let mut covered = HashSet::new();
        let all = self.histories.len().max(1) as f64;
        for (list, (_, wanted)) in shown.chunks_exact(SHOWN).zip(self.held_out) {
            for (rank, title) in list.iter().take_while(|title| !title.is_nan()).enumerate() {
                let title = *title as u32;
                if title == *wanted {
                    recall += 1.0;
                    ndcg += 1.0 / (rank as f64 + 2.0).log2();
                }
                let support = self.support.get(title as usize).copied().unwrap_or(0);
                information -= ((f64::from(support) + 1.0) / (all + 1.0)).log2();
                count += 1.0;
                covered.insert(title);
            }
        }
        let asked = self.held_out.len().max(1) as f64;
        Line {
            name,
            recall: recall / asked,
            ndcg: ndcg / asked,
            coverage: covered.len() as f64 / self.support.len().max(1) as f64,
            novelty: information / count.max(1.0),
        }
    }
}
