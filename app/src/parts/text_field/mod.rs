//! A line to type in: its label above, what is wrong with it below, both tied to it for screen readers.

use contract::{Problem, bounds, playback::STOP_MESSAGE};
use leptos::{
    ev,
    html::{Input, Textarea},
    prelude::*,
};

use super::dom;

stylance::import_crate_style!(style, "src/parts/text_field/text_field.module.scss");

/// What stands below a field that has to have something in it.
const MISSING: &str = "Please fill this in.";

/// What a field is for: decides about its keyboard, and about what a password manager offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    Login,
    CalledName,
    CurrentPassword,
    NewPassword,
    /// What an authenticator app shows.
    OneTimeCode,
    RecoveryCode,
    /// The name of a profile.
    ProfileName,
    /// The name of a list of titles.
    ListName,
    /// Some words more, where one wants them.
    Note,
    /// A profile's PIN, to be let in.
    Pin,
    /// A PIN to be set, where one is wanted.
    NewPin,
    /// The beginning of a name that is looked for.
    Search,
    BillingName,
    Street,
    PostalCode,
    City,
    Country,
    /// What somebody else knows something by.
    Reference,
    /// The name that everybody sees on one's reviews.
    ReviewerName,
    /// What whoever watches is told of why their film stops, where one wants to say it.
    StopMessage,
    /// A word of one's own that a password manager has nothing to do with.
    Plain,
}

impl Purpose {
    const fn kind(self) -> &'static str {
        match self {
            Self::Login
            | Self::CalledName
            | Self::ProfileName
            | Self::ListName
            | Self::Note
            | Self::ReviewerName
            | Self::StopMessage
            | Self::Plain
            | Self::OneTimeCode
            | Self::RecoveryCode
            | Self::BillingName
            | Self::Street
            | Self::PostalCode
            | Self::City
            | Self::Country
            | Self::Reference => "text",
            Self::CurrentPassword | Self::NewPassword | Self::Pin | Self::NewPin => "password",
            Self::Search => "search",
        }
    }

    /// As HTML names it (HTML, section "Autofill").
    const fn autocomplete(self) -> &'static str {
        match self {
            Self::Login => "username",
            Self::CalledName => "name",
            Self::CurrentPassword => "current-password",
            Self::NewPassword => "new-password",
            Self::OneTimeCode => "one-time-code",
            Self::BillingName => "billing name",
            Self::Street => "billing street-address",
            Self::PostalCode => "billing postal-code",
            Self::City => "billing address-level2",
            Self::Country => "billing country",
            // Neither a PIN nor somebody else's name is the browser's to keep.
            Self::ProfileName
            | Self::ListName
            | Self::Note
            | Self::Pin
            | Self::NewPin
            | Self::Search
            | Self::ReviewerName
            | Self::StopMessage
            | Self::Plain
            | Self::RecoveryCode
            | Self::Reference => "off",
        }
    }

    /// The keys that a screen shows (HTML, section "Input modalities").
    const fn keys(self) -> &'static str {
        match self {
            Self::Pin | Self::NewPin | Self::OneTimeCode => "numeric",
            Self::Search => "search",
            Self::Login
            | Self::CalledName
            | Self::CurrentPassword
            | Self::NewPassword
            | Self::ProfileName
            | Self::ListName
            | Self::Note
            | Self::ReviewerName
            | Self::StopMessage
            | Self::Plain
            | Self::RecoveryCode
            | Self::BillingName
            | Self::Street
            | Self::PostalCode
            | Self::City
            | Self::Country
            | Self::Reference => "text",
        }
    }

    const fn is_required(self) -> bool {
        match self {
            Self::NewPin | Self::Search | Self::PostalCode | Self::Reference | Self::Note | Self::StopMessage => false,
            Self::Login
            | Self::CalledName
            | Self::CurrentPassword
            | Self::NewPassword
            | Self::OneTimeCode
            | Self::RecoveryCode
            | Self::ProfileName
            | Self::ListName
            | Self::ReviewerName
            | Self::Pin
            | Self::Plain
            | Self::BillingName
            | Self::Street
            | Self::City
            | Self::Country => true,
        }
    }

    /// Characters at most, where the server takes so many and no more.
    const fn most(self) -> Option<usize> {
        match self {
            Self::Login | Self::CalledName | Self::ListName | Self::Plain => Some(bounds::NAME),
            Self::ProfileName | Self::ReviewerName => Some(bounds::PROFILE_NAME),
            Self::Note => Some(bounds::NOTE),
            Self::StopMessage => Some(STOP_MESSAGE),
            Self::CurrentPassword | Self::NewPassword => Some(bounds::PASSWORD_MOST),
            Self::BillingName | Self::Street | Self::City => Some(bounds::BILLING_LINE),
            Self::PostalCode => Some(bounds::POSTAL_CODE),
            Self::OneTimeCode
            | Self::RecoveryCode
            | Self::Pin
            | Self::NewPin
            | Self::Search
            | Self::Country
            | Self::Reference => None,
        }
    }

    /// What is wrong with a text that is too long. HTML's own limit counts an emoji as two, and cuts off what is pasted without
    /// a word.
    fn too_long(self, text: &str) -> Option<String> {
        let (most, length) = (self.most()?, text.trim().chars().count());
        (length > most).then(|| format!("At most {most} characters: {} too many.", length - most))
    }

    /// Whether there is nothing in it, and there has to be. A password may be made of spaces.
    fn is_missing(self, text: &str) -> bool {
        self.is_required() && if self.kind() == "password" { text.is_empty() } else { text.trim().is_empty() }
    }

    /// What the field says of its text by itself: what is too long as it is typed, what is missing where the form was to be sent.
    fn says(self, text: &str, is_refused: bool) -> Option<String> {
        self.too_long(text).or_else(|| (is_refused && self.is_missing(text)).then(|| MISSING.to_owned()))
    }

    /// Why a form with it is not sent. One that is empty the browser knows, and by what is in it: a password manager may have filled
    /// it in before anybody here heard of it.
    fn refusal(self, text: &str) -> String {
        if text.is_empty() { String::new() } else { self.says(text, true).unwrap_or_default() }
    }
}

