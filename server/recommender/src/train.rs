//! Makes one model of histories and of what titles are about.
//!
//! How the factors are regularised and how much each part counts is found on held-out last events: factors are trained without them,
//! what finds them best by NDCG@10 is chosen, and the last rounds have everything. Where too few are held out the shares are [`FEW`].
//! Must never learn from titles that few have ([`Dataset::shared`]).

use crate::{
    als::{self, Factors},
    answer::Entry,
    content::Contents,
    dataset::{Dataset, Rows},
    ease::{self, Ease},
    linear::{norm, row},
    model::{Inconsistent, Model, Stored, Title},
};

/// How a model is made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    pub als: als::Settings,
    /// Titles of the linear model at most.
    pub head: usize,
    pub linear_regularisation: f32,
    /// Profiles whose audience counts as much as what a title is about.
    pub content_weight: f32,
    pub threads: usize,
    pub seed: u64,
}

impl Default for Settings {
    fn default() -> Self {
        let als = als::Settings::default();
        Self { als, head: 1_000, linear_regularisation: 100.0, content_weight: 2.0, threads: 1, seed: 1 }
    }
}

/// Profiles of a title before the linear model has it.
const LEAST_SUPPORT: u32 = 5;
/// Rounds that have what was held out.
const LAST_ROUNDS: usize = 2;
/// Profiles whose last event is held out at most, and below which they say nothing.
const HELD_OUT: usize = 1_000;
const TOO_FEW: usize = 30;
/// What counts where nothing could be held out: of the linear model, and of popularity.
const FEW: (f32, f32) = (0.0, 0.05);
/// What the weight of what was not watched, and the regularisation, may be: the best depends on how many titles there are.
const TRIED: [(f32, f32); 6] = [(0.03, 0.003), (0.03, 0.006), (0.1, 0.006), (0.1, 0.03), (0.3, 0.03), (0.3, 0.1)];
/// The first ones, which suit large catalogues, and above how many events the others are not tried.
const TRIED_OF_MANY: (usize, usize) = (3, 300_000);
const LINEAR_SHARES: [f32; 5] = [0.0, 0.2, 0.4, 0.6, 0.8];
const POPULARITY_SHARES: [f32; 5] = [0.02, 0.15, 0.4, 0.8, 1.6];

/// What is known of titles beside their audience, by the numbers of the data's titles.
#[derive(Debug, Default)]
pub struct Catalogue {
    pub contents: Contents,
    /// When each came, in seconds since 1970.
    pub added: Vec<u64>,
    /// What is popular lately, the most popular first.
    pub popular: Vec<u32>,
}

/// What a model may be made of; all of it, unless parts are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parts {
    All,
    Factors,
    Linear,
    Content,
}

/// Everything that was learnt.
#[derive(Debug)]
pub struct Trained {
    settings: Settings,
    factors: Vec<f32>,
    content: Vec<f32>,
    /// How far what a title is about speaks for it.
    standings: Vec<f32>,
    support: Vec<u32>,
    head: Vec<u32>,
    linear: Option<Ease>,
    shares: (f32, f32),
}

/// Learns from histories and what titles are about.
pub fn train(data: &Dataset, catalogue: &Catalogue, settings: &Settings) -> Trained {
    let titles = data.titles.len();
    // What fewer have is to what is learnt as if nobody had it, factors, weights and popularity alike: not one number comes of it.
    let histories = data.shared();
    let stride = (histories.len() / HELD_OUT).max(1);
    let has_enough = |profile: usize| histories.columns(profile).len() >= 3;
    let (part, held_out) = histories.without_last(|profile| profile % stride == 0 && has_enough(profile));
    let audiences = histories.transposed(titles);
    let counts = (histories.len(), titles);
    let last_rounds = LAST_ROUNDS.min(settings.als.rounds);
    let mut chosen =
        Chosen { factors: Factors::start(settings.als, counts, settings.seed), shares: FEW, gain: f32::NEG_INFINITY };
    if held_out.len() >= TOO_FEW {
        let part_audiences = part.transposed(titles);
        let tried = if histories.entries() > TRIED_OF_MANY.1 { TRIED_OF_MANY.0 } else { TRIED.len() };
        for (unobserved, regularisation) in TRIED.into_iter().take(tried) {
            let als = als::Settings { unobserved, regularisation, ..settings.als };
            let mut factors = Factors::start(als, counts, settings.seed);
            for _ in last_rounds..settings.als.rounds {
                factors.round(&part, &part_audiences, settings.threads);
            }
            let learnt = learn(settings, &part, &part_audiences, catalogue, &factors);
            if let Some((shares, gain)) = learnt.choose(&part, &held_out).filter(|(_, gain)| *gain > chosen.gain) {
                chosen = Chosen { factors, shares, gain };
            }
        }
    } else {
        for _ in last_rounds..settings.als.rounds {
            chosen.factors.round(&histories, &audiences, settings.threads);
        }
    }
    let Chosen { mut factors, shares, .. } = chosen;
    for _ in 0..last_rounds {
        factors.round(&histories, &audiences, settings.threads);
    }
    Trained { shares, ..learn(settings, &histories, &audiences, catalogue, &factors) }
}

