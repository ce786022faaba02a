//! The profiles side by side: to choose one, or to choose one to change.

use contract::identity::{Profile, SelectProfile};
use leptos::prelude::*;

use super::{Side, style, turn};
use crate::{
    parts::{
        avatar::avatar,
        button,
        icon::{Icon, icon},
        passing::passing_words,
        words,
    },
    store::{
        Submission,
        accounts::{AccountsAction, accounts},
    },
};

/// Who watches on this device now, as far as it decides what the page offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Now {
    Unrestricted,
    AgeLimited,
    /// The profile that watched is gone.
    Nobody,
}

impl Now {
    fn of(profiles: &[Profile]) -> Self {
        match profiles.iter().find(|profile| profile.is_current) {
            None => Self::Nobody,
            Some(profile) if profile.maturity.is_some() => Self::AgeLimited,
            Some(_) => Self::Unrestricted,
        }
    }
}

#[component]
fn SignOutButton() -> impl IntoView {
    let dispatch = accounts().dispatcher();
    view! { <button class=button::QUIET on:click=move |_| dispatch.run(AccountsAction::SignOutWanted)>"Sign out"</button> }
        .into_any()
}

#[component]
pub fn Tiles(profiles: Vec<Profile>, side: RwSignal<Side>, #[prop(optional)] is_managing: bool) -> impl IntoView {
    let accounts = accounts();
    let said = passing_words(accounts.select(|accounts| accounts.choosing.failed().cloned()).into());
    let now = Now::of(&profiles);
    let tiles = profiles.into_iter().map(|profile| view! { <Tile profile=profile side=side is_managing=is_managing/> });
    let heading = if is_managing { "Manage profiles" } else { "Who is watching?" };
    let ways = if is_managing {
        view! {
            <button class=button::PRIMARY on:click=move |_| turn(side, Side::Choose)>"Done"</button>
        }
        .into_any()
    } else {
        match now {
            Now::Unrestricted => view! {
                <button class=button::QUIET on:click=move |_| turn(side, Side::Manage)>"Manage profiles"</button>
                <a class=button::QUIET href="/account">"Your account"</a>
                <a class=button::QUIET href="/settings">"Settings"</a>
            }
            .into_any(),
            Now::AgeLimited => view! {
                <a class=button::QUIET href="/settings">"Settings"</a>
                <SignOutButton/>
            }
            .into_any(),
            Now::Nobody => view! { <SignOutButton/> }.into_any(),
        }
    };
    let gone = (now == Now::Nobody).then(|| {
        view! { <p class=style::quiet>"The profile that watched on this device is gone. Choose another one."</p> }
    });
    view! {
        <h1>{heading}</h1>
        {gone}
        <ul class=style::tiles>
            {tiles.collect_view()}
            {is_managing.then(|| view! { <Add side=side/> })}
        </ul>
        <p class=style::problem role="alert">{move || said.get()}</p>
        <p class=style::ways>{ways}</p>
    }
    .into_any()
}

#[component]
fn Tile(profile: Profile, side: RwSignal<Side>, is_managing: bool) -> impl IntoView {
    let accounts = accounts();
    let dispatch = accounts.dispatcher();
    let is_busy = accounts.select(|accounts| matches!(accounts.choosing, Submission::Pending | Submission::Done));
    let face = avatar(&profile.name, &profile.colour);
    let name = profile.name.clone();
    let label = label(&profile, is_managing);
    let marks = marks(&profile);
    let is_current = profile.is_current.then_some("true");
    let choose = move |_| {
        if is_managing {
            turn(side, Side::Edit(Some(profile.clone())));
        } else if profile.has_pin {
            turn(side, Side::Pin(profile.clone()));
        } else {
            dispatch.run(AccountsAction::SelectWanted(SelectProfile { id: profile.id.clone(), pin: None }));
        }
    };
    view! {
        <li>
            <button class=style::tile aria-label=label aria-current=is_current aria-disabled=move || is_busy.get().to_string() on:click=choose>
                <span class=style::frame>
                    {face}
                    {is_managing.then(|| view! { <span class=style::edit>{icon(Icon::Pencil)}</span> })}
                </span>
                <span class=style::name>{name}</span>
                <span class=style::marks>{marks}</span>
            </button>
        </li>
    }
    .into_any()
}

/// One more, where there is room: the server says when there is none.
#[component]
fn Add(side: RwSignal<Side>) -> impl IntoView {
    view! {
        <li>
            <button class=style::tile aria-label="Add a profile" on:click=move |_| turn(side, Side::Edit(None))>
                <span class=style::frame><span class=style::add>{icon(Icon::Plus)}</span></span>
                <span class=style::name>"Add"</span>
                <span class=style::marks></span>
            </button>
        </li>
    }
    .into_any()
}

/// All that the tile shows, for who cannot see it.
fn label(profile: &Profile, is_managing: bool) -> String {
    let mut label = if is_managing { format!("Change {}", profile.name) } else { profile.name.clone() };
    if profile.has_pin {
        label.push_str(", asks for a PIN");
    }
    if let Some(age) = profile.maturity {
        label.push_str(&format!(", children\u{2019}s profile, films for {}", words::up_to_age(age)));
    }
    label
}

fn marks(profile: &Profile) -> impl IntoView + use<> {
    let children = profile.maturity.map(|age| view! { <span class=style::children>{format!("Children, up to {age}")}</span> });
    let lock = profile.has_pin.then(|| icon(Icon::Lock));
    (lock, children)
}

/// The shape of the tiles while they are on their way.
#[component]
pub fn Waiting() -> impl IntoView {
    let tile = || {
        view! {
            <li>
                <span class=style::tile>
                    <span class=style::frame><span class=style::shape></span></span>
                    <span class=style::name></span>
                    <span class=style::marks></span>
                </span>
            </li>
        }
    };
    view! {
        <h1>"Who is watching?"</h1>
        <p class=style::visually_hidden role="status">"Loading"</p>
        <ul class=style::tiles aria-hidden="true">{tile()}{tile()}</ul>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tile_says_what_it_shows() {
        let kim = Profile {
            id: "k".parse().unwrap(),
            name: "Kim".into(),
            colour: String::new(),
            maturity: Some(6),
            language: None,
            has_pin: true,
            version: 1,
            is_current: false,
        };
        assert_eq!(label(&kim, false), "Kim, asks for a PIN, children\u{2019}s profile, films for up to 6 years");
        let grown = Profile { maturity: None, has_pin: false, ..kim };
        assert_eq!(label(&grown, true), "Change Kim");
    }

    #[test]
    fn what_the_page_offers_is_decided_by_who_watches_now() {
        let profile = |id: &str, maturity, is_current| Profile {
            id: id.parse().unwrap(),
            name: id.into(),
            colour: String::new(),
            maturity,
            language: None,
            has_pin: false,
            version: 1,
            is_current,
        };
        for (kim_watches, ada_watches, now) in
            [(true, false, Now::AgeLimited), (false, true, Now::Unrestricted), (false, false, Now::Nobody)]
        {
            assert_eq!(Now::of(&[profile("ada", None, ada_watches), profile("kim", Some(6), kim_watches)]), now);
        }
    }
}
