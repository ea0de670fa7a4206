//! The inventory as plain data: what the outputs, the check and a person read.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

/// Everything that was found under one directory.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Inventory {
    /// The Next.js apps, by their folder.
    pub apps: Vec<App>,
    /// What could not be decided, in the order of files and lines.
    pub notes: Vec<Note>,
    /// Modules that routes use, most used first.
    pub modules: Vec<SharedModule>,
    /// Every environment variable that the code reads, and where.
    pub environment: BTreeMap<String, Vec<Place>>,
    /// Calls of the app's own addresses that no route answers.
    pub unanswered: Vec<CallSite>,
    /// How many source files were read.
    pub files: usize,
}

/// One Next.js app.
#[derive(Debug, Clone, Serialize)]
pub struct App {
    /// Its folder below the directory that was read; empty for that directory itself.
    pub root: String,
    /// What its `next.config` says where it says it literally.
    pub configuration: Configuration,
    /// Its routes, by pattern and file.
    pub routes: Vec<Route>,
}

/// The parts of `next.config` and of the middleware that decide about paths.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Configuration {
    /// The configuration file.
    pub file: Option<String>,
    /// `basePath`, empty when there is none.
    pub base_path: String,
    /// `trailingSlash`.
    pub trailing_slash: bool,
    /// `pageExtensions`, the defaults of Next.js when it is not set.
    pub page_extensions: Vec<String>,
    /// `i18n`, as it is written.
    pub i18n: Option<serde_json::Value>,
    /// What `rewrites()` returns.
    pub rewrites: Option<serde_json::Value>,
    /// What `redirects()` returns.
    pub redirects: Option<serde_json::Value>,
    /// What `headers()` returns.
    pub headers: Option<serde_json::Value>,
    /// `middleware.ts` or `proxy.ts`.
    pub middleware: Option<String>,
    /// The matcher of the middleware; without one it sees every path.
    pub matcher: Option<serde_json::Value>,
}

/// What kind of file answers a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// `app/**/route.*`.
    AppRoute,
    /// `pages/api/**`.
    PagesApi,
    /// A page of either router; listed because it takes a path, never flagged.
    Page,
    /// A metadata file such as `robots.ts`; listed, never flagged.
    Metadata,
}

/// One file that answers one pattern.
#[derive(Debug, Clone, Serialize)]
pub struct Route {
    /// What kind of file it is.
    pub kind: Kind,
    /// The file, below the directory that was read.
    pub file: String,
    /// The pattern that a client sees, `basePath` included.
    pub pattern: String,
    /// The pattern without `basePath`, as Next.js lists it.
    pub app_pattern: String,
    /// The area that the rules put it into.
    pub area: String,
    /// The phase of the migration plan, when the rules name one.
    pub phase: Option<u8>,
    /// The methods, in the order of their names.
    pub methods: Vec<MethodEntry>,
    /// `dynamic`, `runtime`, `revalidate`, `maxDuration` and their like, where they are literal.
    pub settings: BTreeMap<String, serde_json::Value>,
    /// Who calls it.
    pub call_sites: Vec<CallSite>,
}

/// One method of one route, and what it touches.
#[derive(Debug, Clone, Serialize)]
pub struct MethodEntry {
    /// The method, in capitals.
    pub name: String,
    /// Where the handler is defined, after following every re-export; none when a package defines it.
    pub defined: Option<Place>,
    /// Whether it writes to the database.
    pub mutates: Mutates,
    /// What it depends on, by the categories of the rules (`database`, `mail`, …).
    pub dependencies: BTreeSet<String>,
    /// Modules of the tree that it uses, transitively.
    pub modules: BTreeSet<String>,
    /// Packages that it uses.
    pub packages: BTreeSet<String>,
    /// Environment variables that it reads.
    pub environment: BTreeSet<String>,
    /// Outside hosts that its code names.
    pub hosts: BTreeSet<String>,
}

/// Whether a method writes, and the evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mutates {
    /// No write was found in the code that it reaches.
    No,
    /// A write was found, here first.
    Yes(Place),
    /// It runs SQL that is put together from parts, here first.
    Undecided(Place),
}

impl Mutates {
    /// The word for tables.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::No => "no",
            Self::Yes(_) => "yes",
            Self::Undecided(_) => "undecided",
        }
    }
}

/// A line of a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Place {
    /// The file, below the directory that was read.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
}

impl std::fmt::Display for Place {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}:{}", self.file, self.line)
    }
}

/// Something that could not be decided, or that Next.js would refuse.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Note {
    /// Where.
    pub place: Place,
    /// What, in one clause.
    pub message: String,
}

impl Note {
    pub(super) fn new(file: &str, line: u32, message: impl Into<String>) -> Self {
        Self {
            place: Place {
                file: file.to_owned(),
                line,
            },
            message: message.into(),
        }
    }
}

/// A module and the routes that use it.
#[derive(Debug, Clone, Serialize)]
pub struct SharedModule {
    /// The file.
    pub file: String,
    /// `METHOD pattern` of the routes that use it.
    pub used_by: BTreeSet<String>,
}

/// A place that calls an address.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct CallSite {
    /// Where.
    pub place: Place,
    /// The function that calls (`fetch`, `axios.get`, `useSWR`, …).
    pub through: String,
    /// The method; `GET` when the call names none.
    pub method: String,
    /// The address as written, `{}` for each part that is computed.
    pub url: String,
    /// Fields of the answer that the code beside the call reads.
    pub fields: BTreeSet<String>,
}
