//! A profile's name, colour, age limit, language and PIN; and taking it away.

use contract::{
    Problem,
    identity::{DeleteProfile, Profile, ReplaceProfile},
    ids::ProfileId,
};
use leptos::{ev::SubmitEvent, prelude::*};

use super::{Side, leave, style, turn};
use crate::{
    parts::{
        avatar::avatar,
        button,
        dialog::{ConfirmButton, Warning},
        passing::passing_words,
        select_field::SelectField,
        text_field::{Purpose, TextField},
        words,
    },
    store::{
        Submission,
        accounts::{AccountsAction, accounts},
        run::random_id::random_id,
    },
};

/// What a face can be, by name.
const COLOURS: [(&str, &str); 8] = [
    ("#ffb547", "Amber"),
    ("#ff7a59", "Coral"),
    ("#e85d8f", "Rose"),
    ("#a78bfa", "Lilac"),
    ("#5b8def", "Blue"),
    ("#3fb8af", "Teal"),
    ("#7bc86c", "Green"),
    ("#3d4663", "Night"),
];

/// Ages that films are rated for where people watch: FSK, BBFC, MPA.
const AGES: [u8; 7] = [0, 6, 9, 12, 15, 16, 18];

/// The fields as they are typed.
#[derive(Clone, Copy)]
struct Fields {
    name: RwSignal<String>,
    colour: RwSignal<String>,
    /// Empty for no limit.
    maturity: RwSignal<String>,
    /// Empty for none.
    language: RwSignal<String>,
    pin: RwSignal<String>,
    without_pin: RwSignal<bool>,
    /// The PIN there is.
    current_pin: RwSignal<String>,
}

impl Fields {
    fn of(profile: Option<&Profile>) -> Self {
        let colour = profile.map_or(COLOURS[4].0, |profile| profile.colour.as_str());
        let maturity = profile.and_then(|profile| profile.maturity).map(|age| age.to_string());
        Self {
            name: RwSignal::new(profile.map(|profile| profile.name.clone()).unwrap_or_default()),
            colour: RwSignal::new(colour.to_owned()),
            maturity: RwSignal::new(maturity.unwrap_or_default()),
            language: RwSignal::new(profile.and_then(|profile| profile.language.clone()).unwrap_or_default()),
            pin: RwSignal::new(String::new()),
            without_pin: RwSignal::new(false),
            current_pin: RwSignal::new(String::new()),
        }
    }

    /// The profile as it is to be, where it is of this version now; 0 for one that is to be made.
    fn call(self, id: ProfileId, version: u64) -> ReplaceProfile {
        let some = |field: RwSignal<String>| Some(field.get_untracked()).filter(|text| !text.is_empty());
        ReplaceProfile {
            id,
            expected_version: Some(version),
            name: self.name.get_untracked(),
            colour: self.colour.get_untracked(),
            maturity: self.maturity.get_untracked().parse().ok(),
            language: some(self.language),
            pin: if self.without_pin.get_untracked() { Some(String::new()) } else { some(self.pin) },
            current_pin: some(self.current_pin),
        }
    }
}

#[component]
pub fn ProfileForm(profile: Option<Profile>, side: RwSignal<Side>) -> impl IntoView {
    let accounts = accounts();
    let dispatch = accounts.dispatcher();
    let saving = accounts.select(|accounts| accounts.saving.clone());
    let problem: Signal<Option<Problem>> = Signal::derive(move || saving.with(|saving| saving.failed().cloned()));
    let fields = Fields::of(profile.as_ref());
    let known = profile.as_ref().map(|profile| (profile.id.clone(), profile.version));
    // One id for as long as the form stands: what is sent again makes no second profile.
    let new_id = StoredValue::new(None);
    let heading = profile.as_ref().map_or_else(|| "A new profile".to_owned(), |profile| format!("Change {}", profile.name));
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let known = known.clone().or_else(|| {
            new_id.update_value(|id| *id = id.take().or_else(random_id));
            new_id.get_value().map(|id| (id, 0))
        });
        if let Some((id, version)) = known {
            dispatch.run(AccountsAction::ProfileWanted(fields.call(id, version)));
        }
    };
    Effect::new(move || {
        if saving.with(|saving| *saving == Submission::Done) {
            turn(side, Side::Manage);
        }
    });
    let has_pin = profile.as_ref().is_some_and(|profile| profile.has_pin);
    let is_anothers = profile.as_ref().is_some_and(|profile| !profile.is_current);
    let said = passing_words(Signal::derive(move || problem.get().filter(|problem| problem.fields.is_empty())));
    let removal = profile.map(|profile| view! { <Removal profile=profile/> });
    view! {
        <form class=style::narrow data-dismissible="" on:submit=submit on:keydown=move |event| leave(&event, side, Side::Manage)>
            <span class=style::portrait>
                {move || fields.name.with(|name| fields.colour.with(|colour| avatar(name, colour)))}
            </span>
            <h1>{heading}</h1>
            <TextField label="Name" name="name" purpose=Purpose::ProfileName is_first=true value=fields.name problem=problem/>
            <Colours chosen=fields.colour/>
            <SelectField
                label="Age limit"
                name="maturity"
                hint="With a limit, this is a children\u{2019}s profile. To switch away from it, the account\u{2019}s password or the other profile\u{2019}s PIN is needed."
                options=ages(fields.maturity)
                value=fields.maturity
            />
            <SelectField label="Audio language" name="language" options=languages() value=fields.language/>
            <Pin has_pin=has_pin is_anothers=is_anothers fields=fields problem=problem/>
            <p class=style::problem role="alert">
                {move || said.get()}
            </p>
            <button class=button::PRIMARY aria-disabled=move || saving.with(|saving| *saving == Submission::Pending).to_string()>
                "Save"
            </button>
            <button class=button::QUIET type="button" on:click=move |_| turn(side, Side::Manage)>"Back"</button>
        </form>
        {removal}
    }
    .into_any()
}

