//! Stores, choices and advice as one reads them: pure.

use contract::storage_plan::{AdviceReason, BillItem, StorageAdvice, StorageChoice, StoreRole};

use crate::parts::money;

/// In a sentence.
pub const fn store(role: StoreRole) -> &'static str {
    match role {
        StoreRole::PerView => "the per-view store",
        StoreRole::Flat => "the flat store",
    }
}

/// Above a figure.
pub const fn store_heading(role: StoreRole) -> &'static str {
    match role {
        StoreRole::PerView => "In the per-view store",
        StoreRole::Flat => "In the flat store",
    }
}

/// Beside a button.
pub const fn choice(choice: StorageChoice) -> &'static str {
    match choice {
        StorageChoice::Auto => "Auto",
        StorageChoice::PerView => "Per view",
        StorageChoice::Flat => "Flat",
    }
}

/// What it means.
pub const fn meaning(choice: StorageChoice) -> &'static str {
    match choice {
        StorageChoice::Auto => "Each title lies where it is cheaper, by how it is watched.",
        StorageChoice::PerView => "Every title lies in the store that is paid by what is stored and watched.",
        StorageChoice::Flat => "Every title lies in the store that is rented by capacity, as far as it has room.",
    }
}

/// A month by that plan.
pub const fn plan(choice: StorageChoice) -> &'static str {
    match choice {
        StorageChoice::Auto => "As it is",
        StorageChoice::PerView => "If all lay per view",
        StorageChoice::Flat => "If all lay flat",
    }
}

/// What a line of a bill is for.
pub const fn item(item: BillItem) -> &'static str {
    match item {
        BillItem::Stored => "Stored, by the GB and month",
        BillItem::StoredMinimum => "Stored, deleted before its minimum",
        BillItem::Traffic => "Traffic, by the GB",
        BillItem::Retrieval => "Read, by the GB",
        BillItem::Reads => "Requests to read, by the thousand",
        BillItem::Writes => "Requests to write, by the thousand",
        BillItem::Capacity => "Capacity, by the month",
        BillItem::TrafficBeyond => "Traffic beyond what is included, by the GB",
    }
}

/// Where a title should lie, and why.
pub fn advice(advice: &StorageAdvice) -> String {
    let verb = if advice.advice == advice.lies { "Stays in" } else { "Belongs in" };
    let why = match advice.reason {
        AdviceReason::Chosen => "because that was chosen",
        AdviceReason::NoRoom => "because the flat store was chosen and has no room for it",
        AdviceReason::MinimumStay => "because it moved less than thirty days ago",
        AdviceReason::Cheapest => "because that is cheaper",
    };
    format!("{verb} {}, {why}.", store(advice.advice))
}

/// What that saves beside the other store: `saves €1.20 a month`.
pub fn saving(advice: &StorageAdvice) -> String {
    let saving = &advice.saving_month;
    let size = contract::money::Money { amount: saving.amount.saturating_abs(), currency: saving.currency.clone() };
    let size = money::amount(&size);
    match saving.amount {
        0 => "Costs the same a month".to_owned(),
        1.. => format!("Saves {size} a month"),
        _ => format!("Costs {size} a month more"),
    }
}

/// How much of it is there, of 100.
pub fn percent(copied: u64, bytes: u64) -> u64 {
    let hundredths = u128::from(copied.min(bytes)) * 100 / u128::from(bytes.max(1));
    u64::try_from(hundredths).unwrap_or(100)
}

#[cfg(test)]
mod tests {
    use contract::money::Money;

    use super::*;

    fn advised(lies: StoreRole, advice: StoreRole, reason: AdviceReason, saving: i64) -> StorageAdvice {
        let euros = |amount| Money { amount, currency: "EUR".into() };
        StorageAdvice {
            title: "heat".parse().unwrap(),
            bytes: 1000,
            lies,
            since: None,
            advice,
            reason,
            choice: None,
            per_view_month: euros(0),
            flat_month: euros(0),
            saving_month: euros(saving),
            moving: euros(0),
            moves: None,
        }
    }

    #[test]
    fn what_is_advised_says_where_and_why_and_what_it_saves() {
        use AdviceReason::{Cheapest, Chosen, MinimumStay, NoRoom};
        use StoreRole::{Flat, PerView};
        let said = |lies, to, reason, saving_month| {
            let advised = advised(lies, to, reason, saving_month);
            (advice(&advised), saving(&advised))
        };
        let one = said(PerView, Flat, Cheapest, 120);
        assert_eq!(one, ("Belongs in the flat store, because that is cheaper.".into(), "Saves €1.20 a month".into()));
        let chosen = said(Flat, Flat, Chosen, -5);
        assert_eq!(chosen, ("Stays in the flat store, because that was chosen.".into(), "Costs €0.05 a month more".into()));
        assert_eq!(
            said(PerView, PerView, NoRoom, 0).0,
            "Stays in the per-view store, because the flat store was chosen and has no room for it."
        );
        assert_eq!(said(Flat, Flat, MinimumStay, 0).1, "Costs the same a month");
    }

    #[test]
    fn a_move_is_told_in_whole_hundredths_and_never_beyond_its_end() {
        assert_eq!(
            [percent(0, 0), percent(1, 3), percent(3, 3), percent(9, 3), percent(u64::MAX, u64::MAX)],
            [0, 33, 100, 100, 100]
        );
    }
}
