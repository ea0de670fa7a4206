//! What a running process takes over from a new version of its file, and what it cannot.

use std::fmt::Debug;

use super::{Config, Timeouts};

impl Config {
    /// This configuration with everything of `new` that can change while the process runs, and the keys of what else is
    /// different: those need an upgrade or a restart.
    #[must_use]
    pub fn adopt(&self, new: &Self) -> (Self, Vec<&'static str>) {
        let mut left: Vec<&'static str> = Vec::new();
        let mut compare = |key, differs: bool| {
            if differs {
                left.push(key);
            }
        };
        compare("listen", self.listen != new.listen);
        compare("listeners", differ(&self.listeners, &new.listeners));
        compare("admin", differ(&self.admin, &new.admin));
        compare("legacy", differ(&self.legacy, &new.legacy));
        compare("flags", self.flags != new.flags);
        compare("store", self.store.url != new.store.url);
        compare("database", self.database.url != new.database.url);
        compare("shadow", differ(&self.shadow, &new.shadow));
        compare("cores", self.cores != new.cores);
        compare("access_log", self.access_log != new.access_log);
        compare("access_log_file", self.access_log_file != new.access_log_file);
        compare(
            "limits.idle_connections",
            self.limits.idle_connections != new.limits.idle_connections,
        );
        compare("timeouts.connect", self.timeouts.connect != new.timeouts.connect);
        compare(
            "timeouts.legacy_idle",
            self.timeouts.legacy_idle != new.timeouts.legacy_idle,
        );
        compare("timeouts.upgrade", self.timeouts.upgrade != new.timeouts.upgrade);
        let mut adopted = Self {
            http2: new.http2.clone(),
            limits: new.limits.clone(),
            timeouts: Timeouts {
                connect: self.timeouts.connect,
                legacy_idle: self.timeouts.legacy_idle,
                upgrade: self.timeouts.upgrade,
                ..new.timeouts.clone()
            },
            trusted_hops: new.trusted_hops.clone(),
            log: new.log.clone(),
            ofrep: new.ofrep.clone(),
            hosts: new.hosts.clone(),
            mint_traceparent: new.mint_traceparent,
            server_timing: new.server_timing,
            answer_headers: new.answer_headers,
            ..self.clone()
        };
        adopted.limits.idle_connections = self.limits.idle_connections;
        (adopted, left)
    }
}

/// Whether two values of the configuration are written differently.
fn differ(one: &impl Debug, other: &impl Debug) -> bool {
    format!("{one:?}") != format!("{other:?}")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::Environment;
    use super::*;

    fn config(more: &str) -> Config {
        let text = format!("legacy: {{ url: \"http://a:1\" }}\ncores: 2\n{more}\n");
        Config::parse_in(&text, Path::new("ficus.yaml"), Environment::of([])).unwrap()
    }

    #[test]
    fn what_can_change_changes_and_the_rest_is_named() {
        let old = config("");
        let new = config(
            "limits: { uri_bytes: 9, idle_connections: 1 }\ntimeouts: { answer: 1s, connect: 1s }\nserver_timing: true",
        );
        let (adopted, left) = old.adopt(&new);
        assert_eq!((adopted.limits.uri_bytes, adopted.server_timing), (9, true));
        assert_eq!(adopted.timeouts.answer.as_secs(), 1);
        assert_eq!(adopted.limits.idle_connections, old.limits.idle_connections);
        assert_eq!(left, ["limits.idle_connections", "timeouts.connect"]);
        let moved = config("listen: 127.0.0.1:1\ndatabase: { url: \"postgres://u:p@h/d\" }");
        assert_eq!(old.adopt(&moved).1, ["listen", "database"]);
        assert!(old.adopt(&config("")).1.is_empty());
    }
}
