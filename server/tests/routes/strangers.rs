//! Every call that names something of one account's own, tried by others: compared with a list that was reviewed.
//!
//! The calls and their fields are read from the OpenAPI document. A new kind of id that nobody says the owner of stops
//! the walk.

use axum::{
    body::Body,
    http::{Request, header},
};
use contract::{
    Scope,
    catalog::TitleCard,
    identity::{AccountRole, AddPasskey, ListSignIns, PutAccount, PutApiToken, SetUp, SignIn, StartPasskey},
    library::ReplaceList,
    playback::{ListStreams, StartPlayback},
};
use serde_json::{Map, Value, json};
use server::config::WebOrigin;

use crate::{
    authenticator::Authenticator,
    support::{Cookies, TestApp, is_stream, new_account, new_id, new_profile},
    watching,
};

const PASSWORD: &str = "correct horse battery";
const NAME: &str = "films.example";
/// Ids of what everybody shares, of what operators alone may name, and of ceremonies, which have tests of their own.
const NOBODYS: [&str; 8] =
    ["TitleId", "PlanId", "AccountId", "CeremonyId", "ReviewId", "WebhookId", "DeliveryId", "ReportScheduleId"];

/// A call that names something owned.
struct Operation {
    name: String,
    method: String,
    path: String,
    /// The field that names it, and the kind of its id.
    owned: (String, String),
    body: Map<String, Value>,
}

/// Calls that name something owned, from the document.
fn operations(document: &Value) -> Vec<Operation> {
    let mut operations = Vec::new();
    for (path, verbs) in document["paths"].as_object().unwrap() {
        for (verb, operation) in verbs.as_object().unwrap() {
            if is_stream(operation) {
                continue;
            }
            let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
            let parameters = operation["parameters"].as_array().into_iter().flatten();
            let in_address = parameters.map(|one| (one["name"].as_str().unwrap().to_owned(), &one["schema"]));
            let in_body = schema["properties"].as_object().into_iter().flatten().map(|(name, one)| (name.clone(), one));
            let owned = in_address.chain(in_body).find_map(|(name, schema)| {
                let id = named(schema).filter(|id| id.ends_with("Id") && !NOBODYS.contains(id))?;
                Some((name, id.to_owned()))
            });
            let Some(owned) = owned else { continue };
            let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
            let body = required.map(|name| (name.to_owned(), example(document, &schema["properties"][name]))).collect();
            let name = operation["operationId"].as_str().unwrap().to_owned();
            operations.push(Operation { name, method: verb.to_uppercase(), path: path.clone(), owned, body });
        }
    }
    operations.sort_by(|one, other| one.name.cmp(&other.name));
    operations
}

/// The name of the shape that a schema refers to.
fn named(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str()?.rsplit('/').next()
}

/// Something that fits a schema; a text is a colour, which is a name as well.
fn example(document: &Value, schema: &Value) -> Value {
    if let Some(name) = named(schema) {
        return example(document, &document["components"]["schemas"][name]);
    }
    if let Some(first) = schema["enum"].get(0) {
        return first.clone();
    }
    match schema["type"].as_str() {
        Some("string") => json!("#57d39b"),
        Some("integer" | "number") => json!(1),
        Some("boolean") => json!(false),
        Some("array") => json!([]),
        _ => json!({}),
    }
}

