//! Events by column: which columns there are, and many rows of them in memory.
//!
//! One wide table. A row has those columns that its kind has; the others are null, which costs next to nothing in Parquet.
//! A column's cells are levels (1 where there is a value) and the values that there are, packed, as Parquet has them.

use std::{collections::HashSet, slice};

use bytes::Bytes;

use crate::{
    event::{EventError, HASH},
    shape::{Flag, Hash, Number, Shape, Text},
};

/// The cells of one column.
pub(crate) struct Column<S: Shape> {
    /// 1 where there is a value, 0 where there is none.
    pub(crate) levels: Vec<i16>,
    pub(crate) values: Vec<S::Stored>,
}

impl<S: Shape> Default for Column<S> {
    fn default() -> Self {
        Self { levels: Vec::new(), values: Vec::new() }
    }
}

impl<S: Shape> Column<S> {
    fn push(&mut self, seen: Option<S::Seen<'_>>, texts: &mut HashSet<Bytes>) {
        self.levels.push(i16::from(seen.is_some()));
        self.values.extend(seen.map(|seen| S::stored(seen, texts)));
    }

    fn clear(&mut self) {
        self.levels.clear();
        self.values.clear();
    }

    fn cursor(&self) -> Cursor<'_, S> {
        Cursor { is_read: !self.levels.is_empty(), levels: self.levels.iter(), values: self.values.iter() }
    }

    /// The first value that does not belong into the column.
    pub(crate) fn wrong(&self) -> Option<&S::Stored> {
        self.values.iter().find(|value| !S::belongs(value))
    }
}

struct Cursor<'a, S: Shape> {
    is_read: bool,
    levels: slice::Iter<'a, i16>,
    values: slice::Iter<'a, S::Stored>,
}

impl<'a, S: Shape> Cursor<'a, S> {
    #[inline]
    fn next(&mut self) -> Option<S::Seen<'a>> {
        if *self.levels.next()? == 0 { None } else { self.values.next().and_then(S::seen) }
    }
}

/// What a row shows of each shape.
macro_rules! seen {
    (Number $a:lifetime) => { u64 };
    (Text $a:lifetime) => { &$a str };
    (Hash $a:lifetime) => { [u8; HASH] };
    (Flag $a:lifetime) => { bool };
}

macro_rules! columns {
    ($($(#[doc = $doc:literal])* $field:ident $name:ident $shape:ident,)*) => {
        /// A column.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Name { $($(#[doc = $doc])* $name,)* }

        impl Name {
            /// Every column, in the order of a file.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// As it stands in the schema.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => stringify!($field),)* }
            }
        }

        /// One event, as the columns that were read show it; nothing stands where there is no value, and where the column was not read.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct Row<'a> { $($(#[doc = $doc])* pub $field: Option<seen!($shape 'a)>,)* }

        impl Row<'_> {
            pub(crate) fn check(&self) -> Result<(), EventError> {
                $(if let Some(error) = self.$field.and_then(|seen| <$shape as Shape>::refused(stringify!($field), seen)) {
                    return Err(error);
                })*
                Ok(())
            }
        }

        /// Many events by column.
        #[derive(Default)]
        pub struct Columns {
            rows: usize,
            texts: HashSet<Bytes>,
            $($field: Column<$shape>,)*
        }

        impl Columns {
            /// Adds a row.
            ///
            /// # Errors
            /// [`EventError`]; nothing of it is added then.
            pub fn push(&mut self, row: &Row<'_>) -> Result<(), EventError> {
                row.check()?;
                $(self.$field.push(row.$field, &mut self.texts);)*
                self.rows = self.rows.saturating_add(1);
                Ok(())
            }

            /// Takes every row out; the memory stays.
            pub fn clear(&mut self) {
                self.rows = 0;
                self.texts.clear();
                $(self.$field.clear();)*
            }

            /// The rows, in their order.
            pub fn rows(&self) -> Rows<'_> {
                Rows { left: self.rows, $($field: self.$field.cursor(),)* }
            }

            /// Shows each row to `see`, in their order; the quick way, because a row is wide and this one is never moved.
            pub fn each(&self, mut see: impl FnMut(&Row<'_>)) {
                $(let mut $field = self.$field.cursor();)*
                let mut row = Row::default();
                for _ in 0..self.rows {
                    // Of what was not read nothing is ever seen.
                    $(if $field.is_read {
                        row.$field = $field.next();
                    })*
                    see(&row);
                }
            }

            pub(crate) fn cells(&mut self, name: Name) -> Cells<'_> {
                match name { $(Name::$name => Cells::$shape(&mut self.$field),)* }
            }
        }

        /// Rows of [`Columns`].
        pub struct Rows<'a> {
            left: usize,
            $($field: Cursor<'a, $shape>,)*
        }

        impl<'a> Iterator for Rows<'a> {
            type Item = Row<'a>;

            #[inline]
            fn next(&mut self) -> Option<Row<'a>> {
                self.left = self.left.checked_sub(1)?;
                Some(Row { $($field: self.$field.next(),)* })
            }

            fn size_hint(&self) -> (usize, Option<usize>) {
                (self.left, Some(self.left))
            }
        }
    };
}

/// A column of any shape.
pub(crate) enum Cells<'a> {
    Number(&'a mut Column<Number>),
    Text(&'a mut Column<Text>),
    Hash(&'a mut Column<Hash>),
    Flag(&'a mut Column<Flag>),
}

// The order of a file: a new one is the last, and files of before have none.
columns! {
    /// Milliseconds since 1970, UTC (TIMESTAMP). Of every row.
    at At Number,
    /// The name of the kind. Of every row.
    kind Kind Text,
    /// Bytes of [`crate::ProfileHash`].
    profile Profile Hash,
    /// Bytes of [`crate::SessionHash`].
    session Session Hash,
    title Title Text,
    generation Generation Text,
    /// Pixels of height.
    class Class Number,
    device Device Text,
    region Region Text,
    store Store Text,
    watched_millis WatchedMillis Number,
    bytes Bytes Number,
    requests Requests Number,
    first_picture_millis FirstPictureMillis Number,
    stalls Stalls Number,
    stalled_millis StalledMillis Number,
    errors Errors Number,
    bitrate_kbps BitrateKbps Number,
    played_millis PlayedMillis Number,
    query Query Text,
    hits Hits Number,
    method Method Text,
    succeeded Succeeded Flag,
    list List Text,
    added Added Flag,
    half_stars HalfStars Number,
    /// The name of the last error of a player.
    error Error Text,
    /// Whether a session had an error that had none before.
    first_error FirstError Flag,
}

impl Columns {
    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    pub(crate) fn set_len(&mut self, rows: usize) {
        self.rows = rows;
    }

    /// The first and the last instant, in milliseconds since 1970.
    pub(crate) fn span(&self) -> Option<(u64, u64)> {
        let seen = |at: Option<&i64>| at.and_then(Number::seen);
        seen(self.at.values.iter().min()).zip(seen(self.at.values.iter().max()))
    }
}
