//! What a call is, how it is sent, and how one is dispatched without a network in between.
//!
//! Must never name a transport: HTTP lives in the server's `mount.rs` and in the app's `client.rs`.

use std::{any::Any, future::Future, pin::Pin};

use serde::{Serialize, de::DeserializeOwned};

use crate::{
    Problem, Scope,
    authorization::Right,
    bounds::{self, Bounds},
};

/// The HTTP verb of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

impl Method {
    /// The verb as it stands on the request line (RFC 9110, section 9).
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    /// Whether a request with this verb carries its fields in a JSON body; the others use the query.
    pub const fn has_body(self) -> bool {
        match self {
            Self::Post | Self::Put | Self::Patch => true,
            Self::Get | Self::Delete => false,
        }
    }
}

/// Who may make a call. Enforced in one place, the server's `mount.rs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Access {
    /// Anybody, an anonymous profile included.
    Guest,
    /// Whoever is signed in.
    Member,
    /// Whoever's authorization grants this, guests included where the plan of guests does.
    Right(Right),
    /// Whoever runs the place.
    Operator,
}

/// Which profiles of an account may make a call, beside what [`Access`] asks of the account.
///
/// Guests and the makers of calls without an account have no profile of an account: this says nothing of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Profiles {
    /// Every profile, and a session for which none is chosen: what it takes to choose one, or to sign out.
    NotRequired,
    /// Every profile.
    Any,
    /// Profiles without an age limit: what concerns credentials, accounts, plans, billing and other profiles.
    Unrestricted,
}

impl Profiles {
    /// The profiles of a call, unless it names others: what no API token may do, and what is for operators, is about the
    /// account itself.
    pub const fn of(scope: Option<Scope>, access: Access) -> Self {
        match (scope, access) {
            (None, _) | (Some(_), Access::Operator) => Self::Unrestricted,
            (Some(_), Access::Guest | Access::Member | Access::Right(_)) => Self::Any,
        }
    }
}

/// Whether one reply serves every viewer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cache {
    /// The reply belongs to whoever asked: never kept by anything in between.
    Private,
    /// The reply tells what somebody lives by (credentials, billing): not even the browser keeps it (RFC 9111, section 5.2.2.5).
    Never,
    /// The reply depends on the request and on the age up to which films are shown to whoever asks; the gateway keeps
    /// one for each age, until one of [`Call::TOPICS`] changes.
    Shared,
}

/// What replies are made from, and what makes those that are kept out of date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Topic {
    /// What is stored of titles.
    Titles,
    /// What lists and searches find.
    Catalogue,
    /// What guests may do, and how they sign in.
    Guests,
}

impl Topic {
    pub const ALL: &'static [Self] = &[Self::Titles, Self::Catalogue, Self::Guests];
}

/// One request type with its reply, its verb, its path and who may make it.
///
/// `{name}` segments in [`Call::PATH`] are filled from the request's fields of that name; what remains goes
/// into the query (GET, DELETE) or a JSON body (POST, PUT, PATCH).
pub trait Call: Serialize + DeserializeOwned + Clone + Send + Sync + 'static {
    /// What a successful call returns; `()` is answered with 204 and no body.
    type Reply: Serialize + DeserializeOwned + Clone + Send + Sync + 'static;

    /// The operation's name in OpenAPI, metrics and logs, for example `catalog.v1.GetTitle`.
    const NAME: &'static str;
    const METHOD: Method;
    /// The path template with its version, for example `/api/v1/titles/{id}`.
    const PATH: &'static str;
    const ACCESS: Access = Access::Guest;
    /// What an API token needs to make it, beside [`Call::ACCESS`]; nothing where a browser alone may, because the call is
    /// about the credentials of an account or the session of a browser.
    const SCOPE: Option<Scope> = Some(Scope::of(Self::METHOD, Self::ACCESS));
    /// Which profiles may make it, beside [`Call::ACCESS`].
    const PROFILES: Profiles = Profiles::of(Self::SCOPE, Self::ACCESS);
    const CACHE: Cache = Cache::Private;
    /// On what a [`Cache::Shared`] reply depends: it is kept until one of these changes.
    const TOPICS: &'static [Topic] = Topic::ALL;
    /// Whether it is made on behalf of whoever watches, so that it is refused once somebody else does: not where one reply serves
    /// all, nor where it tells or changes who watches.
    const IS_PERSONAL: bool = !matches!((Self::CACHE, Self::PROFILES), (Cache::Shared, _) | (_, Profiles::NotRequired));
    /// What it changes that shared replies depend on: whoever made it finds that in whatever they ask for next.
    const WRITES: &'static [Topic] = &[];
    /// What its fields may hold beyond their types; checked before the handler is asked, and said in OpenAPI.
    const BOUNDS: Bounds = &[];
    /// Bytes that its JSON body may have.
    const BODY_LIMIT: usize = bounds::BODY;

    /// Whether it is a search: of these it is counted what was asked, and how much was found.
    const IS_SEARCH: bool = false;

    /// What is searched for, where the call is a search.
    fn searched(&self) -> Option<&str> {
        None
    }

    /// How many hits a reply has, where the call is a search.
    fn hits(_reply: &Self::Reply) -> Option<u32> {
        None
    }
    /// The status of a successful reply.
    const STATUS: u16 = 200;
}

/// A call whose type has been erased on its way through a [`Dispatch`].
pub type AnyCall = Box<dyn Any + Send>;
/// The reply to an [`AnyCall`].
pub type AnyReply = Box<dyn Any + Send>;
/// A future that can cross threads.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Something that answers calls: the services in this process, or a pool elsewhere.
///
/// Object-safe on purpose; use [`DispatchExt::send`], which keeps the types.
pub trait Dispatch: Send + Sync {
    /// Answers `call`, the boxed request whose operation is `name`.
    ///
    /// # Errors
    /// The problem that the call's handler reports, or `call_not_found` where nobody answers to `name`.
    fn dispatch<'a>(&'a self, name: &'static str, call: AnyCall) -> BoxFuture<'a, Result<AnyReply, Problem>>;
}

/// The typed way to use a [`Dispatch`].
pub trait DispatchExt: Dispatch {
    /// Sends `call` and returns its typed reply.
    ///
    /// # Errors
    /// As [`Dispatch::dispatch`]; `internal` where the answer has another type than the call declares.
    fn send<C: Call>(&self, call: C) -> impl Future<Output = Result<C::Reply, Problem>> + Send {
        let reply = self.dispatch(C::NAME, Box::new(call));
        async move {
            match reply.await?.downcast::<C::Reply>() {
                Ok(reply) => Ok(*reply),
                Err(_) => Err(Problem::internal()),
            }
        }
    }
}

impl<D: Dispatch + ?Sized> DispatchExt for D {}
