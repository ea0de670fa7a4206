//! What is made from the OpenAPI document of the native endpoints: TypeScript types, and the differences to another copy of it.

pub mod difference;
pub mod typescript;
