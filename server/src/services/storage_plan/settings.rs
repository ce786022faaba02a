//! What operators say: the cost sheets, and where titles are to lie. Both are documents that keep what nobody here knows.

use std::sync::Arc;

use contract::{
    Code, Problem,
    bounds::BODY,
    ids::TitleId,
    storage_plan::{CHOSEN_TITLES, CostSheets, ReplaceCostSheets, StorageChoice},
};
use serde_json::{Map, Value};
use storage::{
    StoreError,
    documents::{Change, Documents, Expect, Write, read, update},
};
use storage_plan::{
    plan::{Choice, Choices, Chosen},
    sheet::{Sheets, SheetsDocument},
};

use super::record::{CHOICES, CHOICES_ID, SHEETS, SHEETS_ID, SheetsRecord};
use crate::services::{
    parse_errors::in_words,
    readable::{readable, update_readable},
};

/// Both documents. Cheap to clone.
#[derive(Clone)]
pub struct Settings {
    documents: Arc<dyn Documents>,
}

/// The cost sheets, as far as there are any.
#[derive(Clone, Debug, Default)]
pub struct StoredSheets {
    pub document: Option<Map<String, Value>>,
    /// 0 where there are none.
    pub version: u64,
    /// Those that can be computed with, or why they cannot.
    pub checked: Option<Result<Sheets, String>>,
}

impl StoredSheets {
    /// Those that can be computed with.
    pub fn usable(&self) -> Option<&Sheets> {
        self.checked.as_ref().and_then(|checked| checked.as_ref().ok())
    }
}

/// Reads sheets as an operator wrote them.
///
/// # Errors
/// What is wrong, and where: the path of a field, or empty; in words.
pub fn check(document: &Map<String, Value>) -> Result<Sheets, (String, String)> {
    let read: Result<SheetsDocument, _> = serde_path_to_error::deserialize(Value::Object(document.clone()));
    let read = read.map_err(|error| (error.path().to_string(), in_words(&error.inner().to_string())))?;
    Sheets::try_from(read).map_err(|error| (String::new(), error.to_string()))
}

impl Settings {
    pub fn new(documents: Arc<dyn Documents>) -> Self {
        Self { documents }
    }

    /// # Errors
    /// [`StoreError`]; sheets that cannot be read are no error.
    pub async fn sheets(&self) -> Result<StoredSheets, StoreError> {
        match read::<SheetsRecord>(&*self.documents, &SHEETS, SHEETS_ID).await {
            Ok(None) => Ok(StoredSheets::default()),
            Ok(Some((record, version))) => {
                let in_words = |(path, why): (String, String)| if path.is_empty() { why } else { format!("{path}: {why}") };
                let checked = Some(check(&record.sheets).map_err(in_words));
                Ok(StoredSheets { document: Some(record.sheets), version, checked })
            }
            Err(StoreError::Corrupt { reason, .. }) => {
                let version = self.documents.get(&SHEETS, SHEETS_ID).await.ok().flatten().map_or(0, |stored| stored.version);
                Ok(StoredSheets { document: None, version, checked: Some(Err(reason)) })
            }
            Err(error) => Err(error),
        }
    }

    /// # Errors
    /// `invalid_request` that says what is wrong with them; `version_conflict`; what the store says. Then nothing was changed.
    pub async fn replace_sheets(&self, sheets: Map<String, Value>, expected_version: u64) -> Result<CostSheets, Problem> {
        // As long as a call may be, also from the command line: what is longer could not be written back by whoever reads it.
        let call = ReplaceCostSheets { sheets, expected_version };
        let length = serde_json::to_vec(&call).map_err(|_| Problem::internal())?.len();
        if length > BODY {
            let detail = format!("The cost sheets were not changed: they have {length} bytes, and may have {BODY}.");
            return Err(Problem::invalid("sheets", format!("are longer than {BODY} bytes")).with_detail(detail));
        }
        let ReplaceCostSheets { sheets, expected_version } = call;
        check(&sheets).map_err(|(path, why)| {
            let field = if path.is_empty() || path == "." { "sheets".to_owned() } else { format!("sheets.{path}") };
            let detail = format!("The cost sheets were not changed: {why}.");
            Problem::invalid(&field, why).with_detail(detail)
        })?;
        let rest = match read::<SheetsRecord>(&*self.documents, &SHEETS, SHEETS_ID).await {
            Ok(stored) => stored.map(|(record, _)| record.rest).unwrap_or_default(),
            Err(StoreError::Corrupt { .. }) => Map::new(),
            Err(error) => return Err(error.into()),
        };
        let body = serde_json::to_value(SheetsRecord { sheets: sheets.clone(), rest }).map_err(|_| Problem::internal())?;
        let expect = if expected_version == 0 { Expect::Absent } else { Expect::Version(expected_version) };
        let version = self.documents.put(&SHEETS, Write { id: SHEETS_ID.to_owned(), body, expect }).await?;
        Ok(CostSheets { sheets, version })
    }

