//! Cuts a stream of JSON into records, one at a time, and knows the line on which each begins.
//!
//! Takes an array of objects or JSON lines. Must never hold more than one record in memory, and must never
//! judge what is in one: a record that is no JSON is for its reader to refuse.

use std::io::{self, BufRead};

/// Bytes that one record may have.
const MOST: usize = 1024 * 1024;

/// One record as it stands in the file.
#[derive(Debug, PartialEq, Eq)]
pub struct RawRecord {
    /// The line of its first byte, from 1.
    pub line: u64,
    pub bytes: Vec<u8>,
}

/// Why the rest of a file cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    #[error("line {line}: the file cannot be read: {source}")]
    Io { line: u64, source: io::Error },
    #[error("line {line}: expected an array of objects, or one object on each line")]
    Shape { line: u64 },
    #[error("line {line}: the record that begins here is larger than 1 MiB, or a bracket or a quote in it is never closed")]
    Endless { line: u64 },
    #[error("line {line}: the file ends within the array")]
    Unfinished { line: u64 },
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Layout {
    Unknown,
    Array,
    Lines,
    Over,
}

/// The records of a reader, in order. After an error there are no more.
pub struct Records<R> {
    reader: R,
    line: u64,
    layout: Layout,
}

impl<R: BufRead> Records<R> {
    pub fn new(reader: R) -> Self {
        Self { reader, line: 1, layout: Layout::Unknown }
    }

    fn read(&mut self) -> Result<Option<RawRecord>, ScanError> {
        if self.layout == Layout::Unknown {
            self.find_layout()?;
        }
        match self.layout {
            Layout::Array => self.element(),
            Layout::Lines => self.one_line(),
            Layout::Unknown | Layout::Over => Ok(None),
        }
    }

    fn find_layout(&mut self) -> Result<(), ScanError> {
        // A byte order mark may come first (RFC 8259, section 8.1).
        for mark in [0xEF, 0xBB, 0xBF] {
            if self.peek()? == Some(mark) {
                self.reader.consume(1);
            }
        }
        self.layout = match self.skip_blank()? {
            None => Layout::Over,
            Some(b'[') => {
                self.reader.consume(1);
                Layout::Array
            }
            Some(b'{') => Layout::Lines,
            Some(_) => return Err(ScanError::Shape { line: self.line }),
        };
        Ok(())
    }

    fn element(&mut self) -> Result<Option<RawRecord>, ScanError> {
        loop {
            match self.skip_blank()? {
                None => return Err(ScanError::Unfinished { line: self.line }),
                Some(b',') => self.reader.consume(1),
                Some(b']') => {
                    self.reader.consume(1);
                    self.layout = Layout::Over;
                    return match self.skip_blank()? {
                        None => Ok(None),
                        Some(_) => Err(ScanError::Shape { line: self.line }),
                    };
                }
                Some(_) => return self.until_it_ends().map(Some),
            }
        }
    }

    /// One value of an array: up to the comma or bracket that follows it.
    fn until_it_ends(&mut self) -> Result<RawRecord, ScanError> {
        let begun = self.line;
        let mut bytes = Vec::with_capacity(512);
        let (mut depth, mut quoted, mut escaped) = (0_u32, false, false);
        while let Some(byte) = self.peek()? {
            if !quoted && depth == 0 && matches!(byte, b',' | b']') {
                return Ok(RawRecord { line: begun, bytes });
            }
            self.take(byte);
            bytes.push(byte);
            if bytes.len() > MOST {
                break;
            }
            match byte {
                _ if escaped => escaped = false,
                b'\\' if quoted => escaped = true,
                b'"' => quoted = !quoted,
                b'{' | b'[' if !quoted => depth += 1,
                b'}' | b']' if !quoted => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
        Err(ScanError::Endless { line: begun })
    }

    fn one_line(&mut self) -> Result<Option<RawRecord>, ScanError> {
        if self.skip_blank()?.is_none() {
            return Ok(None);
        }
        let begun = self.line;
        let mut bytes = Vec::with_capacity(512);
        while let Some(byte) = self.peek()? {
            self.take(byte);
            if byte == b'\n' {
                break;
            }
            bytes.push(byte);
            if bytes.len() > MOST {
                return Err(ScanError::Endless { line: begun });
            }
        }
        Ok(Some(RawRecord { line: begun, bytes }))
    }

    fn skip_blank(&mut self) -> Result<Option<u8>, ScanError> {
        while let Some(byte) = self.peek()? {
            if !byte.is_ascii_whitespace() {
                return Ok(Some(byte));
            }
            self.take(byte);
        }
        Ok(None)
    }

    fn peek(&mut self) -> Result<Option<u8>, ScanError> {
        let line = self.line;
        self.reader.fill_buf().map(|buffer| buffer.first().copied()).map_err(|source| ScanError::Io { line, source })
    }

    fn take(&mut self, byte: u8) {
        self.reader.consume(1);
        self.line += u64::from(byte == b'\n');
    }
}

impl<R: BufRead> Iterator for Records<R> {
    type Item = Result<RawRecord, ScanError>;

    fn next(&mut self) -> Option<Self::Item> {
        let record = self.read().transpose();
        if matches!(record, Some(Err(_))) {
            self.layout = Layout::Over;
        }
        record
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> Vec<Result<(u64, String), String>> {
        Records::new(text.as_bytes())
            .map(|record| match record {
                Ok(record) => Ok((record.line, String::from_utf8(record.bytes).unwrap().trim().to_owned())),
                Err(error) => Err(error.to_string()),
            })
            .collect()
    }

    #[test]
    fn an_array_is_cut_at_its_commas_whatever_stands_in_its_texts() {
        let text = "\u{feff}[\n {\"a\": \"], } \\\" [\"},\n\n {\"b\": [1, {\"c\": 2}]}, 7 ]\n";
        assert_eq!(
            cut(text),
            [
                Ok((2, "{\"a\": \"], } \\\" [\"}".to_owned())),
                Ok((4, "{\"b\": [1, {\"c\": 2}]}".to_owned())),
                Ok((4, "7".to_owned())),
            ]
        );
    }

    #[test]
    fn a_broken_line_among_json_lines_stays_on_its_line() {
        assert_eq!(
            cut("{\"a\":1}\n{\"b\": \"\n\n{\"c\":3}"),
            [Ok((1, "{\"a\":1}".to_owned())), Ok((2, "{\"b\": \"".to_owned())), Ok((4, "{\"c\":3}".to_owned()))]
        );
    }

    #[test]
    fn a_file_that_is_something_else_or_ends_early_says_so() {
        assert_eq!(cut(""), []);
        assert_eq!(cut(" [] "), []);
        assert!(cut("\n<html>")[0].as_ref().unwrap_err().starts_with("line 2: expected an array"));
        assert!(cut("[{},\n").last().unwrap().as_ref().unwrap_err().contains("ends within"));
        assert!(cut("[{},\n{\"a\": \"]").last().unwrap().as_ref().unwrap_err().starts_with("line 2: the record"));
        assert!(cut("[{}] []").last().unwrap().is_err());
    }
}
