//! What an API token may be used for.
//!
//! A browser's session may do whatever its account may; a token may do that as far as its scopes go, and never more.
//! Must never grant anything by itself: a call's access is asked for all the same.

use serde::{Deserialize, Serialize};

use crate::{Access, Method, authorization::Right};

/// One thing that a token may be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// What changes nothing.
    Read,
    /// What changes something of the account's own; includes `read`.
    Write,
    /// To start films, to say how far one got, and to stop them; includes `read`: who starts a film has to find it, and so
    /// do the services that answer.
    Watch,
    /// What is for operators, reading and changing; of use to an operator's account alone.
    Operate,
}

impl Scope {
    pub const ALL: [Self; 4] = [Self::Read, Self::Write, Self::Watch, Self::Operate];

    /// The scope of a call, unless it names another.
    pub const fn of(method: Method, access: Access) -> Self {
        match (access, method) {
            (Access::Operator, _) => Self::Operate,
            (_, Method::Get) => Self::Read,
            (Access::Right(Right::Watch), _) => Self::Watch,
            (
                Access::Guest
                | Access::Member
                | Access::Right(
                    Right::Browse
                    | Right::Review
                    | Right::Favourites
                    | Right::Watchlists
                    | Right::Recommendations
                    | Right::Upload,
                ),
                Method::Post | Method::Put | Method::Patch | Method::Delete,
            ) => Self::Write,
        }
    }

    /// Whether a token with this scope may make a call that needs `needed`.
    pub fn includes(self, needed: Self) -> bool {
        self == needed || matches!((self, needed), (Self::Write | Self::Watch, Self::Read))
    }

    /// As it stands on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Watch => "watch",
            Self::Operate => "operate",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_includes_itself_and_writing_and_watching_include_reading() {
        for one in Scope::ALL {
            for other in Scope::ALL {
                let reads = other == Scope::Read && (one == Scope::Write || one == Scope::Watch);
                assert_eq!(one.includes(other), one == other || reads, "{one:?} {other:?}");
            }
            assert_eq!(serde_json::to_value(one).unwrap(), one.as_str());
        }
    }

    #[test]
    fn a_calls_scope_follows_from_who_may_make_it_and_what_it_does() {
        for (method, access, scope) in [
            (Method::Get, Access::Guest, Scope::Read),
            (Method::Put, Access::Guest, Scope::Write),
            (Method::Delete, Access::Member, Scope::Write),
            (Method::Get, Access::Right(Right::Recommendations), Scope::Read),
            (Method::Post, Access::Right(Right::Review), Scope::Write),
            (Method::Get, Access::Right(Right::Watch), Scope::Read),
            (Method::Post, Access::Right(Right::Watch), Scope::Watch),
            (Method::Get, Access::Operator, Scope::Operate),
            (Method::Patch, Access::Operator, Scope::Operate),
        ] {
            assert_eq!(Scope::of(method, access), scope, "{method:?} {access:?}");
        }
    }
}
