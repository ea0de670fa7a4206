//! Lookup against the precedence of Next.js.
