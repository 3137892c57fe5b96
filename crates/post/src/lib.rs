//! Hands letters over to the outside: mail by SMTP, and signed requests to programs that listen.
//!
//! It knows no registry and keeps nothing: who is told what, and whether it was told before, is decided elsewhere. The
//! API is synchronous; call it from a thread that may block.

mod smtp;
mod webhook;

pub use smtp::{Mail, Smtp, SmtpConnection, SmtpError, SmtpSettings};
pub use webhook::{Webhook, Webhooks};
