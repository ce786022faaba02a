//! From a call to its request line and body: the one place that knows how fields are laid out over HTTP.
//!
//! Pure; the browser's client, the tests and other servers send what this says.

use serde_json::{Map, Value};

use crate::{Call, Method, Problem};

/// A call laid out for HTTP.
#[derive(Clone, Debug, PartialEq)]
pub struct WireRequest {
    pub method: &'static str,
    /// Path and query, percent-encoded.
    pub target: String,
    /// JSON, for the verbs that have a body.
    pub body: Option<String>,
}

impl WireRequest {
    /// Lays out `call`: its `{fields}` in the path, the others in the query or the body.
    ///
    /// # Errors
    /// `internal` where the call is no flat JSON object, which is a mistake in the contract.
    pub fn of<C: Call>(call: &C) -> Result<Self, Problem> {
        Self::lay_out(C::METHOD, C::PATH, serde_json::to_value(call).unwrap_or_default())
    }

    /// The same for every call: what is written once here is not in the client once for each.
    fn lay_out(method: Method, path: &str, call: Value) -> Result<Self, Problem> {
        let Value::Object(mut fields) = call else { return Err(Problem::internal()) };
        let path = fill(path, &mut fields)?;
        if method.has_body() {
            let body = Value::Object(fields).to_string();
            return Ok(Self { method: method.as_str(), target: path, body: Some(body) });
        }
        let query = query(&fields);
        let target = if query.is_empty() { path } else { format!("{path}?{query}") };
        Ok(Self { method: method.as_str(), target, body: None })
    }
}

/// A flat object as a query string; nulls are left out.
pub fn query(fields: &Map<String, Value>) -> String {
    let pairs: Vec<String> =
        fields.iter().filter_map(|(name, value)| Some(format!("{}={}", encode(name), encode(&text(value)?)))).collect();
    pairs.join("&")
}

fn fill(template: &str, fields: &mut Map<String, Value>) -> Result<String, Problem> {
    let segments: Result<Vec<String>, Problem> = template
        .split('/')
        .map(|segment| match segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            None => Ok(segment.to_owned()),
            Some(name) => fields.remove(name).as_ref().and_then(text).map(|value| encode(&value)).ok_or_else(Problem::internal),
        })
        .collect();
    Ok(segments?.join("/"))
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => Some(value.to_string()),
    }
}

/// Percent-encodes all but the unreserved characters of RFC 3986, section 2.3.
pub fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => encoded.push(char::from(byte)),
            other => encoded.push_str(&format!("%{other:02X}")),
        }
    }
    encoded
}

/// Undoes [`encode`], and `+` for a space; bytes that are no UTF-8 are replaced.
pub fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let escaped = bytes.get(at + 1..at + 3).and_then(|digits| std::str::from_utf8(digits).ok());
        match (byte, escaped.and_then(|digits| u8::from_str_radix(digits, 16).ok())) {
            (b'%', Some(value)) => {
                decoded.push(value);
                at += 3;
            }
            (b'+', _) => {
                decoded.push(b' ');
                at += 1;
            }
            (other, _) => {
                decoded.push(other);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        catalog::{GetTitle, ListTitles, Sort},
        playback::{PlayState, SaveProgress},
    };

    #[test]
    fn fields_go_where_the_call_says() {
        let get = WireRequest::of(&GetTitle { id: "abc".parse().unwrap() }).unwrap();
        assert_eq!((get.method, get.target.as_str()), ("GET", "/api/v1/titles/abc"));
        let list = ListTitles { genre: Some("Sci-Fi & more".into()), sort: Some(Sort::Newest), ..ListTitles::default() };
        assert_eq!(WireRequest::of(&list).unwrap().target, "/api/v1/titles?genre=Sci-Fi%20%26%20more&sort=newest");
        let save = SaveProgress {
            session: "s1".parse().unwrap(),
            position: 1.5,
            state: PlayState::Paused,
            quality: None,
            buffered_millis: None,
        };
        let save = WireRequest::of(&save).unwrap();
        assert_eq!(save.target, "/api/v1/playback/s1/progress");
        assert_eq!(save.body.as_deref(), Some(r#"{"position":1.5,"state":"paused"}"#));
    }

    #[test]
    fn whatever_is_encoded_is_decoded_again() {
        for text in ["", "plain", "a b+c&d=e/ü%", "%zz", "%"] {
            assert_eq!(decode(&encode(text)), text);
        }
        assert_eq!(decode("a+b%20c%"), "a b c%");
    }
}
