//! Entering through a provider, and why one was not let in. Plain links: they lead out of the app, and work without scripts.

use contract::identity::{EntryRefusal, Provider};
use leptos::prelude::*;

use super::style;
use crate::{parts::button, route::Route, store::accounts::accounts};

/// A link for each provider.
#[component]
pub fn Providers(providers: Vec<Provider>, after_form: bool) -> impl IntoView {
    if providers.is_empty() {
        return ().into_any();
    }
    let link = |provider: Provider| {
        view! {
            <li>
                <a class=button::QUIET href=provider.url rel="external">{format!("Continue with {}", provider.name)}</a>
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
    let why = accounts().select(|accounts| match accounts.page {
        Some(Route::SignIn { refused }) => refused,
        Some(_) | None => None,
    });
    move || why.get().map(|why| view! { <p class=style::refused role="alert">{in_words(why)}</p> })
}

const fn in_words(why: EntryRefusal) -> &'static str {
    match why {
        EntryRefusal::Declined => "You were not signed in there, so you are not signed in here.",
        EntryRefusal::Expired => "That took too long, or was used before. Try once more.",
        EntryRefusal::Unreachable => "The provider does not answer at the moment. Try again in a while.",
        EntryRefusal::Untrusted => {
            "The provider\u{2019}s answer does not prove who you are. Try once more; if that does not help, tell whoever runs this Marquee."
        }
        EntryRefusal::NotAllowed => "You may not enter here. Ask whoever runs this Marquee.",
        EntryRefusal::TooManyDevices => "Your plan allows no further device. Sign another one out first.",
        EntryRefusal::Internal => "Something went wrong on the server. Try again in a while.",
    }
}
