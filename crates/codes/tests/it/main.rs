//! The code sets as their users see them.

mod builtin;
mod import;
mod lookups;
mod shared;
