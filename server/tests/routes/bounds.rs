//! The OpenAPI document against the server: for each field of each operation, values below, at and above what the document
//! says; the server answers 422 where the document refuses, and nowhere else.

use axum::{
    body::Body,
    http::{Request, header},
};
use contract::{Code, identity::SetUp, library::GetSnapshot, wire};
use jsonschema::Validator;
use serde_json::{Map, Value, json};

use crate::support::{Answer, TestApp, is_stream};

/// What the server refuses for what a value says, which no schema can: operation, field, and why.
const MEANT: [(&str, &str, &str); 50] = [
    ("ListPlayingStops", "page_token", "the `next` of a page before"),
    ("ListHistory", "page_token", "the `next` of a page before"),
    ("ListTitles", "page_token", "the `next` of a page before"),
    ("GetList", "page_token", "the `next` of a page before"),
    ("ListFavourites", "page_token", "the `next` of a page before"),
    ("ListAccounts", "page_token", "the `next` of a page before"),
    ("ListMyRatings", "page_token", "the `next` of a page before"),
    ("ListReportedReviews", "page_token", "the `next` of a page before"),
    ("ListModerationActions", "page_token", "the `next` of a page before"),
    ("ImportLibrary", "text", "a file of the format beside it"),
    ("ImportLibrary", "format", "the text beside it is none"),
    ("ImportLibrary", "into", "the text beside it is none"),
    ("ImportLibrary", "list", "the text beside it is none"),
    ("AddPasskey", "credential", "an authenticator's answer"),
    ("AddPasskey", "ceremony", "the answer beside it is none"),
    ("AddPasskey", "name", "the answer beside it is none"),
    ("Confirm", "password", "one of three"),
    ("Confirm", "code", "one of three"),
    ("Confirm", "passkey", "one of three, and an authenticator's answer"),
    ("FinishPasskeySignIn", "credential", "an authenticator's answer"),
    ("FinishPasskeySignIn", "ceremony", "the answer beside it is none"),
    ("FinishPasskeySignIn", "replaces_oldest", "the answer beside it is none"),
    ("PutAccountEntitlements", "plan", "names a plan that is stored"),
    ("PutAccountEntitlements", "overrides", "a document with rules of its own"),
    ("PutPlan", "authorization", "a document with rules of its own"),
    ("ReplacePlanPrice", "price", "a document with rules of its own"),
    ("ReplaceCostSheets", "sheets", "a document with rules of its own"),
    ("ListStorageAdvice", "page_token", "the `next` of a page before"),
    ("ListStatements", "page_token", "the `next` of a page before"),
    ("ListStatementsAsCsv", "page_token", "the `next` of a page before"),
    ("SelectProfile", "pin", "is compared, and not looked at"),
    ("ReplaceProfile", "expected_version", "0 is for an id that a client drew"),
    ("PutApiToken", "scopes", "an operator's account may have more"),
    ("CreateApiToken", "scopes", "an operator's account may have more"),
    ("ReplaceCostSheets", "expected_version", "the sheets beside it are none"),
    ("ReplaceReportSchedule", "cron", "an expression with rules of its own"),
    ("ReplaceReportSchedule", "id", "the expression beside it is none"),
    ("ReplaceReportSchedule", "expected_version", "the expression beside it is none"),
    ("ReplaceReportSchedule", "report", "the expression beside it is none"),
    ("ReplaceReportSchedule", "days", "the expression beside it is none"),
    ("ReplaceReportSchedule", "format", "the expression beside it is none"),
    ("ReplaceReportSchedule", "target", "the expression beside it is none"),
    ("ReplaceReportSchedule", "keep", "the expression beside it is none"),
    ("ReplaceReportSchedule", "is_enabled", "the expression beside it is none"),
    ("ReplaceWebhook", "url", "an address that may be asked"),
    ("ReplaceWebhook", "events", "the address beside it is none"),
    ("ReplaceWebhook", "id", "the address beside it is none"),
    ("ReplaceWebhook", "expected_version", "the address beside it is none"),
    ("ReplaceWebhook", "description", "the address beside it is none"),
    ("ReplaceWebhook", "is_enabled", "the address beside it is none"),
];
/// Whoever does these has gone, or everybody else has: only what is refused is tried.
const ENDS: [&str; 4] = ["SignOut", "EndOtherSignIns", "ChangePassword", "SetUp"];

