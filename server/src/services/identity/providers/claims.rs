//! From a provider's claims to a person of ours, as the config maps them.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use contract::identity::AccountRole;
use serde_json::{Map, Value};

use crate::config;

/// The longest subject (OpenID Connect Core 1.0, section 2).
const SUBJECT_LIMIT: usize = 255;
const NAME_LIMIT: usize = 64;

/// Somebody, on a provider's word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    pub provider: String,
    pub subject: String,
    pub login: String,
    pub name: String,
    pub email: Option<String>,
    pub standing: Standing,
    /// The session at the provider, where it names one.
    pub session: Option<String>,
    /// Shown to the provider again when they sign out. Never logged.
    pub id_token: String,
}

/// What the person's groups make of them here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The config does not let them in.
    Outside,
    /// They may enter; what they are here is decided here.
    Guest,
    /// The provider's groups say what they are.
    Has(AccountRole),
}

impl Person {
    /// Nothing where there is no subject that could be kept.
    pub fn read(provider: &str, config: &config::Provider, claims: &Map<String, Value>, id_token: String) -> Option<Self> {
        let names = &config.claims;
        let said = |claim: &str| find(claims, claim).and_then(Value::as_str).map(tidied).filter(|text| !text.is_empty());
        let subject = find(claims, &names.subject)?.as_str()?.to_owned();
        if subject.is_empty() || subject.len() > SUBJECT_LIMIT {
            return None;
        }
        let email = said(&names.email);
        let login = said(&names.login).or_else(|| email.clone()).unwrap_or_else(|| tidied(&subject));
        let groups = find(claims, &names.groups).map(texts).unwrap_or_default();
        Some(Self {
            provider: provider.to_owned(),
            subject,
            name: said(&names.name).unwrap_or_else(|| login.clone()),
            login,
            email,
            standing: standing(&config.groups, &groups),
            session: find(claims, "sid").and_then(Value::as_str).map(str::to_owned),
            id_token,
        })
    }
}

/// The claims of a token that was checked already.
pub fn payload(token: &str) -> Option<Map<String, Value>> {
    let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    serde_json::from_slice(&payload).ok()
}

/// A claim by its name, or by a JSON pointer (RFC 6901).
fn find<'a>(claims: &'a Map<String, Value>, claim: &str) -> Option<&'a Value> {
    let Some(pointer) = claim.strip_prefix('/') else { return claims.get(claim) };
    let (first, rest) = pointer.split_once('/').map_or((pointer, None), |(first, rest)| (first, Some(rest)));
    let value = claims.get(&first.replace("~1", "/").replace("~0", "~"))?;
    rest.map_or(Some(value), |rest| value.pointer(&format!("/{rest}")))
}

/// One text or many.
fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => Vec::new(),
    }
}

fn standing(config: &config::Groups, groups: &[&str]) -> Standing {
    let is_among = |named: &[String]| named.iter().any(|name| groups.contains(&name.as_str()));
    let is_operator = config.operators.as_deref().map(is_among);
    let may_enter = config.members.as_deref().is_none_or(is_among);
    match (is_operator, may_enter) {
        (Some(true), _) => Standing::Has(AccountRole::Operator),
        (Some(false) | None, false) => Standing::Outside,
        (Some(false), true) => Standing::Has(AccountRole::Member),
        (None, true) => Standing::Guest,
    }
}

/// A name as we keep one.
fn tidied(text: &str) -> String {
    let clean = text.chars().filter(|character| !character.is_control()).collect::<String>();
    clean.trim().chars().take(NAME_LIMIT).collect::<String>().trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn config(more: &Value) -> config::Provider {
        let mut config = json!({ "name": "Home", "issuer": "https://login.example", "client_id": "marquee" });
        config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        serde_json::from_value(config).unwrap()
    }

    fn read(more: &Value, claims: &Value) -> Option<Person> {
        Person::read("home", &config(more), claims.as_object().unwrap(), String::new())
    }

    #[test]
    fn the_usual_claims_make_a_person() {
        let claims =
            json!({ "sub": "7", "preferred_username": "ada", "name": "Ada Lovelace", "email": "ada@example", "sid": "s" });
        let person = read(&json!({}), &claims).unwrap();
        assert_eq!((person.subject.as_str(), person.login.as_str(), person.name.as_str()), ("7", "ada", "Ada Lovelace"));
        assert_eq!((person.email.as_deref(), person.session.as_deref()), (Some("ada@example"), Some("s")));
        assert_eq!(person.standing, Standing::Guest);
    }

    #[test]
    fn who_says_little_is_called_by_what_there_is() {
        let person = read(&json!({}), &json!({ "sub": "7", "email": " ada@example\n" })).unwrap();
        assert_eq!((person.login.as_str(), person.name.as_str()), ("ada@example", "ada@example"));
        let person = read(&json!({}), &json!({ "sub": "7", "name": "", "preferred_username": 3 })).unwrap();
        assert_eq!((person.login.as_str(), person.name.as_str()), ("7", "7"));
    }

    #[test]
    fn a_subject_is_one_text_of_at_most_255_bytes() {
        for claims in [json!({}), json!({ "sub": "" }), json!({ "sub": 7 }), json!({ "sub": "x".repeat(256) })] {
            assert_eq!(read(&json!({}), &claims), None, "{claims}");
        }
    }

    #[test]
    fn claims_are_found_by_name_and_by_pointer() {
        let mapping = json!({ "claims": { "subject": "https://example/id", "groups": "/realm_access/roles" },
            "groups": { "operators": ["boss"] } });
        let claims = json!({ "https://example/id": "9", "realm_access": { "roles": ["family", "boss"] } });
        let person = read(&mapping, &claims).unwrap();
        assert_eq!((person.subject.as_str(), person.standing), ("9", Standing::Has(AccountRole::Operator)));
    }

    #[test]
    fn groups_decide_who_enters_and_who_runs_the_place() {
        let (operators, members) = (json!(["boss"]), json!(["family"]));
        let both = json!({ "groups": { "operators": operators, "members": members } });
        let only_members = json!({ "groups": { "members": members } });
        for (mapping, groups, expected) in [
            (&both, json!(["boss"]), Standing::Has(AccountRole::Operator)),
            (&both, json!("family"), Standing::Has(AccountRole::Member)),
            (&both, json!(["strangers"]), Standing::Outside),
            (&both, json!(null), Standing::Outside),
            (&only_members, json!(["family"]), Standing::Guest),
            (&only_members, json!(["boss"]), Standing::Outside),
        ] {
            let person = read(mapping, &json!({ "sub": "7", "groups": groups })).unwrap();
            assert_eq!(person.standing, expected, "{mapping} {groups}");
        }
    }
}
