//! From an HTTP request to a call: path, query and body become the request's fields.
//!
//! Everything that can be wrong with them ends here, as a `Problem` that names the field.

use std::time::Duration;

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, Uri, header},
};
use contract::{Call, Code, Problem, bounds};
use futures::{StreamExt, future::ready};
use http_body_util::{BodyExt, Limited};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, error::Category};

/// As many times what a call takes is read of one that is longer, and thrown away.
const READ_BEYOND: usize = 4;
/// For so long.
const READ_FOR: Duration = Duration::from_secs(10);

/// Reads the call that a request makes.
///
/// # Errors
/// `invalid_request` with the field that is off; `too_large`; `not_json`.
pub async fn read<C: Call>(uri: &Uri, headers: &HeaderMap, body: Body) -> Result<C, Problem> {
    let path = path_fields(C::PATH, uri.path())?;
    let call: C = if C::METHOD.has_body() {
        let bytes = whole(body, C::BODY_LIMIT).await?;
        check_type(headers, &bytes)?;
        if C::BODY_LIMIT > bounds::BODY && path.is_empty() { from_large_body(&bytes)? } else { from_body(&bytes, path)? }
    } else {
        from_query(uri.query().unwrap_or_default(), &path)?
    };
    // As it was understood: one way to look at it, wherever the fields stood.
    match C::BOUNDS {
        [] => Ok(call),
        bounds => {
            let fields = serde_json::to_value(&call).map_err(|_| Problem::internal())?;
            fields.as_object().map_or(Ok(()), |fields| bounds::check(bounds, fields))?;
            Ok(call)
        }
    }
}

/// A body of at most `limit` bytes. Of a longer one the rest is read within bounds: a client that is still sending when the connection ends
/// sees a broken connection, and not what was wrong.
async fn whole(mut body: Body, limit: usize) -> Result<Bytes, Problem> {
    if let Ok(read) = Limited::new(&mut body, limit).collect().await {
        return Ok(read.to_bytes());
    }
    let rest = Limited::new(&mut body, limit.saturating_mul(READ_BEYOND)).into_data_stream();
    let thrown_away = rest.take_while(|some| ready(some.is_ok())).for_each(|_| ready(()));
    if tokio::time::timeout(READ_FOR, thrown_away).await.is_err() {
        tracing::debug!("a request that is too long has no end");
    }
    Err(Problem::new(Code::TooLarge))
}

/// Reads the fields of a stream, which are all in the query.
///
/// # Errors
/// `invalid_request` with the field that is off.
pub fn query<S: DeserializeOwned>(uri: &Uri) -> Result<S, Problem> {
    from_query(uri.query().unwrap_or_default(), &[])
}

/// JSON is read from what says that it is JSON (RFC 8259, section 11, RFC 6839, section 3.1): a form of another site cannot
/// say so. Nothing needs no type.
fn check_type(headers: &HeaderMap, body: &[u8]) -> Result<(), Problem> {
    let mut types = headers.get_all(header::CONTENT_TYPE).into_iter();
    match (types.next(), types.next()) {
        (None, _) if body.is_empty() => Ok(()),
        (Some(given), None) if given.to_str().is_ok_and(is_json) => Ok(()),
        (None | Some(_), _) => {
            Err(Problem::new(Code::NotJson).with_detail("Send the body with `Content-Type: application/json`."))
        }
    }
}

fn is_json(media_type: &str) -> bool {
    let essence = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let subtype = essence.strip_prefix("application/").unwrap_or_default();
    subtype == "json" || subtype.strip_suffix("+json").is_some_and(|name| !name.is_empty())
}

fn from_query<C: DeserializeOwned>(query: &str, path: &[(String, String)]) -> Result<C, Problem> {
    let mut pairs = form_urlencoded::Serializer::new(String::with_capacity(query.len()));
    for (name, value) in path {
        pairs.append_pair(name, value);
    }
    // An empty value is a form field that was left alone.
    for (name, value) in form_urlencoded::parse(query.as_bytes()).filter(|(name, value)| !value.is_empty() || name == "q") {
        pairs.append_pair(&name, &value);
    }
    let pairs = pairs.finish();
    let fields = serde_urlencoded::Deserializer::new(form_urlencoded::parse(pairs.as_bytes()));
    serde_path_to_error::deserialize(fields).map_err(|error| off(error.path().to_string(), &error.inner().to_string()))
}

