//! What is recommended: whether anything is, and what the viewer said "not for me" to, each with a way back.

use contract::discovery::{Hidden, HiddenKind};
use leptos::prelude::*;

use super::{Settings, fields::Switch, style};
use crate::{
    parts::{
        button,
        icon::{Icon, icon},
        marks::{use_changing, use_pending},
        own_rows::hide::show_row,
        use_store, words,
    },
    store::{
        StateStoreFields,
        library::{
            change::{LibraryChange, Pending},
            library,
            unwanted::{Unwanted, Verdicts},
        },
        recommendations::{RecommendationsAction, recommendations},
    },
};

#[component]
pub fn Recommended(settings: Settings) -> impl IntoView {
    let slice = recommendations();
    let dispatch = slice.dispatcher();
    Effect::new(move || dispatch.run(RecommendationsAction::SettingsWanted));
    let is_on = slice.select(|slice| slice.is_on.ready().copied());
    let problem = slice.select(|slice| slice.is_on.failed().cloned());
    view! {
        <section class=style::group aria-labelledby="recommended">
            <h2 id="recommended">"Recommendations"</h2>
            {move || problem.get().map(|problem| view! { <p class=style::quiet role="status">{words::problem(&problem)}</p> })}
            <Show when=move || is_on.with(Option::is_some)>
                <Switch
                    label="Recommend films to me"
                    hint="Based on what you watch and rate. If you switch this off, the rows made for you go away, and within an hour what you watch and rate is not used to recommend films to others either."
                    now=Signal::derive(move || is_on.get().unwrap_or_default())
                    chosen=move |is_on| dispatch.run(RecommendationsAction::SwitchWanted { is_on })
                />
            </Show>
            <NotForMe/>
            <HiddenRows settings=settings/>
        </section>
    }
    .into_any()
}

#[component]
fn NotForMe() -> impl IntoView {
    let said = recommendations().select(|slice| slice.hidden.ready().cloned().unwrap_or_default());
    let pending = use_pending();
    let verdicts = library().select_with(|library, pending: &Vec<Pending>| library.verdicts_with(pending), pending.into());
    let unwanted = Memo::new(move |_| said.with(|said| verdicts.with(|verdicts| with_verdicts(said, verdicts))));
    let changing = StoredValue::new(use_changing());
    let restore = move |unwanted: Unwanted| changing.with_value(|changing| changing.make(LibraryChange::Recommend(unwanted)));
    let item = move |unwanted: Unwanted| {
        let words = unwanted.words();
        let label = format!("Recommend again: {words}");
        view! {
            <li class=style::entry>
                <span>{words}</span>
                <button class=button::QUIET type="button" aria-label=label on:click=move |_| restore(unwanted.clone())>
                    {icon(Icon::Retry)}
                    "Recommend again"
                </button>
            </li>
        }
    };
    view! {
        <Show when=move || unwanted.with(|unwanted| !unwanted.is_empty())>
            <h3 class=style::label id="not-for-me">"Not for me"</h3>
            <ul class=style::entries aria-labelledby="not-for-me">
                {move || unwanted.get().into_iter().map(item).collect_view()}
            </ul>
        </Show>
    }
    .into_any()
}

/// What the server said, with what was said since.
fn with_verdicts(said: &[Hidden], verdicts: &Verdicts) -> Vec<Unwanted> {
    let of_server = said.iter().map(|hidden| {
        let name = match hidden.kind {
            HiddenKind::Genre | HiddenKind::Person => hidden.of.clone(),
            HiddenKind::Title | HiddenKind::Because => {
                hidden.title.clone().unwrap_or_else(|| "a film that was removed from the library".to_owned())
            }
        };
        Unwanted { kind: hidden.kind, of: hidden.of.clone(), name }
    });
    let is_judged = |one: &Unwanted| verdicts.iter().any(|(other, _)| other.kind == one.kind && other.of == one.of);
    let since = verdicts.iter().rev().filter(|(_, is_hidden)| *is_hidden).map(|(unwanted, _)| unwanted.clone());
    since.chain(of_server.filter(|one| !is_judged(one))).collect()
}

/// The rows of the home page that are hidden.
#[component]
fn HiddenRows(settings: Settings) -> impl IntoView {
    let (state, dispatch) = use_store();
    let has_age_limit = Memo::new(move |_| state.watcher().with(|who| who.as_ref().is_some_and(|who| who.has_age_limit)));
    let rows =
        Memo::new(move |_| settings.now.with(|now| now.hidden_rows.told(has_age_limit.get()).cloned().collect::<Vec<_>>()));
    view! {
        <Show when=move || rows.with(|rows| !rows.is_empty())>
            <h3 class=style::label id="hidden-rows">"Rows of the home page that you hid"</h3>
            <ul class=style::entries aria-labelledby="hidden-rows">
                {move || rows.get().into_iter().map(|row| {
                    let label = format!("Show again: {}", row.heading);
                    let heading = row.heading.clone();
                    view! {
                        <li class=style::entry>
                            <span><bdi>{heading}</bdi></span>
                            <button
                                class=button::QUIET
                                type="button"
                                aria-label=label
                                on:click=move |_| show_row(dispatch, row.clone())
                            >
                                {icon(Icon::Retry)}
                                "Show again"
                            </button>
                        </li>
                    }
                }).collect_view()}
            </ul>
        </Show>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_said_since_counts_before_what_the_server_said() {
        let hidden = |of: &str| Hidden { kind: HiddenKind::Genre, of: of.into(), title: None, since: 0 };
        let said = [hidden("Drama"), hidden("Horror")];
        let verdicts = vec![(Unwanted::genre("Drama"), false), (Unwanted::genre("War"), true)];
        assert_eq!(with_verdicts(&said, &verdicts), [Unwanted::genre("War"), Unwanted::genre("Horror")]);
    }
}
