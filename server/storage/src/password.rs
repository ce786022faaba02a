//! Passwords in the URLs of stores: read from a file of their own, so that none has to stand in a config, and never shown.
//!
//! Buckets read their secrets by themselves (`objects/address.rs`). Must never put a password, or a piece of one, into a
//! message.

use std::{borrow::Cow, fs};

use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

const OPTION: &str = "password_file=";

/// Why the password is not to be had.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    #[error("its password stands in the URL, and password_file names another: leave one")]
    Twice,
    #[error("the password's file {path} cannot be read: {source}")]
    File { path: String, source: std::io::Error },
    #[error("the password's file {path} is empty")]
    Empty { path: String },
}

/// The URL with the password that `?password_file=PATH` names, and without that option; as it is where it names none. The
/// file's first line is the password.
///
/// # Errors
/// [`PasswordError`]
pub fn with_password(url: &str) -> Result<Cow<'_, str>, PasswordError> {
    let Some((address, query)) = url.split_once('?') else { return Ok(url.into()) };
    let Some(option) = query.split('&').find_map(|pair| pair.strip_prefix(OPTION)) else { return Ok(url.into()) };
    let Some((scheme, rest)) = address.split_once("://") else { return Ok(url.into()) };
    let (user, hosts) = rest.rsplit_once('@').unwrap_or(("", rest));
    if user.contains(':') {
        return Err(PasswordError::Twice);
    }
    let path = percent_decode_str(option).decode_utf8_lossy().into_owned();
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(source) => return Err(PasswordError::File { path, source }),
    };
    let Some(password) = text.lines().next().filter(|line| !line.is_empty()) else { return Err(PasswordError::Empty { path }) };
    let password = utf8_percent_encode(password, NON_ALPHANUMERIC);
    let others: Vec<&str> = query.split('&').filter(|pair| !pair.starts_with(OPTION)).collect();
    let others = if others.is_empty() { String::new() } else { format!("?{}", others.join("&")) };
    Ok(format!("{scheme}://{user}:{password}@{hosts}{others}").into())
}

/// The URL without whatever may be secret in it: the part before `@`, and the query.
pub fn without_password(url: &str) -> String {
    let (url, query) = url.split_once('?').unwrap_or((url, ""));
    match (url.split_once("://"), query.contains('@')) {
        // The question mark may be the password's.
        (Some((scheme, _)), true) => return format!("{scheme}://***"),
        (None, true) => return "***".to_owned(),
        (_, false) => {}
    }
    match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://***@{host}"),
        (None, Some((_, rest))) => format!("***@{rest}"),
        (_, None) => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_from_a_file_takes_its_place_in_the_url_whatever_it_is_made_of() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pass word");
        fs::write(&file, "p@ss:/?#é\nnot this\n").unwrap();
        let option = format!("password_file={}", file.display().to_string().replace(' ', "%20"));
        let secret = "p%40ss%3A%2F%3F%23%C3%A9";
        for (given, expected) in [
            (format!("redis://host/3?{option}"), format!("redis://:{secret}@host/3")),
            (
                format!("rediss+cluster://me@one,two:7000?ca=a.pem&{option}&prefix=x"),
                format!("rediss+cluster://me:{secret}@one,two:7000?ca=a.pem&prefix=x"),
            ),
            (format!("mongodb://me@host/films?tls=true&{option}"), format!("mongodb://me:{secret}@host/films?tls=true")),
            ("mongodb://me:own@host/films?tls=true".to_owned(), "mongodb://me:own@host/films?tls=true".to_owned()),
            ("redis://host".to_owned(), "redis://host".to_owned()),
        ] {
            assert_eq!(with_password(&given).unwrap(), expected);
        }
    }

    #[test]
    fn a_password_that_cannot_be_had_is_said_by_its_files_name() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("empty");
        fs::write(&file, "\n").unwrap();
        let refusal = |url: String| with_password(&url).unwrap_err().to_string();
        assert!(refusal(format!("redis://h?password_file={}", file.display())).contains("empty is empty"));
        assert!(refusal("redis://h?password_file=/none/here".to_owned()).contains("/none/here cannot be read"));
        let twice = refusal("redis://me:hunter2@h?password_file=/none".to_owned());
        assert!(twice.contains("leave one") && !twice.contains("hunter2"), "{twice}");
    }
}
