//! The door for EHRs: the CDC SOAP web service (`urn:cdc:iisb:2011`), with HL7 version 2 inside.
//!
//! A door translates only. [`envelope`] turns bytes into a call, `submit_single_message.rs` hands the message to the
//! registry, `replies.rs` writes the envelope that goes back. Every rule about what happens is the registry's.
//!
//! [`serve`] is the HTTP server that the program runs this door with, and other doors on the same port.

mod addresses;
mod bodies;
mod connectivity_test;
mod door;
pub mod envelope;
mod faults;
mod replies;
mod server;
mod submit_single_message;
mod wsdl;

pub use addresses::ForwardedHeaders;
pub use door::{Settings, WebService, router};
pub use server::{Limits, ServeError, TlsFiles, serve};
