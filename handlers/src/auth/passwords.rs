//! Comparing and making password hashes: off the threads that serve, a few at once, and as slowly for nobody as for somebody.

use std::sync::Arc;
use std::sync::LazyLock;

use tokio::sync::Semaphore;

use crate::kit::{Fault, FaultKind, Ids};

/// How many hashes this process computes at once; the others wait, as long as their request may take.
const AT_ONCE: usize = 4;

static PERMITS: LazyLock<Arc<Semaphore>> = LazyLock::new(|| Arc::new(Semaphore::new(AT_ONCE)));

/// The cost that legacy uses.
const COST: u32 = 10;
/// A hash of that cost, of a password that nobody has: compared with when there is no user, so that an
/// unknown address takes as long to refuse as a known one.
const NOBODY: &str = "$2b$10$g1OrIbcDxgiEiZMu3VXukef3SNcALsNpErqeZhNQB0kEDVvD1AYiK";

/// Which of `hashes` fit `password`, in their order. All are compared, whether or not one fits.
///
/// # Errors
/// A fault when the comparison cannot be run, which happens only while the process ends.
pub(super) async fn matching(password: String, hashes: Vec<String>) -> Result<Vec<bool>, Fault> {
    aside(move || compare(&password, &hashes)).await
}

/// Hashes a code as legacy does: `$2b$10$…`.
///
/// # Errors
/// As [`matching`].
pub(super) async fn hash(code: String, ids: &Ids) -> Result<String, Fault> {
    let salt = ids.bytes::<16>();
    let parts = aside(move || bcrypt::hash_with_salt(code, COST, salt)).await?;
    let parts = parts.map_err(|error| Fault::new(FaultKind::State, "a code could not be hashed").caused_by(error))?;
    Ok(parts.format_for_version(bcrypt::Version::TwoB))
}

async fn aside<T: Send + 'static>(compute: impl FnOnce() -> T + Send + 'static) -> Result<T, Fault> {
    let ending = |_| Fault::new(FaultKind::State, "hashes can no longer be computed");
    let permit = Arc::clone(&PERMITS).acquire_owned().await.map_err(ending)?;
    let computed = tokio::task::spawn_blocking(move || {
        let _permit = permit;
        compute()
    });
    computed
        .await
        .map_err(|error| Fault::new(FaultKind::State, "a hash could not be computed").caused_by(error))
}

fn compare(password: &str, hashes: &[String]) -> Vec<bool> {
    // What is no bcrypt hash fits nothing; the comparison itself takes the same time wherever two hashes differ.
    let fits = |hash: &str| bcrypt::verify(password, hash).unwrap_or(false);
    if hashes.is_empty() {
        fits(NOBODY);
    }
    hashes.iter().map(|hash| fits(hash)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fitting_hash_is_told_and_garbage_fits_nothing() {
        let hash = |password: &str| bcrypt::hash(password, 4).unwrap();
        let hashes = ["plain".to_owned(), hash("other"), hash("right")];
        assert_eq!(compare("right", &hashes), [false, false, true]);
        assert_eq!(compare("plain", &hashes), [false, false, false]);
        assert!(compare("right", &[]).is_empty());
    }

    #[tokio::test]
    async fn a_code_is_hashed_as_legacy_hashes_it() {
        let hash = hash("482913".to_owned(), &Ids::random()).await.unwrap();
        assert!(hash.starts_with("$2b$10$") && hash.len() == 60, "{hash}");
        assert_eq!(compare("482913", &[hash]), [true]);
    }

    #[test]
    fn the_hash_of_nobody_costs_as_much_as_any_and_can_be_read() {
        assert!(NOBODY.starts_with("$2b$10$"));
        assert!(!bcrypt::verify("password", NOBODY).unwrap());
    }
}
