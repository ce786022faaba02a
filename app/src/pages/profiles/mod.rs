//! Who is watching: choose a profile, and manage them.

mod form;
mod pin;
mod tiles;

use contract::{Code, identity::Profile};
use leptos::{ev, prelude::*};

use crate::{
    head::PageTitle,
    parts::{
        button,
        confirm::{Confirm, Setting},
        failure::Failure,
    },
    store::{
        Shown,
        accounts::{AccountsAction, accounts},
        step_up::StepUp,
    },
};
use form::ProfileForm;
use pin::PinForm;
use tiles::{Tiles, Waiting};

stylance::import_crate_style!(style, "src/pages/profiles/profiles.module.scss");

/// Where a factor is wanted before a profile is chosen or its PIN changed.
const CONFIRMING: Setting = Setting {
    why: "Only the holder of this account may do that. Show that it is you.",
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

#[component]
pub fn ProfilesPage() -> impl IntoView {
    let accounts = accounts();
    let again = accounts.again();
    let profiles = accounts.select(|accounts| accounts.profiles.shown());
    let side = RwSignal::new(Side::default());
    let step_up = accounts.select(|accounts| accounts.step_up.clone());
    let is_confirming = Memo::new(move |_| step_up.with(StepUp::is_wanted));
    let dispatch = accounts.dispatcher();
    let confirm = Callback::new(move |action| dispatch.run(AccountsAction::StepUp(action)));
    view! {
        <PageTitle text="Who is watching? \u{b7} Marquee"/>
        <div class=style::page>
            // In the place of the page, so that it is seen and has the focus on every screen.
            <Confirm step_up=step_up dispatch=confirm setting=CONFIRMING/>
            {move || match (profiles.get(), side.get()) {
                (Shown::Ready(_), _) if is_confirming.get() => ().into_any(),
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