/// The factors that found most of what was held out.
struct Chosen {
    factors: Factors,
    shares: (f32, f32),
    gain: f32,
}

fn learn(settings: &Settings, histories: &Rows, audiences: &Rows, catalogue: &Catalogue, factors: &Factors) -> Trained {
    let support: Vec<u32> =
        (0..audiences.len()).map(|title| u32::try_from(audiences.columns(title).len()).unwrap_or(u32::MAX)).collect();
    let weights: Vec<f32> = support.iter().map(|count| *count as f32).collect();
    let content = catalogue.contents.predict(&factors.titles, settings.als.factors, &weights, settings.threads);
    let mut head: Vec<u32> = (0u32..).take(support.len()).collect();
    let of = |title: &u32| support.get(*title as usize).copied().unwrap_or(0);
    head.retain(|title| of(title) >= LEAST_SUPPORT);
    head.sort_unstable_by_key(|title| std::cmp::Reverse((of(title), std::cmp::Reverse(*title))));
    head.truncate(settings.head);
    let mut places = vec![None; support.len()];
    for (place, title) in (0u32..).zip(&head) {
        if let Some(at) = places.get_mut(*title as usize) {
            *at = Some(place);
        }
    }
    let linear = ease::train(histories, &places, head.len(), settings.linear_regularisation);
    let settings = Settings { als: factors.settings, ..*settings };
    let standings = (0..support.len()).map(|title| catalogue.contents.standing(title)).collect();
    Trained { settings, factors: factors.titles.clone(), content, standings, support, head, linear, shares: FEW }
}

impl Trained {
    /// The shares that were chosen: of the linear model, and of popularity.
    pub fn shares(&self) -> (f32, f32) {
        self.shares
    }

    /// The shares with which held-out events are found best.
    fn choose(&self, part: &Rows, held_out: &[(usize, u32)]) -> Option<((f32, f32), f32)> {
        let (model, numbers) = self.stored(Parts::All);
        let mut model = Model::new(model).ok()?;
        let number = |title: u32| numbers.get(title as usize).copied().unwrap_or(u32::MAX);
        let tries: Vec<(Vec<Entry>, u32)> = held_out
            .iter()
            .map(|(profile, title)| {
                let entry = |(title, weight)| Entry { title: number(title), weight };
                (part.row(*profile).map(entry).collect(), number(*title))
            })
            .collect();
        let mut found = |shares: (f32, f32)| {
            (model.stored.linear_share, model.stored.popularity_share) = shares;
            tries.iter().map(|(history, title)| gain(&model, history, *title)).sum::<f32>()
        };
        let mut best = (FEW, f32::NEG_INFINITY);
        let linear = if self.linear.is_some() { LINEAR_SHARES.as_slice() } else { &[0.0] };
        for shares in linear.iter().map(|share| (*share, FEW.1)) {
            let gain = found(shares);
            best = if gain > best.1 { (shares, gain) } else { best };
        }
        for shares in POPULARITY_SHARES.map(|share| (best.0.0, share)) {
            let gain = found(shares);
            best = if gain > best.1 { (shares, gain) } else { best };
        }
        Some(best)
    }

