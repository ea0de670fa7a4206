//! Who uses the chat: somebody logged in by phone.

use crate::kit::extract::chat_session::{self, ChatSession, Refusal};
use crate::kit::{Stop, UnitOfWork};

/// Verifies a session token and says that its session was used, also when the call then fails.
///
/// # Errors
/// The refusals of the contract, or a fault of the database.
pub(super) async fn verified(unit: &mut impl UnitOfWork, token: &str) -> Result<ChatSession, Stop> {
    let session = chat_session::verify(unit, token).await?;
    Ok(session.map_err(Refusal::of_reading)?)
}
