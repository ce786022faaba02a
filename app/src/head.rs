//! The one way for a text to reach a page other than as a text node or an attribute's value of the view: the title, and
//! what a script element carries.
//!
//! leptos escapes what a view holds and nothing else: its `<Title>` and its `inner_html` write texts as they are. Must
//! never let a text end the element that it stands in.

use leptos::{prelude::*, text_prop::TextProp};

/// The document's title. On the server it is markup, so what markup is made of is escaped; in the browser it is set as
/// text (`document.title`), where an escape would be seen.
#[component]
pub fn PageTitle(#[prop(into)] text: TextProp) -> impl IntoView {
    #[cfg(feature = "ssr")]
    let text = TextProp::from(move || escape(&text.get()));
    view! { <leptos_meta::Title text=text/> }
}

/// HTML that was drawn from a view, whose texts were escaped as it was drawn.
#[derive(Clone, Default)]
pub struct Markup(String);

impl Markup {
    /// Draws a view over this state and nothing else: an owner without parents has nothing of the page that is rendered.
    #[cfg(feature = "ssr")]
    pub fn over(state: &crate::store::State, draw: impl FnOnce() -> AnyView) -> Self {
        let here = Owner::current();
        let owner = Owner::new_root(None);
        provide_context(crate::store::AppStore::new(state.clone(), crate::client::Client::Nobody));
        let html = draw().to_html();
        owner.unset_with_forced_cleanup();
        if let Some(here) = here {
            here.set();
        }
        Self(html)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn into_string(self) -> String {
        self.0
    }

    /// Puts other markup behind it.
    pub fn push(&mut self, other: &str) {
        self.0.push_str(other);
    }
}

/// The place of the viewer's own rows, with what was drawn of them. In a browser it is empty, and stays as it was rendered.
pub fn own_rows(rows: Markup) -> impl IntoView {
    view! { <div data-own-rows="" inner_html=rows.0></div> }
}

/// A text as an element's content or a quoted attribute's value (HTML, section 13.3).
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// JSON as the content of a script element, whatever its type: the letters that could end the element, begin a comment in
/// it or, in a script, a line (U+2028 and U+2029) are in strings alone, and written as their escapes there.
pub fn json_in_script(json: &str) -> String {
    let mut written = String::with_capacity(json.len());
    for letter in json.chars() {
        match letter {
            '<' => written.push_str("\\u003c"),
            '>' => written.push_str("\\u003e"),
            '&' => written.push_str("\\u0026"),
            '\u{2028}' => written.push_str("\\u2028"),
            '\u{2029}' => written.push_str("\\u2029"),
            other => written.push(other),
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    const MARKUP: &str = "</title></script><!-- --> ]]> & \"'\u{2028}\u{2029} \u{e9}";

    #[test]
    fn nothing_that_markup_is_made_of_is_left() {
        let escaped = escape(MARKUP);
        assert!(!escaped.contains(['<', '>', '"', '\'']), "{escaped}");
        assert_eq!(escape("R&D \u{b7} \u{e9}"), "R&amp;D \u{b7} \u{e9}");
    }

    #[test]
    fn json_in_a_script_is_the_same_json_and_cannot_end_the_script() {
        let json = serde_json::json!({ "text": MARKUP, MARKUP: [MARKUP] });
        let written = json_in_script(&json.to_string());
        assert!(!written.contains(['<', '>', '&', '\u{2028}', '\u{2029}']), "{written}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&written).unwrap(), json);
    }
}