    /// The choices and their version; 0 where nothing was ever chosen, which is `auto`. Those that cannot be read are one that
    /// nobody here knows: every title stays where it lies until something is chosen anew.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn choices(&self) -> Result<(Choices, u64), StoreError> {
        let Some(document) = self.documents.get(&CHOICES, CHOICES_ID).await? else { return Ok(Default::default()) };
        let choices =
            readable(&document).unwrap_or_else(|| Choices { overall: Chosen::Unknown(Value::Null), ..Choices::default() });
        Ok((choices, document.version))
    }

    /// # Errors
    /// [`StoreError`].
    pub async fn choose(&self, choice: StorageChoice) -> Result<(), StoreError> {
        let overall = choice_of(choice);
        let changed = update_readable(&*self.documents, &CHOICES, CHOICES_ID, |stored: Option<Choices>| {
            let choices = stored.unwrap_or_default();
            Ok(match choices.overall.known() == Some(overall) {
                true => Change::Keep,
                false => Change::Put(Choices { overall: overall.into(), ..choices }),
            })
        });
        changed.await.map(drop)
    }

    /// Chooses for one title, or takes its choice away.
    ///
    /// # Errors
    /// `limit_reached`; what the store says.
    pub async fn choose_for(&self, title: &TitleId, choice: Option<StorageChoice>) -> Result<(), Problem> {
        let chosen = choice.map(|choice| Chosen::Supported(choice_of(choice)));
        let changed = update(&*self.documents, &CHOICES, CHOICES_ID, |stored: Option<Choices>| {
            let mut choices = stored.unwrap_or_default();
            if choices.titles.get(title.as_str()) == chosen.as_ref() {
                return Ok(Change::Keep);
            }
            match chosen.clone() {
                Some(chosen) => drop(choices.titles.insert(title.to_string(), chosen)),
                None => drop(choices.titles.remove(title.as_str())),
            }
            if choices.titles.len() > CHOSEN_TITLES {
                let detail = format!("{CHOSEN_TITLES} titles have a choice of their own already.");
                return Err(Problem::new(Code::LimitReached).with_detail(detail));
            }
            Ok(Change::Put(choices))
        });
        changed.await.map(drop)
    }

    /// A title is gone, and its choice with it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn forget(&self, title: &TitleId) -> Result<(), StoreError> {
        let changed = update(&*self.documents, &CHOICES, CHOICES_ID, |stored: Option<Choices>| {
            let Some(mut choices) = stored else { return Ok::<_, StoreError>(Change::Keep) };
            Ok(if choices.titles.remove(title.as_str()).is_some() { Change::Put(choices) } else { Change::Keep })
        });
        changed.await.map(drop)
    }
}

const fn choice_of(choice: StorageChoice) -> Choice {
    match choice {
        StorageChoice::Auto => Choice::Auto,
        StorageChoice::PerView => Choice::PerView,
        StorageChoice::Flat => Choice::Flat,
    }
}

/// As calls say it.
pub const fn told(choice: Choice) -> StorageChoice {
    match choice {
        Choice::Auto => StorageChoice::Auto,
        Choice::PerView => StorageChoice::PerView,
        Choice::Flat => StorageChoice::Flat,
    }
}