struct Operation {
    name: String,
    method: String,
    path: String,
    parameters: Vec<Value>,
    body: Option<Value>,
    replies: Map<String, Value>,
}

/// The document, with its references resolvable from wherever a schema stands.
struct Document(Value);

impl Document {
    fn of(app: &TestApp) -> Self {
        Self(serde_json::from_str(&app.server.openapi).unwrap())
    }

    fn operations(&self) -> Vec<Operation> {
        let mut operations = Vec::new();
        for (path, verbs) in self.0["paths"].as_object().unwrap() {
            for (verb, operation) in verbs.as_object().unwrap() {
                if is_stream(operation) {
                    continue;
                }
                let name = operation["operationId"].as_str().unwrap().rsplit('.').next().unwrap();
                operations.push(Operation {
                    name: name.to_owned(),
                    method: verb.to_uppercase(),
                    path: path.clone(),
                    parameters: operation["parameters"].as_array().cloned().unwrap_or_default(),
                    body: operation.pointer("/requestBody/content/application~1json/schema").cloned(),
                    replies: operation["responses"].as_object().unwrap().clone(),
                });
            }
        }
        operations
    }

    fn validator(&self, schema: &Value) -> Validator {
        let mut whole = schema.clone();
        whole["components"] = self.0["components"].clone();
        jsonschema::validator_for(&whole).unwrap()
    }

    /// The schema itself, where it is a reference or stands beside null.
    fn resolve<'a>(&'a self, schema: &'a Value) -> &'a Value {
        if let Some(reference) = schema["$ref"].as_str() {
            return self.resolve(self.0.pointer(reference.trim_start_matches('#')).unwrap());
        }
        let beside_null = schema["oneOf"].as_array().and_then(|all| all.iter().find(|one| one["type"] != "null"));
        beside_null.map_or(schema, |one| self.resolve(one))
    }

    /// One value that the schema takes.
    fn good(&self, schema: &Value) -> Value {
        // A type of its own, with this field's bound beside it.
        if schema["$ref"].is_string() && schema["pattern"].is_string() {
            return Value::from(text(schema, 1));
        }
        let schema = self.resolve(schema);
        if let Some(first) = schema["enum"].as_array().and_then(|all| all.first()) {
            return first.clone();
        }
        match kind(schema) {
            "string" => Value::from(text(schema, schema["minLength"].as_u64().unwrap_or(1).max(1))),
            "integer" | "number" => schema["minimum"].as_i64().map_or(json!(1), |least| json!(least)),
            "boolean" => json!(false),
            "array" => (0..schema["minItems"].as_u64().unwrap_or(0)).map(|_| self.good(&schema["items"])).collect(),
            _ => {
                let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
                let fields = required.map(|name| (name.to_owned(), self.good(&schema["properties"][name])));
                Value::Object(fields.collect())
            }
        }
    }

    /// Values at, below and above every limit of a schema, and some of other types.
    fn tries(&self, schema: &Value) -> Vec<Value> {
        let schema = self.resolve(schema);
        let mut tries = vec![json!(null), json!(true), json!([null, null]), json!({}), json!(-1), json!(70_000), json!(1.5)];
        for bound in ["minLength", "maxLength"].iter().filter_map(|name| schema[*name].as_u64()) {
            tries.extend([bound.saturating_sub(1), bound, bound + 1].map(|length| Value::from(text(schema, length))));
        }
        for bound in ["minimum", "maximum"].iter().filter_map(|name| schema[*name].as_i64()) {
            tries.extend([bound - 1, bound, bound + 1].map(Value::from));
        }
        for bound in ["minItems", "maxItems"].iter().filter_map(|name| schema[*name].as_u64()) {
            for length in [bound.saturating_sub(1), bound, bound + 1] {
                tries.push((0..length).map(|_| self.good(&schema["items"])).collect());
            }
        }
        if !schema["pattern"].is_null() || !schema["enum"].is_null() {
            let texts = ["", " ", "a/b", "..", "a b", "#12345g", "#ffb547", "a\nb", "DE", "d1", "pt-BR", "1234", "123456789"];
            tries.extend(texts.map(Value::from));
        }
        for (name, field) in schema["properties"].as_object().into_iter().flatten() {
            let mut whole = self.good(schema);
            for value in self.tries(field) {
                whole[name.as_str()] = value;
                tries.push(whole.clone());
            }
        }
        tries
    }
}

