//! `npm ci` and `next build`, once for each state of the files, outside of the source tree.
//!
//! `target/ficus/npm-<hash of the lock file>` has the packages, `target/ficus/legacy-<hash of the sources>` the built app with the
//! packages linked into it; other trees that are built with the same packages stand beside it under their own names. A file named `complete` is written last; a directory without it is made again. One lock makes
//! processes take turns.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::process::Command;
use tokio::time::Instant;

use super::super::{Progress, ProvisionError, command, node, tree};

/// What decides which packages are installed.
const MANIFEST: [&str; 3] = [".npmrc", "package-lock.json", "package.json"];
const COMPLETE: &str = "complete";
/// How long installing may take, on a slow line.
const INSTALL: Duration = Duration::from_secs(600);
/// How long building may take, on a slow machine.
const BUILD: Duration = Duration::from_secs(600);
/// How long another process may hold the lock: it may be installing and building.
const TURN: Duration = Duration::from_secs(1200);
/// How many built versions of the app are kept.
const KEPT: usize = 3;

/// A Next.js tree that is built with the packages of the legacy app.
#[derive(Debug, Clone)]
pub struct NextTree {
    /// A word for it, with which the directory of its build begins.
    pub name: String,
    /// Its sources.
    pub source: PathBuf,
    /// The folders of its apps, each of which is built; an empty one is the tree itself.
    pub apps: Vec<String>,
    /// A folder of further packages for its `node_modules`.
    pub packages: Option<PathBuf>,
    /// Packages that are folders of the tree, as the workspaces of a monorepo are: the name, and the folder.
    pub workspaces: Vec<(String, String)>,
}

impl NextTree {
    fn legacy() -> Result<Self, ProvisionError> {
        Ok(Self {
            name: "legacy".to_owned(),
            source: source()?,
            apps: vec![String::new()],
            packages: None,
            workspaces: Vec::new(),
        })
    }

    /// Where its build stands: the name changes with every source file.
    fn place(&self, files: &[PathBuf]) -> Result<PathBuf, ProvisionError> {
        let mut hash = tree::hash(&self.source, files)?;
        if let Some(packages) = &self.packages {
            hash.push_str(&tree::hash(packages, &tree::sources(packages)?)?);
        }
        Ok(workshop()?.join(format!("{}-{hash}", self.name)))
    }
}

/// Installs and builds the legacy app if it is not built yet, and returns the directory to start it in.
///
/// # Errors
/// When the source tree is not there, when Node.js or npm is missing, or when installing or building fails.
pub async fn prepare(progress: &Progress) -> Result<PathBuf, ProvisionError> {
    prepare_tree(&NextTree::legacy()?, progress).await
}

/// Installs and builds what is not built yet of a tree, and returns the directory to start its apps in.
///
/// # Errors
/// As for [`prepare`].
pub async fn prepare_tree(wanted: &NextTree, progress: &Progress) -> Result<PathBuf, ProvisionError> {
    let files = tree::sources(&wanted.source)?;
    let built = wanted.place(&files)?;
    if built.join(COMPLETE).exists() {
        return Ok(built);
    }
    let modules = packages(progress).await?;
    let _turn = take_turn(progress).await?;
    if !built.join(COMPLETE).exists() {
        build(wanted, &files, &modules, &built, progress).await?;
        forget_old_builds(&built, &wanted.name);
    }
    Ok(built)
}

/// The SQL that fills an empty app database with the demo's invented tenants, users and tickets.
///
/// # Errors
/// When the source tree is not there.
pub fn seed() -> Result<String, ProvisionError> {
    let path = source()?.join("seed.sql");
    fs::read_to_string(&path).map_err(ProvisionError::io(format!("cannot read {}", path.display())))
}

/// Installs the packages that are not installed yet, and returns their `node_modules`.
pub(in super::super) async fn packages(progress: &Progress) -> Result<PathBuf, ProvisionError> {
    let source = source()?;
    let manifest: Vec<PathBuf> = MANIFEST
        .iter()
        .map(PathBuf::from)
        .filter(|file| source.join(file).exists())
        .collect();
    let home = workshop()?.join(format!("npm-{}", tree::hash(&source, &manifest)?));
    if home.join(COMPLETE).exists() {
        return Ok(home.join("node_modules"));
    }
    let _turn = take_turn(progress).await?;
    if !home.join(COMPLETE).exists() {
        install(&source, &manifest, &home, progress).await?;
    }
    Ok(home.join("node_modules"))
}

/// `tests/legacy` of the checkout that this binary was built from.
fn source() -> Result<PathBuf, ProvisionError> {
    let directory = std::env::var_os("FICUS_LEGACY_DIR").map_or_else(|| checkout().join("tests/legacy"), PathBuf::from);
    if directory.join("package-lock.json").exists() {
        return Ok(directory);
    }
    Err(ProvisionError::missing(
        format!("the legacy demo app is not in {}", directory.display()),
        "run this inside a checkout of Ficus, or set FICUS_LEGACY_DIR to its tests/legacy",
    ))
}

fn checkout() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().unwrap_or(package).to_path_buf()
}

