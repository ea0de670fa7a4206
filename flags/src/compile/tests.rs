//! Whole flag files, good and bad.
