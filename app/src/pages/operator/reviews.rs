//! Reviews that were reported, or are hidden, with what can be done about each; and what was done.

use contract::{
    ids::{AccountId, ReviewId},
    reviews::{ModerationAct, ModerationAction as Noted, ReasonCount, ReportReason, ReportedReview},
};
use leptos::prelude::*;
use leptos_router::components::A;

use super::style;
use crate::{
    head::PageTitle,
    parts::{
        button,
        dialog::{ConfirmButton, Warning},
        dom::date_and_time,
        failure::Failure,
        skeleton::TextSkeleton,
        stars::stars,
        words,
    },
    route::{Operator, Route},
    store::{
        Shown, Submission,
        moderation::{Act, ModerationAction, moderation},
    },
};

#[component]
pub fn ReviewsPage(is_hidden: bool) -> impl IntoView {
    let moderation = moderation();
    let again = moderation.again();
    let shape = moderation.select(|state| state.queue.shown_as(|queue| queue.items.is_empty()));
    let empty = if is_hidden { "No hidden reviews." } else { "No reported reviews." };
    let href = |is_hidden| Route::Operator(Operator::Reviews { is_hidden }).href();
    view! {
        <PageTitle text="Reported reviews \u{b7} Marquee"/>
        <h1>"Reported reviews"</h1>
        <nav class=style::ways aria-label="Which reviews">
            <A href=href(false) exact=true attr:class=style::way>"Reported"</A>
            <A href=href(true) attr:class=style::way>"Hidden"</A>
        </nav>
        {move || match shape.get() {
            Shown::Waiting => view! { <TextSkeleton lines=4/> }.into_any(),
            Shown::Failed(problem) => view! { <Failure problem=problem again=again/> }.into_any(),
            Shown::Ready(true) => view! { <p class=style::quiet>{empty}</p> }.into_any(),
            Shown::Ready(false) => view! { <List/> }.into_any(),
        }}
        <Log/>
    }
    .into_any()
}

#[component]
fn List() -> impl IntoView {
    let moderation = moderation();
    let dispatch = moderation.dispatcher();
    let items = moderation.select(|state| state.queue.latest().map(|queue| queue.items.clone()).unwrap_or_default());
    let more =
        moderation.select(|state| state.queue.latest().filter(|queue| queue.next.is_some()).map(|queue| queue.more.clone()));
    view! {
        <ul class=style::list>
            <For
                each=move || items.get()
                // One that changed is drawn anew.
                key=|review| (review.id.clone(), review.edited, review.is_hidden, review.is_banned, count(review))
                let:review
            >
                <li><Reported review=review/></li>
            </For>
        </ul>
        <Show when=move || more.with(Option::is_some)>
            <p class=style::buttons>
                <button
                    class=button::QUIET
                    type="button"
                    aria-disabled=move || more.with(|more| *more == Some(Submission::Pending)).to_string()
                    on:click=move |_| dispatch.run(ModerationAction::MoreWanted)
                >
                    "Show more"
                </button>
            </p>
        </Show>
    }
    .into_any()
}

fn count(review: &ReportedReview) -> u64 {
    review.reports.iter().map(|reason| reason.count).sum()
}

#[component]
fn Reported(review: ReportedReview) -> impl IntoView {
    let moderation = moderation();
    let dispatch = moderation.dispatcher();
    let acting = moderation.select(|state| state.acting == Submission::Pending);
    let reports = reported(&review.reports);
    let title = Route::Title { id: review.title.clone() }.href();
    let account = Route::Operator(Operator::Account { id: review.account.clone() }).href();
    let name = if review.reviewer.trim().is_empty() { "Somebody without a name".to_owned() } else { review.reviewer.clone() };
    let (id, of) = (review.id.clone(), review.account.clone());
    let act = StoredValue::new(move |act| {
        dispatch.run(ModerationAction::ActWanted(Act { act, review: id.clone(), account: of.clone() }))
    });
    let act = move |what: ModerationAct| act.with_value(|act| act(what));
    let simple = move |word: &'static str, what: ModerationAct| {
        view! {
            <button class=button::QUIET type="button" aria-disabled=move || acting.get().to_string() on:click=move |_| act(what)>{word}</button>
        }
    };
    let delete = Warning {
        title: "Delete this review?".to_owned(),
        text: "It goes with its stars, for good. Its writer may write another one.".to_owned(),
        action: "Delete",
    };
    let ban = Warning {
        title: format!("Ban the account of {name}?"),
        text: "None of its profiles writes reviews, votes or reports any more. What they wrote stays where it is.".to_owned(),
        action: "Ban",
    };
    let (delete_id, ban_id) = (dialog_id("delete", &review.id), dialog_id("ban", &review.id));
    let hide = if review.is_hidden {
        simple("Restore", ModerationAct::Restore).into_any()
    } else {
        view! { {simple("Hide", ModerationAct::Hide)} {simple("Dismiss the reports", ModerationAct::Restore)} }.into_any()
    };
    let ban = if review.is_banned {
        simple("Lift the ban", ModerationAct::Unban).into_any()
    } else {
        view! {
            <ConfirmButton id=ban_id word="Ban" warning=Signal::stored(ban) is_busy=acting on_confirm=Callback::new(move |()| act(ModerationAct::Ban))/>
        }
        .into_any()
    };
    view! {
        <article class=style::group>
            <p class=style::buttons>
                {stars(f64::from(review.half_stars) / 2.0, format!("{} of 5", words::star_count(review.half_stars)))}
                <a href=account><bdi class=style::name>{name}</bdi></a>
                <span class=style::quiet>"on "<a href=title>{review.title_name.unwrap_or_else(|| "a title".to_owned())}</a></span>
                <span class=style::quiet>{date_and_time(review.edited.unwrap_or(review.created))}</span>
                {review.has_spoilers.then(|| view! { <span class=style::mark>"Spoilers"</span> })}
                {review.is_banned.then(|| view! { <span class=style::mark data-off="">"Banned"</span> })}
            </p>
            <p class=style::written dir="auto">{review.text}</p>
            <p class=style::quiet>{reports}</p>
            <p class=style::buttons>
                {hide}
                <ConfirmButton
                    id=delete_id
                    word="Delete"
                    warning=Signal::stored(delete)
                    is_busy=acting
                    on_confirm=Callback::new(move |()| act(ModerationAct::Delete))
                />
                {ban}
            </p>
        </article>
    }
    .into_any()
}

