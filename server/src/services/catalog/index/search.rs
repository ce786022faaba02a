//! Search as one types: titles by how well they fit and then by how much they are liked, people beside them.
//!
//! Must never let how much a title is liked win over how well it fits.

use std::collections::HashMap;

use contract::{
    Problem, bounds,
    catalog::{PersonHit, SearchResults, SearchTitles, TitleHit},
};
use tantivy::{
    DocId, Score, Searcher, SegmentOrdinal, SegmentReader,
    collector::{Collector, SegmentCollector},
    columnar::StrColumn,
};

use super::{
    CatalogIndex,
    audience::limited,
    columns::text_of,
    fold::{Word, words},
    query,
    ranked::{Ranked, score_of},
    spans::fit,
    top::Positioned,
};

/// Characters of a query.
const LONGEST: usize = contract::bounds::QUERY;
/// Titles in a reply where the request does not say.
const TITLES: u8 = 20;
const PEOPLE: usize = 8;
/// Names that are looked at, the most credited first.
const NAMES: usize = 2_000;
/// Titles that are looked at again for their typos.
const LOOKED_AT: usize = 60;

impl CatalogIndex {
    /// What fits `search`, of what is for viewers up to `age`; nothing where it has no letter and no digit.
    ///
    /// # Errors
    /// `invalid_request` for a query that is too long or a limit that cannot be.
    pub fn search(&self, search: &SearchTitles, age: Option<u8>) -> Result<SearchResults, Problem> {
        let limit = usize::from(search.limit.unwrap_or(TITLES));
        if !(1..=bounds::FOUND).contains(&(limit as u64)) {
            return Err(Problem::invalid("limit", format!("expected 1 to {}", bounds::FOUND)));
        }
        if search.q.chars().count() > LONGEST {
            return Err(Problem::invalid("q", format!("expected at most {LONGEST} characters")));
        }
        let typed: Vec<Word> = words(&search.q).into_iter().filter(|word| !word.joined).take(query::MOST_WORDS).collect();
        if typed.is_empty() {
            return Ok(SearchResults::default());
        }
        let searcher = self.searcher();
        Ok(SearchResults { titles: self.titles(&searcher, &typed, limit, age)?, people: self.people(&searcher, &typed, age)? })
    }

    fn titles(&self, searcher: &Searcher, typed: &[Word], limit: usize, age: Option<u8>) -> Result<Vec<TitleHit>, Problem> {
        let columns = self.columns.of(searcher).map_err(super::broken)?;
        let ranked = Ranked { most: limit.max(LOOKED_AT), columns };
        let fields = self.fields();
        let mut found = searcher.search(&limited(fields, query::exact(fields, typed), age), &ranked).map_err(super::broken)?;
        // Where enough fits as it was typed, nobody looks for typos.
        if found.len() < limit {
            found = searcher.search(&limited(fields, query::forgiving(fields, typed), age), &ranked).map_err(super::broken)?;
        }
        if found.is_empty() && typed.len() > 1 {
            found = searcher.search(&limited(fields, query::all_but_one(fields, typed), age), &ranked).map_err(super::broken)?;
        }
        let mut hits = Vec::with_capacity(found.len());
        for placed in found {
            hits.push(self.hit(searcher, typed, &placed)?);
        }
        // Stable: within a tier and a number of typos, the more liked stay first.
        hits.sort_by_key(|(order, _)| *order);
        Ok(hits.into_iter().take(limit).map(|(_, hit)| hit).collect())
    }

    fn hit(&self, searcher: &Searcher, typed: &[Word], placed: &Positioned) -> Result<((u32, usize), TitleHit), Problem> {
        let stored = self.stored(searcher, placed.address)?;
        let in_title = fit(typed, &words(&stored.card.title));
        let in_original = stored.original.as_deref().map(|original| fit(typed, &words(original)));
        let typos = in_original.filter(|original| original.missing < in_title.missing).map_or(in_title.typos, |fit| fit.typos);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "tiers are 1 to 7")]
        let tier = score_of(placed.rank).round() as u32;
        Ok(((u32::from(query::WHOLE_TITLE) - tier, typos), TitleHit { card: stored.card, matches: in_title.spans }))
    }

    fn people(&self, searcher: &Searcher, typed: &[Word], age: Option<u8>) -> Result<Vec<PersonHit>, Problem> {
        let names =
            searcher.search(&limited(self.fields(), query::people(self.fields(), typed), age), &Names).map_err(super::broken)?;
        let mut names: Vec<(String, u32)> = names.into_iter().collect();
        names.sort_unstable_by(|(a, of_a), (b, of_b)| of_b.cmp(of_a).then_with(|| a.cmp(b)));
        names.truncate(NAMES);
        let mut hits: Vec<_> = names
            .into_iter()
            .map(|(name, titles)| (fit(typed, &words(&name)), name, titles))
            .filter(|(fit, _, _)| fit.missing == 0)
            .collect();
        hits.sort_by_key(|(fit, _, _)| fit.typos);
        hits.truncate(PEOPLE);
        Ok(hits.into_iter().map(|(fit, name, titles)| PersonHit { name, titles, matches: fit.spans }).collect())
    }
}

/// Counts the titles of each person among those found. As a title is found by any of its people, everybody
/// who fits the query has all their titles here.
struct Names;

struct SegmentNames {
    names: Option<StrColumn>,
    counts: HashMap<u64, u32>,
}

impl Collector for Names {
    type Fruit = HashMap<String, u32>;
    type Child = SegmentNames;

    fn for_segment(&self, _segment: SegmentOrdinal, reader: &SegmentReader) -> tantivy::Result<SegmentNames> {
        Ok(SegmentNames { names: reader.fast_fields().str("person")?, counts: HashMap::new() })
    }

    fn requires_scoring(&self) -> bool {
        false
    }

    fn merge_fruits(&self, segments: Vec<tantivy::Result<Vec<(String, u32)>>>) -> tantivy::Result<Self::Fruit> {
        let mut all = HashMap::new();
        for segment in segments {
            for (name, count) in segment? {
                *all.entry(name).or_default() += count;
            }
        }
        Ok(all)
    }
}

impl SegmentCollector for SegmentNames {
    type Fruit = tantivy::Result<Vec<(String, u32)>>;

    fn collect(&mut self, doc: DocId, _score: Score) {
        for name in self.names.iter().flat_map(|names| names.term_ords(doc)) {
            *self.counts.entry(name).or_default() += 1;
        }
    }

    fn harvest(self) -> Self::Fruit {
        let Some(names) = self.names else { return Ok(Vec::new()) };
        let mut counts: Vec<(u64, u32)> = self.counts.into_iter().collect();
        counts.sort_unstable_by(|(a, of_a), (b, of_b)| of_b.cmp(of_a).then_with(|| a.cmp(b)));
        counts.truncate(NAMES);
        counts.into_iter().map(|(name, count)| Ok((text_of(&names, name)?, count))).collect()
    }
}
