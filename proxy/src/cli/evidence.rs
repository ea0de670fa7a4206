//! Ficus's own store as a command opens it: what is asked for has to be there already.

use std::path::Path;

use clap::Args;
use proxy::config::is_postgres;
use proxy::store::Store;

use super::failure::{Hinted, OrHint};
use super::settings::{Files, without_password};

/// Where the store is.
#[derive(Debug, Args)]
pub(crate) struct StoreArgs {
    /// Ficus's own store, sqlite: or postgres: [default: `store.url`, or ficus.db beside the flag file]
    #[arg(long, value_name = "URL", env = "FICUS_STORE", hide_env_values = true)]
    store: Option<String>,
}

impl StoreArgs {
    /// Opens the store that is named, or the one that belongs to the files.
    pub(crate) async fn open(&self, files: &Files) -> anyhow::Result<Store> {
        let url = self.url(files)?;
        must_exist(&url)?;
        open(&url).await
    }

    /// As [`Self::open`], but makes the store when there is none: whoever writes something down needs one.
    pub(crate) async fn open_or_make(&self, files: &Files) -> anyhow::Result<Store> {
        open(&self.url(files)?).await
    }

    /// Whether the store can hold the flags themselves.
    pub(super) fn is_postgres(&self, files: &Files) -> anyhow::Result<bool> {
        Ok(is_postgres(&self.url(files)?))
    }

    fn url(&self, files: &Files) -> anyhow::Result<String> {
        match &self.store {
            Some(url) => Ok(url.clone()),
            None => files.places()?.store.ok_or_else(no_store),
        }
    }
}

pub(super) async fn open(url: &str) -> anyhow::Result<Store> {
    Store::open(url).await.or_hint(
        || format!("the store {} cannot be opened", without_password(url)),
        || "check the address and the permissions, or name another place with --store".to_owned(),
    )
}

/// Opening would make an empty file, and an empty report is a wrong answer to a wrong path.
pub(super) fn must_exist(url: &str) -> anyhow::Result<()> {
    let Some(path) = url.strip_prefix("sqlite:").map(|path| path.trim_start_matches("//")) else {
        return Ok(());
    };
    let path = path.split('?').next().unwrap_or_default();
    if path == ":memory:" || !Path::new(path).is_file() {
        return Err(Hinted::error(
            format!("there is no store at {path}"),
            "`ficus run --flags …` makes one beside the flag file as soon as something is shadowed; --store names another",
        ));
    }
    Ok(())
}

fn no_store() -> anyhow::Error {
    Hinted::error(
        "there is no flag file here, so there is no store beside it",
        "name the store with --store, or the flag file with --flags",
    )
}