fn dialog_id(kind: &str, review: &ReviewId) -> String {
    format!("{kind}-{review}")
}

/// Who reported it for what; nothing where nobody did.
fn reported(reports: &[ReasonCount]) -> Option<String> {
    let by = reports.iter().map(|ReasonCount { reason, count }| match count {
        1 => format!("by 1 person {}", why(*reason)),
        count => format!("by {} people {}", words::count(*count), why(*reason)),
    });
    let by = by.collect::<Vec<_>>().join(", ");
    (!by.is_empty()).then(|| format!("Reported {by}."))
}

const fn why(reason: ReportReason) -> &'static str {
    match reason {
        ReportReason::Spoilers => "for unmarked spoilers",
        ReportReason::Abuse => "because it attacks somebody",
        ReportReason::Spam => "as spam",
        ReportReason::OffTopic => "as not about this film",
        ReportReason::Other => "for another reason",
    }
}

/// The latest of what was done.
#[component]
fn Log() -> impl IntoView {
    let log = moderation().select(|state| state.log.latest().map(|page| page.items.clone()).unwrap_or_default());
    view! {
        <Show when=move || log.with(|log| !log.is_empty())>
            <section class=style::group aria-labelledby="moderation-log">
                <h2 id="moderation-log">"What was done"</h2>
                <p class=style::quiet>"Accounts have the names here that they have in Accounts. A review may be shown under another name."</p>
                <ul class=style::list>{move || log.get().into_iter().map(line).collect_view()}</ul>
            </section>
        </Show>
    }
    .into_any()
}

/// What was done, as far as the account that it was done to. It is told by its account, which is not what its reviews are shown under.
const fn did(act: ModerationAct, was_hidden: Option<bool>) -> (&'static str, bool) {
    match (act, was_hidden) {
        (ModerationAct::Hide, _) => ("hid the review by the account", true),
        (ModerationAct::Restore, Some(true)) => ("restored the review by the account", true),
        (ModerationAct::Restore, Some(false)) => ("left as it is the review by the account", true),
        (ModerationAct::Restore, None) => ("restored, or left as it is, the review by the account", true),
        (ModerationAct::Delete, _) => ("deleted the review by the account", true),
        (ModerationAct::Ban, _) => ("banned the account", false),
        (ModerationAct::Unban, _) => ("allowed the account", false),
    }
}

/// Who did what about whose review of which title. What is gone has no name any more.
fn line(noted: Noted) -> impl IntoView {
    let (act, has_review) = did(noted.act, noted.was_hidden);
    let account = |id: Option<AccountId>, name: Option<String>, gone: &str| {
        let name = name.unwrap_or_else(|| gone.to_owned());
        match id {
            Some(id) => view! { <a href=Route::Operator(Operator::Account { id }).href()><bdi>{name}</bdi></a> }.into_any(),
            None => view! { <span>{name}</span> }.into_any(),
        }
    };
    let title = noted.title.filter(|_| has_review).map(|id| {
        let name = noted.title_name.unwrap_or_else(|| "a title".to_owned());
        view! { " of " <a href=Route::Title { id }.href()><bdi>{name}</bdi></a> }
    });
    let from_what = match noted.act {
        ModerationAct::Ban => Some(" from writing reviews"),
        ModerationAct::Unban => Some(" to write reviews again"),
        ModerationAct::Hide | ModerationAct::Restore | ModerationAct::Delete => None,
    };
    view! {
        <li class=style::line>
            <span>{account(noted.by, noted.by_name, "An operator who is gone")} " " {act} " " {account(noted.account, noted.account_name, "that is gone")} {from_what} {title}</span>
            <span class=style::quiet>{date_and_time(noted.at)}</span>
            {(!noted.is_done).then(|| view! { <span class=style::mark data-off="">"Broke off"</span> })}
        </li>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_says_how_many_people_made_it_and_why() {
        let count = |reason, count| ReasonCount { reason, count };
        assert_eq!(reported(&[count(ReportReason::Spoilers, 1)]).as_deref(), Some("Reported by 1 person for unmarked spoilers."));
        let two = [count(ReportReason::Abuse, 2), count(ReportReason::Spam, 1)];
        let said = "Reported by 2 people because it attacks somebody, by 1 person as spam.";
        assert_eq!(reported(&two).as_deref(), Some(said));
        assert_eq!(reported(&[]), None);
    }

    #[test]
    fn what_was_done_is_told_of_accounts() {
        let acts = [ModerationAct::Hide, ModerationAct::Restore, ModerationAct::Delete, ModerationAct::Ban, ModerationAct::Unban];
        assert!(acts.into_iter().all(|act| did(act, None).0.ends_with("the account")));
    }
}