/// What a value of the schema is, beside null.
fn kind(schema: &Value) -> &'static str {
    let kinds = schema["type"].as_array().cloned().unwrap_or_else(|| vec![schema["type"].clone()]);
    let known = ["string", "integer", "number", "boolean", "array"];
    known.into_iter().find(|known| kinds.iter().any(|kind| kind == known)).unwrap_or("object")
}

/// A text of so many letters, or one that fits the pattern where that asks for more than letters.
fn text(schema: &Value, length: u64) -> String {
    match schema["pattern"].as_str() {
        Some(pattern) if pattern.contains('#') => "#ffb547".to_owned(),
        Some(pattern) if pattern.contains("{4,8}") => "1234".to_owned(),
        Some(pattern) if pattern.contains("(0[1-9]|1[0-2])") => "2020-01".to_owned(),
        Some(pattern) if pattern.contains("{20,32}") => "a".repeat(24),
        Some(pattern) if pattern.contains("[A-Za-z]{2") => "de".to_owned(),
        Some(_) | None => "a".repeat(usize::try_from(length).unwrap()),
    }
}

/// A value as it stands in a path or a query, and what it is read as; nothing where it cannot stand there.
fn written(schema: &Value, value: &Value) -> Option<(String, Value)> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(is) => is.to_string(),
        Value::Null | Value::Array(_) | Value::Object(_) => return None,
    };
    // An empty value is a field that was left alone.
    if text.is_empty() {
        return None;
    }
    let read = match kind(schema) {
        "integer" => text.parse::<i64>().map(Value::from).ok(),
        "boolean" => text.parse::<bool>().map(Value::from).ok(),
        _ => None,
    };
    Some((text.clone(), read.unwrap_or(Value::from(text))))
}

/// Path and query.
fn laid_out(operation: &Operation, fields: &Map<String, Value>) -> (String, String) {
    let mut path = operation.path.clone();
    let mut query = Map::new();
    for (name, value) in fields {
        let place = format!("{{{name}}}");
        if path.contains(&place) {
            path = path.replace(&place, &wire::encode(value.as_str().unwrap()));
        } else {
            query.insert(name.clone(), value.clone());
        }
    }
    (path, wire::query(&query))
}

struct Walk {
    app: TestApp,
    document: Document,
    problem: Validator,
    wrong: Vec<String>,
    asked: usize,
}

impl Walk {
    async fn ask(&mut self, operation: &Operation, (path, query): &(String, String), body: Option<&Value>) -> Answer {
        let target = if query.is_empty() { path.clone() } else { format!("{path}?{query}") };
        let request = Request::builder().method(operation.method.as_str()).uri(target);
        let request = match body {
            Some(body) => request.header(header::CONTENT_TYPE, "application/json").body(Body::from(body.to_string())),
            None => request.body(Body::empty()),
        };
        self.asked += 1;
        self.app.ask(request.unwrap()).await
    }

    /// Compares an answer with what the document says of the request and of the reply.
    fn judge(&mut self, operation: &Operation, what: &str, takes: bool, answer: &Answer) {
        let name = &operation.name;
        let said: String = String::from_utf8_lossy(&answer.body).chars().take(300).collect();
        if (answer.status == 422) == takes {
            self.wrong.push(format!("{name} {what}: the document {}: {said}", if takes { "takes it" } else { "refuses it" }));
        }
        if !answer.status.is_success() {
            assert!(self.problem.is_valid(&answer.json()), "{name} {what}: {said}");
            assert!(!answer.status.is_server_error() || answer.problem().code == Code::Overloaded, "{name} {what}: {said}");
            return;
        }
        let reply = operation.replies.get(answer.status.as_str()).unwrap_or_else(|| panic!("{name} {what}: {}", answer.status));
        if let Some(schema) = reply.pointer("/content/application~1json/schema") {
            let validator = self.document.validator(schema);
            let errors: Vec<String> = validator.iter_errors(&answer.json()).map(|error| error.to_string()).collect();
            assert!(errors.is_empty(), "{name} {what}: {errors:?}");
        }
    }

