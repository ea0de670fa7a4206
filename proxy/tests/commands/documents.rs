//! What is made from the declarations and from the tree, and committed: that it is what the commands make, and that they notice.

use std::path::{Path, PathBuf};

use super::Shell;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

fn committed(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap()
}

#[test]
fn the_committed_document_and_types_have_not_drifted() {
    let shell = Shell::new();
    let json = shell.run(&format!(
        "openapi --check {}",
        root().join("docs/openapi.json").display()
    ));
    assert_eq!((json.code, json.stdout.as_str()), (Some(0), ""), "{}", json.stderr);
    let types = root().join("tests/legacy/lib/api-types.ts");
    let types = shell.run(&format!("openapi --typescript --check {}", types.display()));
    assert_eq!((types.code, types.stdout.as_str()), (Some(0), ""), "{}", types.stderr);
}

#[test]
fn the_document_is_the_same_as_json_and_as_yaml() {
    let shell = Shell::new();
    let json = shell.run("openapi");
    assert_eq!(json.stdout, committed("docs/openapi.json"));
    let yaml = shell.run("openapi --format yaml").stdout;
    assert!(yaml.starts_with("openapi: 3.1.0\n"), "{yaml}");
    let ran = shell.with("api.yaml", &yaml).run("openapi --check api.yaml");
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), ""), "{}", ran.stderr);
}

#[test]
fn a_copy_that_drifted_is_told_by_place_with_the_remedy() {
    let drifted =
        committed("docs/openapi.json").replace("\"operationId\": \"getApiHealth\"", "\"operationId\": \"health\"");
    let shell = Shell::new().with("api.json", &drifted);
    let ran = shell.run("openapi --check api.json");
    assert_eq!(ran.code, Some(1));
    assert_eq!(
        ran.stdout,
        "paths › /api/health › get › operationId: \"health\" became \"getApiHealth\"\n"
    );
    assert_eq!(
        ran.stderr,
        "api.json: 1 difference; make it again with: ficus openapi > api.json\n"
    );
    let json = shell.run("openapi --check api.json --json").json();
    assert_eq!(json["ok"], false);
    assert_eq!(json["differences"][0]["place"][3], "operationId");
}

#[test]
fn types_that_drifted_are_told_by_line() {
    let drifted = committed("tests/legacy/lib/api-types.ts").replace("customerName: string", "customerName: number");
    let ran = Shell::new()
        .with("types.ts", &drifted)
        .run("openapi --typescript --check types.ts");
    assert_eq!(ran.code, Some(1));
    assert!(ran.stdout.contains("-   customerName: number;\n"), "{}", ran.stdout);
    assert!(ran.stdout.contains("+   customerName: string;\n"), "{}", ran.stdout);
    assert!(
        ran.stderr.ends_with("ficus openapi --typescript > types.ts\n"),
        "{}",
        ran.stderr
    );
}

#[test]
fn what_cannot_be_compared_is_an_error_with_a_hint() {
    let shell = Shell::new().with("api.json", "{");
    for (line, message) in [
        ("openapi --check missing.json", "cannot read missing.json"),
        ("openapi --check api.json", "api.json is no JSON document"),
    ] {
        let ran = shell.run(line);
        assert_eq!(ran.code, Some(2), "{line}");
        assert!(
            ran.stderr.contains(message) && ran.stderr.contains("hint: "),
            "{}",
            ran.stderr
        );
    }
}

/// The command that makes the tables of the phase documents, for the folder `docs`.
fn phase_docs(docs: &Path) -> String {
    let root = root();
    format!(
        "inventory {} --rules {} --phase-docs {}",
        root.join("tests/legacy").display(),
        root.join("docs/phases/rules.yaml").display(),
        docs.display()
    )
}

#[test]
fn the_tables_of_the_phases_are_those_of_the_tree() {
    let shell = Shell::new();
    let docs = root().join("docs/phases");
    for page in std::fs::read_dir(&docs).unwrap() {
        let page = page.unwrap();
        std::fs::copy(page.path(), shell.path().join(page.file_name())).unwrap();
    }
    let ran = shell.run(&phase_docs(shell.path()));
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let stale: Vec<String> = std::fs::read_dir(&docs)
        .unwrap()
        .map(|page| page.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|page| std::fs::read(docs.join(page)).unwrap() != std::fs::read(shell.path().join(page)).unwrap())
        .collect();
    assert!(
        stale.is_empty(),
        "{stale:?} are stale; make them again with: ficus inventory tests/legacy --rules docs/phases/rules.yaml --phase-docs docs/phases"
    );
}

#[test]
fn a_phase_document_without_its_marks_is_refused_and_kept() {
    let shell = Shell::new().with("0.md", "# by hand\n");
    let ran = shell.run(&phase_docs(shell.path()));
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("no place for the routes"), "{}", ran.stderr);
    assert_eq!(
        std::fs::read_to_string(shell.path().join("0.md")).unwrap(),
        "# by hand\n"
    );
}

/// Every line of the documentation that is typed into a shell and begins with `ficus`, without its comment.
fn documented_lines() -> Vec<String> {
    let mut pages = vec![root().join("README.md")];
    let mut folders = vec![root().join("docs")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.extension().and_then(|extension| extension.to_str()) {
                _ if path.is_dir() => folders.push(path),
                Some("md") => pages.push(path),
                _ => {}
            }
        }
    }
    let texts = pages.iter().map(|page| std::fs::read_to_string(page).unwrap());
    let typed = |line: &str| {
        let line = line.strip_prefix("$ ")?.replace("cargo run --release --", "ficus");
        let mut words = line.split(' ').skip_while(|word| word.contains('='));
        let is_ours = words.next() == Some("ficus");
        let rest = words.collect::<Vec<_>>().join(" ");
        is_ours.then(|| rest.split(" # ").next().unwrap_or_default().to_owned())
    };
    texts
        .flat_map(|text| text.lines().filter_map(typed).collect::<Vec<_>>())
        .collect()
}

#[test]
fn every_command_that_the_documentation_shows_exists_with_its_options() {
    let lines = documented_lines();
    assert!(lines.len() > 25, "{lines:#?}");
    let shell = Shell::new();
    for line in lines {
        let mut words = line.split_whitespace();
        let command = words.next().unwrap();
        let second = words
            .clone()
            .next()
            .filter(|_| ["config", "flags", "waive", "schedule"].contains(&command));
        let help = shell.run(&format!("{command} {} --help", second.unwrap_or_default()));
        assert_eq!(help.code, Some(0), "`ficus {line}` is documented: {}", help.stderr);
        for option in words.filter(|word| word.starts_with("--")) {
            let name = option.split('=').next().unwrap();
            assert!(
                help.stdout.contains(name),
                "`ficus {line}` is documented and has no {name}"
            );
        }
    }
}
