//! Every word that client and server exchange, and nothing else.
//!
//! A call is a type ([`Call`]); its reply is a type; its failure is always a [`Problem`]. The router, the
//! OpenAPI document, the browser's client and the in-process dispatch all read the same constants, so they
//! cannot drift. This crate must never do I/O, nor know axum, leptos or a store.

pub mod authorization;
pub mod bounds;
pub mod call;
pub mod device;
pub mod ids;
pub mod maturity;
pub mod money;
pub mod problem;
pub mod resolution;
pub mod scope;
pub mod stream;
pub mod wire;

pub mod catalog;
pub mod discovery;
pub mod entitlements;
pub mod events;
pub mod identity;
pub mod library;
pub mod operations;
pub mod playback;
pub mod reviews;
pub mod statements;
pub mod storage_plan;
pub mod usage;
pub mod webhooks;

pub use call::{Access, Cache, Call, Dispatch, DispatchExt, Method, Profiles, Topic};
pub use problem::{Code, FieldError, Problem};
pub use scope::Scope;
pub use stream::Stream;
