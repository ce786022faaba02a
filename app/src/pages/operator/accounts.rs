//! Every account, found by the beginning of its login; and making one.

use contract::{
    identity::{Account, AccountRole, PutAccount},
    ids::AccountId,
};
use leptos::{ev::SubmitEvent, html, prelude::*};
use leptos_router::{NavigateOptions, hooks::use_navigate};

use super::{Refused, following, form_opened, is_saving, refusal, shape, style};
use crate::{
    head::PageTitle,
    parts::{
        button, dom,
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
    let list_shape = operator.select(|state| shape(state.accounts.shown()));
    let list = operator.select(|state| state.accounts.ready().cloned());
    let has_query = !q.is_empty();
    view! {
        <PageTitle text="Accounts \u{b7} Marquee"/>
        <h1>"Accounts"</h1>
        <Search q=q/>
        {move || match list_shape.get() {
            Shown::Waiting => view! { <TextSkeleton lines=4/> }.into_any(),
            Shown::Failed(problem) => view! { <Failure problem=problem again=again/> }.into_any(),
            Shown::Ready(()) => following(list).map(|list| view! { <Listed list=list has_query=has_query/> }).into_any(),
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
            <TextField label="Find an account by its sign-in name" name="q" purpose=Purpose::Search value=value problem=Signal::stored(None)/>
            <p class=style::at_field><button class=button::QUIET>"Search"</button></p>
        </form>
    }
    .into_any()
}

#[component]
fn Listed(list: Memo<AccountList>, has_query: bool) -> impl IntoView {
    let dispatch = operator().dispatcher();
    let all = NodeRef::<html::Ul>::new();
    let is_empty = Memo::new(move |_| list.with(|list| list.items.is_empty()));
    let has_more = Memo::new(move |_| list.with(|list| list.next.is_some()));
    let is_busy = Memo::new(move |_| list.with(|list| list.more == Submission::Pending));
    let problem = Memo::new(move |_| list.with(|list| list.more.failed().cloned()));
    let nobody = if has_query { "No account is called that." } else { "There is no account yet." };
    // With the last page the button goes: one goes on at the first account of that page.
    Effect::new(move |before: Option<usize>| {
        let count = list.with(|list| list.items.len());
        if let (Some(before), Some(all)) = (before, all.get_untracked())
            && before < count
            && !has_more.get_untracked()
        {
            dom::rescue_focus(&all, "a", before);
        }
        count
    });
    view! {
        {move || is_empty.get().then(|| view! { <p class=style::quiet role="status">{nobody}</p> })}
        <ul node_ref=all class=style::list>
            <For each=move || list.with(|list| list.items.clone()) key=key children=line/>
        </ul>
        {move || problem.get().map(|problem| view! { <p class=style::problem role="alert">{problem.title}</p> })}
        <Show when=move || has_more.get()>
            <p>
                <button
                    class=button::QUIET
                    aria-disabled=move || is_busy.get().to_string()
                    on:click=move |_| dispatch.run(OperatorAction::MoreWanted)
                >
                    "More"
                </button>
            </p>
        </Show>
    }
    .into_any()
}

/// A line is drawn anew where what it shows is another, and stays where it is otherwise.
fn key(account: &Account) -> (AccountId, String, String, bool, bool) {
    let is_operator = account.role == AccountRole::Operator;
    (account.id.clone(), account.name.clone(), account.login.clone(), is_operator, account.is_disabled)
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
    let roles = vec![("member".to_owned(), "Member".to_owned()), ("operator".to_owned(), "Operator".to_owned())];
    view! {
        <section class=style::group aria-labelledby="new-account">
            <h2 id="new-account">"Add an account"</h2>
            <form class=style::form on:submit=submit>
                <TextField label="Sign-in name" name="login" purpose=Purpose::Plain value=login problem=problem/>
                <TextField label="Display name" name="name" purpose=Purpose::Plain value=name problem=problem/>
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
                <button class=button::PRIMARY aria-disabled=move || is_busy.get().to_string()>"Add the account"</button>
            </form>
        </section>
    }
    .into_any()
}
