//! The screens and their addresses: pure, so that the server and the browser read an address alike.
//!
//! The table of components for them is in `lib.rs`; this is only what an address means.

use contract::{
    catalog::{ListTitles, Sort},
    identity::EntryRefusal,
    ids::{AccountId, PlanId, ProfileId, TitleId},
    wire,
};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned};
use serde_json::{Map, Value};

/// What the viewer looks at.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Route {
    #[default]
    Home,
    Browse {
        filters: ListTitles,
    },
    Search {
        q: String,
    },
    Title {
        id: TitleId,
    },
    Watch {
        id: TitleId,
        /// Seconds from the start to begin at, where that is not where the viewer left off.
        at: Option<u32>,
    },
    /// The viewer's lists.
    MyList {
        /// Which of them, as `store/library/shelf.rs` reads it; "My list" where that is not said.
        list: Option<String>,
    },
    Settings,
    /// Signing in, or setting up where nobody has an account.
    SignIn {
        /// Why a provider's word did not let the viewer in.
        refused: Option<EntryRefusal>,
        /// Where the viewer goes on once they are signed in; home where that is not said.
        from: Option<Box<Self>>,
    },
    Account,
    /// Who is watching.
    Profiles {
        /// The one whose PIN is to be given.
        chosen: Option<ProfileId>,
        /// Where the viewer goes on once they have chosen.
        from: Option<Box<Self>>,
    },
    /// A page for whoever runs the place.
    Operator(Operator),
    NotFound,
}

/// The pages of whoever runs the place.
#[derive(Clone, Debug, PartialEq)]
pub enum Operator {
    /// What plays now, how much is watched, and how the place fares.
    Desk,
    Accounts {
        /// The beginning of a login.
        q: String,
    },
    Account {
        id: AccountId,
    },
    Plans,
    /// A plan, or one that is to be.
    Plan {
        id: PlanId,
    },
    /// Reviews that were reported or hidden, and what was done about them.
    Reviews {
        is_hidden: bool,
    },
}

impl Operator {
    fn parse(segments: &[&str], query: &str) -> Option<Self> {
        match segments {
            [] => Some(Self::Desk),
            ["accounts"] => Some(Self::Accounts { q: value_of(query, "q").unwrap_or_default() }),
            ["accounts", id] => id.parse().ok().map(|id| Self::Account { id }),
            ["plans"] => Some(Self::Plans),
            ["plans", id] => id.parse().ok().map(|id| Self::Plan { id }),
            ["reviews"] => Some(Self::Reviews { is_hidden: false }),
            ["reviews", "hidden"] => Some(Self::Reviews { is_hidden: true }),
            _ => None,
        }
    }

    fn href(&self) -> String {
        match self {
            Self::Desk => "/operator".to_owned(),
            Self::Accounts { q } if q.is_empty() => "/operator/accounts".to_owned(),
            Self::Accounts { q } => format!("/operator/accounts?q={}", wire::encode(q)),
            Self::Account { id } => format!("/operator/accounts/{id}"),
            Self::Plans => "/operator/plans".to_owned(),
            Self::Plan { id } => format!("/operator/plans/{id}"),
            Self::Reviews { is_hidden: false } => "/operator/reviews".to_owned(),
            Self::Reviews { is_hidden: true } => "/operator/reviews/hidden".to_owned(),
        }
    }
}

impl Route {
    /// What an address means. `query` is without its `?`.
    pub fn parse(path: &str, query: &str) -> Self {
        let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
        match segments.as_slice() {
            [] => Self::Home,
            ["browse"] => Self::Browse { filters: filters(query) },
            ["search"] => Self::Search { q: value_of(query, "q").unwrap_or_default() },
            ["title", id] => id.parse().map_or(Self::NotFound, |id| Self::Title { id }),
            ["watch", id] => {
                let at = value_of(query, "t").and_then(|at| at.parse().ok());
                id.parse().map_or(Self::NotFound, |id| Self::Watch { id, at })
            }
            ["my-list"] => Self::MyList { list: value_of(query, "list") },
            ["settings"] => Self::Settings,
            ["sign-in"] => Self::SignIn { refused: word(query, "refused"), from: from(query) },
            ["account"] => Self::Account,
            ["profiles"] => {
                let chosen = value_of(query, "chosen").and_then(|id| id.parse().ok());
                Self::Profiles { chosen, from: from(query) }
            }
            ["operator", rest @ ..] => Operator::parse(rest, query).map_or(Self::NotFound, Self::Operator),
            _ => Self::NotFound,
        }
    }

