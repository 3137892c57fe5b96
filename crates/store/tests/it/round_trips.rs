//! What is written is read back equal, however awkward it is.
