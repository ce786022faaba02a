//! The pages of whoever runs the place: the desk, accounts, plans and reviews. One chunk, for whoever comes for one comes for the others.

mod account;
mod accounts;
pub(super) mod desk;
mod document;
mod plan;
mod plans;
mod price;
mod reviews;
mod statements;

use contract::{Code, Problem, identity::Watcher};
use leptos::{html, prelude::*};
use leptos_router::components::A;

use super::not_found::NotFoundPage;
use crate::{
    parts::{button, dom, failure::Failure, passing::passing_words, use_store},
    route::{Operator, Route},
    store::{
        Action, Shown, StateStoreFields, Submission,
        message::Message,
        operator::{OperatorAction, OperatorState, operator},
        state::Toast,
    },
};
use account::AccountPage;
use accounts::AccountsPage;
use desk::DeskPage;
use plan::PlanPage;
use plans::PlansPage;
use reviews::ReviewsPage;

stylance::import_crate_style!(style, "src/pages/operator/operator.module.scss");

#[component]
pub fn OperatorPage() -> impl IntoView {
    let (state, _) = use_store();
    let page = Memo::new(move |_| if let Route::Operator(page) = state.route().get() { Some(page) } else { None });
    let refused_by_server = operator().select(refused);
    // Who is known to manage nothing is told at once.
    let known = Memo::new(move |_| state.watcher().with(|watcher| watcher.as_ref().and_then(refused_to)));
    let refused = Memo::new(move |_| known.get().or_else(|| refused_by_server.get()).map(in_words));
    view! {
        {move || match (page.get(), refused.get()) {
            (None, _) => view! { <NotFoundPage/> }.into_any(),
            (Some(_), Some(problem)) => view! { <div class=style::page><Failure problem=problem/></div> }.into_any(),
            (Some(page), None) => view! {
                <div class=style::page>
                    <nav class=style::ways aria-label="Operator">
                        <A href="/operator" exact=true attr:class=style::way>"Desk"</A>
                        <A href="/operator/accounts" attr:class=style::way>"Accounts"</A>
                        <A href="/operator/plans" attr:class=style::way>"Plans"</A>
                        <A href="/operator/reviews" attr:class=style::way>"Reported reviews"</A>
                    </nav>
                    {match page {
                        Operator::Desk => view! { <DeskPage/> }.into_any(),
                        Operator::Accounts { q } => view! { <AccountsPage q=q/> }.into_any(),
                        Operator::Account { id } => view! { <AccountPage id=id/> }.into_any(),
                        Operator::Plans => view! { <PlansPage/> }.into_any(),
                        Operator::Plan { id } => view! { <PlanPage id=id/> }.into_any(),
                        Operator::Reviews { is_hidden } => view! { <ReviewsPage is_hidden=is_hidden/> }.into_any(),
                    }}
                </div>
            }.into_any(),
        }}
    }
}

/// Why none of these pages is for whoever asks.
fn refused(state: &OperatorState) -> Option<Problem> {
    let all = [state.accounts.failed(), state.account.failed(), state.plans.failed()];
    let is_refusal = |problem: &&Problem| matches!(problem.code, Code::NotAllowed | Code::SignInRequired);
    all.into_iter().flatten().find(is_refusal).cloned()
}

/// Why none of these pages is for this viewer. Under a children’s profile nobody says whose account it is.
fn refused_to(watcher: &Watcher) -> Option<Problem> {
    match (watcher.has_age_limit, watcher.is_operator) {
        (true, _) => Some(
            Problem::new(Code::ProfileRequired).with_detail("A children\u{2019}s profile cannot open the pages of operators."),
        ),
        (false, true) => None,
        (false, false) => Some(Problem::new(Code::NotAllowed)),
    }
}

/// A refusal as it is said here: whatever the call was, it is the page that is not for everybody.
fn in_words(problem: Problem) -> Problem {
    let is_refusal = problem.code == Code::NotAllowed;
    if is_refusal { problem.with_detail("Only operators can open this page.") } else { problem }
}

/// What was wrong with the last try to save; forgotten as a new form comes to be.
fn refusal() -> Signal<Option<Problem>> {
    operator().select(|state| state.saving.failed().cloned()).into()
}

fn is_saving() -> Signal<bool> {
    operator().select(|state| state.saving == Submission::Pending).into()
}

fn form_opened() {
    let dispatch = operator().dispatcher();
    Effect::new(move || dispatch.run(OperatorAction::FormOpened));
}

