//! The filters: which chips there are, where each leads, and which one to drop first where nothing is left.

use contract::catalog::{FacetCount, Facets, ListTitles, RuntimeBand, Sort};
use leptos::{html, prelude::*};

use super::style;
use crate::{
    parts::{
        chips::{Chip, Chips, Menu},
        dom, use_store, words,
    },
    route::browse_href,
    store::StateStoreFields,
};

const SORTS: [Sort; 6] = [Sort::Popular, Sort::HouseRating, Sort::Newest, Sort::Oldest, Sort::Title, Sort::Added];

/// Half stars that a list can ask for at least.
const LEAST: [u8; 4] = [9, 8, 7, 6];

#[component]
pub fn Filters(facets: Memo<Facets>) -> impl IntoView {
    let (state, _) = use_store();
    let filters = Memo::new(move |_| state.browse().with(crate::store::state::BrowseState::filters));
    let chips = move |make: fn(&ListTitles, &Facets) -> Vec<Chip>| {
        Signal::from(Memo::new(move |_| filters.with(|filters| facets.with(|facets| make(filters, facets)))))
    };
    let line = NodeRef::<html::Div>::new();
    Effect::new(move || {
        filters.track();
        if let Some(line) = line.get() {
            dom::roll_to(&line, "[data-chosen]");
        }
    });
    let is_filtered = Memo::new(move |_| filters.with(is_narrowed));
    view! {
        <div class=style::filters>
            <Chips label="Genre" chips=chips(genres)/>
            <div class=style::menus node_ref=line>
                <Chips label="Watchable" chips=chips(quick)/>
                <Menu label="Decade" chips=chips(decades)/>
                <Menu label="Rating" chips=chips(ratings)/>
                <Menu label="Length" chips=chips(lengths)/>
                <Menu label="Stars from members" chips=chips(house_ratings)/>
                <Menu label="Sort" chips=chips(sorts) is_calm=true/>
                {move || is_filtered.get().then(|| {
                    let href = filters.with(|filters| browse_href(&only_sorted(filters)));
                    view! { <a class=style::clear href=href data-noscroll="true">"Clear all"</a> }
                })}
            </div>
        </div>
    }
    .into_any()
}

/// The filters that are chosen, named, each with the list without it; the one whose absence leaves most comes first.
pub fn to_drop(filters: &ListTitles, facets: &Facets) -> Vec<Chip> {
    let left = |counts: &[FacetCount]| counts.iter().map(|choice| choice.count).sum::<u64>();
    let drop = |label: Option<String>, count: u64, without: ListTitles| {
        label.map(|label| Chip { label, count: Some(count), is_chosen: true, href: browse_href(&without) })
    };
    let with = || filters.clone();
    let mut chosen: Vec<Chip> = [
        drop(filters.genre.clone(), left(&facets.genre), ListTitles { genre: None, ..with() }),
        drop(
            filters.decade.map(|year| words::decade(&year.to_string())),
            left(&facets.decade),
            ListTitles { decade: None, ..with() },
        ),
        drop(filters.maturity.clone(), left(&facets.maturity), ListTitles { maturity: None, ..with() }),
        drop(
            filters.runtime.map(|band| words::band(band).to_owned()),
            left(&facets.runtime),
            ListTitles { runtime: None, ..with() },
        ),
        drop(filters.watchable.map(|_| WATCHABLE.to_owned()), left(&facets.watchable), ListTitles { watchable: None, ..with() }),
        drop(filters.least_house_rating.map(least), 0, ListTitles { least_house_rating: None, ..with() }),
        drop(filters.person.clone(), 0, ListTitles { person: None, ..with() }),
    ]
    .into_iter()
    .flatten()
    .collect();
    chosen.sort_by_key(|chip| std::cmp::Reverse(chip.count));
    chosen
}

const WATCHABLE: &str = "Ready to watch";

/// Whether anything but the order is chosen.
pub fn is_narrowed(filters: &ListTitles) -> bool {
    *filters != only_sorted(filters)
}

