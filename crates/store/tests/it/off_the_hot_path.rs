//! Organizations, accounts, settings, the message log, copies: what people and programs ask besides the intake.
