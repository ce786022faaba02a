//! What a plan costs, to be edited as a document beside the plan's own.

use contract::{
    Problem,
    entitlements::{Plan, ReplacePlanPrice},
};
use leptos::{ev::SubmitEvent, prelude::*};
use serde_json::{Map, Value};

use super::{
    Refused, Save,
    document::{DocumentEditor, Unreadable, as_text, read_or_nothing, read_to_send, refusal_of, with_amounts},
    follow_version, style,
};
use crate::store::{
    Submission,
    operator::{OperatorAction, operator},
};

/// What Marquee reads of a price.
const FIELDS: [&str; 4] = ["currency", "month", "per_hour_watched", "per_gb"];
/// Which of these are amounts.
const AMOUNTS: [&str; 3] = ["month", "per_hour_watched", "per_gb"];

/// What is said of a price that names none.
const NO_CURRENCY: &str = "A price names its currency, as in the example below: \"currency\": \"EUR\".";

/// What is typed stays as it is typed until another price is stored.
#[component]
pub fn PriceForm(plan: Memo<Plan>) -> impl IntoView {
    let operator = operator();
    let (dispatch, again) = (operator.dispatcher(), operator.again());
    let problem: Signal<Option<Problem>> = operator.select(|state| state.pricing.failed().cloned()).into();
    let is_busy = operator.select(|state| state.pricing == Submission::Pending);
    let version = Memo::new(move |_| plan.with(|plan| plan.version));
    let stored = move || {
        plan.with_untracked(|plan| plan.price.as_ref().filter(|price| !price.is_empty()).map(as_text).unwrap_or_default())
    };
    let text = RwSignal::new(stored());
    let filled = StoredValue::new(stored());
    follow_version(version, move || {
        let now = stored();
        // The plan was saved: what is typed here stays.
        if filled.with_value(|filled| *filled == now) {
            return;
        }
        filled.set_value(now.clone());
        text.set(now);
    });
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        // What cannot be read says so at its line.
        let Some(price) = read_to_send("price", text, read_price) else { return };
        let id = plan.with_untracked(|plan| plan.id.clone());
        dispatch.run(OperatorAction::PriceWanted(ReplacePlanPrice { id, price, expected_version: version.get_untracked() }));
    };
    let refused = Signal::derive(move || refusal_of("price", problem));
    view! {
        <form class=style::group on:submit=submit>
            <DocumentEditor
                label="What it costs"
                name="price"
                hint="As JSON, from this month on. Nothing in it: the plan has no price, and its accounts owe nothing."
                text=text
                refused=refused
                knows=is_known
                read=read_price
            />
            <p class=style::quiet>
                "For example " <code>"{ \"currency\": \"EUR\", \"month\": \"9.99\", \"per_hour_watched\": \"0.05\", \"per_gb\": \"0.01\" }"</code>
                ". What is left out costs nothing."
            </p>
            <Refused fields=&["price"] problem=problem/>
            <Save is_busy=is_busy.into() problem=problem again=again label="Save the price"/>
        </form>
    }
    .into_any()
}

fn is_known(name: &str) -> bool {
    FIELDS.contains(&name)
}

fn read_price(text: &str) -> Result<Map<String, Value>, Unreadable> {
    let price = with_amounts(read_or_nothing(text), text, &AMOUNTS)?;
    if price.is_empty() || price.contains_key("currency") {
        return Ok(price);
    }
    Err(Unreadable { line: None, words: NO_CURRENCY.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_without_quotes_is_told_to_have_some_and_no_price_is_one() {
        let wrong = read_price("{ \"currency\": \"EUR\", \"month\": 9.99 }").unwrap_err();
        assert_eq!(wrong.words, "Line 1: an amount stands in quotes: \"month\": \"9.99\".");
        assert!(read_price("{ \"currency\": \"EUR\", \"month\": \"9.99\" }").is_ok());
        let other = read_price("{ \"prices\": [{ \"month\": \"9.99\" }] }").unwrap_err();
        assert_eq!(other.words, NO_CURRENCY, "and not a parser's words for it");
        assert!(read_price("").is_ok_and(|price| price.is_empty()));
    }
}
