//! Tests of the web service from outside: envelopes as data, conversations over HTTP, the server itself.

mod conversations;
mod envelopes;
mod house;
mod nist_cases;
mod server;