/// What is wrong with a field, below it.
#[derive(Clone, Copy)]
struct Told {
    /// What it says by itself.
    own: Memo<Option<String>>,
    /// A form was not sent because of it.
    is_refused: RwSignal<bool>,
}

impl Told {
    fn new(purpose: Purpose, value: RwSignal<String>) -> Self {
        let is_refused = RwSignal::new(false);
        Self { own: Memo::new(move |_| value.with(|value| purpose.says(value, is_refused.get()))), is_refused }
    }

    /// The browser found something wrong as a form was to be sent.
    fn refused(self, event: &ev::Event) {
        dom::field_refused(event);
        self.is_refused.set(true);
    }

    /// `otherwise` is what stands there where it says nothing. Whoever was to send the form hears at once why it was not sent.
    fn note(self, id: String, otherwise: Signal<Option<String>>, is_wrong: Signal<bool>) -> impl IntoView {
        let refusal = move || self.own.get().filter(|_| self.is_refused.get());
        let quiet = move || if refusal().is_some() { None } else { self.own.get().or_else(|| otherwise.get()) };
        view! {
            <span class=style::note id=id data-wrong=move || is_wrong.get().then_some("")>
                <span aria-live="assertive">{refusal}</span>
                {quiet}
            </span>
        }
    }
}

/// Some lines to type in. `name` is one of a kind on the page.
#[component]
pub fn LinesField(label: &'static str, name: &'static str, purpose: Purpose, value: RwSignal<String>) -> impl IntoView {
    let told = Told::new(purpose, value);
    let is_wrong = Signal::derive(move || told.own.with(Option::is_some));
    let lines = NodeRef::<Textarea>::new();
    Effect::new(move || {
        if let Some(lines) = lines.get() {
            dom::refuse_lines(&lines, &value.with(|value| purpose.refusal(value)));
        }
    });
    let note = format!("{name}-note");
    view! {
        <p class=style::field>
            <label class=style::label for=name>{label}</label>
            <textarea
                class=style::lines
                node_ref=lines
                id=name
                name=name
                dir="auto"
                rows="3"
                required=purpose.is_required()
                aria-describedby=note.clone()
                aria-invalid=move || is_wrong.get().to_string()
                prop:value=move || value.get()
                on:input=move |event| value.set(event_target_value(&event))
                on:invalid=move |event| told.refused(&event)
            ></textarea>
            {told.note(note, Signal::stored(None), is_wrong)}
        </p>
    }
    .into_any()
}

