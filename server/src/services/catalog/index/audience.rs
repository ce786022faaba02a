//! Who may find what: a query, cut down to the titles that are for viewers up to an age.
//!
//! Must never change how well a title fits: the cut weighs nothing.

use std::ops::Bound;

use tantivy::{
    Term,
    query::{BooleanQuery, ConstScoreQuery, Occur, Query, RangeQuery},
};

use super::schema::Fields;

/// `query` for viewers up to this age; itself where there is no limit.
pub fn limited(fields: &Fields, query: impl Query, age: Option<u8>) -> Box<dyn Query> {
    let Some(age) = age else { return Box::new(query) };
    let up_to = Bound::Included(Term::from_field_u64(fields.age, u64::from(age)));
    let shown = ConstScoreQuery::new(Box::new(RangeQuery::new(Bound::Unbounded, up_to)), 0.0);
    Box::new(BooleanQuery::new(vec![(Occur::Must, Box::new(query)), (Occur::Must, Box::new(shown))]))
}
