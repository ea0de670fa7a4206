//! Values as they travel.

pub mod iso;
pub mod js_date;
pub mod number;
pub mod patch;