fn only_sorted(filters: &ListTitles) -> ListTitles {
    ListTitles { sort: filters.sort, ..ListTitles::default() }
}

fn genres(filters: &ListTitles, facets: &Facets) -> Vec<Chip> {
    choices(&facets.genre, filters.genre.as_deref(), str::to_owned, |genre| ListTitles { genre, ..filters.clone() })
}

fn decades(filters: &ListTitles, facets: &Facets) -> Vec<Chip> {
    let chosen = filters.decade.map(|year| year.to_string());
    choices(&facets.decade, chosen.as_deref(), words::decade, |year| ListTitles {
        decade: year.and_then(|year| year.parse().ok()),
        ..filters.clone()
    })
}

fn ratings(filters: &ListTitles, facets: &Facets) -> Vec<Chip> {
    choices(&facets.maturity, filters.maturity.as_deref(), str::to_owned, |maturity| ListTitles { maturity, ..filters.clone() })
}

fn lengths(filters: &ListTitles, facets: &Facets) -> Vec<Chip> {
    let chosen = filters.runtime.map(wire_name);
    let name = |value: &str| band(value).map_or_else(|| value.to_owned(), |band| words::band(band).to_owned());
    choices(&facets.runtime, chosen.as_deref(), name, |value| ListTitles {
        runtime: value.as_deref().and_then(band),
        ..filters.clone()
    })
}

/// At least so many stars of those who rate here.
fn house_ratings(filters: &ListTitles, _: &Facets) -> Vec<Chip> {
    let chosen = filters.least_house_rating;
    let named = chosen.filter(|chosen| !LEAST.contains(chosen));
    let chip = |half_stars: u8| {
        let is_chosen = chosen == Some(half_stars);
        let least_house_rating = (!is_chosen).then_some(half_stars);
        let href = browse_href(&ListTitles { least_house_rating, ..filters.clone() });
        Chip { label: least(half_stars), count: None, is_chosen, href }
    };
    named.into_iter().chain(LEAST).map(chip).collect()
}

fn least(half_stars: u8) -> String {
    format!("{} stars and more", words::stars(half_stars))
}

/// What is not a choice among many: ready to watch, and the person whose films these are.
fn quick(filters: &ListTitles, facets: &Facets) -> Vec<Chip> {
    let is_chosen = filters.watchable == Some(true);
    let count = facets.watchable.iter().find(|choice| choice.value == "true").map(|choice| choice.count);
    let watchable = (!is_chosen).then_some(true);
    let href = browse_href(&ListTitles { watchable, ..filters.clone() });
    let mut chips = vec![Chip { label: WATCHABLE.to_owned(), count, is_chosen, href }];
    if let Some(person) = &filters.person {
        let href = browse_href(&ListTitles { person: None, ..filters.clone() });
        chips.push(Chip { label: format!("With {person}"), count: None, is_chosen: true, href });
    }
    chips
}

fn sorts(filters: &ListTitles, _: &Facets) -> Vec<Chip> {
    let now = filters.sort.unwrap_or_default();
    SORTS
        .into_iter()
        .map(|sort| Chip {
            label: words::sort(sort).to_owned(),
            count: None,
            is_chosen: sort == now,
            href: browse_href(&ListTitles { sort: (sort != Sort::default()).then_some(sort), ..filters.clone() }),
        })
        .collect()
}

/// One chip for each choice that leaves something; a chosen one that leaves nothing stays, to be dropped.
fn choices(
    counts: &[FacetCount],
    chosen: Option<&str>,
    name: impl Fn(&str) -> String,
    with: impl Fn(Option<String>) -> ListTitles,
) -> Vec<Chip> {
    let mut chips: Vec<Chip> = counts
        .iter()
        .filter(|choice| choice.count > 0 || chosen == Some(&choice.value))
        .map(|choice| {
            let is_chosen = chosen == Some(&choice.value);
            let value = (!is_chosen).then(|| choice.value.clone());
            Chip { label: name(&choice.value), count: Some(choice.count), is_chosen, href: browse_href(&with(value)) }
        })
        .collect();
    if let Some(chosen) = chosen.filter(|_| !chips.iter().any(|chip| chip.is_chosen)) {
        chips.insert(0, Chip { label: name(chosen), count: Some(0), is_chosen: true, href: browse_href(&with(None)) });
    }
    chips
}

