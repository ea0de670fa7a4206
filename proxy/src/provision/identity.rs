//! Whom to run a server as: PostgreSQL refuses root, so root must lend it somebody else's name.

use std::os::unix::fs::chown;
use std::path::Path;
use std::time::Duration;

use tokio::process::Command;

use super::{ProvisionError, command};

/// Accounts that are made for this, the better one first.
const UNPRIVILEGED: [&str; 2] = ["postgres", "nobody"];

/// A user and a group by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Identity {
    pub(super) user: u32,
    pub(super) group: u32,
}

impl Identity {
    /// `None` when we are an ordinary user, who runs everything as itself.
    pub(super) async fn for_servers() -> Result<Option<Self>, ProvisionError> {
        let mut id = Command::new("id");
        id.arg("-u");
        if command::run("`id -u`", id, Duration::from_secs(10)).await?.trim() != "0" {
            return Ok(None);
        }
        let accounts = std::fs::read_to_string("/etc/passwd").map_err(ProvisionError::io("cannot read /etc/passwd"))?;
        Self::among(&accounts).map(Some).ok_or_else(|| {
            ProvisionError::missing(
                "PostgreSQL does not run as root, and there is no user \"postgres\" or \"nobody\" to lend it",
                "run this as an ordinary user, or set DATABASE_URL",
            )
        })
    }

    fn among(accounts: &str) -> Option<Self> {
        UNPRIVILEGED.iter().find_map(|name| {
            let mut fields = accounts
                .lines()
                .map(|line| line.split(':'))
                .find(|line| line.clone().next() == Some(*name))?
                .skip(2);
            let identity = Self {
                user: fields.next()?.parse().ok()?,
                group: fields.next()?.parse().ok()?,
            };
            (identity.user != 0).then_some(identity)
        })
    }

    /// Makes `command` run as this user, without any other group.
    pub(super) fn lend(self, command: &mut Command) {
        command.uid(self.user).gid(self.group);
    }

    /// Gives `path` to this user.
    pub(super) fn give(self, path: &Path) -> Result<(), ProvisionError> {
        chown(path, Some(self.user), Some(self.group)).map_err(ProvisionError::io(format!(
            "cannot hand {} to user {}",
            path.display(),
            self.user
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_account_made_for_postgres_comes_first() {
        let accounts =
            "root:x:0:0::/root:/bin/sh\nnobody:x:65534:65533:n:/:/bin/false\npostgres:x:101:104::/:/bin/sh\n";
        assert_eq!(Identity::among(accounts), Some(Identity { user: 101, group: 104 }));
    }

    #[test]
    fn nobody_will_do_and_root_will_not() {
        assert_eq!(
            Identity::among("nobody:x:65534:65533:n:/:/bin/false\n"),
            Some(Identity {
                user: 65534,
                group: 65533
            })
        );
        assert_eq!(Identity::among("postgres:x:0:0::/:/bin/sh\n"), None);
        assert_eq!(Identity::among("postgresql:x:5:5::/:/bin/sh\nbroken\n"), None);
    }
}