fn from_body<C: DeserializeOwned>(bytes: &[u8], path: Vec<(String, String)>) -> Result<C, Problem> {
    let mut fields: Map<String, Value> = if bytes.iter().all(u8::is_ascii_whitespace) {
        Map::new()
    } else {
        serde_json::from_slice(bytes).map_err(|error| off("body".to_owned(), &format!("expected a JSON object: {error}")))?
    };
    fields.extend(path.into_iter().map(|(name, value)| (name, Value::String(value))));
    serde_path_to_error::deserialize(Value::Object(fields))
        .map_err(|error| off(error.path().to_string(), &error.inner().to_string()))
}

/// As [`from_body`] where no field stands in the path. What may be large becomes a call and nothing beside: a tree of what it says
/// can take twenty times the room of its text.
fn from_large_body<C: DeserializeOwned>(bytes: &[u8]) -> Result<C, Problem> {
    // Nothing at all is a call without fields, as for small ones.
    let bytes = if bytes.iter().all(u8::is_ascii_whitespace) { b"{}" } else { bytes };
    // A list of values in the fields' order would be read as well.
    if bytes.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'{') {
        return Err(off("body".to_owned(), "expected a JSON object"));
    }
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let no_json = |error: &serde_json::Error| off("body".to_owned(), &format!("expected a JSON object: {error}"));
    let call = serde_path_to_error::deserialize(&mut json).map_err(|error| match error.inner().classify() {
        Category::Data => off(error.path().to_string(), &error.inner().to_string()),
        Category::Io | Category::Syntax | Category::Eof => no_json(error.inner()),
    })?;
    json.end().map_err(|error| no_json(&error))?;
    Ok(call)
}

/// The values of a template's `{fields}`. The router matched already, so segments correspond one to one.
fn path_fields(template: &str, path: &str) -> Result<Vec<(String, String)>, Problem> {
    template
        .split('/')
        .zip(path.split('/'))
        .filter_map(|(segment, value)| Some((segment.strip_prefix('{')?.strip_suffix('}')?, value)))
        .map(|(name, value)| {
            let value = percent_encoding::percent_decode_str(value).decode_utf8();
            let value = value.map_err(|_| Problem::invalid(name, "is not UTF-8"))?;
            Ok((name.to_owned(), value.into_owned()))
        })
        .collect()
}

fn off(path: String, message: &str) -> Problem {
    // serde names an unknown or missing field in its message alone.
    let named = message.split('`').nth(1).filter(|_| path == "." || path == "?");
    let field = named.map_or_else(|| path.clone(), str::to_owned);
    Problem::invalid(&field, message)
}

#[cfg(test)]
mod tests {
    use contract::{
        catalog::ListTitles,
        library::{GetSnapshot, ImportLibrary, SaveSnapshot},
        playback::SaveProgress,
    };

    use super::*;

    fn query(text: &str) -> Result<ListTitles, Problem> {
        from_query(text, &[])
    }

    #[test]
    fn a_query_fills_typed_fields_and_empty_ones_are_left_alone() {
        let call = query("genre=Drama&decade=1990&watchable=true&sort=newest&maturity=&limit=20").unwrap();
        assert_eq!((call.decade, call.watchable, call.limit), (Some(1990), Some(true), Some(20)));
        assert_eq!(call.maturity, None);
    }

    #[test]
    fn a_wrong_value_names_its_field() {
        for (text, field) in [("decade=soon", "decade"), ("sort=best", "sort"), ("limit=300", "limit"), ("colour=red", "colour")]
        {
            let problem = query(text).unwrap_err();
            assert_eq!(problem.code, Code::InvalidRequest, "{text}");
            assert_eq!(problem.fields[0].field, field, "{text}: {problem:?}");
        }
    }

