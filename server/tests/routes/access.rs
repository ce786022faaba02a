//! Every call with every kind of actor, compared with a matrix that was reviewed.
//!
//! The calls are read from the OpenAPI document, so that one that is added without a thought for who may make it shows up
//! here as a new line.

use std::{
    sync::Arc,
    time::{Duration, UNIX_EPOCH},
};

use axum::{
    body::Body,
    http::{Request, header},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use contract::{
    Code, Dispatch, Scope,
    authorization::Authorization,
    entitlements::{ListPlans, PutPlan},
    identity::{
        AccountRole, Confirm, DeleteApiToken, DeleteProfile, EndOtherSignIns, GetIdentity, ListAccounts, Profile, PutAccount,
        PutApiToken, ReplaceProfile, SelectProfile, SetUp, SignIn, SignOut, UpdateAccount,
    },
};
use runtime::clock::Clock;
use serde_json::{Value, json};
use server::{
    context::{ActiveProfile, Member, RequestContext, Viewer},
    secret::MasterSecret,
    session::{Bearer, KeyRing},
};

use crate::support::{Cookies, TestApp, is_stream, new_account, new_id, new_profile};

const PASSWORD: &str = "correct horse battery";

/// Somebody who tries, and what they carry.
struct Actor {
    name: &'static str,
    cookies: Cookies,
    /// An API token's.
    token: Option<String>,
}

/// A call as the document describes it.
struct Operation {
    name: String,
    access: String,
    /// Which profiles of an account may make it.
    profiles: String,
    /// What an API token needs for it.
    scope: String,
    method: String,
    path: String,
}

/// What the document says that a token needs; `-` where none will do.
fn scope(operation: &Value) -> String {
    let ways = operation["security"].as_array().unwrap();
    let scope = ways.iter().find_map(|way| way["token"][0].as_str());
    scope.unwrap_or("-").to_owned()
}

fn operations(app: &TestApp) -> Vec<Operation> {
    let document: Value = serde_json::from_str(&app.server.openapi).unwrap();
    let mut operations = Vec::new();
    for (path, verbs) in document["paths"].as_object().unwrap() {
        for (verb, operation) in verbs.as_object().unwrap() {
            if is_stream(operation) {
                continue;
            }
            operations.push(Operation {
                name: operation["operationId"].as_str().unwrap().to_owned(),
                access: operation["x-access"].as_str().unwrap().to_owned(),
                profiles: operation["x-profiles"].as_str().unwrap().to_owned(),
                scope: scope(operation),
                method: verb.to_uppercase(),
                path: path.clone(),
            });
        }
    }
    // What ends the actor's own session comes last.
    let ends = |operation: &Operation| ["SignOut", "EndOtherSignIns"].iter().any(|end| operation.name.ends_with(end));
    operations.sort_by_key(|operation| (ends(operation), operation.name.clone()));
    operations
}

async fn signed_in(app: &TestApp, login: &str) -> Cookies {
    app.forget_cookies();
    app.send(SignIn { login: login.into(), password: PASSWORD.into(), ..SignIn::default() }).await.unwrap();
    app.forget_cookies()
}

async fn account(app: &TestApp, login: &str, role: AccountRole) -> contract::identity::Account {
    let call = PutAccount { role, ..new_account(login, login) };
    app.send(call).await.unwrap()
}

/// Gives an account a plan that allows nothing.
async fn limit(app: &TestApp, account: &contract::identity::Account) {
    let nothing = json!({
        "may_browse": false, "may_watch": false, "may_review": false, "may_keep_favourites": false, "may_keep_watchlists": false,
        "gets_recommendations": false, "upload_minutes": 0,
    });
    let authorization = nothing.as_object().unwrap().clone();
    let plan = PutPlan { id: "nothing".parse().unwrap(), name: "Nothing".into(), authorization, expected_version: 0 };
    app.send(plan).await.unwrap();
    let limit = contract::entitlements::PutAccountEntitlements {
        account: account.id.clone(),
        plan: "nothing".parse().unwrap(),
        overrides: serde_json::Map::new(),
        expected_version: 0,
    };
    app.send(limit).await.unwrap();
}

/// A token of whoever carries these cookies.
async fn token(app: &TestApp, cookies: &Cookies, scopes: &[Scope]) -> contract::identity::NewApiToken {
    app.be(cookies.clone());
    app.send(Confirm { password: Some(PASSWORD.into()), ..Confirm::default() }).await.unwrap();
    let call = PutApiToken { id: new_id(), name: "script".into(), scopes: scopes.to_vec(), expires_in_days: None };
    app.send(call).await.unwrap()
}

/// Another profile of the account that is signed in.
async fn profile(app: &TestApp, name: &str, maturity: Option<u8>) -> Profile {
    let call = ReplaceProfile { maturity, ..new_profile(name) };
    app.send(call).await.unwrap()
}

async fn watch_as(app: &TestApp, profile: &Profile) {
    app.send(SelectProfile { id: profile.id.clone(), pin: None }).await.unwrap();
}

/// Profiles with an age limit, and what is left of profiles that were deleted: browsers, then tokens.
async fn watchers(app: &TestApp) -> (Vec<(&'static str, Cookies)>, Vec<(&'static str, String)>) {
    let mut browsers = Vec::new();
    for (name, login) in [("kid:oper", "operator"), ("kid:memb", "member")] {
        app.be(signed_in(app, login).await);
        let kid = profile(app, "Kid", Some(6)).await;
        watch_as(app, &kid).await;
        browsers.push((name, app.forget_cookies()));
    }
    let all = [Scope::Write, Scope::Watch, Scope::Operate];
    let cookies = signed_in(app, "operator").await;
    app.be(cookies.clone());
    let (grown, leaver) = (profile(app, "Grown", None).await, profile(app, "Leaver", None).await);
    watch_as(app, &grown).await;
    let limited = token(app, &cookies, &all).await.token;
    watch_as(app, &leaver).await;
    let orphan = token(app, &cookies, &all).await.token;
    browsers.push(("deleted", app.forget_cookies()));

    app.be(signed_in(app, "operator").await);
    app.send(DeleteProfile { id: leaver.id }).await.unwrap();
    let Profile { id, name, colour, .. } = grown;
    let call = ReplaceProfile {
        id,
        name,
        colour,
        maturity: Some(12),
        language: None,
        pin: None,
        current_pin: None,
        expected_version: None,
    };
    app.send(call).await.unwrap();
    (browsers, vec![("t:kid", limited), ("t:no-one", orphan)])
}

/// An access token that the server itself signed, an hour ago, and no refresh token.
fn expired(app: &TestApp, cookies: &Cookies) -> Cookies {
    let claims = cookies["marquee_access"].split('.').nth(1).unwrap();
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
    let part = |name: &str| claims[name].as_str().unwrap();
    let bearer = Bearer { account: part("sub").parse().unwrap(), sign_in: part("sid").parse().unwrap() };
    let secret = MasterSecret::open(&app.data()).unwrap();
    assert_eq!(
        KeyRing::new(&secret, Clock::default()).check(&cookies["marquee_access"]).map(|checked| checked.bearer),
        Some(bearer.clone()),
        "these are the server's keys"
    );
    let hour_ago = UNIX_EPOCH + Duration::from_secs(claims["iat"].as_u64().unwrap() - 3600);
    let keys = KeyRing::new(&secret, Clock::new(move || hour_ago));
    Cookies::from([("marquee_access".to_owned(), keys.sign(&bearer, 1).unwrap())])
}

async fn actors(app: &TestApp) -> Vec<Actor> {
    app.send(SetUp { login: "operator".into(), name: "Operator".into(), password: PASSWORD.into() }).await.unwrap();
    for login in ["member", "revoked", "expired"] {
        account(app, login, AccountRole::Member).await;
    }
    let disabled_account = account(app, "disabled", AccountRole::Member).await;
    let demoted_account = account(app, "demoted", AccountRole::Operator).await;
    limit(app, &account(app, "limited", AccountRole::Member).await).await;
    let operator = app.forget_cookies();

    let revoked = signed_in(app, "revoked").await;
    app.be(revoked.clone());
    app.send(SignOut {}).await.unwrap();
    let mut forged = operator.clone();
    forged.entry("marquee_access".into()).and_modify(|token| token.push('A'));
    forged.remove("marquee_refresh");
    let (member, limited) = (signed_in(app, "member").await, signed_in(app, "limited").await);
    let (disabled, demoted) = (signed_in(app, "disabled").await, signed_in(app, "demoted").await);
    let expired = expired(app, &signed_in(app, "expired").await);

    let all = [Scope::Write, Scope::Watch, Scope::Operate];
    let (watchers, of_watchers) = watchers(app).await;
    let gone = token(app, &operator, &all).await;
    app.send(DeleteApiToken { id: gone.about.id }).await.unwrap();
    let fallen = token(app, &demoted, &all).await.token;
    let orphaned = token(app, &disabled, &all[..2]).await.token;
    let tokens = [
        ("t:read", token(app, &member, &[Scope::Read]).await.token),
        ("t:write", token(app, &member, &[Scope::Write]).await.token),
        ("t:watch", token(app, &member, &[Scope::Watch]).await.token),
        ("t:limit", token(app, &limited, &all[..2]).await.token),
        ("t:oper", token(app, &operator, &[Scope::Operate]).await.token),
        ("t:fallen", fallen),
        ("t:orphan", orphaned),
        ("t:gone", gone.token),
    ];

    app.be(operator.clone());
    let change = |id| UpdateAccount { id, role: None, is_disabled: None, removes_factors: false };
    app.send(UpdateAccount { role: Some(AccountRole::Member), ..change(demoted_account.id) }).await.unwrap();
    app.send(UpdateAccount { is_disabled: Some(true), ..change(disabled_account.id) }).await.unwrap();
    let operators = app.send(ListAccounts::default()).await.unwrap().items;
    assert_eq!(operators.iter().filter(|account| account.role == AccountRole::Operator).count(), 1);
    // What the gateway knew of them is at most five seconds old.
    tokio::time::sleep(Duration::from_millis(5_100)).await;

    let browsers = [
        ("guest", Cookies::new()),
        ("forged", forged),
        ("expired", expired),
        ("revoked", revoked),
        ("disabled", disabled),
        ("limited", limited),
        ("member", member),
        ("operator", operator.clone()),
    ];
    let browsers = browsers.into_iter().chain(watchers).map(|(name, cookies)| Actor { name, cookies, token: None });
    // The operator's cookies beside: they are no help to a token.
    let scripts =
        tokens.into_iter().chain(of_watchers).map(|(name, token)| Actor { name, cookies: operator.clone(), token: Some(token) });
    browsers.chain(scripts).collect()
}

/// What the actor is answered: `401`, `403` where access is refused, and `ok` where the call itself had its say.
async fn outcome(app: &TestApp, operation: &Operation, actor: &Actor) -> String {
    app.be(actor.cookies.clone());
    let path =
        operation.path.split('/').map(|part| if part.starts_with('{') { "none" } else { part }).collect::<Vec<_>>().join("/");
    let mut request =
        Request::builder().method(operation.method.as_str()).uri(path).header(header::CONTENT_TYPE, "application/json");
    if let Some(token) = &actor.token {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    let has_body = matches!(operation.method.as_str(), "POST" | "PUT" | "PATCH");
    let body = if has_body { Body::from("{}") } else { Body::empty() };
    let answer = app.ask(request.body(body).unwrap()).await;
    match answer.status.as_u16() {
        status @ (401 | 403) => status.to_string(),
        status => {
            assert!(status < 500, "{} as {}: {answer:?}", operation.name, actor.name);
            "ok".to_owned()
        }
    }
}

/// The same actor, as a call from the inside knows them; nothing for those whom the gateway stops.
async fn inside(app: &TestApp, actor: &str) -> Option<RequestContext> {
    let context = app.guest_context().await;
    let of_profile = |role, active_profile, scopes: Option<&[Scope]>| {
        let (account, sign_in) = ("somebody".parse().unwrap(), "somewhere".parse().unwrap());
        Some(Member { account, sign_in, role, active_profile, scopes: scopes.map(Arc::from) })
    };
    let member = |role, scopes| of_profile(role, ActiveProfile::Unrestricted, scopes);
    let member = match actor {
        "guest" => None,
        "member" => member(AccountRole::Member, None),
        "operator" => member(AccountRole::Operator, None),
        "t:read" => member(AccountRole::Member, Some(&[Scope::Read])),
        "t:write" => member(AccountRole::Member, Some(&[Scope::Write])),
        "t:watch" => member(AccountRole::Member, Some(&[Scope::Watch])),
        "t:oper" => member(AccountRole::Operator, Some(&[Scope::Operate])),
        "kid:oper" => of_profile(AccountRole::Operator, ActiveProfile::AgeLimited, None),
        "kid:memb" => of_profile(AccountRole::Member, ActiveProfile::AgeLimited, None),
        "deleted" => of_profile(AccountRole::Operator, ActiveProfile::Missing, None),
        "t:kid" => {
            of_profile(AccountRole::Operator, ActiveProfile::AgeLimited, Some(&[Scope::Write, Scope::Watch, Scope::Operate]))
        }
        _ => return None,
    };
    // There are accounts, and nobody said what guests may do.
    let authorization = Arc::new(if member.is_some() { Authorization::default() } else { Authorization::nothing() });
    Some(RequestContext { viewer: Viewer { member, authorization, ..context.viewer.clone() }, ..context })
}

/// What a call from the inside comes to before it is read: `401`, `403`, or `ok`.
async fn outcome_inside(context: RequestContext, operation: &Operation) -> String {
    let name: &'static str = operation.name.clone().leak();
    // No call at all: the guard speaks before anybody looks.
    match context.dispatch(name, Box::new(())).await {
        Err(problem) if problem.code == Code::Internal => "ok".to_owned(),
        Err(problem) => problem.status.to_string(),
        Ok(_) => panic!("{name} was answered without being asked"),
    }
}

#[tokio::test]
async fn every_call_lets_in_whom_it_declares_and_nobody_else() {
    let app = TestApp::with(|config| config.gateway.middleware.rate_limit = false).await;
    // A guest where nobody has an account yet, and everybody else where there are some.
    let fresh = TestApp::with(|config| config.gateway.middleware.rate_limit = false).await;
    let first = Actor { name: "first", cookies: Cookies::new(), token: None };
    let actors = actors(&app).await;
    let mut lines = vec![format!(
        "{:44} {:22} {:12} {:8} {}",
        "call",
        "access",
        "profiles",
        "scope",
        [&first].into_iter().chain(&actors).map(|actor| format!("{:9}", actor.name)).collect::<String>()
    )];
    for operation in operations(&app) {
        let mut line = format!("{:44} {:22} {:12} {:8} ", operation.name, operation.access, operation.profiles, operation.scope);
        line.push_str(&format!("{:9}", outcome(&fresh, &operation, &first).await));
        let mut outcomes = Vec::new();
        // From the last to the first: who may end the other sign-ins of an account stands before those, and ends them at once.
        for actor in actors.iter().rev() {
            let outcome = outcome(&app, &operation, actor).await;
            if let Some(context) = inside(&app, actor.name).await {
                assert_eq!(outcome_inside(context, &operation).await, outcome, "{} as {}", operation.name, actor.name);
            }
            outcomes.push(format!("{outcome:9}"));
        }
        line.extend(outcomes.into_iter().rev());
        lines.push(line.trim_end().to_owned());
    }
    insta::assert_snapshot!("access", lines.join("\n"));
}

#[tokio::test]
async fn the_guard_holds_for_calls_from_the_inside_too() {
    use contract::DispatchExt;
    let app = TestApp::start().await;
    let context = app.guest_context().await;
    let refused = context.send(ListPlans {}).await.unwrap_err();
    assert_eq!(refused.code, contract::Code::SignInRequired);
    assert_eq!(context.send(EndOtherSignIns {}).await.unwrap_err().code, contract::Code::SignInRequired);
    assert!(context.send(GetIdentity {}).await.is_ok());
}
