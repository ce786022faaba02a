//! Entering through a provider, and why one was not let in. Plain links: they lead out of the app, and work without scripts.

use contract::{
    identity::{EntryRefusal, Provider},
    wire,
};
use leptos::prelude::*;

use super::{came_from, style};
use crate::{
    parts::{button, use_store},
    route::Route,
    store::{StateStoreFields, accounts::accounts},
};

/// A link for each provider.
#[component]
pub fn Providers(providers: Vec<Provider>, after_form: bool) -> impl IntoView {
    if providers.is_empty() {
        return ().into_any();
    }
    let why = refusal();
    let (state, _) = use_store();
    let to = state.route().with_untracked(|route| came_from(route).map(|from| wire::encode(&from.href())));
    let link = |Provider { name, url, .. }: Provider| {
        let (words, makes_room) = match why.get_untracked() {
            Some(EntryRefusal::TooManyDevices) => {
                (format!("Sign out the oldest device and continue with {name}"), Some("replaces_oldest=true".to_owned()))
            }
            Some(_) | None => (format!("Continue with {name}"), None),
        };
        let query: Vec<String> = makes_room.into_iter().chain(to.as_ref().map(|to| format!("to={to}"))).collect();
        let address = if query.is_empty() { url } else { format!("{url}?{}", query.join("&")) };
        view! {
            <li>
                <a class=button::QUIET href=address rel="external">{words}</a>
            </li>
        }
    };
    view! {
        {after_form.then(|| view! { <p class=style::or>"or"</p> })}
        <ul class=style::providers>{providers.into_iter().map(link).collect_view()}</ul>
    }
    .into_any()
}

/// What went wrong on the way through a provider, in words.
#[component]
pub fn Refused() -> impl IntoView {
    let why = refusal();
    move || why.get().map(|why| view! { <p class=style::refused role="alert">{in_words(why)}</p> })
}

fn refusal() -> Memo<Option<EntryRefusal>> {
    accounts().select(|accounts| match accounts.page {
        Some(Route::SignIn { refused, .. }) => refused,
        Some(_) | None => None,
    })
}

const fn in_words(why: EntryRefusal) -> &'static str {
    match why {
        EntryRefusal::Declined => "You were not signed in there, so you are not signed in here.",
        EntryRefusal::Expired => "That took too long, or was used before. Try once more.",
        EntryRefusal::Unreachable => "The provider does not answer at the moment. Try again in a while.",
        EntryRefusal::Untrusted => {
            "The provider\u{2019}s answer does not prove who you are. Try once more; if that does not help, tell whoever runs this Marquee."
        }
        EntryRefusal::Misconfigured => {
            "This way in is not set up right, and trying again does not help. Tell whoever runs this Marquee: the server\u{2019}s log says what to change."
        }
        EntryRefusal::NotFresh => {
            "The provider did not ask you to sign in anew, so nothing was confirmed. Sign out there, and try once more."
        }
        EntryRefusal::OtherAccount => "You signed in there as somebody else, so nothing was confirmed.",
        EntryRefusal::NotAllowed => "You may not enter here. Ask whoever runs this Marquee.",
        EntryRefusal::TooManyDevices => "As many devices are signed in as your plan allows.",
        EntryRefusal::Internal => "Something went wrong on the server. Try again in a while.",
    }
}
