//! Version 1 of statements: what an account owes for a month, by its plan and by what it used. No payment is taken.
//!
//! A statement is of a calendar month of UTC, by the plan that the account had and the price that plan had at the month's end; of the month that is
//! under way, as both are now. Each line is rounded once, half away from zero; the total is the sum of the lines.

use serde::{Deserialize, Serialize};

use crate::{
    Access, Call, Method, Profiles,
    bounds::{self, Bound, Bounds},
    ids::{AccountId, PlanId},
    money::Money,
};

/// What the account of whoever asks owes for a month. `not_found` where the account was not there yet, or its plan had no price.
/// An account that was disabled goes on owing what its plan costs: since when it is disabled is not kept. Who should owe nothing is given a plan without a price.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GetStatement {
    /// `2026-11`.
    pub month: String,
}

/// What one account owes for a month, for operators; as [`GetStatement`] otherwise. `not_found` also where there is no such account.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GetAccountStatement {
    pub account: AccountId,
    /// `2026-11`.
    pub month: String,
}

/// What all accounts owe for a month, by login; for operators. Those whose plan has no price owe nothing, and are left out; those that are disabled go on
/// owing, as of [`GetStatement`]. Those of which something cannot be read are named beside ([`StatementPage::left_out`]).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ListStatements {
    /// `2026-11`.
    pub month: String,
    /// The `next` of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page_token: Option<String>,
    /// Accounts that are looked at for one page: 1 to 100; 50 where it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u8>,
}

/// The same as CSV (RFC 4180): a row for each line, with the columns `month,account,login,plan,item,quantity,unit,unit_price,amount,currency`;
/// quantities are in the unit that the price is for, and amounts in units of the currency: `9.99`. An account of which something cannot be read has one
/// row, with the item `left_out` and no amount.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ListStatementsAsCsv {
    /// `2026-11`.
    pub month: String,
    /// The `next` of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page_token: Option<String>,
    /// As of [`ListStatements`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u8>,
}

/// The answer to [`ListStatementsAsCsv`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StatementsCsv {
    /// With a header on the first page alone, so that pages can be joined.
    pub csv: String,
    /// Absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// As of [`StatementPage`]; they have a row of `csv` each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<LeftOutStatement>,
}

/// The answer to [`ListStatements`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StatementPage {
    /// May be none on a page that is not the last.
    pub items: Vec<Statement>,
    /// Absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// Accounts of this page that may owe something, and of which something cannot be read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<LeftOutStatement>,
}

/// An account that may owe something for a month, of which something cannot be read that a statement is made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LeftOutStatement {
    pub account: AccountId,
    pub login: String,
    /// `2026-11`.
    pub month: String,
    /// What cannot be read, in words.
    pub why: String,
}

/// What an account owes for a month.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Statement {
    pub account: AccountId,
    pub login: String,
    /// `2026-11`.
    pub month: String,
    /// Whether the month is over. What a server that was killed had noted is added when it is started again.
    pub is_over: bool,
    pub plan: PlanId,
    pub plan_name: String,
    pub lines: Vec<StatementLine>,
    pub total: Money,
}

/// One line: `quantity / per * unit_price` is `amount`, rounded once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StatementLine {
    pub item: StatementItem,
    pub quantity: u64,
    /// How much of it the price is for.
    pub per: u64,
    /// In units of the currency: `0.05`.
    pub unit_price: String,
    pub amount: Money,
}

/// What a line is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum StatementItem {
    /// The plan itself.
    Month,
    /// Milliseconds of film, by the hour.
    Watched,
    /// Bytes of video, by the GB of 10^9.
    Bytes,
}

impl StatementItem {
    /// The stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Month => "month",
            Self::Watched => "watched",
            Self::Bytes => "bytes",
        }
    }
}

const MONTH: Bound = Bound::Shape { pattern: "^[0-9]{4}-(0[1-9]|1[0-2])$", fits: is_month, words: "a month like 2026-11" };

fn is_month(text: &str) -> bool {
    let Some((year, month)) = text.split_once('-') else { return false };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    year.len() == 4 && month.len() == 2 && digits(year) && digits(month) && ("01"..="12").contains(&month)
}

const PAGE: Bounds = &[
    ("month", MONTH),
    ("limit", Bound::Number { least: 1, most: bounds::PAGE }),
    ("page_token", Bound::Text { least: 1, most: 1024 }),
];

/// A call by its name, path and access.
macro_rules! call {
    ($call:ident -> $reply:ty, $path:literal, $access:expr; $bounds:expr) => {
        impl Call for $call {
            type Reply = $reply;
            const NAME: &'static str = concat!("statements.v1.", stringify!($call));
            const METHOD: Method = Method::Get;
            const PATH: &'static str = $path;
            const ACCESS: Access = $access;
            const PROFILES: Profiles = Profiles::Unrestricted;
            const BOUNDS: Bounds = $bounds;
        }
    };
}

call!(GetStatement -> Statement, "/api/v1/account/statements/{month}", Access::Member; &[("month", MONTH)]);
call!(GetAccountStatement -> Statement, "/api/v1/accounts/{account}/statements/{month}", Access::Operator; &[("month", MONTH)]);
call!(ListStatements -> StatementPage, "/api/v1/statements/{month}", Access::Operator; PAGE);
call!(ListStatementsAsCsv -> StatementsCsv, "/api/v1/statements/{month}/csv", Access::Operator; PAGE);
