//! `GET /api/openapi.json`, `/api/docs`, and the promise that version 1 never changes.

use std::path::PathBuf;

use axum::http::StatusCode;
use serde_json::Value;

use crate::support::TestApp;

/// New codes come with new features; a client meets one that it does not know as a failure like any other. An order of a list is what a
/// client asks for, as is where a file goes to, and what a report is of: another one is asked for by who knows it, and only
/// then are there columns of another unit.
const GROWS: [&str; 5] = ["Code", "ImportPart", "ReportKind", "Sort", "Unit"];
/// Of events whoever follows leaves out what they do not know.
const GROWS_BY_KINDS: [&str; 1] = ["Event"];
const ACCEPT: &str = "MARQUEE_TEST_ACCEPT_OPENAPI";

/// What the server refused before the document said so: a bound that is written down takes nothing away from anybody.
const BOUNDS: [&str; 7] = ["pattern", "minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems"];

fn golden_path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/openapi.v1.json")
}

/// `now` without the fields that `before` did not have and nobody has to send or read: who does not know them does as
/// before. Everything else of it stays.
fn without_additions(before: &Value, now: &Value) -> Value {
    match (before, now) {
        (Value::Object(before), Value::Object(now)) => {
            let is_required = |name: &String| {
                now.get("required").and_then(Value::as_array).is_some_and(|all| all.contains(&Value::from(name.as_str())))
            };
            let is_new_bound = |key: &String| {
                let then = before.get(key);
                BOUNDS.contains(&key.as_str()) && (then.is_none() || (key == "minimum" && then == Some(&Value::from(0))))
            };
            let is_new_word = |key: &String, value: &Value| key == "description" && value.is_string();
            let is_addition = |key: &String, value: &Value| is_new_bound(key) || is_new_word(key, value);
            let kept =
                now.iter().filter(|(key, value)| before.contains_key(*key) || !is_addition(key, value)).map(|(key, value)| {
                    let Some(then) = before.get(key) else { return (key.clone(), value.clone()) };
                    // What is said about a field is no shape.
                    let is_said = key == "description" && then.is_string() && value.is_string();
                    if is_new_bound(key) || is_said {
                        return (key.clone(), then.clone());
                    }
                    let (Value::Object(fields), Value::Object(old), "properties") = (value, then, key.as_str()) else {
                        return (key.clone(), without_additions(then, value));
                    };
                    let fields = fields.iter().filter(|(name, _)| old.contains_key(*name) || is_required(name));
                    let same = fields.map(|(name, field)| {
                        (name.clone(), old.get(name).map_or(field.clone(), |old| without_additions(old, field)))
                    });
                    (key.clone(), Value::Object(same.collect()))
                });
            Value::Object(kept.collect())
        }
        (Value::Array(before), Value::Array(now)) => {
            let is_known = |one: &Value| one["name"].is_null() || before.iter().any(|other| other["name"] == one["name"]);
            let may_be_left_out = |one: &Value| one["required"] == false;
            let now: Vec<&Value> = now.iter().filter(|one| is_known(one) || !may_be_left_out(one)).collect();
            if before.len() == now.len() {
                before.iter().zip(now).map(|(before, now)| without_additions(before, now)).collect()
            } else {
                now.into_iter().cloned().collect()
            }
        }
        (_, now) => now.clone(),
    }
}

/// An operation without who may call it, for which access.rs has a matrix of its own, and without what is said about it.
fn shape_of(operation: &Value) -> Value {
    let mut shape = operation.clone();
    if let Some(fields) = shape.as_object_mut() {
        for no_shape in ["x-access", "x-profiles", "security", "summary", "description"] {
            fields.remove(no_shape);
        }
    }
    shape
}

fn differences(golden: &Value, now: &Value) -> (Vec<String>, Vec<String>) {
    let (mut changed, mut added) = (Vec::new(), Vec::new());
    for section in ["/paths", "/components/schemas"] {
        let of = |document: &Value| document.pointer(section).and_then(Value::as_object).cloned().unwrap_or_default();
        let (before, after) = (of(golden), of(now));
        for (name, shape) in &before {
            match after.get(name) {
                Some(same) if same == shape => {}
                Some(more) if section != "/paths" && without_additions(shape, more) == *shape => {
                    added.push(format!("fields of {name}"))
                }
                Some(other) if section == "/paths" => {
                    // A new verb on a path is an addition; a verb that changed is not.
                    let (Some(shape), Some(other)) = (shape.as_object(), other.as_object()) else { continue };
                    for (verb, one) in shape {
                        let now = other.get(verb);
                        if now.map(|now| without_additions(&shape_of(one), &shape_of(now))) != Some(shape_of(one)) {
                            changed.push(format!("{verb} {name}"));
                        } else if now.map(shape_of) != Some(shape_of(one)) {
                            added.push(format!("fields of {verb} {name}"));
                        }
                    }
                    added.extend(other.keys().filter(|verb| !shape.contains_key(*verb)).map(|verb| format!("{verb} {name}")));
                }
                Some(other) if GROWS.contains(&name.as_str()) && has_grown(shape, other, "enum") => added.push(name.clone()),
                Some(other) if GROWS_BY_KINDS.contains(&name.as_str()) && has_grown(shape, other, "oneOf") => {
                    added.push(name.clone());
                }
                Some(_) => changed.push(format!("schema {name}")),
                None => changed.push(format!("{name} (gone)")),
            }
        }
        added.extend(after.keys().filter(|name| !before.contains_key(*name)).cloned());
    }
    (changed, added)
}

