//! One folder per route. A page reads the store and dispatches; what it shares with others is in `parts`.

pub mod account;
pub mod browse;
pub mod chunks;
pub mod home;
pub mod my_list;
pub mod not_found;
pub mod operator;
pub mod profiles;
pub mod search;
pub mod settings;
pub mod sign_in;
pub mod title;
pub mod watch;
