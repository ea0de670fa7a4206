//! Which files a command reads: named on the command line, in the environment, by `ficus.yaml`, or found where we stand.

use std::fmt;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use flags::{Flags, Inventory, KillSource, Snapshot};
use proxy::config::{Config, ConfigError, Environment, FlagSource};
use proxy::kill_file;
use proxy::overrides::OverrideKey;
use proxy::rollout::{FlagPlace, Rollout};
use proxy::shadow::now_ms;
use proxy::store::Store;
use serde_json::{Value, json};

use super::failure::{Hinted, OrHint};

/// The configuration that is read when none is named.
const CONFIG: &str = "ficus.yaml";
/// The flag file that is read when none is named.
const FLAGS: &str = "flags.yaml";
/// What flags in PostgreSQL are called where a file would have its name.
const PUBLISHED: &str = "published flags";

/// The two files that describe a Ficus.
#[derive(Debug, Args)]
pub(crate) struct Files {
    /// The configuration file [default: ficus.yaml, if it is there]
    #[arg(long, value_name = "FILE", env = "FICUS_CONFIG")]
    pub(crate) config: Option<PathBuf>,

    /// The flag file; wins over the one that the configuration names [default: flags.yaml, if it is there]
    #[arg(long, value_name = "FILE", env = "FICUS_FLAGS")]
    pub(crate) flags: Option<PathBuf>,
}

/// What was found to look at.
#[derive(Debug)]
pub(crate) struct Read {
    config: Option<(PathBuf, Result<Config, Vec<ConfigError>>)>,
    flags: FlagText,
}

/// The text of a flag file, or of what PostgreSQL has; or the lack of one.
#[derive(Debug)]
pub(crate) struct FlagText {
    /// Where it stands, as the user would name it, and the text.
    file: Option<(PathBuf, String)>,
    /// The kill file stands beside this one.
    local_file: Option<PathBuf>,
}

/// One problem of one file.
#[derive(Debug)]
pub(crate) struct Finding {
    file: String,
    line: usize,
    column: usize,
    message: String,
    remedy: Option<String>,
}

impl Files {
    /// Reads both files; a configuration with problems is kept as such, so that `check` can show them beside those of the
    /// flags. Having found nothing at all is an error: there is nothing to say about nothing.
    pub(crate) fn read_all(&self) -> anyhow::Result<Read> {
        let config = match self.config.clone().or_else(|| present(CONFIG)) {
            None => None,
            Some(path) => {
                let text = read(&path, "configuration")?;
                let mistakes = || Config::mistakes(&text, &path, &Environment::of_the_process());
                let config = Config::parse(&text, &path).map_err(|_| mistakes());
                Some((path, config))
            }
        };
        let good = config.as_ref().and_then(|(_, config)| config.as_ref().ok());
        let flags = FlagText::read(self.flag_source(good), good)?;
        if config.is_none() && flags.file.is_none() {
            return Err(Hinted::error(
                format!("there is neither {CONFIG} nor {FLAGS} here"),
                "name the files with --config and --flags",
            ));
        }
        Ok(Read { config, flags })
    }

    /// Reads the flags alone; none is no error, it means that everything is legacy.
    pub(crate) fn read_flags(&self) -> anyhow::Result<FlagText> {
        let config = match self.flags {
            Some(_) => None,
            None => self.good_config()?,
        };
        FlagText::read(self.flag_source(config.as_ref()), config.as_ref())
    }

    /// Where the flags stand, whether they are there or not; nothing of them is read.
    pub(crate) fn source(&self) -> anyhow::Result<FlagSource> {
        let config = match self.flags {
            Some(_) => None,
            None => self.good_config()?,
        };
        self.flag_source(config.as_ref()).ok_or_else(|| {
            Hinted::error(
                format!("no flag file is named, and there is no {FLAGS} here"),
                "name it with --flags; the kill file stands beside it",
            )
        })
    }

    fn good_config(&self) -> anyhow::Result<Option<Config>> {
        let path = self.config.clone().or_else(|| present(CONFIG));
        path.map(|path| read_config(&path)).transpose()
    }

