//! Values in PostgreSQL's binary form, encoded by the type that the server asks for.

use std::error::Error;

use jiff::civil::Date;
use tokio_postgres::types::private::BytesMut;
use tokio_postgres::types::{FromSql, IsNull, Kind, ToSql, Type, to_sql_checked};
use uuid::Uuid;

use crate::StoreError;
use crate::value::{Columns, Value};

/// PostgreSQL counts microseconds and days from 2000-01-01; we count from 1970-01-01.
const EPOCH_DAYS: i64 = 10_957;
const EPOCH_MICROSECONDS: i64 = EPOCH_DAYS * 86_400_000_000;
const UNIX_EPOCH: Date = jiff::civil::date(1970, 1, 1);

type Problem = Box<dyn Error + Sync + Send>;

/// One column of many rows, as an array.
#[derive(Clone, Copy)]
pub(crate) struct ArrayColumn<'a> {
    /// The values of all rows, row after row.
    pub(crate) values: &'a [Value<'a>],
    /// Values in a row.
    pub(crate) width: usize,
    /// Which of them.
    pub(crate) column: usize,
}

impl ToSql for ArrayColumn<'_> {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Problem> {
        let Kind::Array(element) = ty.kind() else {
            return Err(format!("{ty} is no array").into());
        };
        let count = i32::try_from(self.values.len() / self.width)?;
        let (dimensions, may_hold_nulls, lower_bound) = (1_i32, 1_i32, 1_i32);
        for number in [dimensions, may_hold_nulls, element.oid().cast_signed(), count, lower_bound] {
            out.extend_from_slice(&number.to_be_bytes());
        }
        for value in self.values.iter().skip(self.column).step_by(self.width) {
            let start = out.len();
            out.extend_from_slice(&(-1_i32).to_be_bytes());
            if let IsNull::No = value.to_sql(element, out)? {
                let length = i32::try_from(out.len() - start - 4)?;
                out[start..start + 4].copy_from_slice(&length.to_be_bytes());
            }
        }
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

impl std::fmt::Debug for ArrayColumn<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} values", self.values.len() / self.width)
    }
}

impl ToSql for Value<'_> {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Problem> {
        match self {
            Value::Null => return Ok(IsNull::Yes),
            Value::Integer(number) => encode_integer(*number, ty, out)?,
            Value::Real(number) => out.extend_from_slice(&number.to_be_bytes()),
            Value::Text(text) if *ty == Type::DATE => encode_date(text.parse()?, out)?,
            Value::Text(text) => out.extend_from_slice(text.as_bytes()),
            Value::Bytes(bytes) => out.extend_from_slice(bytes),
            Value::Uuid(id) => out.extend_from_slice(id.as_bytes()),
            Value::Date(date) => encode_date(*date, out)?,
        }
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

fn encode_integer(number: i64, ty: &Type, out: &mut BytesMut) -> Result<(), Problem> {
    match *ty {
        Type::INT8 => out.extend_from_slice(&number.to_be_bytes()),
        Type::INT4 => out.extend_from_slice(&i32::try_from(number)?.to_be_bytes()),
        Type::INT2 => out.extend_from_slice(&i16::try_from(number)?.to_be_bytes()),
        Type::BOOL => out.extend_from_slice(&[u8::from(number != 0)]),
        Type::TIMESTAMPTZ => out.extend_from_slice(&(number - EPOCH_MICROSECONDS).to_be_bytes()),
        _ => return Err(format!("a number does not fit a column of type {ty}").into()),
    }
    Ok(())
}

fn encode_date(date: Date, out: &mut BytesMut) -> Result<(), Problem> {
    let days = i64::from(date.since(UNIX_EPOCH)?.get_days());
    out.extend_from_slice(&i32::try_from(days - EPOCH_DAYS)?.to_be_bytes());
    Ok(())
}

impl<'a> FromSql<'a> for Value<'a> {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Value<'a>, Problem> {
        Ok(match *ty {
            Type::BOOL => Value::Integer(i64::from(i8::from_be_bytes(raw.try_into()?))),
            Type::INT2 => Value::Integer(i16::from_be_bytes(raw.try_into()?).into()),
            Type::INT4 => Value::Integer(i32::from_be_bytes(raw.try_into()?).into()),
            Type::INT8 => Value::Integer(i64::from_be_bytes(raw.try_into()?)),
            Type::FLOAT8 => Value::Real(f64::from_be_bytes(raw.try_into()?)),
            Type::TIMESTAMPTZ => Value::Integer(i64::from_be_bytes(raw.try_into()?) + EPOCH_MICROSECONDS),
            Type::DATE => Value::Date(decode_date(i32::from_be_bytes(raw.try_into()?))?),
            Type::UUID => Value::Uuid(Uuid::from_slice(raw)?),
            Type::TEXT | Type::VARCHAR | Type::NAME => Value::Text(std::str::from_utf8(raw)?.into()),
            Type::BYTEA => Value::bytes(raw),
            Type::VOID => Value::Null,
            _ => return Err(format!("no value of type {ty} is expected").into()),
        })
    }

    fn from_sql_null(_: &Type) -> Result<Value<'a>, Problem> {
        Ok(Value::Null)
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

fn decode_date(days: i32) -> Result<Date, jiff::Error> {
    UNIX_EPOCH.checked_add(jiff::Span::new().try_days(i64::from(days) + EPOCH_DAYS)?)
}

impl Columns for tokio_postgres::Row {
    fn value(&self, column: usize) -> Result<Value<'_>, StoreError> {
        self.try_get(column).map_err(|error| StoreError::ContentInvalid {
            what: format!("column {}", column + 1),
            reason: error.to_string(),
        })
    }
}
