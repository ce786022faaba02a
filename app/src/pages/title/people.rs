//! The people, grouped by what they did; each name leads to what else they are in.

use contract::catalog::{Credit, ListTitles, Role};
use leptos::prelude::*;

use super::style;
use crate::route::browse_href;

/// The roles in the order that a poster names them.
const ROLES: [Role; 6] = [Role::Director, Role::Writer, Role::Actor, Role::Composer, Role::Producer, Role::Author];

#[component]
pub fn People(people: Vec<Credit>) -> impl IntoView {
    let groups: Vec<(Role, Vec<Credit>)> = ROLES
        .into_iter()
        .map(|role| (role, people.iter().filter(|credit| credit.role == role).cloned().collect::<Vec<_>>()))
        .filter(|(_, credits)| !credits.is_empty())
        .collect();
    (!groups.is_empty()).then(|| {
        view! {
            <section aria-labelledby="people">
                <h2 class=style::heading id="people">"People"</h2>
                <dl class=style::people>{groups.into_iter().map(|(role, credits)| group(role, credits)).collect_view()}</dl>
            </section>
        }
    })
}

fn group(role: Role, credits: Vec<Credit>) -> impl IntoView {
    let heading = heading(role, credits.len());
    let names = credits.into_iter().map(|credit| {
        let href = browse_href(&ListTitles { person: Some(credit.name.clone()), ..ListTitles::default() });
        view! {
            <dd>
                <a class=style::person href=href>{credit.name}</a>
                {credit.character.map(|character| view! { <span class=style::character>{character}</span> })}
            </dd>
        }
    });
    view! { <div class=style::group><dt>{heading}</dt>{names.collect_view()}</div> }
}

fn heading(role: Role, count: usize) -> &'static str {
    match (role, count) {
        (Role::Director, 1) => "Director",
        (Role::Director, _) => "Directors",
        (Role::Writer, 1) => "Writer",
        (Role::Writer, _) => "Writers",
        (Role::Actor, _) => "Cast",
        (Role::Composer, _) => "Music",
        (Role::Producer, 1) => "Producer",
        (Role::Producer, _) => "Producers",
        (Role::Author, _) => "After the work of",
    }
}