    #[test]
    fn the_path_wins_over_the_body() {
        let path = path_fields("/api/v1/playback/{session}/progress", "/api/v1/playback/abc/progress").unwrap();
        let call: SaveProgress = from_body(br#"{"session":"other","position":3.5,"state":"paused"}"#, path).unwrap();
        assert_eq!(call.session.as_str(), "abc");
    }

    #[test]
    fn a_body_that_is_off_is_refused_with_a_reason() {
        for bad in [&b"[]"[..], b"{", b"null", b"\xff", b"{}", br#"{"after":-1,"snapshot":{"format":1,"state":{}}}"#] {
            let problem = from_body::<SaveSnapshot>(bad, Vec::new()).unwrap_err();
            assert_eq!(problem.status, 422);
            assert!(!problem.fields[0].message.is_empty());
        }
    }

    #[test]
    fn a_large_body_is_read_and_refused_as_a_small_one() {
        let good = br#" { "text": "a\nb", "format": "csv", "later": [[1], {}], "into": "history" } "#;
        assert_eq!(from_large_body::<ImportLibrary>(good).unwrap().text, "a\nb");
        let off =
            [&b"[]"[..], b"[\"csv\",null,\"a\"]", b"{", b"null", b"\xff", b"{}", b"", b"{\"format\":\"csv\",\"text\":\"\xff\"}"];
        for bad in off.into_iter().chain([&br#"{"format":"csv","text":"a"} {}"#[..], br#"{"format":"xls","text":"a"}"#]) {
            let problem = from_large_body::<ImportLibrary>(bad).unwrap_err();
            let said = from_body::<ImportLibrary>(bad, Vec::new()).unwrap_err();
            assert_eq!((problem.status, &problem.fields[0].field), (422, &said.fields[0].field), "{bad:?}: {problem:?} {said:?}");
        }
    }

    #[tokio::test]
    async fn a_body_is_as_large_as_its_call_says_and_no_larger() {
        async fn status<C: Call>(bytes: usize) -> Option<u16> {
            let frame = r#"{"format":"csv","text":""}"#.len();
            let body = format!(r#"{{"format":"csv","text":"{}"}}"#, "x".repeat(bytes - frame));
            let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, http::HeaderValue::from_static("application/json"))]);
            read::<C>(&Uri::from_static(C::PATH), &headers, body.into()).await.err().map(|problem| problem.status)
        }
        assert_eq!(status::<ImportLibrary>(bounds::FILE).await, None);
        assert_eq!(status::<ImportLibrary>(bounds::FILE + 1).await, Some(413));
        assert_eq!(status::<ImportLibrary>(10_000_000).await, Some(413));
        assert_eq!(status::<SaveSnapshot>(bounds::BODY).await, Some(422));
        assert_eq!(status::<SaveSnapshot>(bounds::BODY + 1).await, Some(413));
        assert_eq!(GetSnapshot::BODY_LIMIT, bounds::BODY);
    }

    #[tokio::test]
    async fn what_is_too_long_is_read_to_its_end_within_bounds() {
        use std::sync::{
            Arc,
            atomic::{AtomicUsize, Ordering},
        };
        // Two are within the limit. Behind the third eight more are read, which is four times that, and the one that is beyond.
        for (pieces, read, expected) in [(1, 1, Ok(50)), (2, 2, Ok(100)), (4, 4, Err(413)), (9, 9, Err(413)), (99, 12, Err(413))]
        {
            let taken = Arc::new(AtomicUsize::new(0));
            let counted = Arc::clone(&taken);
            let some = futures::stream::iter(0..pieces).map(move |_| {
                counted.fetch_add(1, Ordering::Relaxed);
                Ok::<_, std::io::Error>(Bytes::from(vec![b'x'; 50]))
            });
            let outcome = whole(Body::from_stream(some), 100).await;
            assert_eq!(outcome.map(|bytes| bytes.len()).map_err(|problem| problem.status), expected);
            assert_eq!(taken.load(Ordering::Relaxed), read, "{pieces}");
        }
    }

    #[test]
    fn json_is_read_from_what_says_that_it_is_json() {
        let check = |types: &[&'static str], body: &[u8]| {
            let headers = types.iter().map(|&given| (header::CONTENT_TYPE, http::HeaderValue::from_static(given))).collect();
            check_type(&headers, body).map_err(|problem| problem.status)
        };
        for given in ["application/json", "Application/JSON; charset=utf-8", "application/merge-patch+json"] {
            assert_eq!(check(&[given], b"{}"), Ok(()), "{given}");
        }
        for given in [
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data",
            "text/json",
            "application/+json",
            "",
            "application/jsonp",
        ] {
            assert_eq!(check(&[given], b"{}"), Err(415), "{given}");
        }
        assert_eq!(check(&["text/plain", "application/json"], b"{}"), Err(415));
        assert_eq!(check(&[], b"{}"), Err(415));
        assert_eq!(check(&[], b""), Ok(()));
    }

    #[test]
    fn a_path_that_is_no_utf8_is_refused() {
        assert!(path_fields("/a/{id}", "/a/%ff").is_err());
    }
}