    fn flag_source(&self, config: Option<&Config>) -> Option<FlagSource> {
        let named = self.flags.clone().map(FlagSource::File);
        named
            .or_else(|| config?.flags.clone())
            .or_else(|| present(FLAGS).map(FlagSource::File))
    }

    /// The key of overrides in the configuration, if there is one.
    pub(crate) fn override_key(&self) -> anyhow::Result<Option<OverrideKey>> {
        Ok(self.good_config()?.and_then(|config| config.overrides.key))
    }

    /// Where the configuration says that the two databases are.
    pub(crate) fn places(&self) -> anyhow::Result<Places> {
        let config = self.good_config()?;
        let flags = self.flag_source(config.as_ref());
        let (database, store) = config.map_or((None, None), |config| (config.database.url.clone(), config.store_url()));
        Ok(Places {
            database,
            store: store.or_else(|| flags?.file().map(Store::url_beside)),
        })
    }
}

/// Where the two databases of a Ficus are.
#[derive(Debug)]
pub(crate) struct Places {
    /// The app's own.
    pub(crate) database: Option<String>,
    /// Ficus's store; none when it would live in memory only.
    pub(crate) store: Option<String>,
}

/// Reads and checks one configuration file.
pub(crate) fn read_config(path: &Path) -> anyhow::Result<Config> {
    let text = read(path, "configuration")?;
    Config::parse(&text, path).or_hint(
        || format!("{} cannot be used", path.display()),
        || format!("`ficus check --config {}` shows every problem", path.display()),
    )
}

impl Read {
    /// The compiled flags, if they are good, and what is wrong if they are not.
    pub(crate) fn compile(&self, inventory: &Inventory) -> (Option<Snapshot>, Vec<Finding>) {
        let Some((path, text)) = &self.flags.file else {
            return (None, Vec::new());
        };
        match flags::compile(text, inventory) {
            Ok(snapshot) => (Some(snapshot), Vec::new()),
            Err(problems) => (
                None,
                problems
                    .iter()
                    .map(|problem| Finding::in_flags(path, problem))
                    .collect(),
            ),
        }
    }

    /// What is wrong with the configuration.
    pub(crate) fn config_problems(&self) -> Vec<Finding> {
        match &self.config {
            Some((path, Err(errors))) => errors.iter().map(|error| Finding::in_config(path, error)).collect(),
            _ => Vec::new(),
        }
    }

    pub(crate) fn config_name(&self) -> Option<String> {
        self.config.as_ref().map(|(path, _)| path.display().to_string())
    }

    pub(crate) fn flags_name(&self) -> Option<String> {
        self.flags.file.as_ref().map(|(path, _)| path.display().to_string())
    }

    /// The names of what was read, for a sentence.
    pub(crate) fn names(&self) -> String {
        [self.config_name(), self.flags_name()]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(", ")
    }
}

impl FlagText {
    fn read(source: Option<FlagSource>, config: Option<&Config>) -> anyhow::Result<Self> {
        let local_file = source.as_ref().map(|source| source.local_file().to_owned());
        let file = match source {
            None => None,
            Some(FlagSource::File(path)) => {
                let text = read(&path, "flag file")?;
                Some((path, text))
            }
            Some(FlagSource::Postgres(_)) => {
                let url = config.and_then(Config::store_url).ok_or_else(no_store_for_flags)?;
                Some((PathBuf::from(PUBLISHED), published(url)?))
            }
        };
        Ok(Self { file, local_file })
    }

    /// The name of the file as the user wrote it.
    pub(crate) fn name(&self) -> String {
        self.file
            .as_ref()
            .map_or_else(|| "no flag file".to_owned(), |(path, _)| path.display().to_string())
    }

    /// The flags in force with this text and with the kill file that stands beside it.
    pub(crate) fn in_force(&self, inventory: &Inventory) -> anyhow::Result<Arc<Snapshot>> {
        let flags = Flags::new(self.snapshot(inventory)?);
        if let Some(path) = &self.local_file {
            flags.kill(KillSource::File, &kill_file::read(&kill_file::path_beside(path)));
        }
        Ok(flags.load())
    }

