//! Who is watching: choose a profile, and manage them.

mod form;
mod pin;
mod tiles;

use contract::{
    Code,
    identity::{Profile, SelectProfile},
    ids::ProfileId,
};
use leptos::{ev, html, prelude::*};

use crate::{
    head::PageTitle,
    parts::{
        button,
        confirm::{Confirm, Setting},
        dom,
        failure::Failure,
        profile_menu::follow_viewer_change,
        use_store,
    },
    route::Route,
    store::{
        Shown, StateStoreFields,
        accounts::{AccountsAction, accounts},
    },
};
use form::ProfileForm;
use pin::PinForm;
use tiles::{Tiles, Waiting};

stylance::import_crate_style!(style, "src/pages/profiles/profiles.module.scss");

/// Where a factor is wanted before a profile is chosen or its PIN changed.
const CONFIRMING: Setting = Setting {
    why: "To go on, confirm that this is your account.",
    path: "/profiles",
    names: ["confirm-password", "confirm-code"],
};

/// What the page is about at the moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Side {
    #[default]
    Choose,
    Pin(Profile),
    Manage,
    /// A profile, or a new one.
    Edit(Option<Profile>),
}

/// What follows where a profile was chosen elsewhere: in the profile menu, which can ask nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Asked {
    /// Its PIN.
    Pin(Profile),
    /// A factor of the account, which whoever leaves a children's profile shows: the server asks for it.
    Factor(ProfileId),
}

impl Asked {
    /// Nothing for one that may be watched with at once: to come to an address changes nothing by itself.
    fn of(profiles: &[Profile], chosen: &ProfileId) -> Option<Self> {
        let profile = profiles.iter().find(|profile| profile.id == *chosen).filter(|profile| !profile.is_current)?;
        if profile.has_pin {
            return Some(Self::Pin(profile.clone()));
        }
        let is_left_by_factor = profiles.iter().any(|profile| profile.is_current && profile.maturity.is_some());
        is_left_by_factor.then(|| Self::Factor(profile.id.clone()))
    }
}

#[component]
pub fn ProfilesPage() -> impl IntoView {
    let accounts = accounts();
    let again = accounts.again();
    let dispatch = accounts.dispatcher();
    follow_viewer_change();
    let profiles = accounts.select(|accounts| accounts.profiles.shown());
    let side = RwSignal::new(Side::default());
    // Asked for once, and no more after the viewer turned back to the others.
    let asked = StoredValue::new(None);
    let step_up = accounts.select(|accounts| accounts.step_up.clone());
    // With each side what was pressed is gone.
    let page = NodeRef::<html::Div>::new();
    Effect::new(move |before: Option<()>| {
        side.track();
        if before.is_some()
            && let Some(page) = page.get_untracked()
        {
            dom::rescue_focus(&page, "button", 0);
        }
    });
    // The profile menu leads to the one that is not to be watched with at once.
    let (state, _) = use_store();
    Effect::new(move || {
        let chosen = state.route().with(|route| if let Route::Profiles { chosen, .. } = route { chosen.clone() } else { None });
        let Shown::Ready(profiles) = profiles.get() else { return };
        let Some(next) = chosen.as_ref().and_then(|chosen| Asked::of(&profiles, chosen)) else { return };
        if asked.get_value() == chosen {
            return;
        }
        asked.set_value(chosen);
        match next {
            Asked::Pin(profile) => turn(side, Side::Pin(profile)),
            Asked::Factor(id) => dispatch.run(AccountsAction::SelectWanted(SelectProfile { id, pin: None })),
        }
    });
    let is_child_at_desk = Memo::new(move |_| {
        let leads_there = state
            .route()
            .with(|route| matches!(route, Route::Profiles { from: Some(from), .. } if matches!(**from, Route::Operator(_))));
        leads_there && state.watcher().with(|watcher| watcher.as_ref().is_some_and(|watcher| watcher.has_age_limit))
    });
    let confirm = Callback::new(move |action| dispatch.run(AccountsAction::StepUp(action)));
    view! {
        <PageTitle text="Who is watching? \u{b7} Marquee"/>
        <div node_ref=page class=style::page>
            <Confirm step_up=step_up dispatch=confirm setting=CONFIRMING/>
            <Show when=move || is_child_at_desk.get()>
                <p class=style::quiet role="status">
                    "A children\u{2019}s profile cannot open the pages of operators. Choose another profile to go on."
                </p>
            </Show>
            {move || match (profiles.get(), side.get()) {
                (Shown::Waiting, _) => view! { <Waiting/> }.into_any(),
                (Shown::Failed(problem), _) if problem.code == Code::SignInRequired => view! { <Guest/> }.into_any(),
                (Shown::Failed(problem), _) => view! { <h1>"Who is watching?"</h1> <Failure problem=problem again=again/> }.into_any(),
                (Shown::Ready(profiles), Side::Choose) => view! { <Tiles profiles=profiles side=side/> }.into_any(),
                (Shown::Ready(profiles), Side::Manage) => view! { <Tiles profiles=profiles side=side is_managing=true/> }.into_any(),
                (Shown::Ready(_), Side::Pin(profile)) => view! { <PinForm profile=profile side=side/> }.into_any(),
                (Shown::Ready(_), Side::Edit(profile)) => view! { <ProfileForm profile=profile side=side/> }.into_any(),
            }}
        </div>
    }
}

#[component]
fn Guest() -> impl IntoView {
    view! {
        <h1>"Who is watching?"</h1>
        <p class=style::quiet>"You are not signed in. An account has profiles, each with lists, progress and settings of its own."</p>
        <p><a class=button::PRIMARY href="/sign-in">"Sign in"</a></p>
    }
    .into_any()
}

/// Escape, and with it the Back of a remote control, leads out of a form.
fn leave(event: &ev::KeyboardEvent, side: RwSignal<Side>, to: Side) {
    if event.key() == "Escape" {
        // It was for this, and is not for going back as well.
        event.prevent_default();
        turn(side, to);
    }
}

/// Turns to another side; what was wrong on the one before is forgotten.
fn turn(side: RwSignal<Side>, to: Side) {
    accounts().dispatcher().run(AccountsAction::ProfileFormOpened);
    side.set(to);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_that_was_chosen_elsewhere_is_asked_for_its_pin_or_where_a_child_watches_for_a_factor_at_once() {
        let profile = |id: &str, maturity, has_pin, is_current| Profile {
            id: id.parse().unwrap(),
            name: id.into(),
            colour: String::new(),
            maturity,
            language: None,
            has_pin,
            version: 1,
            is_current,
        };
        let profiles = |is_child_watching: bool| {
            [
                profile("ada", None, false, !is_child_watching),
                profile("bea", None, false, false),
                profile("grace", None, true, false),
                profile("kim", Some(6), false, is_child_watching),
            ]
        };
        let asked = |is_child_watching, id: &str| Asked::of(&profiles(is_child_watching), &id.parse().unwrap());
        let id = |id: &str| id.parse::<ProfileId>().unwrap();
        let grace = profile("grace", None, true, false);
        assert_eq!(asked(true, "bea"), Some(Asked::Factor(id("bea"))));
        assert_eq!(asked(true, "grace"), Some(Asked::Pin(grace.clone())));
        assert_eq!(asked(false, "grace"), Some(Asked::Pin(grace)));
        for (is_child_watching, id) in [(false, "bea"), (false, "ada"), (true, "kim"), (true, "nobody")] {
            assert_eq!(asked(is_child_watching, id), None, "{id}");
        }
    }
}
