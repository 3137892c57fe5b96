//! The matching crate from outside: cases as data, properties, and labeled pairs made elsewhere.

mod cases;
mod doses;
mod keys;
mod labeled_pairs;
mod learning;
mod people;
mod properties;
mod queries;
mod statements;
