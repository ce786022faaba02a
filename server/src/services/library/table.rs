//! Titles as CSV (RFC 4180): read as Letterboxd, IMDb and spreadsheets write it, and written as they read it.
//!
//! Must never fail for a single row: what cannot be read is counted, and the rest goes on.

use contract::{
    Problem,
    catalog::{TitleName, TitleReference, imdb_id},
    library::REPORTED,
    reviews::HALF_STARS,
};
use csv::{ReaderBuilder, StringRecord, Terminator, WriterBuilder};

use super::days::noon_of;

/// The columns, as Letterboxd names them.
const COLUMNS: [&str; 5] = ["Title", "Year", "imdbID", "Rating", "WatchedDate"];
/// What rows are parted into cells by: the second is what spreadsheets write where a comma stands in numbers.
const DELIMITERS: [u8; 3] = [b',', b';', b'\t'];
/// Characters of a title at most.
pub const TITLE: usize = 300;

/// A row of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub name: TitleName,
    /// When it was watched, in milliseconds since 1970; absent where the row says no day.
    pub watched: Option<u64>,
    /// In half stars; absent where the row gives none.
    pub rating: Option<u8>,
}

/// What is in a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    pub rows: Vec<Row>,
    /// Rows that cannot be read, counted from 1; the first [`REPORTED`].
    pub unreadable: Vec<u64>,
    pub unreadable_total: u64,
    /// Rows beyond those that were wanted.
    pub left_out: u64,
}

/// Reads at most `most` rows. Days are read where `latest` says up to when, in milliseconds since 1970.
///
/// # Errors
/// `invalid_request` where no column has titles.
pub fn read(text: &str, most: usize, latest: Option<u64>) -> Result<Table, Problem> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let (mut reader, columns, mut number) = DELIMITERS.iter().find_map(|delimiter| open(text, *delimiter)).ok_or_else(|| {
        Problem::invalid(
            "text",
            "it is not a CSV file of films. Its first row has to name the columns, and one of them has to be called Title or Name",
        )
    })?;
    let mut table = Table::default();
    let mut record = StringRecord::new();
    loop {
        let row = match reader.read_record(&mut record) {
            Ok(false) => return Ok(table),
            Ok(true) if record.iter().all(|cell| cell.trim().is_empty()) => {
                number += 1;
                continue;
            }
            Ok(true) => columns.row(&record, latest),
            Err(_) => None,
        };
        number += 1;
        match row {
            _ if table.rows.len() >= most => table.left_out += 1,
            Some(row) => table.rows.push(row),
            None => {
                table.unreadable_total += 1;
                if table.unreadable.len() < REPORTED {
                    table.unreadable.push(number);
                }
            }
        }
    }
}

type Reader<'a> = csv::Reader<&'a [u8]>;

/// The rows below the names of the columns, with how many rows are above; nothing where titles are in none of them.
fn open(text: &str, delimiter: u8) -> Option<(Reader<'_>, Columns, u64)> {
    let mut reader = ReaderBuilder::new().delimiter(delimiter).flexible(true).has_headers(false).from_reader(text.as_bytes());
    let mut names = StringRecord::new();
    reader.read_record(&mut names).ok().filter(|is_there| *is_there)?;
    let mut above = 1;
    // What Letterboxd exports of a list begins with what it says of the list.
    if names.get(0).is_some_and(|first| first.starts_with("Letterboxd list export")) {
        while names.get(0).is_some_and(|first| first != "Position") {
            reader.read_record(&mut names).ok().filter(|is_there| *is_there)?;
            above += 1;
        }
    }
    Some((reader, Columns::named(&names)?, above))
}

/// Where what stands in a row.
struct Columns {
    title: usize,
    year: Option<usize>,
    imdb: Option<usize>,
    /// Those that say when a title was watched; the first that says something counts.
    watched: Vec<usize>,
    /// The same of what the title was given.
    ratings: Vec<(usize, Scale)>,
}

/// What a rating is out of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scale {
    /// 0.5 to 5, in halves.
    Stars,
    /// 1 to 10.
    Points,
}