/// The directory for everything that is installed or built.
fn workshop() -> Result<PathBuf, ProvisionError> {
    let directory = std::env::var_os("FICUS_CACHE_DIR").map_or_else(|| checkout().join("target/ficus"), PathBuf::from);
    fs::create_dir_all(&directory).map_err(ProvisionError::io(format!("cannot make {}", directory.display())))?;
    // npm and Next.js change directory; a relative path would then mean another place.
    fs::canonicalize(&directory).map_err(ProvisionError::io(format!("cannot use {}", directory.display())))
}

/// Holds the lock until the file is dropped, which the end of the process does as well.
async fn take_turn(progress: &Progress) -> Result<File, ProvisionError> {
    let path = workshop()?.join("lock");
    let failed = || ProvisionError::io(format!("cannot lock {}", path.display()));
    let file = File::options()
        .create(true)
        .append(true)
        .open(&path)
        .map_err(failed())?;
    let deadline = Instant::now() + TURN;
    let mut told = false;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::Error(error)) => return Err(failed()(error)),
            Err(TryLockError::WouldBlock) if Instant::now() > deadline => {
                let what = format!("waiting for the process that holds {}", path.display());
                return Err(ProvisionError::Deadline { what, after: TURN });
            }
            Err(TryLockError::WouldBlock) => {}
        }
        if !told {
            progress.say("Another process is installing or building the legacy app: waiting for it");
            told = true;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn install(source: &Path, manifest: &[PathBuf], home: &Path, progress: &Progress) -> Result<(), ProvisionError> {
    node::node().await?;
    let mut npm = Command::new(node::npm()?);
    progress.say("Installing the legacy app's packages (npm ci), once: about half a minute");
    start_over(home)?;
    copy_files(source, manifest, home)?;
    npm.args(["ci", "--no-audit", "--no-fund", "--loglevel=error"])
        .current_dir(home);
    command::run_long("npm ci", npm, INSTALL, progress).await?;
    complete(home)
}

async fn build(
    wanted: &NextTree,
    files: &[PathBuf],
    modules: &Path,
    built: &Path,
    progress: &Progress,
) -> Result<(), ProvisionError> {
    let node = node::node().await?;
    progress.say(&format!(
        "Building the {} app (next build), once: about half a minute",
        wanted.name
    ));
    start_over(built)?;
    tree::mirror(modules, &built.join("node_modules"), tree::Files::Linked)?;
    if let Some(packages) = &wanted.packages {
        tree::mirror(packages, &built.join("node_modules"), tree::Files::Copied)?;
    }
    copy_files(&wanted.source, files, built)?;
    for (name, folder) in &wanted.workspaces {
        let link = built.join("node_modules").join(name);
        fs::create_dir_all(link.parent().unwrap_or(built))
            .and_then(|()| std::os::unix::fs::symlink(built.join(folder), &link))
            .map_err(ProvisionError::io(format!("cannot link {}", link.display())))?;
    }
    for app in &wanted.apps {
        let mut next = Command::new(&node);
        next.args(["node_modules/next/dist/bin/next", "build"])
            .args(Some(app).filter(|app| !app.is_empty()))
            .env("NEXT_TELEMETRY_DISABLED", "1")
            .env("NODE_ENV", "production")
            .current_dir(built);
        command::run_long("next build", next, BUILD, progress).await?;
    }
    complete(built)
}

fn start_over(directory: &Path) -> Result<(), ProvisionError> {
    let failed = || ProvisionError::io(format!("cannot make {}", directory.display()));
    if directory.exists() {
        fs::remove_dir_all(directory).map_err(failed())?;
    }
    fs::create_dir_all(directory).map_err(failed())
}

fn copy_files(from: &Path, files: &[PathBuf], to: &Path) -> Result<(), ProvisionError> {
    for file in files {
        let target = to.join(file);
        let parent = target.parent().unwrap_or(to);
        fs::create_dir_all(parent)
            .and_then(|()| fs::copy(from.join(file), &target))
            .map_err(ProvisionError::io(format!("cannot copy {}", file.display())))?;
    }
    Ok(())
}

fn complete(directory: &Path) -> Result<(), ProvisionError> {
    fs::write(directory.join(COMPLETE), "")
        .map_err(ProvisionError::io(format!("cannot write to {}", directory.display())))
}

/// Says that an app runs from `built`, until the file is dropped.
pub(super) fn hold(built: &Path) -> Result<File, ProvisionError> {
    let file = File::open(built.join(COMPLETE));
    file.and_then(|file| file.lock_shared().map(|()| file))
        .map_err(ProvisionError::io(format!("cannot use {}", built.display())))
}

/// Removes all but the newest builds, which belong to files that have been edited since, unless an app still runs from one.
fn forget_old_builds(newest: &Path, name: &str) {
    let Some(workshop) = newest.parent() else {
        return;
    };
    let mut builds: Vec<PathBuf> = fs::read_dir(workshop)
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(&format!("{name}-")))
        .map(|entry| entry.path())
        .collect();
    let age = |path: &PathBuf| {
        path.join(COMPLETE)
            .metadata()
            .and_then(|metadata| metadata.modified())
            .ok()
    };
    builds.sort_by_key(|path| std::cmp::Reverse(age(path)));
    let idle = |path: &PathBuf| File::open(path.join(COMPLETE)).is_ok_and(|file| file.try_lock().is_ok());
    for old in builds.into_iter().skip(KEPT).filter(idle) {
        // What cannot be removed only takes room.
        let _ = fs::remove_dir_all(old);
    }
}
