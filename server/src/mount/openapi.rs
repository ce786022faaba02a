//! The OpenAPI 3.1 document, made from the constants of the calls that are mounted.
//!
//! Must never be written by hand: a golden copy in the tests fails on any change to what landed.

use std::collections::BTreeMap;

use contract::{Access, Call, Method, Problem, Scope, Stream, bounds, problem};
use serde_json::{Map, Value, json};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{RefOr, Schema},
};

use crate::session;

type Schemas = Vec<(String, RefOr<Schema>)>;

/// Collects operations and the shapes that they use.
#[derive(Default)]
pub struct Description {
    /// Path, then verb, to operation.
    paths: BTreeMap<&'static str, BTreeMap<String, Value>>,
    schemas: BTreeMap<String, Value>,
}

impl Description {
    /// Adds the operation of one call.
    pub fn add<C>(&mut self)
    where
        C: Call + ToSchema,
        C::Reply: ToSchema,
    {
        let mut used = Schemas::new();
        C::schemas(&mut used);
        C::Reply::schemas(&mut used);
        Problem::schemas(&mut used);
        used.push((Problem::name().into_owned(), Problem::schema()));
        let reply = self.shape::<C::Reply>(&mut used);
        for (name, schema) in used {
            self.schemas.insert(name, to_value(&schema));
        }
        let request = to_value(&C::schema());
        let operation = operation::<C>(&request, reply);
        self.paths.entry(C::PATH).or_default().insert(C::METHOD.as_str().to_ascii_lowercase(), operation);
    }

    /// Adds the operation of one stream, which is answered with events of one shape.
    pub fn add_stream<S>(&mut self)
    where
        S: Stream + ToSchema,
        S::Event: ToSchema,
    {
        let mut used = Schemas::new();
        S::Event::schemas(&mut used);
        let event = self.shape::<S::Event>(&mut used);
        for (name, schema) in used {
            self.schemas.insert(name, to_value(&schema));
        }
        let request = to_value(&S::schema());
        let fields = request.get("properties").and_then(Value::as_object).cloned().unwrap_or_default();
        let parameter = |(name, schema)| json!({ "name": name, "in": "query", "required": false, "schema": schema });
        let after = json!({
            "name": "Last-Event-ID",
            "in": "header",
            "required": false,
            "description": "The id of the last event that was taken.",
            "schema": { "type": "string" },
        });
        let (service, _) = S::NAME.split_once('.').unwrap_or((S::NAME, ""));
        let operation = json!({
            "operationId": S::NAME,
            "tags": [service],
            "summary": request.get("description").and_then(Value::as_str).unwrap_or_default(),
            "x-access": format!("{:?}", S::ACCESS),
            "x-profiles": format!("{:?}", S::PROFILES),
            "security": security(S::ACCESS, Some(Scope::Read)),
            "parameters": fields.into_iter().map(parameter).chain([after]).collect::<Vec<_>>(),
            "responses": {
                "200": {
                    "description": "Server-sent events until either side ends; the data of each is JSON of this shape.",
                    "content": { "text/event-stream": { "schema": event } },
                },
                "204": { "description": "Nothing is kept for this viewer yet: there is nothing to follow." },
                "default": failure(),
            },
        });
        self.paths.entry(S::PATH).or_default().insert(Method::Get.as_str().to_ascii_lowercase(), operation);
    }

    /// The document as JSON, in a stable order.
    pub fn finish(self) -> String {
        let document = json!({
            "openapi": "3.1.0",
            "info": {
                "title": "Marquee",
                "version": "1",
                "description": "The calls of a Marquee server. Every error is RFC 9457 problem details with a stable `code`.",
                "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
            },
            "paths": self.paths,
            "components": { "schemas": self.schemas, "securitySchemes": security_schemes() },
        });
        serde_json::to_string_pretty(&document).unwrap_or_default()
    }

    /// The schema of a reply: by reference where it has a name, in place where it is a list or nothing.
    fn shape<T: ToSchema>(&self, used: &mut Schemas) -> Value {
        let schema = T::schema();
        let in_place = matches!(schema, RefOr::Ref(_) | RefOr::T(Schema::Array(_)));
        if in_place {
            return to_value(&schema);
        }
        let name = T::name().into_owned();
        let reference = json!({ "$ref": format!("#/components/schemas/{name}") });
        used.push((name, schema));
        reference
    }
}