impl Scale {
    /// Half stars; nothing where a cell says something else: some say by `Rating` from which age on a film is.
    fn half_stars(self, cell: &str) -> Option<u8> {
        let (whole, fraction) = cell.split_once(['.', ',']).unwrap_or((cell, ""));
        let whole: u8 = whole.parse().ok()?;
        let half_stars = match (self, fraction.trim_end_matches('0')) {
            (Self::Stars, "") => whole.checked_mul(2)?,
            (Self::Stars, "5") => whole.checked_mul(2)?.checked_add(1)?,
            (Self::Points, "") => whole,
            (Self::Stars | Self::Points, _) => return None,
        };
        (1..=HALF_STARS).contains(&half_stars).then_some(half_stars)
    }
}

impl Columns {
    fn named(names: &StringRecord) -> Option<Self> {
        let bare = |name: &str| -> String { name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect() };
        let names: Vec<String> = names.iter().map(bare).collect();
        let column = |name: &&str| names.iter().position(|there| there == name);
        let first = |wanted: &[&str]| wanted.iter().find_map(column);
        Some(Self {
            title: first(&["title", "name"])?,
            year: first(&["year"]),
            imdb: first(&["imdbid", "const"]),
            watched: ["watcheddate", "date", "daterated"].iter().filter_map(column).collect(),
            ratings: [("rating", Scale::Stars), ("rating10", Scale::Points), ("yourrating", Scale::Points)]
                .iter()
                .filter_map(|(name, scale)| Some((column(name)?, *scale)))
                .collect(),
        })
    }

    /// What a row says; nothing where that cannot be read.
    fn row(&self, record: &StringRecord, latest: Option<u64>) -> Option<Row> {
        let cell = |column: usize| record.get(column).map(bare_cell).map(str::trim).filter(|cell| !cell.is_empty());
        let imdb = self.imdb.and_then(cell).and_then(imdb_id).map(str::to_owned);
        let title = cell(self.title).unwrap_or_default().to_owned();
        if title.chars().count() > TITLE || (title.is_empty() && imdb.is_none()) {
            return None;
        }
        let year = match self.year.and_then(cell) {
            Some(year) => Some(year.parse().ok()?),
            None => None,
        };
        let said = latest.and_then(|latest| Some((latest, self.watched.iter().find_map(|column| cell(*column))?)));
        let watched = match said {
            Some((latest, day)) => Some(noon_of(day).filter(|noon| *noon <= latest)?),
            None => None,
        };
        let rating = self.ratings.iter().find_map(|(column, scale)| scale.half_stars(cell(*column)?));
        Some(Row { name: TitleName { title, year, imdb }, watched, rating })
    }
}

/// A row to be written.
pub struct Line<'a> {
    pub title: &'a TitleReference,
    /// In half stars; absent where none is given.
    pub rating: Option<u8>,
    /// `2024-01-31`; empty on lists.
    pub watched: String,
}

/// # Errors
/// `internal`, which writing to memory never comes to.
pub fn write<'a>(lines: impl Iterator<Item = Line<'a>>) -> Result<String, Problem> {
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
    writer.write_record(COLUMNS).map_err(|error| unwritable(&error))?;
    for Line { title, rating, watched } in lines {
        let year = title.year.map(|year| year.to_string()).unwrap_or_default();
        let imdb = title.imdb.as_deref().unwrap_or_default();
        let rating = rating.map(stars).unwrap_or_default();
        let name = safe_cell(&title.title);
        let cells = [name.as_str(), year.as_str(), imdb, rating.as_str(), watched.as_str()];
        writer.write_record(cells).map_err(|error| unwritable(&error))?;
    }
    let bytes = writer.into_inner().map_err(|error| unwritable(&error))?;
    String::from_utf8(bytes).map_err(|error| unwritable(&error))
}

/// `4.5` of nine half stars.
fn stars(half_stars: u8) -> String {
    format!("{}{}", half_stars / 2, if half_stars.is_multiple_of(2) { "" } else { ".5" })
}

fn unwritable(error: &dyn std::error::Error) -> Problem {
    tracing::error!(%error, "an export cannot be written");
    Problem::internal()
}

