//! Every call with every kind of actor, compared with a matrix that was reviewed.
//!
//! The calls are read from the OpenAPI document, so that one that is added without a thought for who may make it shows up
//! here as a new line.

use axum::{
    body::Body,
    http::{Request, header},
};
use contract::{
    entitlements::{ListPlans, PutPlan},
    identity::{AccountRole, CreateAccount, EndOtherSignIns, GetIdentity, SetUp, SignIn, SignOut},
};
use serde_json::{Value, json};

use crate::support::{Cookies, TestApp};

const PASSWORD: &str = "correct horse battery";

/// Somebody who tries, and what they carry.
struct Actor {
    name: &'static str,
    cookies: Cookies,
}

/// A call as the document describes it.
struct Operation {
    name: String,
    access: String,
    method: String,
    path: String,
}

fn operations(app: &TestApp) -> Vec<Operation> {
    let document: Value = serde_json::from_str(&app.server.openapi).unwrap();
    let mut operations = Vec::new();
    for (path, verbs) in document["paths"].as_object().unwrap() {
        for (verb, operation) in verbs.as_object().unwrap() {
            operations.push(Operation {
                name: operation["operationId"].as_str().unwrap().to_owned(),
                access: operation["x-access"].as_str().unwrap().to_owned(),
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
    app.send(SignIn { login: login.into(), password: PASSWORD.into() }).await.unwrap();
    app.forget_cookies()
}

async fn actors(app: &TestApp) -> Vec<Actor> {
    app.send(SetUp { login: "operator".into(), name: "Operator".into(), password: PASSWORD.into() }).await.unwrap();
    for login in ["member", "limited", "revoked"] {
        let role = AccountRole::Member;
        app.send(CreateAccount { login: login.into(), name: login.into(), password: PASSWORD.into(), role }).await.unwrap();
    }
    let nothing = json!({
        "may_watch": false, "may_review": false, "may_keep_favourites": false, "may_keep_watchlists": false,
        "gets_recommendations": false, "upload_minutes": 0,
    });
    let authorization = nothing.as_object().unwrap().clone();
    let plan = PutPlan { id: "nothing".parse().unwrap(), name: "Nothing".into(), authorization, expected_version: 0 };
    app.send(plan).await.unwrap();
    let accounts = app.send(contract::identity::ListAccounts { q: Some("limited".into()), ..Default::default() }).await.unwrap();
    let limit = contract::entitlements::PutAccountEntitlements {
        account: accounts.items[0].id.clone(),
        plan: "nothing".parse().unwrap(),
        overrides: serde_json::Map::new(),
        expected_version: 0,
    };
    app.send(limit).await.unwrap();
    let operator = app.forget_cookies();

    let revoked = signed_in(app, "revoked").await;
    app.be(revoked.clone());
    app.send(SignOut {}).await.unwrap();
    let mut forged = operator.clone();
    forged.entry("marquee_access".into()).and_modify(|token| token.push('A'));
    forged.remove("marquee_refresh");
    vec![
        Actor { name: "guest", cookies: Cookies::new() },
        Actor { name: "forged", cookies: forged },
        Actor { name: "revoked", cookies: revoked },
        Actor { name: "limited", cookies: signed_in(app, "limited").await },
        Actor { name: "member", cookies: signed_in(app, "member").await },
        Actor { name: "operator", cookies: operator },
    ]
}

/// What the actor is answered: `401`, `403` where access is refused, and `ok` where the call itself had its say.
async fn outcome(app: &TestApp, operation: &Operation, actor: &Actor) -> String {
    app.be(actor.cookies.clone());
    let path =
        operation.path.split('/').map(|part| if part.starts_with('{') { "none" } else { part }).collect::<Vec<_>>().join("/");
    let request = Request::builder().method(operation.method.as_str()).uri(path).header(header::CONTENT_TYPE, "application/json");
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

#[tokio::test]
async fn every_call_lets_in_whom_it_declares_and_nobody_else() {
    let app = TestApp::with(|config| config.gateway.middleware.rate_limit = false).await;
    let actors = actors(&app).await;
    let mut lines = vec![format!(
        "{:44} {:22} {}",
        "call",
        "access",
        actors.iter().map(|actor| format!("{:9}", actor.name)).collect::<String>()
    )];
    for operation in operations(&app) {
        let mut line = format!("{:44} {:22} ", operation.name, operation.access);
        for actor in &actors {
            line.push_str(&format!("{:9}", outcome(&app, &operation, actor).await));
        }
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