/// Only values were added to an enumeration, or kinds to a choice of them.
fn has_grown(before: &Value, after: &Value, of: &str) -> bool {
    let values = |shape: &Value| shape[of].as_array().cloned().unwrap_or_default();
    let (old, new) = (values(before), values(after));
    !old.is_empty() && old.iter().all(|value| new.contains(value)) && {
        let mut same = after.clone();
        same[of] = before[of].clone();
        same["description"] = before["description"].clone();
        same == *before
    }
}

#[tokio::test]
async fn what_landed_in_version_1_stays_as_it_is() {
    let app = TestApp::start().await;
    let now = app.get("/api/openapi.json").await.json();
    let path = golden_path();
    let golden: Value = match std::fs::read(&path) {
        Ok(bytes) => serde_json::from_slice(&bytes).unwrap(),
        Err(_) => Value::Null,
    };
    let (changed, added) = differences(&golden, &now);
    assert!(
        changed.is_empty(),
        "these landed and must not change; a new shape is a new version (v2.rs beside v1.rs, the old one adapted): {changed:#?}"
    );
    if std::env::var_os(ACCEPT).is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, format!("{}\n", serde_json::to_string_pretty(&now).unwrap())).unwrap();
        return;
    }
    assert!(
        added.is_empty(),
        "these are new; to take them into version 1 run `{ACCEPT}=1 cargo test -p server --test routes openapi` and commit the file: {added:#?}"
    );
}

#[test]
fn the_comparison_tells_a_change_from_an_addition() {
    let golden = serde_json::json!({ "paths": { "/a": { "get": 1 } }, "components": { "schemas": { "A": 1 } } });
    let with = |paths: Value, schemas: Value| serde_json::json!({ "paths": paths, "components": { "schemas": schemas } });
    let one = serde_json::json!({ "A": 1 });
    let same = with(serde_json::json!({ "/a": { "get": 1 } }), one.clone());
    assert_eq!(differences(&golden, &same), (vec![], vec![]));
    let more = with(serde_json::json!({ "/a": { "get": 1, "put": 2 }, "/b": {} }), serde_json::json!({ "A": 1, "B": 1 }));
    assert_eq!(differences(&golden, &more), (vec![], vec!["put /a".into(), "/b".into(), "B".into()]));
    let other = with(serde_json::json!({ "/a": { "get": 2 } }), serde_json::json!({ "A": 2 }));
    assert_eq!(differences(&golden, &other).0, ["get /a", "schema A"]);
    let fields = |properties: Value, required: Value| {
        with(serde_json::json!({}), serde_json::json!({ "A": { "properties": properties, "required": required } }))
    };
    let golden_fields = fields(serde_json::json!({ "a": 1 }), serde_json::json!(["a"]));
    let optional = fields(serde_json::json!({ "a": 1, "b": 1 }), serde_json::json!(["a"]));
    assert_eq!(differences(&golden_fields, &optional), (vec![], vec!["fields of A".into()]));
    let required = fields(serde_json::json!({ "a": 1, "b": 1 }), serde_json::json!(["a", "b"]));
    assert_eq!(differences(&golden_fields, &required).0, ["schema A"]);
    let other_type = fields(serde_json::json!({ "a": 2, "b": 1 }), serde_json::json!(["a"]));
    assert_eq!(differences(&golden_fields, &other_type).0, ["schema A"]);
    let gone = with(serde_json::json!({}), serde_json::json!({}));
    assert_eq!(differences(&golden, &gone).0, ["/a (gone)", "A (gone)"]);
}

