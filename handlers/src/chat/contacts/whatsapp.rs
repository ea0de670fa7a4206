//! Finding the WhatsApp contact of a phone, a user or a contact.

use std::collections::HashMap;

use super::queries::WhatsappRow;
use crate::domain::phone::{Phone, digits};

/// The WhatsApp contacts of a tenant by what they can be found by; of several under one key the last counts.
#[derive(Debug)]
pub(super) struct Directory<'r> {
    by_phone: HashMap<String, &'r WhatsappRow>,
    by_user: HashMap<&'r str, &'r WhatsappRow>,
    by_jid: HashMap<&'r str, &'r WhatsappRow>,
    by_contact: HashMap<&'r str, Vec<&'r WhatsappRow>>,
}

impl<'r> Directory<'r> {
    pub(super) fn of(rows: &'r [WhatsappRow]) -> Self {
        let mut directory = Self {
            by_phone: HashMap::new(),
            by_user: HashMap::new(),
            by_jid: HashMap::new(),
            by_contact: HashMap::new(),
        };
        for row in rows.iter().filter(|row| !row.session.is_empty() && !row.jid.is_empty()) {
            directory.by_jid.insert(&row.jid, row);
            if let Some(user) = &row.user {
                directory.by_user.insert(user, row);
            }
            if let Some(contact) = &row.contact {
                directory.by_contact.entry(contact).or_default().push(row);
            }
            if let Some(phone) = &row.phone {
                directory.add_phone(phone, row);
                directory.by_phone.insert(phone.clone(), row);
            }
        }
        // Those of the tenant's own sessions come after the others and so before them; here a jid can stand for a phone.
        for row in rows.iter().filter(|row| row.of_session) {
            let of_jid = || {
                row.jid
                    .split('@')
                    .next()
                    .filter(|part| part.bytes().all(|byte| byte.is_ascii_digit()))
            };
            if let Some(phone) = row.phone.as_deref().or_else(of_jid) {
                directory.add_phone(phone, row);
            }
        }
        directory
    }

    fn add_phone(&mut self, phone: &str, row: &'r WhatsappRow) {
        let Some(normalized) = normalized(phone) else {
            return;
        };
        let digits = digits(&normalized);
        for dropped in 0..=3 {
            for tail in tails(digits.get(dropped..).unwrap_or_default()) {
                self.by_phone.insert(tail.to_owned(), row);
            }
        }
        self.by_phone.insert(normalized, row);
    }

    /// By the phone as it is stored, in its one form, then by its last digits.
    pub(super) fn phone(&self, phone: Option<&str>, tails_of_normalized: bool) -> Option<&'r WhatsappRow> {
        let phone = phone.filter(|phone| !phone.trim().is_empty())?;
        let normalized = normalized(phone);
        let raw = digits(phone);
        let other = normalized
            .as_deref()
            .filter(|_| tails_of_normalized)
            .map(digits)
            .unwrap_or_default();
        let keys = std::iter::once(phone)
            .chain(normalized.as_deref())
            .chain(tails(&raw))
            .chain(tails(&other));
        keys.filter_map(|key| self.by_phone.get(key)).copied().next()
    }

    pub(super) fn user(&self, user: &str) -> Option<&'r WhatsappRow> {
        self.by_user.get(user).copied()
    }

    /// The first one that is linked to a contact of the chatbot.
    pub(super) fn contact(&self, contact: &str) -> Option<&'r WhatsappRow> {
        self.by_contact.get(contact)?.first().copied()
    }
}

fn normalized(phone: &str) -> Option<String> {
    Phone::parse(phone, None).ok().map(|phone| phone.normalized)
}

/// The last nine and the last ten digits, where there are as many.
fn tails(digits: &str) -> impl Iterator<Item = &str> {
    [9, 10]
        .into_iter()
        .filter_map(|length| digits.get(digits.len().checked_sub(length)?..))
}

#[cfg(test)]
mod tests {
    use super::tails;

    #[test]
    fn a_tail_is_as_long_as_it_says() {
        let of = |digits| tails(digits).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(of("51999000111"), ["999000111", "1999000111"]);
        assert_eq!(of("999000111"), ["999000111"]);
        assert!(of("99900011").is_empty());
    }
}
