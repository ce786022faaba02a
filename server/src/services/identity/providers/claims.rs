//! From a provider's claims to a person of ours, as the config maps them.
//!
//! Providers write the same thing in many ways: numbers and dates as text, one group where others write a list, nulls where
//! there is nothing. What is read here is read in each of them; what is not read is not looked at, so that nothing in it can
//! keep somebody out.

use chrono::DateTime;
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
    /// By the claim that the config names: whom an account belongs to.
    pub subject: String,
    /// As the provider itself names its people.
    pub sub: Option<String>,
    pub login: String,
    pub name: String,
    pub email: Option<String>,
    pub membership: Membership,
    /// The session at the provider, where it names one.
    pub session: Option<String>,
    /// Shown to the provider again when they sign out. Never logged.
    pub id_token: String,
}

/// What the person's groups make of them here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Membership {
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
        let said = |claim: &str| find(claims, claim).and_then(text).map(|text| tidied(&text)).filter(|text| !text.is_empty());
        let subject = subject(claims, &names.subject)?;
        let email = said(&names.email);
        let login = said(&names.login).or_else(|| email.clone()).unwrap_or_else(|| tidied(&subject));
        let groups = find(claims, &names.groups).map(texts).unwrap_or_default();
        Some(Self {
            provider: provider.to_owned(),
            subject,
            sub: find(claims, "sub").and_then(text),
            name: said(&names.name).unwrap_or_else(|| login.clone()),
            login,
            email,
            membership: membership(&config.groups, &groups),
            session: find(claims, "sid").and_then(text),
            id_token,
        })
    }
}

/// Who is meant, by the claim that the config names; nothing where that could not be kept.
pub fn subject(claims: &Map<String, Value>, claim: &str) -> Option<String> {
    text(find(claims, claim)?).filter(|subject| !subject.is_empty() && subject.len() <= SUBJECT_LIMIT)
}

/// A text, or a whole number as one.
pub fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) if number.is_i64() || number.is_u64() => Some(number.to_string()),
        Value::Number(_) | Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Seconds since 1970: a number, a number as text, or a date (RFC 3339).
pub fn instant(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => number.to_string().split('.').next()?.parse().ok(),
        Value::String(text) => {
            let date = || u64::try_from(DateTime::parse_from_rfc3339(text.trim()).ok()?.timestamp()).ok();
            text.trim().parse().ok().or_else(date)
        }
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// One text or a list of them.
pub fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items.iter().filter_map(text).collect(),
        Value::String(_) | Value::Number(_) | Value::Null | Value::Bool(_) | Value::Object(_) => {
            text(value).into_iter().collect()
        }
    }
}

/// A claim by its name, or by a JSON pointer (RFC 6901).
fn find<'a>(claims: &'a Map<String, Value>, claim: &str) -> Option<&'a Value> {
    let Some(pointer) = claim.strip_prefix('/') else { return claims.get(claim) };
    let (first, rest) = pointer.split_once('/').map_or((pointer, None), |(first, rest)| (first, Some(rest)));
    let value = claims.get(&first.replace("~1", "/").replace("~0", "~"))?;
    rest.map_or(Some(value), |rest| value.pointer(&format!("/{rest}")))
}

fn membership(config: &config::Groups, groups: &[String]) -> Membership {
    let is_among = |named: &[String]| named.iter().any(|name| groups.contains(name));
    let is_operator = config.operators.as_deref().map(is_among);
    let may_enter = config.members.as_deref().is_none_or(is_among);
    match (is_operator, may_enter) {
        (Some(true), _) => Membership::Has(AccountRole::Operator),
        (Some(false) | None, false) => Membership::Outside,
        (Some(false), true) => Membership::Has(AccountRole::Member),
        (None, true) => Membership::Guest,
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
        assert_eq!(person.membership, Membership::Guest);
    }

    #[test]
    fn who_says_little_is_called_by_what_there_is() {
        let person = read(&json!({}), &json!({ "sub": "7", "email": " ada@example\n" })).unwrap();
        assert_eq!((person.login.as_str(), person.name.as_str()), ("ada@example", "ada@example"));
        let person = read(&json!({}), &json!({ "sub": "7", "name": "", "preferred_username": true })).unwrap();
        assert_eq!((person.login.as_str(), person.name.as_str()), ("7", "7"));
    }

    #[test]
    fn a_subject_is_one_text_of_at_most_255_bytes_or_a_whole_number() {
        for sub in [json!(null), json!(""), json!(7.5), json!(true), json!(["7"]), json!("x".repeat(256))] {
            assert_eq!(read(&json!({}), &json!({ "sub": sub })), None, "{sub}");
        }
        assert_eq!(read(&json!({}), &json!({})), None);
        assert_eq!(read(&json!({}), &json!({ "sub": 7 })).unwrap().subject, "7");
    }

    #[test]
    fn an_instant_is_a_number_a_number_as_text_or_a_date() {
        for (value, expected) in [
            (json!(1_700_000_000), Some(1_700_000_000)),
            (json!(1_700_000_000.9), Some(1_700_000_000)),
            (json!("1700000000"), Some(1_700_000_000)),
            (json!("2023-11-14T22:13:20Z"), Some(1_700_000_000)),
            (json!("2023-11-14T23:13:20.5+01:00"), Some(1_700_000_000)),
            (json!(-1), None),
            (json!("yesterday"), None),
            (json!(null), None),
        ] {
            assert_eq!(instant(&value), expected, "{value}");
        }
    }

    #[test]
    fn claims_are_found_by_name_and_by_pointer() {
        let mapping = json!({ "claims": { "subject": "https://example/id", "groups": "/realm_access/roles" },
            "groups": { "operators": ["boss"] } });
        let claims = json!({ "https://example/id": "9", "realm_access": { "roles": ["family", "boss"] } });
        let person = read(&mapping, &claims).unwrap();
        assert_eq!((person.subject.as_str(), person.membership), ("9", Membership::Has(AccountRole::Operator)));
    }

    #[test]
    fn groups_decide_who_enters_and_who_runs_the_place() {
        let (operators, members) = (json!(["boss"]), json!(["family"]));
        let both = json!({ "groups": { "operators": operators, "members": members } });
        let only_members = json!({ "groups": { "members": members } });
        for (mapping, groups, expected) in [
            (&both, json!(["boss"]), Membership::Has(AccountRole::Operator)),
            (&both, json!("family"), Membership::Has(AccountRole::Member)),
            (&both, json!(["strangers"]), Membership::Outside),
            (&both, json!(null), Membership::Outside),
            (&only_members, json!(["family"]), Membership::Guest),
            (&only_members, json!(["boss"]), Membership::Outside),
            (&both, json!(["strangers", null, 7, "boss"]), Membership::Has(AccountRole::Operator)),
            (&both, json!({ "boss": true }), Membership::Outside),
            // One text is one group: a name may hold a comma or a space.
            (&both, json!("family,boss"), Membership::Outside),
        ] {
            let person = read(mapping, &json!({ "sub": "7", "groups": groups })).unwrap();
            assert_eq!(person.membership, expected, "{mapping} {groups}");
        }
    }
}