    async fn walk(&mut self, operation: &Operation) {
        let is_left = |field: &str, takes: bool| {
            let ends = ENDS.contains(&operation.name.as_str());
            takes && (ends || MEANT.iter().any(|(name, meant, _)| operation.name == *name && *meant == field))
        };
        let required = operation.parameters.iter().filter(|parameter| parameter["required"] == true);
        let good = required.map(|one| (one["name"].as_str().unwrap().to_owned(), self.document.good(&one["schema"])));
        let good: Map<String, Value> = good.collect();
        let body = operation.body.as_ref().map(|schema| self.document.good(schema));
        for parameter in &operation.parameters {
            let (name, schema) = (parameter["name"].as_str().unwrap(), &parameter["schema"]);
            let validator = self.document.validator(schema);
            for value in self.document.tries(schema) {
                let Some((text, read)) = written(self.document.resolve(schema), &value) else { continue };
                let takes = validator.is_valid(&read);
                let mut fields = good.clone();
                fields.insert(name.to_owned(), Value::from(text.clone()));
                if is_left(name, takes) {
                    continue;
                }
                let answer = self.ask(operation, &laid_out(operation, &fields), body.as_ref()).await;
                self.judge(operation, &format!("{name}={text:?}"), takes, &answer);
            }
        }
        let (Some(schema), Some(body)) = (&operation.body, body) else { return };
        let validator = self.document.validator(schema);
        for (name, field) in schema["properties"].as_object().unwrap() {
            for value in self.document.tries(field) {
                let mut whole = body.clone();
                whole[name.as_str()] = value;
                let takes = validator.is_valid(&whole);
                if is_left(name, takes) {
                    continue;
                }
                let answer = self.ask(operation, &laid_out(operation, &good), Some(&whole)).await;
                self.judge(operation, &format!("{name}: {}", whole[name.as_str()]), takes, &answer);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_takes_what_the_document_says_and_refuses_what_it_does_not() {
    let app = TestApp::with(|config| config.gateway.middleware.rate_limit = false).await;
    app.send(SetUp { login: "ada".into(), name: "Ada".into(), password: "correct horse battery".into() }).await.unwrap();
    let document = Document::of(&app);
    let problem = document.validator(&json!({ "$ref": "#/components/schemas/Problem" }));
    let operations = document.operations();
    let mut walk = Walk { app, document, problem, wrong: Vec::new(), asked: 0 };
    for operation in &operations {
        walk.walk(operation).await;
    }
    let (asked, count) = (walk.asked, operations.len());
    assert!(walk.wrong.is_empty(), "{} of {asked} requests to {count} operations: {:#?}", walk.wrong.len(), walk.wrong);
    assert!(asked > 1_000 && count > 40, "{asked} requests to {count} operations");
}

#[tokio::test]
async fn a_snapshot_is_an_object_and_nothing_else() {
    let app = TestApp::start().await;
    let put = async |state: Value| {
        let body = json!({ "after": 0, "snapshot": { "format": 1, "state": state } }).to_string();
        let request = Request::put("/api/v1/snapshot").header(header::CONTENT_TYPE, "application/json");
        app.ask(request.body(Body::from(body)).unwrap()).await
    };
    for state in [json!(null), json!([]), json!([null, null]), json!("text"), json!(3), json!(true)] {
        let answer = put(state.clone()).await;
        assert_eq!(answer.status, 422, "{state}");
        assert_eq!(answer.problem().fields[0].field, "snapshot.state", "{state}");
    }
    assert_eq!(put(json!({ "a": 1 })).await.status, 200);
    assert_eq!(app.send(GetSnapshot {}).await.unwrap().snapshot.unwrap().state, json!({ "a": 1 }));
}

#[tokio::test]
async fn json_that_does_not_say_so_is_refused_before_it_is_read() {
    let app = TestApp::start().await;
    for given in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=a"] {
        let request = Request::put("/api/v1/snapshot").header(header::CONTENT_TYPE, given);
        let answer = app.ask(request.body(Body::from(r#"{"after":0,"snapshot":{"format":1,"state":{}}}"#)).unwrap()).await;
        assert_eq!((answer.status.as_u16(), answer.problem().code), (415, Code::NotJson), "{given}");
    }
}
