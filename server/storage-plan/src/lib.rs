//! What video storage costs on two kinds of object store, and which title should lie where.
//!
//! Pure computation: [`sheet`] holds what the stores cost, [`usage`] what was stored and watched each day, [`bill`] what that comes to, [`plan`] where titles
//! are to lie, [`evaluate`] how good the plan is beside fixed choices and hindsight ([`optimum`]), on usage that was read or made ([`generate`]).
//! A GB is 10^9 bytes, months are calendar months in UTC, bills are exact ([`money`]). Must never move anything by itself, and never fail on what it is given.

pub mod bill;
pub mod calendar;
pub mod evaluate;
mod forecast;
pub mod generate;
mod knapsack;
pub mod market;
pub mod money;
pub mod optimum;
pub mod plan;
pub mod sheet;
#[cfg(test)]
mod tests;
pub mod usage;
