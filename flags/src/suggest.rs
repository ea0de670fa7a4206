//! The nearest known word.
