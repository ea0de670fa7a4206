//! The file of a recording: written entry by entry beside its place, and moved there when it is whole.

use std::io;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tokio::fs::{File, OpenOptions, rename};
use tokio::io::{AsyncWriteExt as _, BufWriter};

/// A recording that is being written.
#[derive(Debug)]
pub(super) struct HarFile {
    place: PathBuf,
    partial: PathBuf,
    file: BufWriter<File>,
    entries: u64,
    bytes: u64,
}

impl HarFile {
    /// Begins `FILE.partial`; what is at the place itself stays until the end. Only its owner may read it.
    pub(super) async fn create(place: &Path) -> io::Result<Self> {
        let mut partial = place.as_os_str().to_owned();
        partial.push(".partial");
        let mut options = OpenOptions::new();
        let file = options
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&partial)
            .await?;
        let mut har = Self {
            place: place.to_owned(),
            partial: partial.into(),
            file: BufWriter::new(file),
            entries: 0,
            bytes: 0,
        };
        let creator = json!({ "name": "ficus", "version": env!("CARGO_PKG_VERSION") });
        har.write(&format!(
            "{{\"log\":{{\"version\":\"1.2\",\"creator\":{creator},\"entries\":["
        ))
        .await?;
        Ok(har)
    }

    pub(super) async fn add(&mut self, entry: &Value) -> io::Result<()> {
        let separator = if self.entries == 0 { "\n" } else { ",\n" };
        self.write(&format!("{separator}{entry}")).await?;
        self.entries += 1;
        Ok(())
    }

    pub(super) fn entries(&self) -> u64 {
        self.entries
    }

    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Ends the document and moves it to its place.
    pub(super) async fn finish(mut self) -> io::Result<()> {
        self.write("\n]}}\n").await?;
        self.file.flush().await?;
        self.file.get_ref().sync_all().await?;
        rename(&self.partial, &self.place).await
    }

    async fn write(&mut self, text: &str) -> io::Result<()> {
        self.bytes += u64::try_from(text.len()).unwrap_or(u64::MAX);
        self.file.write_all(text.as_bytes()).await
    }
}
