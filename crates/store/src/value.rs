//! The values that travel between the program and either database, and how the columns of a row are read.
//!
//! One small set of values means the same on both. What a column's type makes of it is decided where it is bound:
//! an instant is a number of microseconds since 1970 here and in SQLite, and a TIMESTAMPTZ in PostgreSQL.

use std::borrow::Cow;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::StoreError;
use crate::compression::{Dictionary, pack, unpack};

/// MessagePack of a map and of a list that hold nothing.
const EMPTY_MAP: u8 = 0x80;
const EMPTY_ARRAY: u8 = 0x90;

/// A value to bind, or one read.
#[derive(Clone, PartialEq)]
pub(crate) enum Value<'a> {
    Null,
    /// Numbers; booleans as 0 and 1; instants as microseconds since 1970.
    Integer(i64),
    Real(f64),
    Text(Cow<'a, str>),
    Bytes(Cow<'a, [u8]>),
    /// 16 bytes in SQLite.
    Uuid(Uuid),
    /// ISO 8601 text in SQLite.
    Date(Date),
}

impl<'a> Value<'a> {
    /// Text. PostgreSQL cannot hold the character NUL; U+FFFD stands for it in both databases.
    pub(crate) fn text(text: &'a str) -> Value<'a> {
        match text.contains('\0') {
            true => Value::Text(text.replace('\0', "\u{FFFD}").into()),
            false => Value::Text(text.into()),
        }
    }

    /// A MessagePack document with the names of its facts, packed; NULL where it would say nothing.
    pub(crate) fn document<T: Serialize + ?Sized>(value: &T) -> Value<'a> {
        let document = rmp_serde::to_vec_named(value).expect("the model's types are plain data and cannot fail");
        match document.as_slice() {
            [EMPTY_MAP | EMPTY_ARRAY] => Value::Null,
            document => Value::Bytes(pack(Dictionary::Documents, document).into()),
        }
    }

    pub(crate) fn bytes(bytes: &'a [u8]) -> Value<'a> {
        Value::Bytes(bytes.into())
    }

    pub(crate) fn instant(at: Timestamp) -> Value<'a> {
        Value::Integer(at.as_microsecond())
    }

    pub(crate) fn boolean(claim: bool) -> Value<'a> {
        Value::Integer(claim.into())
    }

    /// The value, or NULL.
    pub(crate) fn optional<T>(value: Option<T>, make: impl FnOnce(T) -> Value<'a>) -> Value<'a> {
        value.map_or(Value::Null, make)
    }

    pub(crate) fn into_owned(self) -> Value<'static> {
        match self {
            Value::Null => Value::Null,
            Value::Integer(number) => Value::Integer(number),
            Value::Real(number) => Value::Real(number),
            Value::Text(text) => Value::Text(text.into_owned().into()),
            Value::Bytes(bytes) => Value::Bytes(bytes.into_owned().into()),
            Value::Uuid(id) => Value::Uuid(id),
            Value::Date(date) => Value::Date(date),
        }
    }

    fn kind(&self) -> &'static str {
        match self {
            Value::Null => "NULL",
            Value::Integer(_) => "a number",
            Value::Real(_) => "a fraction",
            Value::Text(_) => "text",
            Value::Bytes(_) => "bytes",
            Value::Uuid(_) => "an id",
            Value::Date(_) => "a date",
        }
    }
}

/// Only the kind: values are personal, and a driver may write them to a log.
impl std::fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.kind())
    }
}

/// A row of either database, or one taken out of it.
pub(crate) trait Columns {
    /// The value of a column, from 0.
    fn value(&self, column: usize) -> Result<Value<'_>, StoreError>;
}

/// A row taken out of its database.
pub(crate) type Row = Vec<Value<'static>>;

impl Columns for Row {
    fn value(&self, column: usize) -> Result<Value<'_>, StoreError> {
        let value = self.get(column).ok_or_else(|| unreadable(column, "there is no such column".to_owned()))?;
        Ok(match value {
            Value::Text(text) => Value::Text(text.as_ref().into()),
            Value::Bytes(bytes) => Value::Bytes(bytes.as_ref().into()),
            other => other.clone(),
        })
    }
}

