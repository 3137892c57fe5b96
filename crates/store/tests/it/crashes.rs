//! Servers that die, files that are opened again.
