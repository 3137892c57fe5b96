//! Messages in, findings and values out; values in, messages out.

extern crate bluebonnet_hl7 as hl7;

mod answers;
mod corpus;
mod messages;
mod properties;
mod records;
mod tables;
