//! The watched file through everything that happens to files.

use std::fs;
use std::io::Result;
use std::os::unix::fs::symlink;
use std::time::{Duration, SystemTime};

use tempfile::TempDir;

use super::*;

const ONE: &str = "version: 1\nroutes:\n  - route: GET /one\n";
const TWO: &str = "version: 1\nroutes:\n  - route: GET /two\n";
const BROKEN: &str = "version: 1\nroutes: [\n";

struct Watched {
    directory: TempDir,
    source: FileSource,
}

impl Watched {
    fn new() -> Result<Self> {
        let directory = TempDir::new()?;
        let source = FileSource::new(directory.path().join("flags.yaml"));
        Ok(Self { directory, source })
    }

    /// What editors and deployment tools do: a new file, renamed over the old one.
    fn replace(&self, text: impl AsRef<[u8]>) -> Result<()> {
        let fresh = self.directory.path().join("fresh");
        fs::write(&fresh, text)?;
        fs::rename(fresh, self.source.path())
    }

    fn look(&mut self) -> String {
        match self.source.poll(&Inventory::default()) {
            Poll::Unchanged => "unchanged".to_owned(),
            Poll::Loaded(snapshot) => snapshot.plans().iter().map(|plan| plan.key.to_string()).collect(),
            Poll::Failed(problems) => format!("failed {problems}"),
        }
    }

    fn fails(&mut self, because: &str) {
        let look = self.look();
        assert!(look.starts_with("failed ") && look.contains(because), "{look}");
        assert_eq!(self.look(), "unchanged", "one state of the file is reported once");
    }
}

#[test]
fn a_replaced_file_is_loaded_at_the_next_look() -> Result<()> {
    let mut watched = Watched::new()?;
    watched.replace(ONE)?;
    assert_eq!(watched.look(), "GET /one");
    assert_eq!(watched.look(), "unchanged");
    watched.replace(TWO)?;
    assert_eq!(watched.look(), "GET /two");
    watched.replace(TWO)?;
    assert_eq!(watched.look(), "unchanged", "the same content is no new version");
    Ok(())
}

#[test]
fn a_broken_file_is_reported_once_and_the_good_one_loads_again() -> Result<()> {
    let mut watched = Watched::new()?;
    watched.replace(ONE)?;
    assert_eq!(watched.look(), "GET /one");
    for _ in 0..3 {
        watched.replace(BROKEN)?;
        watched.fails("not valid YAML");
        watched.replace(ONE)?;
        assert_eq!(watched.look(), "GET /one", "so that the failure is taken back");
    }
    Ok(())
}

#[test]
fn a_deleted_file_is_reported_once_and_may_come_back() -> Result<()> {
    let mut watched = Watched::new()?;
    watched.fails("cannot be read");
    watched.replace(ONE)?;
    assert_eq!(watched.look(), "GET /one");
    fs::remove_file(watched.source.path())?;
    watched.fails("cannot be read");
    watched.replace(ONE)?;
    assert_eq!(watched.look(), "GET /one");
    Ok(())
}

#[test]
fn a_file_that_is_written_in_place_is_read_when_it_stands_still() -> Result<()> {
    let mut watched = Watched::new()?;
    watched.replace(ONE)?;
    assert_eq!(watched.look(), "GET /one");
    let whole = format!("{TWO}  - route: GET /three\n");
    let (half, _) = whole.split_at(TWO.len());
    fs::write(watched.source.path(), half)?;
    assert_eq!(watched.look(), "unchanged", "half of a file can be a good file");
    fs::write(watched.source.path(), &whole)?;
    assert_eq!(watched.look(), "unchanged");
    assert_eq!(watched.look(), "GET /threeGET /two");
    Ok(())
}

#[test]
fn a_file_that_never_stands_still_is_read_nevertheless() -> Result<()> {
    let mut watched = Watched::new()?;
    watched.replace(ONE)?;
    assert_eq!(watched.look(), "GET /one");
    let mut looks = Vec::new();
    for turn in 0..=SETTLED_AFTER {
        fs::write(watched.source.path(), format!("{TWO}#{}\n", "x".repeat(turn as usize)))?;
        looks.push(watched.look());
    }
    assert!(looks.iter().any(|look| look == "GET /two"), "{looks:?}");
    Ok(())
}

#[test]
fn a_swapped_symlink_is_followed_and_a_broken_one_reported() -> Result<()> {
    let mut watched = Watched::new()?;
    let at = |name: &str| watched.directory.path().join(name);
    let (one, two, link) = (at("one"), at("two"), at("link"));
    fs::write(&one, ONE)?;
    fs::write(&two, TWO)?;
    symlink(&one, watched.source.path())?;
    assert_eq!(watched.look(), "GET /one");
    symlink(&two, &link)?;
    fs::rename(&link, watched.source.path())?;
    assert_eq!(watched.look(), "GET /two");
    fs::remove_file(&two)?;
    watched.fails("cannot be read");
    Ok(())
}

#[test]
fn a_clock_set_back_does_no_harm() -> Result<()> {
    let mut watched = Watched::new()?;
    watched.replace(ONE)?;
    assert_eq!(watched.look(), "GET /one");
    watched.replace(TWO)?;
    fs::File::open(watched.source.path())?.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(1))?;
    assert_eq!(watched.look(), "GET /two");
    Ok(())
}

#[test]
fn what_is_no_text_file_is_refused() -> Result<()> {
    let mut watched = Watched::new()?;
    watched.replace(b"version: 1\n# \xff\n")?;
    watched.fails("flags.yaml:2:3: the flag file is not UTF-8");
    watched.replace(vec![b' '; MAX_FILE_BYTES + 1])?;
    watched.fails("larger than 4 MiB");
    fs::remove_file(watched.source.path())?;
    fs::create_dir(watched.source.path())?;
    watched.fails("not a regular file");
    Ok(())
}
