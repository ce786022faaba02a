//! Every account, found by the beginning of its login; and making one.

use contract::identity::{Account, AccountRole, PutAccount};
use leptos::{ev::SubmitEvent, prelude::*};
use leptos_router::{NavigateOptions, hooks::use_navigate};

use super::{Refused, form_opened, is_saving, refusal, style};
use crate::{
    head::PageTitle,
    parts::{
        button,
        failure::Failure,
        select_field::SelectField,
        skeleton::TextSkeleton,
        text_field::{Purpose, TextField},
    },
    route::{Operator, Route},
    store::{
        Shown, Submission,
        operator::{AccountList, OperatorAction, operator},
        run::random_id::random_id,
    },
};

#[component]
pub fn AccountsPage(q: String) -> impl IntoView {
    let operator = operator();
    let again = operator.again();
    let accounts = operator.select(|state| state.accounts.shown());
    let has_query = !q.is_empty();
    view! {
        <PageTitle text="Accounts \u{b7} Marquee"/>
        <h1>"Accounts"</h1>
        <Search q=q/>
        {move || match accounts.get() {
            Shown::Waiting => view! { <TextSkeleton lines=4/> }.into_any(),
            Shown::Failed(problem) => view! { <Failure problem=problem again=again/> }.into_any(),
            Shown::Ready(list) => view! { <Listed list=list has_query=has_query/> }.into_any(),
        }}
        <NewAccount/>
    }
}

#[component]
fn Search(q: String) -> impl IntoView {
    let navigate = use_navigate();
    let value = RwSignal::new(q);
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let found = Route::Operator(Operator::Accounts { q: value.get_untracked().trim().to_owned() });
        navigate(&found.href(), NavigateOptions::default());
    };
    view! {
        <form class=style::search role="search" method="get" action="/operator/accounts" on:submit=submit>
            <TextField label="Logins that begin with" name="q" purpose=Purpose::Search value=value problem=Signal::stored(None)/>
            <button class=button::QUIET>"Search"</button>
        </form>
    }
    .into_any()
}

#[component]
fn Listed(list: AccountList, has_query: bool) -> impl IntoView {
    let dispatch = operator().dispatcher();
    let AccountList { items, next, more } = list;
    if items.is_empty() {
        let nobody = if has_query { "No login begins like that." } else { "There is no account yet." };
        return view! { <p class=style::quiet role="status">{nobody}</p> }.into_any();
    }
    let is_busy = more == Submission::Pending;
    view! {
        <ul class=style::list>{items.into_iter().map(line).collect_view()}</ul>
        {more.failed().cloned().map(|problem| view! { <p class=style::problem role="alert">{problem.title}</p> })}
        {next.map(|_| view! {
            <p>
                <button class=button::QUIET disabled=is_busy on:click=move |_| dispatch.run(OperatorAction::MoreWanted)>"More"</button>
            </p>
        })}
    }
    .into_any()
}

fn line(account: Account) -> impl IntoView {
    let href = Route::Operator(Operator::Account { id: account.id }).href();
    let role = match account.role {
        AccountRole::Operator => Some("Operator"),
        AccountRole::Member => None,
    };
    let disabled = account.is_disabled.then_some("Disabled");
    view! {
        <li>
            <a class=style::line href=href>
                <span class=style::name>{account.name}</span>
                <span class=style::quiet>{account.login}</span>
                {role.map(|role| view! { <span class=style::mark>{role}</span> })}
                {disabled.map(|disabled| view! { <span class=style::mark data-off="">{disabled}</span> })}
            </a>
        </li>
    }
}

#[component]
fn NewAccount() -> impl IntoView {
    let dispatch = operator().dispatcher();
    form_opened();
    let text = || RwSignal::new(String::new());
    let (login, name, password, role) = (text(), text(), text(), RwSignal::new("member".to_owned()));
    // The request that was sent last: what is sent again as it was has its id, and makes no second account.
    let sent = StoredValue::new(None::<PutAccount>);
    let (problem, is_busy) = (refusal(), is_saving());
    let saved = operator().select(|state| state.saving == Submission::Done);
    Effect::new(move || {
        if saved.get() {
            for field in [login, name, password] {
                field.set(String::new());
            }
            sent.set_value(None);
        }
    });
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let role = if role.get_untracked() == "operator" { AccountRole::Operator } else { AccountRole::Member };
        let Some(id) = random_id() else { return };
        let typed =
            PutAccount { id, login: login.get_untracked(), name: name.get_untracked(), password: password.get_untracked(), role };
        let again = sent.get_value().filter(|sent| PutAccount { id: sent.id.clone(), ..typed.clone() } == *sent);
        let call = again.unwrap_or(typed);
        sent.set_value(Some(call.clone()));
        dispatch.run(OperatorAction::AccountWanted(call));
    };
    let roles = vec![("member".to_owned(), "Watches".to_owned()), ("operator".to_owned(), "Runs the place".to_owned())];
    view! {
        <section class=style::group aria-labelledby="new-account">
            <h2 id="new-account">"Add an account"</h2>
            <form class=style::form on:submit=submit>
                <TextField label="Name to sign in with" name="login" purpose=Purpose::Plain value=login problem=problem/>
                <TextField label="What are they called?" name="name" purpose=Purpose::Plain value=name problem=problem/>
                <TextField
                    label="First password"
                    name="password"
                    purpose=Purpose::NewPassword
                    hint="10 characters or more. They can change it."
                    value=password
                    problem=problem
                />
                <SelectField label="Role" name="role" options=roles value=role/>
                <Refused fields=&["login", "name", "password"] problem=problem/>
                <button class=button::PRIMARY disabled=move || is_busy.get()>"Add the account"</button>
            </form>
        </section>
    }
    .into_any()
}
