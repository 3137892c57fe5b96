//! Tests of the web service from outside: envelopes as data, conversations over HTTP, the server itself.

mod envelopes;
mod nist_cases;
mod server;