/// Reading a column as what it is.
impl<'r> dyn Columns + 'r {
    pub(crate) fn integer(&self, column: usize) -> Result<i64, StoreError> {
        match self.value(column)? {
            Value::Integer(number) => Ok(number),
            other => Err(unexpected(column, "a number", &other)),
        }
    }

    /// A number of a smaller type.
    pub(crate) fn number<T: TryFrom<i64>>(&self, column: usize) -> Result<T, StoreError> {
        let number = self.integer(column)?;
        T::try_from(number).map_err(|_| unreadable(column, format!("{number} is out of range")))
    }

    pub(crate) fn boolean(&self, column: usize) -> Result<bool, StoreError> {
        Ok(self.integer(column)? != 0)
    }

    pub(crate) fn optional_boolean(&self, column: usize) -> Result<Option<bool>, StoreError> {
        self.optional(column, |row| row.boolean(column))
    }

    pub(crate) fn instant(&self, column: usize) -> Result<Timestamp, StoreError> {
        let microseconds = self.integer(column)?;
        Timestamp::from_microsecond(microseconds).map_err(|error| unreadable(column, error.to_string()))
    }

    pub(crate) fn optional_instant(&self, column: usize) -> Result<Option<Timestamp>, StoreError> {
        self.optional(column, |row| row.instant(column))
    }

    pub(crate) fn text(&self, column: usize) -> Result<Cow<'_, str>, StoreError> {
        match self.value(column)? {
            Value::Text(text) => Ok(text),
            other => Err(unexpected(column, "text", &other)),
        }
    }

    pub(crate) fn string(&self, column: usize) -> Result<String, StoreError> {
        self.text(column).map(Cow::into_owned)
    }

    pub(crate) fn optional_string(&self, column: usize) -> Result<Option<String>, StoreError> {
        self.optional(column, |row| row.string(column))
    }

    /// A word of one of the model's enums.
    pub(crate) fn word<T>(&self, column: usize, parse: impl FnOnce(&str) -> Option<T>) -> Result<T, StoreError> {
        let word = self.text(column)?;
        parse(&word).ok_or_else(|| unreadable(column, format!("{word:?} is not a word that this program knows")))
    }

    pub(crate) fn bytes(&self, column: usize) -> Result<Cow<'_, [u8]>, StoreError> {
        match self.value(column)? {
            Value::Bytes(bytes) => Ok(bytes),
            other => Err(unexpected(column, "bytes", &other)),
        }
    }

    pub(crate) fn hash(&self, column: usize) -> Result<[u8; 32], StoreError> {
        let bytes = self.bytes(column)?;
        bytes.as_ref().try_into().map_err(|_| unreadable(column, format!("a hash has 32 bytes, not {}", bytes.len())))
    }

    pub(crate) fn uuid(&self, column: usize) -> Result<Uuid, StoreError> {
        match self.value(column)? {
            Value::Uuid(id) => Ok(id),
            Value::Bytes(bytes) => Uuid::from_slice(&bytes).map_err(|error| unreadable(column, error.to_string())),
            other => Err(unexpected(column, "an id", &other)),
        }
    }

    pub(crate) fn optional_uuid(&self, column: usize) -> Result<Option<Uuid>, StoreError> {
        self.optional(column, |row| row.uuid(column))
    }

    pub(crate) fn date(&self, column: usize) -> Result<Date, StoreError> {
        match self.value(column)? {
            Value::Date(date) => Ok(date),
            Value::Text(text) => text.parse().map_err(|error: jiff::Error| unreadable(column, error.to_string())),
            other => Err(unexpected(column, "a date", &other)),
        }
    }

    pub(crate) fn optional_date(&self, column: usize) -> Result<Option<Date>, StoreError> {
        self.optional(column, |row| row.date(column))
    }

    /// Bytes that were packed.
    pub(crate) fn unpacked(&self, column: usize) -> Result<Vec<u8>, StoreError> {
        unpack(&self.bytes(column)?).map_err(|reason| unreadable(column, reason))
    }

    pub(crate) fn optional_unpacked(&self, column: usize) -> Result<Option<Vec<u8>>, StoreError> {
        self.optional(column, |row| row.unpacked(column))
    }

    /// A document, where NULL stands for one that says nothing. Earlier versions wrote JSON, which begins with a
    /// character that no map or list of MessagePack begins with.
    pub(crate) fn document<T: DeserializeOwned + Default>(&self, column: usize) -> Result<T, StoreError> {
        let Some(document) = self.optional_unpacked(column)? else { return Ok(T::default()) };
        let read = match document.first() {
            Some(b'{' | b'[') => serde_json::from_slice(&document).map_err(|error| json_reason(&error)),
            _ => rmp_serde::from_slice(&document).map_err(|error| reason(&error)),
        };
        read.map_err(|reason| unreadable(column, reason))
    }

    fn optional<T>(
        &self,
        column: usize,
        read: impl FnOnce(&Self) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        match self.value(column)? {
            Value::Null => Ok(None),
            _ => read(self).map(Some),
        }
    }
}

