//! Password hashes: salted, so two of one password differ.

/// Costs above this are not worked out: each step more doubles the time, and a recording may hold anything.
const MOST_COST: u8 = 12;

/// Length of a bcrypt hash, in bytes.
const LENGTH: usize = 60;

/// Whether two texts are bcrypt hashes that say the same: scheme and cost, and for every password that is known (parity lab), that
/// both or neither were made from it. `None`: they are no two hashes.
pub(super) fn same_password(one: &str, other: &str, passwords: &[String]) -> Option<bool> {
    if !(is_hash(one) && is_hash(other)) {
        return None;
    }
    if one[..7] != other[..7] {
        return Some(false);
    }
    let cheap = one[4..6].parse::<u8>().is_ok_and(|cost| cost <= MOST_COST);
    let fits = |password: &str, hash: &str| bcrypt::verify(password, hash).unwrap_or(false);
    let agree = |password: &String| fits(password, one) == fits(password, other);
    Some(!cheap || passwords.iter().all(agree))
}

/// `$2b$10$` and 53 characters.
fn is_hash(text: &str) -> bool {
    let scheme = ["$2a$", "$2b$", "$2y$"].iter().any(|scheme| text.starts_with(scheme));
    text.len() == LENGTH && text.is_ascii() && scheme && text.as_bytes()[6] == b'$'
}

#[cfg(test)]
mod tests {
    use super::same_password;

    #[test]
    fn hashes_are_one_when_they_verify_the_same_known_password() {
        let hash = |password: &str| bcrypt::hash(password, 4).expect("hash");
        let known = ["open sesame".to_owned()];
        let (one, other) = (hash("open sesame"), hash("another"));
        assert_eq!(same_password(&one, &hash("open sesame"), &known), Some(true));
        assert_eq!(same_password(&one, &other, &known), Some(false));
        assert_eq!(
            same_password(&one, &other, &[]),
            Some(true),
            "live, the password is not kept"
        );
        let dear = one.replacen("$04$", "$31$", 1);
        assert_eq!(
            same_password(&dear, &other.replacen("$04$", "$31$", 1), &known),
            Some(true)
        );
        assert_eq!(same_password(&one, &dear, &known), Some(false));
        assert_eq!(same_password("x", &one, &known), None);
    }
}