#[component]
fn Colours(chosen: RwSignal<String>) -> impl IntoView {
    let colours = COLOURS.map(|(colour, name)| {
        let is_chosen = move || chosen.with(|chosen| chosen == colour);
        view! {
            <label class=style::colour style=format!("--face:{colour}")>
                <input
                    class=style::radio
                    type="radio"
                    name="colour"
                    value=colour
                    checked=is_chosen
                    prop:checked=is_chosen
                    on:change=move |_| chosen.set(colour.to_owned())
                />
                <span class=style::swatch></span>
                <span class=style::visually_hidden>{name}</span>
            </label>
        }
    });
    view! {
        <fieldset class=style::fieldset>
            <legend class=style::label>"Colour"</legend>
            <div class=style::colours>{colours.collect_view()}</div>
        </fieldset>
    }
    .into_any()
}

/// A new PIN; and where there is one already, taking it off.
#[component]
fn Pin(has_pin: bool, is_anothers: bool, fields: Fields, problem: Signal<Option<Problem>>) -> impl IntoView {
    let (label, hint) = if has_pin {
        ("Another PIN", "4 to 8 digits. Leave it empty to keep the one there is.")
    } else {
        ("PIN", "4 to 8 digits, asked for before this profile watches. Leave it empty for none.")
    };
    let removal = has_pin.then(|| {
        view! {
            <label class=style::check>
                <input
                    type="checkbox"
                    prop:checked=move || fields.without_pin.get()
                    on:change=move |event| fields.without_pin.set(event_target_checked(&event))
                />
                "Ask for no PIN any more"
            </label>
        }
    });
    let current = (has_pin && is_anothers).then(|| {
        view! {
            <TextField
                label="Its PIN now"
                name="current_pin"
                purpose=Purpose::NewPin
                hint="To change the PIN, or to take it away. Leave it empty to show instead that the account is yours."
                value=fields.current_pin
                problem=problem
            />
        }
    });
    view! {
        <TextField label=label name="pin" purpose=Purpose::NewPin hint=hint value=fields.pin problem=problem/>
        {removal}
        {current}
    }
    .into_any()
}

/// Asks once more before a profile goes.
#[component]
fn Removal(profile: Profile) -> impl IntoView {
    let accounts = accounts();
    let dispatch = accounts.dispatcher();
    let is_busy = accounts.select(|accounts| accounts.saving == Submission::Pending);
    let warning = Warning {
        title: format!("Delete {}?", profile.name),
        text: "What was started with this profile and what was set in it is deleted, too. This cannot be undone.".to_owned(),
        action: "Delete",
    };
    let id = profile.id;
    let delete = Callback::new(move |()| dispatch.run(AccountsAction::ProfileDeleteWanted(DeleteProfile { id: id.clone() })));
    view! {
        <div class=style::removal>
            <ConfirmButton
                id="delete-profile"
                word=Signal::stored("Delete this profile".to_owned())
                warning=Signal::stored(warning)
                is_busy=is_busy
                on_confirm=delete
            />
        </div>
    }
    .into_any()
}

/// The ages to choose from, with the one that is set where it is another.
fn ages(set: RwSignal<String>) -> Vec<(String, String)> {
    let mut ages = AGES.to_vec();
    if let Ok(age) = set.get_untracked().parse::<u8>()
        && !ages.contains(&age)
    {
        ages.push(age);
        ages.sort_unstable();
    }
    let limits = ages.into_iter().map(|age| (age.to_string(), limit(age)));
    [(String::new(), "Any age: no limit".to_owned())].into_iter().chain(limits).collect()
}

fn limit(age: u8) -> String {
    match age {
        0 => "Only films for all ages".to_owned(),
        _ => format!("Up to {age} years"),
    }
}

fn languages() -> Vec<(String, String)> {
    let mut languages = words::LANGUAGES.map(|(tag, name)| (tag.to_owned(), name.to_owned())).to_vec();
    languages.sort_by(|one, other| one.1.cmp(&other.1));
    languages.insert(0, (String::new(), "The film\u{2019}s own language".to_owned()));
    languages
}