    /// Whether it is a way to somewhere, to which nobody goes back once they are there.
    pub const fn is_passed(&self) -> bool {
        matches!(self, Self::SignIn { .. } | Self::Profiles { .. })
    }

    /// A film, from where the viewer left off.
    pub const fn watch(id: TitleId) -> Self {
        Self::Watch { id, at: None }
    }

    /// Signing in, and then back to this screen.
    pub fn sign_in(self) -> Self {
        Self::SignIn { refused: None, from: self.remembered() }
    }

    /// Saying who watches, and then back to this screen.
    pub fn profiles(self) -> Self {
        Self::Profiles { chosen: None, from: self.remembered() }
    }

    /// As a screen to come back to: home is where one goes anyway, and from where one signs in or chooses one goes on to
    /// where that began.
    fn remembered(self) -> Option<Box<Self>> {
        if let Self::SignIn { from, .. } | Self::Profiles { from, .. } = self {
            return from;
        }
        self.screen().is_come_back_to.then(|| Box::new(self))
    }

    /// The address of this screen.
    pub fn href(&self) -> String {
        match self {
            Self::Home | Self::NotFound => "/".to_owned(),
            Self::Browse { filters } => browse_href(filters),
            Self::Search { q } if q.is_empty() => "/search".to_owned(),
            Self::Search { q } => format!("/search?q={}", wire::encode(q)),
            Self::Title { id } => format!("/title/{id}"),
            Self::Watch { id, at: None } => format!("/watch/{id}"),
            Self::Watch { id, at: Some(at) } => format!("/watch/{id}?t={at}"),
            Self::MyList { list } => with_query("/my-list", "list", list.as_deref(), None),
            Self::Settings => "/settings".to_owned(),
            Self::SignIn { refused, from } => with_query("/sign-in", "refused", refused.map(|why| why.as_str()), from.as_deref()),
            Self::Account => "/account".to_owned(),
            Self::Profiles { chosen, from } => {
                with_query("/profiles", "chosen", chosen.as_ref().map(ProfileId::as_str), from.as_deref())
            }
            Self::Operator(page) => page.href(),
        }
    }
}

/// A screen is stored as its address: one way to read it, and none of its own in the client.
impl Serialize for Route {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if *self == Self::NotFound { serializer.serialize_str("/not-found") } else { serializer.serialize_str(&self.href()) }
    }
}

impl<'de> Deserialize<'de> for Route {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let address = String::deserialize(deserializer)?;
        let (path, query) = address.split_once('?').unwrap_or((&address, ""));
        Ok(Self::parse(path, query))
    }
}

/// The address of the browse page with these filters.
pub fn browse_href(filters: &ListTitles) -> String {
    let fields = serde_json::to_value(filters).ok();
    let query = fields.as_ref().and_then(Value::as_object).map(wire::query).unwrap_or_default();
    if query.is_empty() { "/browse".to_owned() } else { format!("/browse?{query}") }
}

/// The filters that an address names; what it names wrongly does not filter.
fn filters(query: &str) -> ListTitles {
    let read = |name: &str| value_of(query, name).filter(|value| !value.is_empty());
    ListTitles {
        genre: read("genre"),
        decade: read("decade").and_then(|decade| decade.parse().ok()),
        maturity: read("maturity"),
        runtime: word(query, "runtime"),
        watchable: read("watchable").and_then(|watchable| watchable.parse().ok()),
        least_house_rating: read("least_house_rating")
            .and_then(|least| least.parse().ok())
            .filter(|least| (1..=10).contains(least)),
        person: read("person"),
        sort: word(query, "sort").filter(|sort| *sort != Sort::default()),
        page_token: None,
        offset: None,
        limit: None,
    }
}

/// A value that is one of a few words.
fn word<T: DeserializeOwned>(query: &str, name: &str) -> Option<T> {
    crate::json::named(value_of(query, name)?)
}

/// Where the viewer goes on afterwards. What is read is a screen and what is gone to is its address, so that no address that
/// somebody made up leads anywhere else.
fn from(query: &str) -> Option<Box<Route>> {
    let address = value_of(query, "from")?;
    let (path, query) = address.split_once('?').unwrap_or((&address, ""));
    // One within another would be read as deep as somebody cares to write it.
    if value_of(query, "from").is_some() { None } else { Route::parse(path, query).remembered() }
}

fn with_query(path: &str, name: &str, value: Option<&str>, from: Option<&Route>) -> String {
    let value = value.map(|value| format!("{name}={}", wire::encode(value)));
    let from = from.map(|from| format!("from={}", wire::encode(&from.href())));
    let query: Vec<String> = value.into_iter().chain(from).collect();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{}", query.join("&")) }
}