/// A text as a spreadsheet shows it and does not reckon with it ("CSV injection", OWASP).
fn safe_cell(text: &str) -> String {
    if may_be_formula(text) { format!("'{text}") } else { text.to_owned() }
}

/// The text that [`safe_cell`] was given.
fn bare_cell(cell: &str) -> &str {
    cell.strip_prefix('\'').filter(|text| may_be_formula(text)).unwrap_or(cell)
}

/// Whatever apostrophes it begins with: the text in a safe cell is told from one that begins with an apostrophe itself.
fn may_be_formula(text: &str) -> bool {
    let text = text.trim_start_matches('\'');
    let begins = text.trim_start_matches(|c: char| c == '\'' || c.is_whitespace());
    text.starts_with(['\t', '\r', '\n']) || begins.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠'])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// 2030-01-01.
    const LATEST: Option<u64> = Some(1_893_456_000_000);

    /// Title, year, IMDb's id, and the day.
    type Said = (String, Option<u16>, Option<String>, Option<String>);

    fn titles(text: &str) -> Vec<Said> {
        let table = read(text, 100, LATEST).unwrap();
        let day = |row: &Row| row.watched.and_then(super::super::days::day_of);
        table.rows.into_iter().map(|row| (row.name.title.clone(), row.name.year, row.name.imdb.clone(), day(&row))).collect()
    }

    fn one(title: &str, year: u16, imdb: Option<&str>, day: Option<&str>) -> Said {
        (title.to_owned(), Some(year), imdb.map(str::to_owned), day.map(str::to_owned))
    }

    #[test]
    fn what_letterboxd_imdb_and_spreadsheets_write_is_read() {
        let diary = "Date,Name,Year,Letterboxd URI,Rating,Rewatch,Tags,Watched Date\n\
            2024-03-02,Heat,1995,https://boxd.it/a,4.5,,,2024-03-01\n2024-03-04,Ran,1985,https://boxd.it/b,,Yes,\"a, b\",\n";
        let expected = [one("Heat", 1995, None, Some("2024-03-01")), one("Ran", 1985, None, Some("2024-03-04"))];
        assert_eq!(titles(diary), expected);
        let watched = "Date,Name,Year,Letterboxd URI\r\n2023-12-31,\"Good, the Bad\nand the Ugly\",1966,x\r\n";
        assert_eq!(titles(watched), [one("Good, the Bad\nand the Ugly", 1966, None, Some("2023-12-31"))]);
        let list = "Letterboxd list export v7\nDate,Name,Tags,URL,Description\n2024-01-01,Best of,,https://boxd.it/c,\n\n\
            Position,Name,Year,URL,Description\n1,Alien,1979,https://boxd.it/d,\n";
        assert_eq!(titles(list), [one("Alien", 1979, None, None)]);
        let ratings = "Const,Your Rating,Date Rated,Title,Original Title,URL,Title Type,IMDb Rating,Runtime (mins),Year,Genres\n\
            tt0211915,9,2020-05-06,Amélie,Le Fabuleux Destin,https://imdb.com,Movie,8.3,122,2001,\"Comedy, Romance\"\n";
        assert_eq!(titles(ratings), [one("Amélie", 2001, Some("tt0211915"), Some("2020-05-06"))]);
        let letterboxd = "\u{feff}Title,Year,imdbID,Rating,WatchedDate\r\nHeat,1995,tt0113277,,2024-03-01\r\n";
        assert_eq!(titles(letterboxd), [one("Heat", 1995, Some("tt0113277"), Some("2024-03-01"))]);
        assert_eq!(titles("WATCHEDDATE;IMDB id; title ;yEAR\n2024-03-01;tt0113277;Heat;1995\n"), titles(letterboxd));
        assert_eq!(titles("title\tyear\nHeat\t1995\n"), [one("Heat", 1995, None, None)]);
    }

    #[test]
    fn a_row_that_cannot_be_read_is_named_by_its_number_and_the_rest_goes_on() {
        let rows = "Title,Year,WatchedDate,imdbID\nHeat,1995,2024-03-01\n,1995,2024-03-01\nRan,soon,\n ,,,tt0113277\n,,,nm0000001\n\
            Alien,1979,01/02/2024\nAlien,1979,2031-01-01\n,,,\nAlien,1979\nAlien,1979,,,,,more\n";
        let table = read(rows, 100, LATEST).unwrap();
        assert_eq!((table.rows.len(), table.unreadable_total, table.left_out), (4, 5, 0), "{table:?}");
        assert_eq!(table.unreadable, [3, 4, 6, 7, 8]);
        let without_days = read(rows, 100, None).unwrap();
        assert_eq!((without_days.unreadable, without_days.rows.iter().any(|row| row.watched.is_some())), (vec![3, 4, 6], false));
        let cut = read(rows, 2, LATEST).unwrap();
        assert_eq!((cut.rows.len(), cut.left_out, cut.unreadable), (2, 5, vec![3, 4]), "{rows}");
        let long = format!("Title\n{}\n{}\nHeat\n", "x".repeat(TITLE), "x".repeat(TITLE + 1));
        assert_eq!(read(&long, 100, None).unwrap().unreadable, [3]);
        let open = read("Title\nHeat\n\"Ran\nAlien\n", 100, None).unwrap();
        assert_eq!(open.rows.len(), 2, "a quotation mark that nothing closes takes the rest");
        let many = format!("Title,Year\n{}", "Heat,x\n".repeat(REPORTED + 5));
        let many = read(&many, 1_000, None).unwrap();
        assert_eq!((many.unreadable.len(), many.unreadable_total), (REPORTED, REPORTED as u64 + 5));
    }

    #[test]
    fn a_file_without_titles_says_what_it_lacks() {
        for text in [
            "",
            "\u{feff}",
            "\n\n",
            "Heat\nRan\n",
            "\u{fffd}\u{0}PK\u{3}\u{4}",
            "a,b,c\n1,2,3",
            "Letterboxd list export v7\n",
            "{}",
        ] {
            let problem = read(text, 100, LATEST).unwrap_err();
            assert_eq!((problem.status, problem.fields[0].field.as_str()), (422, "text"), "{text:?}");
            assert!(problem.fields[0].message.contains("Title"), "{problem:?}");
        }
        assert_eq!(read("Title", 100, LATEST).unwrap(), Table::default());
    }

    fn written(title: &str) -> String {
        let title = TitleReference { id: "t".parse().unwrap(), title: title.to_owned(), year: Some(1959), imdb: None };
        let line = Line { title: &title, rating: None, watched: "2024-03-01".to_owned() };
        write([line].into_iter()).unwrap()
    }

    #[test]
    fn no_cell_is_a_formula_to_a_spreadsheet_and_each_is_read_as_it_was() {
        assert_eq!(written("Heat"), "Title,Year,imdbID,Rating,WatchedDate\r\nHeat,1959,,,2024-03-01\r\n");
        for title in ["=1+1", "+1", "-30-", "@SUM(A1)", "\t=1", "'=1", "''+1", " =1", "=cmd|' /C calc'!A0", "＝1", "=\"a\",\"b\""]
        {
            let text = written(title);
            let cell = text.lines().nth(1).unwrap().trim_start_matches('"');
            assert!(cell.starts_with('\''), "{title:?}: {cell}");
            assert_eq!(titles(&text)[0].0, title.trim(), "{title:?}");
        }
        for title in ["'Round Midnight", "'71", "1=1", "<b>", "\u{202e}evil\u{202c}", "a\u{200b}b", "🎬", "\"\"", "a,\"b\"\r\nc"]
        {
            assert_eq!(titles(&written(title))[0].0, title, "{title:?}");
        }
    }

    proptest! {
        #[test]
        fn whatever_a_title_is_called_it_is_read_as_it_was_written(title in "['=+@\\-\t\r\n,;\"a ]{1,8}") {
            prop_assume!(!title.trim().is_empty());
            let read = titles(&written(&title));
            prop_assert_eq!(read[0].0.as_str(), title.trim());
        }

        #[test]
        fn no_text_breaks_the_reader(text in "\\PC{0,200}|[\",;\n\r\tTitleName]{0,60}") {
            let _ = read(&text, 10, LATEST);
        }
    }
}
