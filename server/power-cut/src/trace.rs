//! One line of what strace writes: a call, its arguments, what it returned.

/// An argument or a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A text in quotation marks.
    Text(Vec<u8>),
    /// A descriptor and what it leads to.
    Descriptor(i64, String),
    /// Anything else, as it stands.
    Word(String),
}

impl Value {
    pub fn text(&self) -> &[u8] {
        match self {
            Self::Text(bytes) => bytes,
            Self::Descriptor(..) | Self::Word(_) => panic!("{self:?} is no text"),
        }
    }

    pub fn number(&self) -> i64 {
        match self {
            Self::Word(word) => word.parse().unwrap_or_else(|_| panic!("{word} is no number")),
            Self::Descriptor(number, _) => *number,
            Self::Text(_) => panic!("{self:?} is no number"),
        }
    }

    /// Number and path of a descriptor; of `AT_FDCWD` the number is negative.
    pub fn descriptor(&self) -> (i64, &str) {
        match self {
            Self::Descriptor(number, path) => (*number, path),
            Self::Text(_) | Self::Word(_) => panic!("{self:?} is no descriptor"),
        }
    }

    pub fn word(&self) -> &str {
        match self {
            Self::Word(word) => word,
            Self::Text(_) | Self::Descriptor(..) => "",
        }
    }
}

/// The values between a call's parentheses, or behind its sign of equality. Texts of a vector (`writev`) come one after the other.
pub fn values(text: &str) -> Vec<Value> {
    let bytes = text.as_bytes();
    let (mut found, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        match bytes[at] {
            b'"' => {
                let end = at + 1 + text[at + 1..].find('"').expect("a text ends");
                found.push(Value::Text(from_hex(&text[at + 1..end])));
                at = end + 1;
            }
            b' ' | b',' | b'[' | b']' | b'{' | b'}' => at += 1,
            _ => {
                let length = text[at..].find([',', ' ', '<', '"', '}', ']', '{', '[']).unwrap_or(text.len() - at);
                let word = &text[at..at + length];
                at += length;
                if bytes.get(at) == Some(&b'<') {
                    let end = at + text[at..].find('>').expect("a path ends");
                    let path = String::from_utf8(from_hex(&text[at + 1..end])).expect("paths of tests are text");
                    found.push(Value::Descriptor(word.parse().unwrap_or(-1), path));
                    at = end + 1;
                } else if !word.is_empty() {
                    found.push(Value::Word(word.to_owned()));
                }
            }
        }
    }
    found
}

/// `\x61\x62`; what is written otherwise stands as it is.
fn from_hex(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let (mut found, mut at) = (Vec::with_capacity(text.len() / 4), 0);
    while at < bytes.len() {
        if bytes[at] == b'\\' && bytes.get(at + 1) == Some(&b'x') {
            found.push(u8::from_str_radix(&text[at + 2..at + 4], 16).expect("two digits"));
            at += 4;
        } else {
            found.push(bytes[at]);
            at += 1;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptors_texts_and_words_are_told_apart() {
        let found = values(r#"AT_FDCWD<\x2f\x74>, "\x61\x2c", O_RDWR|O_CREAT, 0600"#);
        assert_eq!(found[0], Value::Descriptor(-1, "/t".into()));
        assert_eq!(found[1], Value::Text(b"a,".to_vec()));
        assert_eq!((found[2].word(), found[3].word()), ("O_RDWR|O_CREAT", "0600"));
        let found = values(r#"3<\x2f\x61>, [{iov_base="\x61\x62", iov_len=2}, {iov_base="\x63", iov_len=1}], 2"#);
        let texts: Vec<&[u8]> = found.iter().filter(|value| matches!(value, Value::Text(_))).map(Value::text).collect();
        assert_eq!(texts, [b"ab".as_slice(), b"c".as_slice()]);
    }
}