fn value_of(query: &str, wanted: &str) -> Option<String> {
    query.split('&').find_map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (wire::decode(name) == wanted).then(|| wire::decode(value))
    })
}

/// The fields of an address's query, for a form that must keep them.
pub fn query_fields(filters: &ListTitles) -> Map<String, Value> {
    match serde_json::to_value(filters) {
        Ok(Value::Object(fields)) => fields,
        Ok(_) | Err(_) => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_screen_is_found_again_by_its_address() {
        let id: TitleId = "abc".parse().unwrap();
        let filters = ListTitles {
            genre: Some("Drama".into()),
            decade: Some(1990),
            least_house_rating: Some(8),
            sort: Some(Sort::Newest),
            ..ListTitles::default()
        };
        let routes = [
            Route::Home,
            Route::Browse { filters },
            Route::Search { q: "am\u{e9}lie & co".into() },
            Route::Title { id: id.clone() },
            Route::watch(id.clone()),
            Route::Watch { id, at: Some(90) },
            Route::MyList { list: None },
            Route::MyList { list: Some("a & b".into()) },
            Route::Settings,
            Route::SignIn { refused: None, from: None },
            Route::SignIn { refused: Some(EntryRefusal::NotAllowed), from: None },
            Route::SignIn { refused: Some(EntryRefusal::Declined), from: Some(Box::new(Route::Search { q: "a & b".into() })) },
            Route::Watch { id: "abc".parse().unwrap(), at: Some(3) }.sign_in(),
            Route::Account,
            Route::Account.profiles(),
            Route::Profiles { chosen: Some("p1".parse().unwrap()), from: None },
            Route::Operator(Operator::Desk),
            Route::Operator(Operator::Accounts { q: "a b".into() }),
            Route::Operator(Operator::Account { id: "a1".parse().unwrap() }),
            Route::Operator(Operator::Plans),
            Route::Operator(Operator::Plan { id: "family".parse().unwrap() }),
            Route::Operator(Operator::Reviews { is_hidden: false }),
            Route::Operator(Operator::Reviews { is_hidden: true }),
        ];
        for route in routes {
            let href = route.href();
            let (path, query) = href.split_once('?').unwrap_or((&href, ""));
            assert_eq!(Route::parse(path, query), route, "{href}");
            let stored = serde_json::to_value(&route).unwrap();
            assert_eq!(stored, href);
            assert_eq!(serde_json::from_value::<Route>(stored).unwrap(), route);
        }
    }

    #[test]
    fn after_signing_in_one_comes_back_to_screens_of_ours_alone() {
        let back = |from: &str| match Route::parse("/sign-in", &format!("from={}", wire::encode(from))) {
            Route::SignIn { from, .. } => from.map(|from| from.href()),
            other => panic!("{other:?}"),
        };
        assert_eq!(back("/watch/abc?t=3").as_deref(), Some("/watch/abc?t=3"));
        assert_eq!(back("/browse?genre=Drama&evil=1").as_deref(), Some("/browse?genre=Drama"));
        // What looks like a screen is gone to as that screen, on this host.
        assert_eq!(back("//account").as_deref(), Some("/account"));
        let elsewhere =
            ["//evil.example", "//evil.example/watch/abc", "/\\evil.example", "https://evil.example", "javascript:alert(1)"];
        let nowhere =
            ["", "/", "/auth/google", "/api/v1/identity", "/a\r\nset-cookie: x", "/sign-in", "/profiles?from=%2Faccount"];
        for from in elsewhere.into_iter().chain(nowhere) {
            assert_eq!(back(from), None, "{from}");
        }
        assert_eq!(Route::Account.sign_in().sign_in(), Route::Account.sign_in(), "never one within another");
        assert_eq!(Route::Home.sign_in().href(), "/sign-in");
    }

    #[test]
    fn an_address_that_means_nothing_is_not_found_and_a_wrong_filter_does_not_filter() {
        assert_eq!(Route::parse("/title/..", ""), Route::NotFound);
        assert_eq!(Route::parse("/nowhere", ""), Route::NotFound);
        let stored = serde_json::to_value(Route::NotFound).unwrap();
        assert_eq!(serde_json::from_value::<Route>(stored).unwrap(), Route::NotFound);
        assert_eq!(
            Route::parse("/browse", "decade=soon&sort=best&runtime=x&least_house_rating=11"),
            Route::Browse { filters: ListTitles::default() }
        );
    }
}
