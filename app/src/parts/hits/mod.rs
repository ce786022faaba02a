//! What a search found: titles and people, the matching part emphasised, reached by arrow keys from the field.

use contract::catalog::{ListTitles, PersonHit, Span};
use leptos::prelude::*;

use super::{card::tint, dom, facts::short_facts, use_store, words};
use crate::{
    route::{Route, browse_href},
    store::{
        StateStoreFields,
        state::{SearchHit, SearchHits},
    },
};

stylance::import_crate_style!(style, "src/parts/hits/hits.module.scss");

/// The groups of results. `most` titles are shown; all where it is absent.
#[component]
pub fn Hits(results: SearchHits, #[prop(optional)] most: Option<usize>) -> impl IntoView {
    let SearchHits { titles, people } = results;
    let shown = most.unwrap_or(titles.len());
    view! {
        {(!titles.is_empty()).then(|| view! {
            <section class=style::group>
                <h2 class=style::heading>"Titles"</h2>
                <ul class=style::titles>{titles.into_iter().take(shown).map(title).collect_view()}</ul>
            </section>
        })}
        {(!people.is_empty()).then(|| view! {
            <section class=style::group>
                <h2 class=style::heading>"People"</h2>
                <ul class=style::people>{people.into_iter().map(person).collect_view()}</ul>
            </section>
        })}
    }
    .into_any()
}

fn title(hit: SearchHit) -> Option<impl IntoView> {
    let (state, _) = use_store();
    let SearchHit { id, matches } = hit;
    // Not followed: what was found is drawn anew with the next answer.
    let card = state.titles().with_untracked(|titles| titles.get(&id).cloned())?;
    let href = Route::Title { id: card.id.clone() }.href();
    Some(view! {
        <li>
            <a class=style::title href=href data-hit="" on:click=move |event| dom::let_poster_fly(&event)>
                <img
                    class=style::poster
                    style=tint(&card)
                    src=card.artwork.poster.clone()
                    alt=""
                    width="80"
                    height="120"
                    decoding="async"
                />
                <span class=style::words>
                    <span class=style::name>{emphasised(&card.title, &matches)}</span>
                    {short_facts(&card)}
                </span>
            </a>
        </li>
    })
}

fn person(hit: PersonHit) -> impl IntoView {
    let PersonHit { name, titles, matches } = hit;
    let href = browse_href(&ListTitles { person: Some(name.clone()), ..ListTitles::default() });
    view! {
        <li>
            <a class=style::person href=href data-hit="">
                <span class=style::name>{emphasised(&name, &matches)}</span>
                <span class=style::count>{words::titles(u64::from(titles))}</span>
            </a>
        </li>
    }
}

fn emphasised(text: &str, matches: &[Span]) -> impl IntoView + use<> {
    pieces(text, matches)
        .into_iter()
        .map(|(piece, is_match)| if is_match { view! { <mark>{piece}</mark> }.into_any() } else { piece.into_any() })
        .collect_view()
}

/// The text in pieces that match and pieces that do not. Spans count characters; what lies outside the text or
/// overlaps the span before is passed over.
fn pieces(text: &str, matches: &[Span]) -> Vec<(String, bool)> {
    let letters: Vec<char> = text.chars().collect();
    let mut pieces = Vec::with_capacity(matches.len() * 2 + 1);
    let mut at = 0;
    for span in matches {
        let (start, end) = (usize::from(span.start), usize::from(span.end).min(letters.len()));
        if start < at || start >= end {
            continue;
        }
        if at < start {
            pieces.push((letters[at..start].iter().collect(), false));
        }
        pieces.push((letters[start..end].iter().collect(), true));
        at = end;
    }
    if at < letters.len() {
        pieces.push((letters[at..].iter().collect(), false));
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str, spans: &[(u16, u16)]) -> String {
        let spans: Vec<Span> = spans.iter().map(|(start, end)| Span { start: *start, end: *end }).collect();
        pieces(text, &spans).into_iter().map(|(piece, is_match)| if is_match { format!("[{piece}]") } else { piece }).collect()
    }

    #[test]
    fn matches_are_counted_in_characters_and_not_in_bytes() {
        assert_eq!(said("Am\u{e9}lie", &[(0, 3)]), "[Am\u{e9}]lie");
        assert_eq!(said("The Big Sleep", &[(4, 7), (8, 13)]), "The [Big] [Sleep]");
    }

    #[test]
    fn spans_that_do_not_fit_lose_nothing_of_the_text() {
        assert_eq!(said("Up", &[(0, 9), (1, 2), (7, 8)]), "[Up]");
        assert_eq!(said("Up", &[(1, 1)]), "Up");
        assert_eq!(said("", &[(0, 1)]), "");
    }
}
