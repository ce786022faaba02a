//! The `marquee` server: gateway, services, storage. The binary in `main.rs` is its command line.
//!
//! Read `mount.rs` to see how a call becomes a route, `gateway/mod.rs` for what every request passes, and
//! `services/` for who answers.

pub mod account_principals;
pub mod advisories;
pub mod agent;
pub mod assemble;
pub mod backup;
pub mod catalogue_sink;
pub mod cli;
mod collecting;
pub mod collections;
pub mod config;
pub mod connections;
pub mod context;
pub mod data_copy;
pub mod deletions;
pub mod demo;
pub mod gateway;
mod house_ratings;
pub mod jobs;
pub mod keeping;
pub mod learners;
pub mod media_maintenance;
pub mod metrics;
pub mod mount;
pub mod network;
mod operations;
pub mod origin;
pub mod outbound;
mod outgoing;
pub mod page;
pub mod ready;
pub mod seal;
pub mod secret;
pub mod serve;
pub mod services;
pub mod session;
pub mod session_effect;
pub mod site;
mod site_parts;
pub mod slots;
mod start_error;
mod storage_places;
mod stranded;
#[cfg(test)]
mod test_support;
pub mod trusted_time;