    /// The vectors of titles, and where each title of the data stands among them.
    fn stored(&self, parts: Parts) -> (Stored, Vec<u32>) {
        let width = self.settings.als.factors;
        let blend = |title: usize| -> Vec<f32> {
            let support = self.support.get(title).copied().unwrap_or(0) as f32;
            let share = match parts {
                Parts::All => self.settings.content_weight / (support + self.settings.content_weight),
                Parts::Factors | Parts::Linear => 0.0,
                Parts::Content => 1.0,
            };
            let (factors, content) = (row(&self.factors, width, title), row(&self.content, width, title));
            let standing = self.standings.get(title).copied().unwrap_or(1.0);
            factors.iter().zip(content).map(|(factor, content)| factor + share * (standing * content - factor)).collect()
        };
        let vectors: Vec<Vec<f32>> = (0..self.support.len()).map(blend).collect();
        let mut order: Vec<(f32, usize)> = vectors.iter().map(|vector| norm(vector)).zip(0..).collect();
        order.sort_unstable_by(|one, other| other.0.total_cmp(&one.0).then(one.1.cmp(&other.1)));
        let mut numbers = vec![u32::MAX; self.support.len()];
        for (number, (_, title)) in (0u32..).zip(&order) {
            if let Some(at) = numbers.get_mut(*title) {
                *at = number;
            }
        }
        let linear = self.linear.as_ref().filter(|_| matches!(parts, Parts::All | Parts::Linear));
        let (linear_share, popularity_share) = match parts {
            Parts::All => self.shares,
            Parts::Factors | Parts::Content => (0.0, 0.0),
            Parts::Linear => (1.0, 0.0),
        };
        let place = |title: &u32| numbers.get(*title as usize).copied();
        let stored = Stored {
            width: u32::try_from(width).unwrap_or(0),
            unobserved: self.settings.als.unobserved,
            regularisation: self.settings.als.regularisation,
            frequency: self.settings.als.frequency,
            linear_share: if linear.is_some() { linear_share } else { 0.0 },
            popularity_share,
            vectors: order.iter().filter_map(|(_, title)| vectors.get(*title)).flatten().copied().collect(),
            titles: order.iter().map(|(_, title)| self.title(*title)).collect(),
            head: linear.map_or_else(Vec::new, |_| self.head.iter().filter_map(place).collect()),
            linear: linear.map_or_else(Vec::new, |linear| linear.weights.clone()),
            ..Stored::default()
        };
        (stored, numbers)
    }

    fn title(&self, title: usize) -> Title {
        Title { support: self.support.get(title).copied().unwrap_or(0), ..Title::default() }
    }

    /// The model of these parts, trained at `trained` (milliseconds since 1970), and where each title of the data stands in it.
    ///
    /// # Errors
    /// [`Inconsistent`] where training came to what are no numbers.
    pub fn model(
        &self,
        data: &Dataset,
        catalogue: &Catalogue,
        parts: Parts,
        trained: u64,
    ) -> Result<(Model, Vec<u32>), Inconsistent> {
        let (mut stored, numbers) = self.stored(parts);
        for ((title, id), number) in (0..).zip(data.titles.texts()).zip(&numbers) {
            if let Some(place) = stored.titles.get_mut(*number as usize) {
                place.id = id.clone();
                place.added = catalogue.added.get(title).copied().unwrap_or(0);
                place.reasons = catalogue.contents.reasons(title).to_vec();
                place.score = catalogue.contents.score(title).map(|score| (score * 100.0) as u8);
            }
        }
        stored.popular = catalogue.popular.iter().filter_map(|title| numbers.get(*title as usize).copied()).collect();
        stored.trained = trained;
        Ok((Model::new(stored)?, numbers))
    }
}

/// The discounted gain of a title that is to be among the first ten (Jarvelin and Kekalainen, 2002).
pub fn gain(model: &Model, history: &[Entry], title: u32) -> f32 {
    let seen: std::collections::HashSet<u32> = history.iter().map(|entry| entry.title).collect();
    let best = model.fold_in(history).best(10, |title| seen.contains(&title));
    let rank = best.iter().position(|found| *found == title);
    rank.map_or(0.0, |rank| 1.0 / (rank as f32 + 2.0).log2())
}
