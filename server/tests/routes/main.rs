//! The server as a client sees it: every route, and what every request passes. The files mirror the routes.

#[cfg(test)]
mod access;
#[cfg(test)]
mod accounts;
#[cfg(test)]
mod authenticator;
#[cfg(test)]
mod backup;
#[cfg(test)]
mod billing;
#[cfg(test)]
mod bounds;
#[cfg(test)]
mod children;
#[cfg(test)]
mod commands;
#[cfg(test)]
mod creations;
#[cfg(test)]
mod credentials;
#[cfg(test)]
mod degrading;
#[cfg(test)]
mod deleted_accounts;
#[cfg(test)]
mod deleting;
#[cfg(test)]
mod dependencies;
#[cfg(test)]
mod desk;
mod device;
#[cfg(test)]
mod devices;
#[cfg(test)]
mod drain;
#[cfg(test)]
mod entitlements;
#[cfg(test)]
mod events;
#[cfg(test)]
mod every_page;
#[cfg(test)]
mod exporting;
#[cfg(test)]
mod factors;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod floods;
#[cfg(test)]
mod full_disk;
#[cfg(test)]
mod guesses;
#[cfg(test)]
mod guests;
#[cfg(test)]
mod headers;
#[cfg(test)]
mod health;
#[cfg(test)]
mod identity;
#[cfg(test)]
mod importing;
#[cfg(test)]
mod killed;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod markup;
#[cfg(test)]
mod metrics;
#[cfg(test)]
mod moved;
#[cfg(test)]
mod mover;
#[cfg(test)]
mod nodes;
#[cfg(test)]
mod openapi;
#[cfg(test)]
mod openid;
#[cfg(test)]
mod owing;
#[cfg(test)]
mod owner;
#[cfg(test)]
mod passkeys;
#[cfg(test)]
mod placement;
mod problems;
#[cfg(test)]
mod process;
#[cfg(test)]
mod profile_life;
#[cfg(test)]
mod profile_owners;
#[cfg(test)]
mod profiles;
#[cfg(test)]
mod providers;
#[cfg(test)]
mod recommending;
#[cfg(test)]
mod refresh;
#[cfg(test)]
mod relay;
#[cfg(test)]
mod rendering;
#[cfg(test)]
mod revoked;
#[cfg(test)]
mod run_to_end;
#[cfg(test)]
mod sinks;
#[cfg(test)]
mod site;
#[cfg(test)]
mod stack;
#[cfg(test)]
mod stored;
#[cfg(test)]
mod storing;
#[cfg(test)]
mod strangers;
#[cfg(test)]
mod support;
#[cfg(test)]
mod tokens;
#[cfg(test)]
mod upgrade;
#[cfg(test)]
mod using;
#[cfg(test)]
mod vault;
#[cfg(test)]
mod viewer;
#[cfg(test)]
mod watching;
#[cfg(test)]
mod webhooks;