fn band(value: &str) -> Option<RuntimeBand> {
    serde_json::from_value(serde_json::Value::from(value)).ok()
}

fn wire_name(band: RuntimeBand) -> String {
    match serde_json::to_value(band) {
        Ok(serde_json::Value::String(name)) => name,
        Ok(_) | Err(_) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(pairs: &[(&str, u64)]) -> Vec<FacetCount> {
        pairs.iter().map(|(value, count)| FacetCount { value: (*value).to_owned(), count: *count }).collect()
    }

    #[test]
    fn a_chip_leads_to_the_list_with_it_and_a_chosen_one_to_the_list_without() {
        let facets = Facets { genre: counts(&[("Drama", 4), ("Horror", 2), ("Western", 0)]), ..Facets::default() };
        let filters = ListTitles { genre: Some("Horror".into()), decade: Some(1990), ..ListTitles::default() };
        let chips = genres(&filters, &facets);
        assert_eq!(chips.iter().map(|chip| chip.label.as_str()).collect::<Vec<_>>(), ["Drama", "Horror"]);
        assert_eq!(chips[0].href, browse_href(&ListTitles { genre: Some("Drama".into()), ..filters.clone() }));
        assert!(chips[1].is_chosen);
        assert_eq!(chips[1].href, browse_href(&ListTitles { genre: None, ..filters }));
    }

    #[test]
    fn so_many_stars_and_more_is_one_choice_that_can_be_dropped_whatever_an_address_names() {
        let filters = ListTitles { least_house_rating: Some(8), genre: Some("Drama".into()), ..ListTitles::default() };
        let chips = house_ratings(&filters, &Facets::default());
        assert_eq!(
            chips.iter().map(|chip| (chip.label.as_str(), chip.is_chosen)).collect::<Vec<_>>(),
            [
                ("4\u{bd} stars and more", false),
                ("4 stars and more", true),
                ("3\u{bd} stars and more", false),
                ("3 stars and more", false)
            ]
        );
        assert_eq!(
            (chips[0].href.as_str(), chips[1].href.as_str()),
            ("/browse?genre=Drama&least_house_rating=9", "/browse?genre=Drama")
        );
        let odd = ListTitles { least_house_rating: Some(1), ..filters };
        assert_eq!(house_ratings(&odd, &Facets::default()).iter().filter(|chip| chip.is_chosen).count(), 1);
        assert!(is_narrowed(&odd));
    }

    #[test]
    fn an_order_alone_narrows_nothing() {
        let sorted = ListTitles { sort: Some(Sort::Title), ..ListTitles::default() };
        assert!(!is_narrowed(&ListTitles::default()) && !is_narrowed(&sorted));
        assert!(is_narrowed(&ListTitles { genre: Some("Drama".into()), ..sorted }));
    }

    #[test]
    fn a_chosen_filter_that_no_facet_names_can_still_be_dropped() {
        let filters = ListTitles { runtime: Some(RuntimeBand::Short), ..ListTitles::default() };
        let chips = lengths(&filters, &Facets::default());
        assert_eq!(chips.len(), 1);
        assert_eq!((chips[0].label.as_str(), chips[0].href.as_str()), ("Under 40 min", "/browse"));
    }

    #[test]
    fn the_filter_whose_absence_leaves_most_is_dropped_first() {
        let facets = Facets { genre: counts(&[("Drama", 1)]), decade: counts(&[("1950", 30), ("1960", 9)]), ..Facets::default() };
        let filters = ListTitles { genre: Some("Musical".into()), decade: Some(1910), ..ListTitles::default() };
        let drops = to_drop(&filters, &facets);
        assert_eq!(drops.iter().map(|chip| chip.label.as_str()).collect::<Vec<_>>(), ["1910s", "Musical"]);
    }
}