async fn with_everybody() -> (TestApp, TitleCard) {
    let app = TestApp::with(|config| {
        config.gateway.middleware.rate_limit = false;
        config.server.public_url = WebOrigin::parse(&format!("https://{NAME}"));
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    watching::film(&folder.path().join("Hello Marquee (2026).mp4"));
    watching::import(&app, folder.path()).await;
    let card = watching::watchable(&app).await;
    app.forget_cookies();
    app.send(SetUp { login: "operator".into(), name: "Operator".into(), password: PASSWORD.into() }).await.unwrap();
    for login in ["owner", "stranger"] {
        let role = AccountRole::Member;
        app.send(PutAccount { role, ..new_account(login, login) }).await.unwrap();
    }
    (app, card)
}

async fn signed_in(app: &TestApp, login: &str) -> Cookies {
    app.forget_cookies();
    app.send(SignIn { login: login.into(), password: PASSWORD.into(), ..SignIn::default() }).await.unwrap();
    app.forget_cookies()
}

/// Makes a thing of this kind, as the owner; its id.
async fn made(app: &TestApp, owner: &Cookies, kind: &str, film: &TitleCard) -> String {
    app.be(owner.clone());
    match kind {
        "SignInId" => {
            signed_in(app, "owner").await;
            app.be(owner.clone());
            let there = app.send(ListSignIns {}).await.unwrap();
            there.into_iter().find(|device| !device.is_this).unwrap().id.to_string()
        }
        "ProfileId" => {
            let call = new_profile("Kim");
            app.send(call).await.unwrap().id.to_string()
        }
        "ApiTokenId" => {
            let call = PutApiToken { id: new_id(), name: "script".into(), scopes: vec![Scope::Read], expires_in_days: None };
            app.send(call).await.unwrap().about.id.to_string()
        }
        "PasskeyId" => {
            let asked = app.send(StartPasskey {}).await.unwrap();
            let credential = Authenticator::at(NAME).create(&asked.options);
            app.send(AddPasskey { ceremony: asked.id, name: None, credential }).await.unwrap().id.to_string()
        }
        "ListId" => {
            let call = ReplaceList { id: new_id(), name: "Westerns".into(), note: String::new(), is_shared: false };
            app.send(call).await.unwrap().id.to_string()
        }
        "SessionId" => app.send(StartPlayback { title: film.id.clone(), replaces: None }).await.unwrap().session.to_string(),
        "StreamId" => {
            app.send(StartPlayback { title: film.id.clone(), replaces: None }).await.unwrap();
            app.send(ListStreams {}).await.unwrap()[0].id.to_string()
        }
        other => panic!("say whose {other} is: nobody's in particular, or how an account comes by one"),
    }
}

async fn status(app: &TestApp, operation: &Operation, id: &str, cookies: &Cookies, token: Option<&str>) -> u16 {
    app.be(cookies.clone());
    let (field, _) = &operation.owned;
    let path = operation.path.replace(&format!("{{{field}}}"), id).replace("{id}", "none");
    let mut body = operation.body.clone();
    if !operation.path.contains(&format!("{{{field}}}")) {
        body.insert(field.clone(), json!(id));
    }
    let mut request = Request::builder().method(operation.method.as_str()).uri(path);
    if let Some(token) = token {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    let has_body = matches!(operation.method.as_str(), "POST" | "PUT" | "PATCH");
    let body = if has_body { Body::from(Value::Object(body).to_string()) } else { Body::empty() };
    let answer = app.ask(request.header(header::CONTENT_TYPE, "application/json").body(body).unwrap()).await;
    answer.status.as_u16()
}

#[tokio::test]
async fn what_is_one_accounts_own_is_not_there_for_anybody_else() {
    let (app, film) = with_everybody().await;
    let (owner, stranger) = (signed_in(&app, "owner").await, signed_in(&app, "stranger").await);
    let operator = signed_in(&app, "operator").await;
    app.be(stranger.clone());
    let scopes = vec![Scope::Write, Scope::Watch];
    let token = app.send(PutApiToken { id: new_id(), name: "x".into(), scopes, expires_in_days: None }).await.unwrap().token;
    let document: Value = serde_json::from_str(&app.server.openapi).unwrap();

    let mut lines = vec![format!("{:32} {:22} guest stranger script operator owner", "call", "names")];
    for operation in operations(&document) {
        let (field, kind) = &operation.owned;
        let id = made(&app, &owner, kind, &film).await;
        let mut line = format!("{:32} {:22}", operation.name, format!("{field}: {kind}"));
        // The owner last: the call is one that succeeds, and what it names is still there.
        for (cookies, token, width) in [
            (&Cookies::new(), None, 6),
            (&stranger, None, 9),
            (&stranger, Some(&token), 7),
            (&operator, None, 9),
            (&owner, None, 5),
        ] {
            let status = status(&app, &operation, &id, cookies, token.map(String::as_str)).await;
            line.push_str(&format!(" {status:<width$}", width = width - 1));
        }
        lines.push(line.trim_end().to_owned());
    }
    insta::assert_snapshot!("strangers", lines.join("\n"));
}