fn operation<C: Call>(request: &Value, reply: Value) -> Value {
    let fields = request.get("properties").and_then(Value::as_object).cloned().unwrap_or_default();
    let required: Vec<&str> =
        request.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    let mut fields = fields;
    for (name, bound) in C::BOUNDS {
        // One inside of another is described there.
        if let Some(Value::Object(schema)) = fields.get_mut(*name) {
            schema.extend(bound.keywords().into_iter().map(|(keyword, value)| (keyword.to_owned(), value)));
        }
    }
    let in_path = |name: &str| C::PATH.contains(&format!("{{{name}}}"));
    let parameters: Vec<Value> = fields
        .iter()
        .filter(|(name, _)| in_path(name) || !C::METHOD.has_body())
        .map(|(name, schema)| {
            let place = if in_path(name) { "path" } else { "query" };
            json!({
                "name": name,
                "in": place,
                "required": in_path(name) || required.contains(&name.as_str()),
                "schema": schema,
            })
        })
        .collect();
    let (service, _) = C::NAME.split_once('.').unwrap_or((C::NAME, ""));
    let mut operation = json!({
        "operationId": C::NAME,
        "tags": [service],
        "summary": request.get("description").and_then(Value::as_str).unwrap_or_default(),
        "x-access": format!("{:?}", C::ACCESS),
        "x-profiles": format!("{:?}", C::PROFILES),
        "security": security(C::ACCESS, C::SCOPE),
        "parameters": parameters,
        "responses": responses::<C>(reply),
    });
    let body: Map<String, Value> = fields.into_iter().filter(|(name, _)| !in_path(name)).collect();
    if C::METHOD.has_body() && !body.is_empty() {
        let required: Vec<&str> = required.into_iter().filter(|name| !in_path(name)).collect();
        let schema = json!({ "type": "object", "properties": body, "required": required });
        operation["requestBody"] = json!({ "required": true, "content": { "application/json": { "schema": schema } } });
        // What landed says nothing of the limit of all others.
        if C::BODY_LIMIT != bounds::BODY {
            operation["requestBody"]["description"] = format!("At most {} KiB.", C::BODY_LIMIT / 1024).into();
        }
    }
    operation
}

/// How one can show who one is.
fn security_schemes() -> Value {
    json!({
        "session": {
            "type": "apiKey",
            "in": "cookie",
            "name": session::ACCESS,
            "description": "A browser's session: signing in sets the cookie, and every answer renews it where that is due. Behind HTTPS its name begins with `__Host-`.",
        },
        "token": {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "mq_...",
            "description": "A personal API token. Each operation names the scope that the token needs; `write` includes `read`.",
        },
    })
}

/// Any one of these will do; an empty one is nobody at all.
fn security(access: Access, scope: Option<Scope>) -> Value {
    let nobody = matches!(access, Access::Guest | Access::Right(_)).then(|| json!({}));
    let token = scope.map(|scope| json!({ "token": [scope.as_str()] }));
    Value::Array([nobody, Some(json!({ "session": [] })), token].into_iter().flatten().collect())
}

fn responses<C: Call>(reply: Value) -> Value {
    let mut success = json!({ "description": "Success" });
    if C::STATUS != 204 {
        success["content"] = json!({ "application/json": { "schema": reply } });
    }
    let mut responses = Map::new();
    responses.insert(C::STATUS.to_string(), success);
    if C::METHOD == Method::Get {
        responses.insert("304".to_owned(), json!({ "description": "The client has this already (`If-None-Match`)" }));
    }
    responses.insert("default".to_owned(), failure());
    Value::Object(responses)
}

fn failure() -> Value {
    json!({
        "description": "Why not",
        "content": { problem::MEDIA_TYPE: { "schema": { "$ref": "#/components/schemas/Problem" } } },
    })
}

fn to_value(schema: &RefOr<Schema>) -> Value {
    serde_json::to_value(schema).unwrap_or_default()
}
