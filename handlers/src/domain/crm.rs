//! The enums of tickets, spelled as in the database.

use schemars::JsonSchema;
use serde::Serialize;

macro_rules! spelled {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Eq, JsonSchema, PartialEq, Serialize)]
        pub enum $name { $(#[serde(rename = $text)] $(#[$variant_doc])* $variant),* }

        impl $name {
            /// Reads the exact spelling; `None` for anything else.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$variant),)* _ => None }
            }

            /// The spelling in the database and on the wire.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),* }
            }
        }
    };
}

spelled!(/// What a ticket is about (`"TicketType"`).
TicketType {
    /// Help for a customer.
    HelpDesk = "help_desk",
    /// A wish for the system.
    SystemFeature = "system_feature",
    /// A defect of the system.
    SystemBug = "system_bug",
});
spelled!(/// How far a ticket is (`"TicketStatus"`).
TicketStatus {
    /// Nobody works on it.
    Open = "open",
    /// Somebody works on it.
    InProgress = "in_progress",
    /// There is a solution.
    Resolved = "resolved",
    /// It is over.
    Closed = "closed",
});
spelled!(/// How urgent a ticket is (`"TicketPriority"`).
TicketPriority {
    /// Whenever.
    Low = "low",
    /// As usual.
    Medium = "medium",
    /// Soon.
    High = "high",
    /// Now.
    Urgent = "urgent",
});