    /// The flags of this text.
    pub(crate) fn snapshot(&self, inventory: &Inventory) -> anyhow::Result<Snapshot> {
        let Some((path, text)) = &self.file else {
            return Ok(Snapshot::all_legacy());
        };
        flags::compile(text, inventory).map_err(|problems| {
            Hinted::error(
                format!("{} cannot be used:\n{}", path.display(), problems.named(path)),
                "a running Ficus would keep the flags that it has",
            )
        })
    }
}

impl Finding {
    fn in_flags(path: &Path, problem: &flags::Problem) -> Self {
        Self {
            file: path.display().to_string(),
            line: problem.line,
            column: problem.column,
            message: problem.message.clone(),
            remedy: problem.remedy.clone(),
        }
    }

    fn in_config(path: &Path, error: &ConfigError) -> Self {
        let (line, column) = error.place.unwrap_or_default();
        Self {
            file: path.display().to_string(),
            line,
            column,
            message: error.message.clone(),
            remedy: None,
        }
    }

    pub(crate) fn to_json(&self) -> Value {
        json!({
            "file": self.file,
            "line": self.line,
            "column": self.column,
            "message": self.message,
            "remedy": self.remedy,
        })
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:", self.file)?;
        if self.line > 0 {
            write!(formatter, "{}:{}:", self.line, self.column)?;
        }
        write!(formatter, " {}", self.message)?;
        self.remedy
            .as_ref()
            .map_or(Ok(()), |remedy| write!(formatter, " ({remedy})"))
    }
}

/// The newest text in PostgreSQL. Read on a thread of its own, because some commands run on a runtime and some do not.
fn published(url: String) -> anyhow::Result<String> {
    let reading = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let store = super::evidence::open(&url).await?;
            let rollout = Rollout::new(store, FlagPlace::Store, Inventory::default(), now_ms);
            Ok(rollout.text().await?)
        })
    });
    let read = reading.join();
    read.unwrap_or_else(|_| Err(anyhow::anyhow!("reading the flags from the database failed")))
}

/// Flags in PostgreSQL, and no store.
pub(super) fn no_store_for_flags() -> anyhow::Error {
    Hinted::error(
        "the flags are in PostgreSQL, and the configuration names no store",
        "write `store: { url: postgres://… }` into the configuration",
    )
}

/// The configuration file that is here, if one is.
pub(crate) fn found_config() -> Option<PathBuf> {
    present(CONFIG)
}

fn present(name: &str) -> Option<PathBuf> {
    let path = PathBuf::from(name);
    path.is_file().then_some(path)
}

/// Reads a text file that has a sensible size; a device or a dump must not fill the memory.
pub(super) fn read(path: &Path, what: &str) -> anyhow::Result<String> {
    let limit = flags::MAX_FILE_BYTES;
    let failed = || {
        (
            format!("the {what} {} cannot be read", path.display()),
            "check the name, the current folder and the permissions",
        )
    };
    let mut text = String::new();
    File::open(path)
        .and_then(|file| file.take(limit as u64 + 1).read_to_string(&mut text))
        .and_then(|_| {
            if text.len() > limit {
                Err(io::Error::other(format!("it is larger than {limit} bytes")))
            } else {
                Ok(())
            }
        })
        .or_hint(|| failed().0, || failed().1.to_owned())?;
    Ok(text)
}

/// A database URL that may be shown: without its password.
pub(crate) fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return url.to_owned();
    };
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let Some((user, _)) = authority.rsplit_once('@') else {
        return without_query(url);
    };
    let name = user.split(':').next().unwrap_or_default();
    without_query(&format!("{scheme}://{name}@{}", &rest[user.len() + 1..]))
}

/// PostgreSQL also takes a password as a parameter, so none is shown.
fn without_query(url: &str) -> String {
    url.split('?').next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::without_password;

    #[test]
    fn a_password_is_never_shown() {
        for (url, shown) in [
            ("postgres://ficus:s3cret@db:5432/app", "postgres://ficus@db:5432/app"),
            ("postgres://ficus:s3@cret@db/app", "postgres://ficus@db/app"),
            ("postgres://db/app?user=a&password=s3cret", "postgres://db/app"),
            ("sqlite:ficus.db", "sqlite:ficus.db"),
        ] {
            assert_eq!(without_password(url), shown);
        }
    }
}
