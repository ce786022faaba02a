//! What went wrong, in words, with another try and the request id under "Details". Where the server is away, what failed is asked for
//! again by itself once it answers.

mod away;

use contract::{Code, Problem};
use leptos::{ev, prelude::*};

use super::{
    button, dom,
    icon::{Icon, icon},
    use_store, words,
};
use crate::{
    route::Route,
    store::{Action, StateStoreFields, resource::may_pass},
};

stylance::import_crate_style!(style, "src/parts/failure/failure.module.scss");

/// A problem in the place of what it kept away. `again` tries again where that is up to a lazy slice.
#[component]
pub fn Failure(problem: Problem, #[prop(optional, into)] again: Option<Callback<()>>) -> impl IntoView {
    failure(problem, again, None, None)
}

/// The end of something that somebody wanted ended, with what they say about it, word for word, and with an address and its name, which
/// come before all other ways on, and lead there in the place of what ended.
#[component]
pub fn Ended(problem: Problem, quotation: Option<String>, first: Option<(String, String)>) -> impl IntoView {
    let said = quotation.map(|quotation| {
        view! { <blockquote class=style::quotation><p>"\u{201c}" <bdi>{quotation}</bdi> "\u{201d}"</p></blockquote> }.into_any()
    });
    let first = first.map(|(address, name)| {
        let page = address.clone();
        let go_back = move |event: ev::MouseEvent| dom::go_back_to(&event, &page);
        view! { <a class=button::PRIMARY href=address prop:replace=true on:click=go_back>{name}</a> }.into_any()
    });
    failure(problem, None, said, first)
}

fn failure(problem: Problem, again: Option<Callback<()>>, said: Option<AnyView>, first: Option<AnyView>) -> AnyView {
    let (state, dispatch) = use_store();
    if let Some(again) = again.filter(|_| may_pass(&problem)) {
        // What the store itself asks for is asked for again by `Action::CameOnline`.
        Effect::new(move || {
            let online = window_event_listener(ev::online, move |_| again.run(()));
            on_cleanup(move || online.remove());
        });
    }
    if problem.code == Code::Unreachable {
        // A film waits for a session of its own, and what is up to the store is asked for only where it failed.
        Effect::new(move || {
            away::when_it_answers(move || match again {
                Some(again) => again.run(()),
                None => dispatch.run(Action::CameOnline),
            });
        });
    }
    let again = move || match again {
        Some(again) => again.run(()),
        None => dispatch.run(Action::RetryWanted),
    };
    // What is not there, and what is refused to this account or to whoever is not signed in, is so the next time.
    let may_help = !matches!(problem.code, Code::NotFound | Code::NotAllowed | Code::ViewerChanged | Code::SignInRequired);
    let way = way_on(problem.code, state.route().get_untracked());
    let problem = match problem.code {
        Code::Unreachable if dom::is_offline() => offline(),
        Code::Unreachable if problem.detail.is_none() => {
            problem.with_detail("This loads by itself as soon as the server answers.")
        }
        _ => problem,
    };
    let title = words::title(&problem);
    let Problem { code, detail, request_id, retry_after, .. } = problem;
    let class_of_way = if first.is_some() { button::QUIET } else { button::PRIMARY };
    let (title, detail) = match detail {
        Some(detail) if words::is_told_by_detail(code) => (detail, None),
        detail => (title, detail),
    };
    view! {
        <div class=style::failure role="alert">
            <p class=style::title>{title}</p>
            {said}
            {detail.map(|detail| view! { <p>{detail}</p> })}
            {retry_after.map(|seconds| view! { <p>{words::try_again(seconds)}</p> })}
            {first}
            {way.map(|(address, name)| view! { <a class=class_of_way href=address rel="external">{name}</a> })}
            {may_help.then(|| view! {
                <button class=button::QUIET on:click=move |_| again()>
                    {icon(Icon::Retry)}
                    "Try again"
                </button>
            })}
            <details class=style::details>
                <summary>"Details"</summary>
                <p>{code.as_str()}</p>
                {request_id.map(|id| view! { <p>"Request " <code>{id}</code></p> })}
            </details>
        </div>
    }
    .into_any()
}

/// What is told where there is no network: the same as on a page that does not load at all.
fn offline() -> Problem {
    let words = "This loads by itself as soon as there is a connection again.";
    Problem { title: "You are offline".to_owned(), ..Problem::new(Code::Unreachable).with_detail(words) }
}

/// Where a viewer goes on for whom trying again is no help: a page that the server renders for who they are then.
fn way_on(code: Code, here: Route) -> Option<(String, &'static str)> {
    match code {
        Code::SignInRequired => Some((here.sign_in().href(), "Sign in")),
        Code::ProfileRequired => Some((here.profiles().href(), "Choose who is watching")),
        Code::ViewerChanged => Some((here.href(), "Continue")),
        // Gone, or over: trying again seldom helps.
        Code::NotFound | Code::NotAllowed | Code::NotWatchable | Code::SessionEnded => Some((Route::Home.href(), "Home")),
        Code::InvalidRequest
        | Code::NotJson
        | Code::ConfirmationRequired
        | Code::StorageFull
        | Code::CallNotFound
        | Code::MethodNotAllowed
        | Code::VersionConflict
        | Code::GrantRefused
        | Code::TokenRefused
        | Code::WrongCredentials
        | Code::SecondFactorRequired
        | Code::LimitReached
        | Code::AlreadySetUp
        | Code::NameTaken
        | Code::NameRequired
        | Code::CrossSite
        | Code::TooLarge
        | Code::RateLimited
        | Code::Overloaded
        | Code::TimedOut
        | Code::Unreachable
        | Code::Internal => None,
    }
}
