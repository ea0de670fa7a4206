//! What the reader cannot know by itself: areas, phases, and what counts as database, mail, payment and so on.

use std::collections::BTreeMap;

use serde::Deserialize;

/// The rules of one project. Every key of the file is optional; the defaults fit a common Next.js app.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rules {
    /// The first rule whose prefix fits a pattern names its area and phase; without one the area is the first segment
    /// behind `/api`.
    pub areas: Vec<AreaRule>,
    /// What a dependency is, by name of the category.
    pub categories: BTreeMap<String, Category>,
    /// Methods of a database client that write.
    pub write_methods: Vec<String>,
    /// Names under which the code knows the database client.
    pub database_names: Vec<String>,
    /// Functions whose first argument is an address.
    pub fetchers: Vec<String>,
    /// Hosts of the app itself: a call of one of them is a call site, not an outside host.
    pub own_hosts: Vec<String>,
    /// Who owns an area, for the tracker.
    pub owners: BTreeMap<String, String>,
}

/// One mapping from a path prefix to an area.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AreaRule {
    /// Whole leading segments of the pattern, such as `/api/crm`.
    pub prefix: String,
    /// The area.
    pub area: String,
    /// The phase of the migration plan.
    #[serde(default)]
    pub phase: Option<u8>,
}

/// What belongs to one category of dependencies.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Category {
    /// Package names; `@scope/*` stands for every package of a scope.
    pub packages: Vec<String>,
    /// Endings of module paths without their extension, such as `lib/mail`.
    pub modules: Vec<String>,
    /// Hosts, their subdomains included.
    pub hosts: Vec<String>,
}

/// Why a rules file is refused.
#[derive(Debug, thiserror::Error)]
#[error("the rules are not valid: {0}")]
pub struct RulesError(#[from] serde_yaml::Error);

impl Rules {
    /// Reads a rules file.
    ///
    /// # Errors
    /// When it is not YAML, has an unknown key or a wrong type; the message has line and column.
    pub fn from_yaml(text: &str) -> Result<Self, RulesError> {
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        Ok(serde_yaml::from_str(text)?)
    }

    /// Area and phase of a pattern.
    #[must_use]
    pub fn area(&self, pattern: &str) -> (String, Option<u8>) {
        let rule = self.areas.iter().find(|rule| has_prefix(pattern, &rule.prefix));
        if let Some(rule) = rule {
            return (rule.area.clone(), rule.phase);
        }
        let mut segments = pattern
            .split('/')
            .filter(|segment| !segment.is_empty() && !segment.starts_with('['));
        let first = segments.next().unwrap_or("root");
        let area = if first == "api" {
            segments.next().unwrap_or("api")
        } else {
            first
        };
        (area.to_owned(), None)
    }

    pub(super) fn categories_of_package(&self, package: &str) -> impl Iterator<Item = &str> {
        self.matching(move |category| category.packages.iter().any(|name| package_fits(name, package)))
    }

    pub(super) fn categories_of_module(&self, file: &str) -> impl Iterator<Item = &str> {
        let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem).to_owned();
        self.matching(move |category| category.modules.iter().any(|end| path_ends(&stem, end)))
    }

    pub(super) fn categories_of_host(&self, host: &str) -> impl Iterator<Item = &str> {
        self.matching(move |category| {
            category.hosts.iter().any(|known| {
                host == known
                    || host
                        .strip_suffix(known.as_str())
                        .is_some_and(|rest| rest.ends_with('.'))
            })
        })
    }

    fn matching(&self, test: impl Fn(&Category) -> bool) -> impl Iterator<Item = &str> {
        self.categories
            .iter()
            .filter(move |(_, category)| test(category))
            .map(|(name, _)| name.as_str())
    }
}

fn has_prefix(pattern: &str, prefix: &str) -> bool {
    let prefix = prefix.trim_end_matches('/');
    pattern
        .strip_prefix(prefix)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn package_fits(known: &str, package: &str) -> bool {
    known
        .strip_suffix('*')
        .map_or(known == package, |scope| package.starts_with(scope))
}

fn path_ends(path: &str, end: &str) -> bool {
    path.strip_suffix(end)
        .is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
}

fn words(list: &[&str]) -> Vec<String> {
    list.iter().map(|&word| word.to_owned()).collect()
}

fn category(packages: &[&str], modules: &[&str], hosts: &[&str]) -> Category {
    Category {
        packages: words(packages),
        modules: words(modules),
        hosts: words(hosts),
    }
}

impl Default for Rules {
    fn default() -> Self {
        let database = category(
            &[
                "pg",
                "@prisma/client",
                "drizzle-orm",
                "mysql2",
                "knex",
                "kysely",
                "mongoose",
                "mongodb",
                "typeorm",
                "postgres",
                "@neondatabase/*",
            ],
            &[],
            &[],
        );
        let auth = category(
            &[
                "next-auth",
                "@auth/*",
                "jsonwebtoken",
                "jose",
                "bcryptjs",
                "bcrypt",
                "iron-session",
                "@clerk/*",
            ],
            &[],
            &[],
        );
        let realtime = category(
            &["pusher", "pusher-js", "ws", "socket.io", "ably"],
            &["lib/realtime", "lib/pusher"],
            &[],
        );
        let mail = category(
            &["nodemailer", "@getbrevo/*", "resend", "@sendgrid/*", "postmark"],
            &["lib/mail", "lib/email"],
            &["api.brevo.com", "api.resend.com", "api.sendgrid.com"],
        );
        let sms = category(&["twilio"], &["lib/sms"], &["api.labsmobile.com", "api.twilio.com"]);
        let payments = category(
            &["stripe", "@stripe/*", "@paypal/*"],
            &[],
            &["api.stripe.com", "lyra.com", "payzen.eu", "api.paypal.com"],
        );
        let queue = category(
            &["bullmq", "bull", "ioredis", "redis", "amqplib", "kafkajs"],
            &["lib/queue"],
            &[],
        );
        let model = category(
            &["openai", "ai", "@ai-sdk/*", "@anthropic-ai/*", "langchain"],
            &["lib/openrouter"],
            &["openrouter.ai", "api.openai.com", "api.anthropic.com"],
        );
        let categories = [
            ("auth", auth),
            ("database", database),
            ("language-model", model),
            ("mail", mail),
            ("payments", payments),
            ("queue", queue),
            ("realtime", realtime),
            ("sms", sms),
        ];
        Self {
            areas: Vec::new(),
            categories: categories
                .into_iter()
                .map(|(name, category)| (name.to_owned(), category))
                .collect(),
            write_methods: words(&[
                "create",
                "createMany",
                "createManyAndReturn",
                "update",
                "updateMany",
                "updateManyAndReturn",
                "upsert",
                "delete",
                "deleteMany",
                "insert",
                "insertInto",
                "updateTable",
                "deleteFrom",
                "$executeRaw",
                "$executeRawUnsafe",
            ]),
            database_names: words(&["prisma", "db", "tx", "trx", "database", "client"]),
            fetchers: words(&[
                "fetch",
                "axios",
                "ky",
                "$fetch",
                "useSWR",
                "useSWRImmutable",
                "useSWRMutation",
                "useSWRInfinite",
                "EventSource",
            ]),
            own_hosts: Vec::new(),
            owners: BTreeMap::new(),
        }
    }
}