/// A line to type in. `name` is the field of the call, by which a problem names it.
#[component]
pub fn TextField(
    label: &'static str,
    name: &'static str,
    purpose: Purpose,
    #[prop(optional)] hint: &'static str,
    /// Whether the focus goes there as it comes to be.
    #[prop(optional)]
    is_first: bool,
    value: RwSignal<String>,
    problem: Signal<Option<Problem>>,
) -> impl IntoView {
    let wrong = Memo::new(move |_| {
        problem.with(|problem| {
            let fields = problem.as_ref().map(|problem| problem.fields.as_slice()).unwrap_or_default();
            fields.iter().find(|field| field.field == name).map(|field| field.message.clone())
        })
    });
    let told = Told::new(purpose, value);
    let is_wrong = Signal::derive(move || told.own.with(Option::is_some) || wrong.with(Option::is_some));
    let otherwise = Signal::derive(move || wrong.get().or_else(|| Some(hint.to_owned())));
    let line = NodeRef::<Input>::new();
    Effect::new(move || {
        if let Some(line) = line.get() {
            dom::refuse_field(&line, &value.with(|value| purpose.refusal(value)));
        }
    });
    if is_first {
        line.on_load(move |line| {
            // A page that is opened takes it from nobody who is somewhere already; a further step takes the place of what had it.
            if purpose == Purpose::Login { dom::focus_first(&line) } else { dom::focus_without_scroll(&line) }
        });
    }
    let note = format!("{name}-note");
    view! {
        <p class=style::field>
            <label class=style::label for=name>{label}</label>
            <input
                class=style::line
                node_ref=line
                inputmode=purpose.keys()
                id=name
                name=name
                type=purpose.kind()
                autocomplete=purpose.autocomplete()
                autocapitalize="none"
                spellcheck="false"
                required=purpose.is_required()
                aria-describedby=note.clone()
                aria-invalid=move || is_wrong.get().to_string()
                prop:value=move || value.get()
                on:input=move |event| value.set(event_target_value(&event))
                on:invalid=move |event| told.refused(&event)
            />
            {told.note(note, otherwise, is_wrong)}
        </p>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_as_long_as_its_characters_are_many_and_one_that_is_too_long_says_by_how_much() {
        let emoji = "\u{1f3ac}";
        assert_eq!(Purpose::ListName.too_long(&emoji.repeat(bounds::NAME)), None);
        let words = Purpose::ListName.too_long(&emoji.repeat(bounds::NAME + 2));
        assert_eq!(words.as_deref(), Some("At most 64 characters: 2 too many."));
        assert!(Purpose::Note.too_long(&"n".repeat(bounds::NOTE + 1)).is_some());
        assert!(Purpose::ReviewerName.too_long(&"n".repeat(bounds::PROFILE_NAME + 1)).is_some());
        assert_eq!(Purpose::Search.too_long(&"n".repeat(1_000)), None);
    }

    #[test]
    fn a_field_that_lacks_its_text_says_so_only_where_the_form_was_to_be_sent() {
        assert_eq!(Purpose::ReviewerName.says("", false), None, "nobody is told before they began");
        assert_eq!(Purpose::ReviewerName.says(" ", true).as_deref(), Some(MISSING));
        assert_eq!(Purpose::Note.says("", true), None, "it may be empty");
        assert_eq!(Purpose::CurrentPassword.says(" ", true), None, "it may be made of spaces");
        assert!(Purpose::ListName.says(&"n".repeat(bounds::NAME + 1), false).is_some(), "what is too long says so at once");
    }

    #[test]
    fn a_form_is_refused_for_a_name_of_spaces_and_what_is_empty_is_left_to_the_browser() {
        assert_eq!(Purpose::ListName.refusal("  "), MISSING);
        assert_eq!(Purpose::ListName.refusal(""), "");
        assert_eq!(Purpose::ListName.refusal("Sunday"), "");
        assert!(!Purpose::ListName.refusal(&"n".repeat(bounds::NAME + 1)).is_empty());
    }
}