#[test]
fn a_field_that_may_be_left_out_is_an_addition_and_one_that_must_be_there_is_a_change() {
    let with = |fields: Value, required: Value| {
        let schema = serde_json::json!({ "properties": fields, "required": required });
        let body = serde_json::json!({ "content": { "application/json": { "schema": schema } } });
        serde_json::json!({ "paths": { "/a": { "post": { "requestBody": body } } } })
    };
    let golden = with(serde_json::json!({ "a": 1 }), serde_json::json!(["a"]));
    let optional = with(serde_json::json!({ "a": 1, "b": 1 }), serde_json::json!(["a"]));
    let required = with(serde_json::json!({ "a": 1, "b": 1 }), serde_json::json!(["a", "b"]));
    assert_eq!(differences(&golden, &optional), (vec![], vec!["fields of post /a".into()]));
    assert_eq!(differences(&golden, &required).0, ["post /a"]);
    assert_eq!(differences(&optional, &golden).0, ["post /a"]);
}

#[test]
fn a_bound_that_was_not_written_down_is_an_addition_and_another_one_is_a_change() {
    let with = |schema: Value| {
        let parameters = serde_json::json!([{ "name": "a", "schema": schema }]);
        serde_json::json!({ "paths": { "/a": { "get": { "parameters": parameters } } } })
    };
    let golden = with(serde_json::json!({ "type": "integer", "minimum": 0 }));
    let bounded = with(serde_json::json!({ "type": "integer", "minimum": 1, "maximum": 100 }));
    assert_eq!(differences(&golden, &bounded), (vec![], vec!["fields of get /a".into()]));
    let tighter = with(serde_json::json!({ "type": "integer", "minimum": 1, "maximum": 50 }));
    assert_eq!(differences(&bounded, &tighter).0, ["get /a"]);
    assert_eq!(differences(&bounded, &golden).0, ["get /a"]);
}

#[test]
fn a_parameter_that_may_be_left_out_is_an_addition_and_one_that_must_be_there_is_a_change() {
    let with = |parameters: Value| serde_json::json!({ "paths": { "/a": { "get": { "parameters": parameters } } } });
    let parameter = |name: &str, required: bool| serde_json::json!({ "name": name, "in": "query", "required": required });
    let golden = with(serde_json::json!([parameter("a", true), parameter("b", false)]));
    let optional = with(serde_json::json!([parameter("a", true), parameter("c", false), parameter("b", false)]));
    let required = with(serde_json::json!([parameter("a", true), parameter("b", false), parameter("c", true)]));
    assert_eq!(differences(&golden, &optional), (vec![], vec!["fields of get /a".into()]));
    assert_eq!(differences(&golden, &required).0, ["get /a"]);
    assert_eq!(differences(&optional, &golden).0, ["get /a"]);
    let stricter = with(serde_json::json!([parameter("a", true), parameter("b", true)]));
    assert_eq!(differences(&golden, &stricter).0, ["get /a"]);
}

#[tokio::test]
async fn every_reference_in_the_document_leads_somewhere() {
    let app = TestApp::start().await;
    let document = app.get("/api/openapi.json").await.json();
    let text = document.to_string();
    let mut references: Vec<&str> = text.split("\"$ref\":\"#").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    references.sort_unstable();
    references.dedup();
    assert!(!references.is_empty());
    for reference in references {
        assert!(document.pointer(reference).is_some(), "{reference} leads nowhere");
    }
}

#[tokio::test]
async fn the_document_is_cached_and_compressed() {
    let app = TestApp::start().await;
    let answer = app.get_with("/api/openapi.json", &[("accept-encoding", "br")]).await;
    assert_eq!(answer.header("content-encoding"), Some("br"));
    let tag = answer.header("etag").unwrap().to_owned();
    assert_eq!(app.get_with("/api/openapi.json", &[("if-none-match", &tag)]).await.status, StatusCode::NOT_MODIFIED);
}

#[tokio::test]
async fn the_page_to_browse_it_loads_nothing_from_elsewhere() {
    let app = TestApp::start().await;
    let page = app.get("/api/docs/").await;
    let html = String::from_utf8(page.body.to_vec()).unwrap();
    assert!(!html.contains("https://") && !html.contains("http://"), "{html}");
    let parts = html.split(['"']).filter(|part| part.ends_with(".js") || part.ends_with(".css"));
    let mut loaded = 0;
    for part in parts {
        let answer = app.get(&format!("/api/docs/{}", part.trim_start_matches("./"))).await;
        assert_eq!(answer.status, StatusCode::OK, "{part}");
        loaded += 1;
    }
    assert!(loaded >= 3, "{html}");
    let start = app.get("/api/docs/swagger-initializer.js").await;
    assert!(String::from_utf8_lossy(&start.body).contains("/api/openapi.json"), "{start:?}");
}
