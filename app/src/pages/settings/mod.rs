//! The settings: each change is kept at once. What the server made of this device stands at the end.

mod captions;
mod device;
mod fields;
mod preview;
mod recommended;
mod usage;

use contract::{device::DeviceClass, playback::TrackRole};
use leptos::prelude::*;

use crate::{
    head::PageTitle,
    parts::{button, use_store, words},
    route::Route,
    store::{
        Action, StateStoreFields, snapshot,
        state::{Preferences, Theme},
    },
};
use captions::Captions;
use device::Device;
use fields::{Choice, Languages, Switch};
use recommended::Recommended;
use usage::Usage;

stylance::import_crate_style!(style, "src/pages/settings/settings.module.scss");

const KEPT_HERE: &str = "Changes are saved at once, in this browser.";
const KEPT_EVERYWHERE: &str = "Changes are saved at once, for every device that you watch on.";
const NOT_KEPT_YET: &str = "Not saved yet: there is no connection to the server. It is tried again by itself.";

/// What the parts of this page share: the preferences, and the way to change them.
#[derive(Clone, Copy)]
pub struct Settings {
    pub now: Memo<Preferences>,
    dispatch: Callback<Action>,
}

impl Settings {
    /// Changes the preferences.
    pub fn change(self, change: impl FnOnce(&mut Preferences)) {
        let mut next = self.now.get_untracked();
        change(&mut next);
        self.dispatch.run(Action::PreferencesChanged(next));
    }
}

#[component]
pub fn SettingsPage() -> impl IntoView {
    let (state, dispatch) = use_store();
    let settings = Settings { now: Memo::new(move |_| state.preferences().get()), dispatch };
    let is_guest = Memo::new(move |_| state.watcher().with(Option::is_none));
    let waits = Memo::new(move |_| {
        state.saved().with(|saved| snapshot::waits(saved) && settings.now.with(|now| saved.differs_from(now)))
    });
    let kept = move || match (waits.get(), is_guest.get()) {
        (true, _) => NOT_KEPT_YET,
        (false, true) => KEPT_HERE,
        (false, false) => KEPT_EVERYWHERE,
    };
    let has_letters = Memo::new(move |_| match state.device().with(|device| device.profile.class) {
        DeviceClass::Desktop | DeviceClass::Tablet => true,
        DeviceClass::Phone | DeviceClass::Tv => false,
    });
    let themes = vec![(Theme::System, "Same as this device"), (Theme::Dark, "Dark"), (Theme::Light, "Light")];
    view! {
        <PageTitle text="Settings \u{b7} Marquee"/>
        <div class=style::page>
            <header class=style::head>
                <h1>"Settings"</h1>
                <p class=style::quiet role="status">{kept}</p>
                <p class=style::scriptless>"To change settings, allow JavaScript for this page."</p>
            </header>
            <section class=style::group aria-labelledby="account">
                <h2 id="account">"Account"</h2>
                <Show
                    when=move || is_guest.get()
                    fallback=|| view! { <p><a class=button::QUIET href=Route::Account.href()>"Your account"</a></p> }
                >
                    <p class=style::quiet>"With an account, what you started and your settings follow you to every device."</p>
                    <p><a class=button::QUIET href=Route::Settings.sign_in().href()>"Sign in"</a></p>
                </Show>
            </section>
            <section class=style::group aria-labelledby="look">
                <h2 id="look">"Look"</h2>
                <Choice
                    legend="Theme"
                    name="theme"
                    choices=themes
                    now=Signal::derive(move || settings.now.with(|now| now.theme))
                    chosen=move |theme| settings.change(|now| now.theme = theme)
                />
            </section>
            <section class=style::group aria-labelledby="watching">
                <h2 id="watching">"Watching"</h2>
                <Switch
                    label="Play the next film automatically"
                    hint="When a film ends, the next one starts by itself."
                    now=Signal::derive(move || settings.now.with(|now| now.autoplay_next))
                    chosen=move |is_on| settings.change(|now| now.autoplay_next = is_on)
                />
                <Show when=move || has_letters.get()>
                    <Switch
                        label="Letter shortcuts"
                        hint="On a title: L puts it on your list, F makes it a favourite, W marks it as watched. In the player: K pauses, J and L skip, M mutes, F is full screen, C turns captions on; arrows and Space always work."
                        now=Signal::derive(move || settings.now.with(|now| now.letter_keys))
                        chosen=move |is_on| settings.change(|now| now.letter_keys = is_on)
                    />
                </Show>
                <Languages
                    label="Audio language"
                    none="The film's own language"
                    now=Signal::derive(move || settings.now.with(|now| now.audio_language.clone()))
                    chosen=move |language| settings.change(|now| {
                        now.audio_language = language;
                        now.audio_role = now.audio_role.filter(|role| *role == TrackRole::Description);
                    })
                />
                <Languages
                    label="Captions language"
                    none="No captions"
                    now=Signal::derive(move || settings.now.with(|now| now.caption_language.clone()))
                    chosen=move |language| settings.change(|now| {
                        now.caption_language = language;
                        now.caption_role = now.caption_role.filter(|role| *role == TrackRole::HearingImpaired);
                    })
                />
            </section>
            <Recommended settings=settings/>
            <Show when=move || !is_guest.get()>
                <Usage/>
            </Show>
            <Captions settings=settings/>
            <Device/>
        </div>
    }
}

/// The languages that the page offers, by name.
fn languages() -> Vec<(&'static str, &'static str)> {
    let mut languages = words::LANGUAGES.to_vec();
    languages.sort_by_key(|(_, name)| *name);
    languages
}