/// Whether there is something to show, without what it is: what stands for it is drawn once and follows it, so that a change
/// moves neither the focus nor the page.
fn shape<T>(shown: Shown<T>) -> Shown<()> {
    match shown {
        Shown::Waiting => Shown::Waiting,
        Shown::Ready(_) => Shown::Ready(()),
        Shown::Failed(problem) => Shown::Failed(problem),
    }
}

/// What is ready, and what was where nothing is any more; nothing where nothing was yet.
fn following<T: Clone + PartialEq + Send + Sync + 'static>(ready: Memo<Option<T>>) -> Option<Memo<T>> {
    let first = ready.get_untracked()?;
    Some(Memo::new(move |before: Option<&T>| ready.get().or_else(|| before.cloned()).unwrap_or_else(|| first.clone())))
}

/// Fills a form anew once another version is stored than the one that it shows.
fn follow_version(version: Memo<u64>, fill: impl Fn() + 'static) {
    Effect::new(move |before: Option<u64>| {
        let now = version.get();
        if before.is_some_and(|before| before != now) {
            fill();
        }
        now
    });
}

/// The notices that say what was done, and offer no way back.
fn told(toasts: &[Toast]) -> Vec<u64> {
    let is_told = |toast: &&Toast| toast.undo.is_none() && matches!(toast.message, Message::Text(_));
    toasts.iter().filter(is_told).map(|toast| toast.id).collect()
}

/// The button that saves a form, and where somebody else was faster, the one that shows what they stored.
#[component]
fn Save(
    is_busy: Signal<bool>,
    problem: Signal<Option<Problem>>,
    again: Callback<()>,
    /// What it says, where a page has several.
    #[prop(default = "Save")]
    label: &'static str,
) -> impl IntoView {
    let (state, dispatch) = use_store();
    let save = NodeRef::<html::Button>::new();
    // What an earlier press came to would be read as the answer to this one.
    let forget = move |_| {
        let earlier = state.notices().with_untracked(|notices| told(&notices.toasts));
        earlier.into_iter().for_each(|id| dispatch.run(Action::ToastDismissed { id }));
    };
    let is_conflict =
        Memo::new(move |_| problem.with(|problem| problem.as_ref().is_some_and(|problem| problem.code == Code::VersionConflict)));
    let show = move |_| {
        // This button goes, and the focus with it.
        if let Some(save) = save.get_untracked() {
            dom::focus_without_scroll(&save);
        }
        again.run(());
    };
    view! {
        <p class=style::buttons>
            <button
                node_ref=save
                class=button::PRIMARY
                aria-disabled=move || is_busy.get().to_string()
                on:click=forget
            >
                {label}
            </button>
            <Show when=move || is_conflict.get()>
                <button class=button::QUIET type="button" on:click=show>"Show what is stored now"</button>
            </Show>
        </p>
    }
    .into_any()
}

/// A refusal as a whole, in words; what is wrong with a field of `fields` stands at the field.
#[component]
fn Refused(fields: &'static [&'static str], problem: Signal<Option<Problem>>) -> impl IntoView {
    let said = passing_words(Signal::derive(move || {
        let is_at_field = |problem: &Problem| problem.fields.iter().any(|wrong| fields.contains(&wrong.field.as_str()));
        problem.get().filter(|problem| !is_at_field(problem))
    }));
    view! { <p class=style::problem role="alert">{move || said.get()}</p> }.into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::state::Undo;

    #[test]
    fn what_an_earlier_form_came_to_is_taken_away_and_neither_a_way_back_nor_that_changes_wait() {
        let toast = |id, message| Toast { id, message, undo: None };
        let undo = Some(Undo::ShowRow("news".to_owned()));
        let saved = Message::Text("Saved.".to_owned());
        let toasts = [toast(1, saved.clone()), toast(2, Message::ChangedLater), Toast { undo, ..toast(3, saved) }];
        assert_eq!(told(&toasts), [1]);
    }

    #[test]
    fn whoever_manages_nothing_is_told_so_and_a_childrens_profile_why_another_is_to_be_chosen() {
        let watcher = |is_operator, has_age_limit| Watcher { is_operator, has_age_limit, ..Watcher::default() };
        assert_eq!(refused_to(&watcher(true, false)), None);
        let member = refused_to(&watcher(false, false)).map(in_words).unwrap();
        assert_eq!(member.detail.as_deref(), Some("Only operators can open this page."));
        let child = refused_to(&watcher(false, true)).map(in_words).unwrap();
        assert_eq!(child.code, Code::ProfileRequired);
        assert!(child.detail.is_some_and(|detail| detail.starts_with("A children")));
    }
}
