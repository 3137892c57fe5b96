//! Tests of what notices say, when they are due, and of the feeds.

mod feeds;
mod founding_notices;
mod occasions;
mod windows;