fn unexpected(column: usize, wanted: &str, found: &Value<'_>) -> StoreError {
    unreadable(column, format!("expected {wanted}, found {}", found.kind()))
}

fn unreadable(column: usize, reason: String) -> StoreError {
    StoreError::ContentInvalid { what: format!("column {}", column + 1), reason }
}

/// What is wrong with the document; never its content, which is personal.
fn reason(error: &rmp_serde::decode::Error) -> String {
    let kind = match error {
        rmp_serde::decode::Error::InvalidMarkerRead(_) | rmp_serde::decode::Error::InvalidDataRead(_) => {
            "it ends early"
        }
        rmp_serde::decode::Error::DepthLimitExceeded => "it is too deep",
        _ => "it holds something else than this program expects",
    };
    format!("its document is broken: {kind}")
}

/// Where the JSON breaks; never its content, which is personal.
fn json_reason(error: &serde_json::Error) -> String {
    format!("its JSON is broken at character {} ({:?})", error.column(), error.classify())
}

#[cfg(test)]
mod tests {
    use model::Provider;

    use super::{Columns, Row, Value};

    fn read(document: Value<'static>) -> Result<Vec<Provider>, String> {
        let row: Row = vec![document];
        let columns: &dyn Columns = &row;
        columns.document(0).map_err(|error| error.to_string())
    }

    #[test]
    fn a_document_is_read_as_it_was_written_and_one_that_says_nothing_is_null() {
        let people = vec![Provider { family: "Ramírez".to_owned(), ..Provider::default() }; 3];
        assert_eq!(read(Value::document(&people).into_owned()), Ok(people));
        assert!(
            Value::document::<[Provider]>(&[]) == Value::Null && Value::document(&Provider::default()) == Value::Null
        );
        assert_eq!(read(Value::Null), Ok(Vec::new()));
    }

    #[test]
    fn what_an_earlier_version_packed_is_still_read() {
        const PACKED: &[u8] =
            b"\x02\x28\xb5\x2f\xfd\x20\x46\xbd\x00\x00\xa3\x80\x01\x95\x6b\x5e\x4d\xbc\x07\x04\xfc\x57\xb4\
            \xc1\x56\xd8\x83\x45\xa7\xa1\xba\x31\x10";
        let row: Row = vec![Value::bytes(PACKED), Value::bytes(b"\0{\"id\":\"77\"}")];
        let columns: &dyn Columns = &row;
        let packed: Provider = columns.document(0).expect("it was packed with the second dictionary");
        let expected = Provider {
            id: "1234567893".into(),
            family: "Ramirez".into(),
            given: "Ana".into(),
            authority: "NPI".into(),
        };
        assert_eq!(packed, expected);
        let plain: Provider = columns.document(1).expect("it was too short to be packed");
        assert_eq!(plain.id, "77");
    }

    #[test]
    fn a_broken_document_is_told_without_its_content() {
        for broken in [&b"\0\x91\x81\xa6family"[..], b"\0[{\"family\":\"Ramirez\"", b"\0\x91\xa7Ramirez", b"\0\xc1"] {
            let told = read(Value::bytes(broken)).expect_err("it is broken");
            assert!(told.contains("column 1") && !told.contains("Ramirez"), "{told}");
        }
    }
}
