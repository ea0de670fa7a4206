//! The source tree as text.

use std::fs;
use std::path::{Path, PathBuf};

/// The folders that hold Rust code of the project.
const ROOTS: [&str; 4] = ["flags", "handlers", "proxy", "tests"];
/// Folders below them that hold none, or other people's.
const SKIPPED: [&str; 4] = ["target", "node_modules", ".next", "snapshots"];

/// Every Rust file of the workspace, sorted by path.
pub(crate) struct Tree(Vec<Source>);

/// One Rust file.
pub(crate) struct Source {
    /// From the workspace root, with `/`.
    pub(crate) path: String,
    pub(crate) text: String,
}

impl Tree {
    pub(crate) fn read() -> Self {
        let root = root();
        let mut files = Vec::new();
        for folder in ROOTS {
            collect(&root.join(folder), &mut files);
        }
        files.sort();
        let sources = files.into_iter().map(|file| Source {
            path: file.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/"),
            text: fs::read_to_string(&file).unwrap(),
        });
        let tree = Self(sources.collect());
        assert!(
            tree.0.len() > 20,
            "only {} Rust files found: the rules would pass by reading nothing",
            tree.0.len()
        );
        tree
    }

    pub(crate) fn rust(&self) -> impl Iterator<Item = &Source> {
        self.0.iter()
    }

    /// The files in `folder`, of which there must be some.
    pub(crate) fn under<'t>(&'t self, folder: &str) -> impl Iterator<Item = &'t Source> + use<'t> {
        let prefix = format!("{folder}/");
        assert!(
            self.0.iter().any(|source| source.path.starts_with(&prefix)),
            "no Rust file under {folder}"
        );
        self.0.iter().filter(move |source| source.path.starts_with(&prefix))
    }
}

impl Source {
    /// File name without `.rs`.
    pub(crate) fn stem(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default().trim_end_matches(".rs")
    }

    /// Whether the file holds nothing but tests.
    pub(crate) fn is_test(&self) -> bool {
        self.path.starts_with("tests/") || self.stem() == "tests" || self.path.contains("/tests/")
    }

    /// `path:line: code` for every line whose code has one of `words`.
    pub(crate) fn lines_with(&self, words: &[&str]) -> Vec<String> {
        self.code()
            .filter(|(_, code)| words.iter().any(|word| contains_word(code, word)))
            .map(|(number, code)| self.place(number, code))
            .collect()
    }

    /// Every line that opens an `unsafe` block, function or impl without a `SAFETY:` comment or `# Safety` section in the
    /// twelve lines above it.
    pub(crate) fn unexplained_unsafe(&self) -> Vec<String> {
        let lines: Vec<&str> = self.text.lines().collect();
        let opens = |code: &str| {
            ["unsafe {", "unsafe fn", "unsafe impl"]
                .iter()
                .any(|word| contains_word(code, word))
        };
        let explained = |number: usize| {
            let start = number.saturating_sub(13);
            lines[start..number]
                .iter()
                .any(|line| line.contains("SAFETY:") || line.contains("# Safety"))
        };
        self.code()
            .filter(|(number, code)| opens(code) && !explained(*number))
            .map(|(number, code)| self.place(number, code))
            .collect()
    }

    /// Line numbers from 1, with the code of each line; comments are cut off.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text
            .lines()
            .enumerate()
            .map(|(index, line)| (index + 1, without_comment(line)))
    }

    fn place(&self, number: usize, code: &str) -> String {
        format!("{}:{number}: {}", self.path, code.trim())
    }
}

/// The workspace root: the parent of this package.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() && !SKIPPED.contains(&name.as_str()) {
            collect(&path, files);
        } else if name.ends_with(".rs") {
            files.push(path);
        }
    }
}

/// A `//` ends the code unless it stands in a URL, which is what it is inside a string here.
fn without_comment(line: &str) -> &str {
    let mut from = 0;
    while let Some(found) = line[from..].find("//") {
        let at = from + found;
        if !line[..at].ends_with(':') {
            return &line[..at];
        }
        from = at + 2;
    }
    line
}

/// Whether `word` stands in `code` and is not the tail of a longer name (`my_handlers::` is not `handlers::`).
fn contains_word(code: &str, word: &str) -> bool {
    code.match_indices(word).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        before.is_none_or(|character| !character.is_alphanumeric() && character != '_')
    })
}

#[test]
fn comments_do_not_count_as_code() {
    let source = Source {
        path: "a.rs".to_owned(),
        text: "// tokio::spawn\nlet url = \"http://a\"; // hyper::\nhyper::x()\n".to_owned(),
    };
    assert_eq!(source.lines_with(&["tokio::", "hyper::"]), ["a.rs:3: hyper::x()"]);
}

#[test]
fn a_longer_name_is_another_name() {
    assert!(contains_word("use handlers::kit", "handlers::"));
    assert!(!contains_word("use our_handlers::kit", "handlers::"));
}
