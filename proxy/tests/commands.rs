//! The commands as a shell sees them: exit code, standard output, standard error. They live here and not in the suite,
//! because Cargo tells the path of a program only to the tests of its own package.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail by panicking, too")]

#[path = "commands/documents.rs"]
mod documents;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

const GOOD: &str =
    "version: 1\nroutes:\n  - route: GET /api/crm/tickets\n    stage: shadow\n    sample: 25%\n    phase: 7\n";
const BAD: &str = "version: 1\nroutes:\n  - route: GET /api/crm/tickets\n    stage: shadwo\n  - route: GET /api/nope\n    stage: native\n";

/// A folder of its own, and `ficus` run in it with nothing of our own environment.
struct Shell(tempfile::TempDir);

struct Ran {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Shell {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn with(self, file: &str, text: &str) -> Self {
        std::fs::write(self.path().join(file), text).unwrap();
        self
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ficus"));
        command
            .args(line.split_whitespace())
            .current_dir(self.path())
            .env_clear();
        command
    }

    fn run(&self, line: &str) -> Ran {
        Ran::from(self.command(line).output().unwrap())
    }

    /// Words that may hold spaces, then a line that is split at them.
    fn run_with(&self, words: &[&str], line: &str) -> Ran {
        Ran::from(
            self.command("")
                .args(words)
                .args(line.split_whitespace())
                .output()
                .unwrap(),
        )
    }
}

impl Ran {
    fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap()
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

#[test]
fn check_of_a_good_file_is_silent_on_standard_output() {
    let ran = Shell::new().with("flags.yaml", GOOD).run("check");
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), ""));
    assert_eq!(ran.stderr, "flags.yaml: nothing is wrong; 1 route is flagged\n");
}

#[test]
fn check_says_every_problem_at_once_with_its_place() {
    let ran = Shell::new().with("bad.yaml", BAD).run("check --flags bad.yaml");
    assert_eq!(ran.code, Some(1));
    let places: Vec<&str> = ran.stdout.lines().map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(places, ["bad.yaml:4:12:", "bad.yaml:5:12:"]);
    assert!(ran.stdout.contains("did you mean `shadow`?"), "{}", ran.stdout);
}

#[test]
fn check_as_json_is_one_document() {
    let ran = Shell::new()
        .with("bad.yaml", BAD)
        .run("check --flags bad.yaml --json --quiet");
    let document = ran.json();
    assert_eq!(document["ok"], false);
    assert_eq!(document["problems"][0]["line"], 4);
    assert_eq!(document["problems"].as_array().unwrap().len(), 2);
    assert_eq!(ran.stderr, "");
}

#[test]
fn a_file_that_is_not_there_is_an_error_and_not_an_answer() {
    let ran = Shell::new().run("check --flags none.yaml");
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""));
    assert!(
        ran.stderr
            .starts_with("error: the flag file none.yaml cannot be read\n  caused by: "),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.contains("\nhint: "), "{}", ran.stderr);
}

#[test]
fn check_without_any_file_says_so() {
    let ran = Shell::new().run("check");
    assert_eq!(ran.code, Some(2));
    assert!(
        ran.stderr.contains("neither ficus.yaml nor flags.yaml"),
        "{}",
        ran.stderr
    );
}

#[test]
fn routes_list_flags_first_and_then_the_free_handlers() {
    let ran = Shell::new().with("flags.yaml", GOOD).run("routes");
    assert_eq!(ran.code, Some(0));
    let rows: Vec<Vec<&str>> = ran
        .stdout
        .lines()
        .map(|line| {
            line.split("  ")
                .filter(|cell| !cell.is_empty())
                .map(str::trim)
                .collect()
        })
        .collect();
    assert_eq!(
        rows[0],
        [
            "ROUTE", "STAGE", "SHARE", "TARGETS", "SAMPLE", "PHASE", "GROUP", "NATIVE"
        ]
    );
    assert_eq!(
        rows[1],
        ["GET /api/crm/tickets", "shadow", "-", "-", "25%", "7", "-", "read"]
    );
    assert!(rows[2..].iter().all(|row| row[1] == "legacy"), "{}", ran.stdout);
}

#[test]
fn routes_can_be_narrowed_to_a_stage() {
    let shell = Shell::new().with("flags.yaml", GOOD);
    let routes = shell.run("routes --stage shadow --json").json();
    assert_eq!(routes["routes"].as_array().unwrap().len(), 1);
    assert_eq!(shell.run("routes --stage nonsense").code, Some(2));
}

#[test]
fn explain_says_who_answers_and_why() {
    let shell = Shell::new().with("flags.yaml", GOOD);
    let ran = shell.run("explain get /api/crm/tickets?status=open");
    assert_eq!(ran.code, Some(0));
    assert!(
        ran.stdout
            .starts_with("GET /api/crm/tickets\n  answers   legacy\n  because   the route is at stage shadow\n"),
        "{}",
        ran.stdout
    );
    let document = shell.run("explain GET /api/unheard/of --json").json();
    assert_eq!(
        (&document["serve"], &document["plan"]),
        (&Value::from("legacy"), &Value::Null)
    );
}

#[test]
fn explain_says_how_a_canary_decides_for_a_request() {
    let flags = "version: 1\nroutes:\n  - route: GET /api/crm/tickets\n    stage: canary\n    canary: { share: 90%, subject: [user, \"header:x-client-id\"] }\n    target: [{ tenant: acme, serve: legacy }]\n";
    let shell = Shell::new().with("flags.yaml", flags);
    let explain = |more: &[&str]| {
        let mut command = shell.command("explain GET /api/crm/tickets --json");
        Ran::from(command.args(more).output().unwrap()).json()
    };
    let by_user = explain(&["--user", "user-1"]);
    assert_eq!(by_user["label"], "share");
    let bucket = flags::bucket("GET /api/crm/tickets", "", "user-1");
    assert_eq!(
        (&by_user["drawn"]["bucket"], &by_user["drawn"]["source"]),
        (&Value::from(bucket), &Value::from("user"))
    );
    let by_header = explain(&["--header", "X-Client-Id: c7"]);
    assert_eq!(by_header["drawn"]["source"], "header:x-client-id");
    let targeted = explain(&["--user", "user-1", "--tenant", "acme"]);
    assert_eq!(
        (&targeted["serve"], &targeted["label"]),
        (&Value::from("legacy"), &Value::from("target"))
    );
    assert_eq!(targeted["steps"].as_array().unwrap().len(), 1);
    assert_eq!(explain(&[])["label"], "no_subject");
    assert_eq!(explain(&["--override", "native"])["label"], "override");
}

#[test]
fn explain_wants_a_path_and_not_a_word() {
    let ran = Shell::new().run("explain GET api/crm/tickets");
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("a path starts with `/`"), "{}", ran.stderr);
}

#[test]
fn an_escape_sequence_in_a_path_does_not_reach_the_terminal() {
    let shell = Shell::new();
    let ran = Ran::from(shell.command("explain GET").arg("/\u{1b}[31mred").output().unwrap());
    assert_eq!(ran.code, Some(0));
    assert!(!ran.stdout.contains('\u{1b}'), "{:?}", ran.stdout);
}

#[test]
fn migrate_makes_the_store_and_leaves_an_unnamed_database_alone() {
    let shell = Shell::new().with("flags.yaml", GOOD);
    let ran = shell.run("migrate");
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(shell.path().join("ficus.db").is_file());
    assert!(
        ran.stderr.contains("the app's database was left alone"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_password_is_in_no_message() {
    let ran = Shell::new().run("migrate --database-url postgres://ficus:s3cret@127.0.0.1:1/app");
    assert_eq!(ran.code, Some(2));
    assert!(
        ran.stderr
            .contains("postgres://ficus@127.0.0.1:1/app cannot be reached"),
        "{}",
        ran.stderr
    );
    assert!(!ran.stderr.contains("s3cret"), "{}", ran.stderr);
}

#[test]
fn a_report_on_a_store_that_is_not_there_makes_none() {
    let shell = Shell::new();
    let ran = shell.run("report --store sqlite:none.db");
    assert_eq!(ran.code, Some(2));
    assert!(!shell.path().join("none.db").exists());
}

#[test]
fn a_report_before_the_first_comparison_says_what_to_do() {
    let shell = Shell::new().with("flags.yaml", GOOD);
    shell.run("migrate");
    let ran = shell.run("report");
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stdout.contains("Nothing was compared yet"), "{}", ran.stdout);
    assert_eq!(shell.run("report --json").json()["totals"]["samples"], 0);
}

#[test]
fn colours_are_written_on_demand_only() {
    let shell = Shell::new().with("flags.yaml", GOOD);
    assert!(!shell.run("routes").stdout.contains('\u{1b}'));
    assert!(shell.run("routes --color always").stdout.contains('\u{1b}'));
}

#[test]
fn every_command_explains_itself() {
    let shell = Shell::new();
    for command in [
        "run", "check", "routes", "explain", "kill", "revive", "override", "migrate", "report", "demo",
    ] {
        let ran = shell.run(&format!("{command} --help"));
        assert_eq!(ran.code, Some(0), "{command}: {}", ran.stderr);
        assert!(ran.stdout.contains("Usage: ficus"), "{command}");
    }
}

/// `ficus run` and the words that it said before it served.
struct Running {
    child: Child,
    said: String,
}

impl Running {
    fn start(shell: &Shell, line: &str) -> Self {
        let mut child = shell.command(line).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut said = String::new();
        // The status address is the last thing that it says; after it, log lines go on.
        while !said.contains("status") {
            said.push_str(&lines.next().unwrap().unwrap());
            said.push('\n');
        }
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, said }
    }

    /// The address after this word.
    fn address(&self, word: &str) -> &str {
        let line = self.said.lines().find(|line| line.starts_with(word)).unwrap();
        line.split("http://").nth(1).unwrap().trim_end_matches('/')
    }

    fn get(address: &str, path: &str) -> String {
        let mut stream = TcpStream::connect(address).unwrap();
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    fn end(mut self, signal: &str) -> Option<i32> {
        let process = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-s", signal, &process])
                .status()
                .unwrap()
                .success()
        );
        self.child.wait().unwrap().code()
    }
}

/// A legacy app that answers every request with its target; it ends with the test process.
fn legacy() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let mut reader = BufReader::new(stream);
            let mut head = String::new();
            while !head.ends_with("\r\n\r\n") && reader.read_line(&mut head).is_ok_and(|read| read > 0) {}
            let target = head.split(' ').nth(1).unwrap_or_default();
            let answer = format!(
                "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{target}",
                target.len()
            );
            let _ = reader.get_mut().write_all(answer.as_bytes());
        }
    });
    origin
}

#[test]
fn run_needs_nothing_but_the_origin_and_drains_on_a_signal() {
    for signal in ["TERM", "INT"] {
        let shell = Shell::new();
        let running = Running::start(&shell, &format!("run --listen 127.0.0.1:0 --legacy {}", legacy()));
        assert!(running.said.contains("native  off: no database"), "{}", running.said);
        let answer = Running::get(running.address("ficus"), "/a/page?with=query");
        assert!(
            answer.starts_with("HTTP/1.1 200 OK") && answer.ends_with("/a/page?with=query"),
            "{answer}"
        );
        let page = Running::get(running.address("status"), "/");
        assert!(page.contains("content-security-policy: default-src 'none'"), "{page}");
        assert!(page.contains("No flag file"), "{page}");
        assert_eq!(running.end(signal), Some(0));
        assert_eq!(
            std::fs::read_dir(shell.path()).unwrap().count(),
            0,
            "a plain proxy leaves no file"
        );
    }
}

#[test]
fn run_with_flags_keeps_its_store_beside_them() {
    let shell = Shell::new().with("flags.yaml", GOOD);
    let running = Running::start(
        &shell,
        &format!("run --listen 127.0.0.1:0 --legacy {} --flags flags.yaml", legacy()),
    );
    let page = Running::get(running.address("status"), "/");
    assert!(
        page.contains("GET /api/crm/tickets") && page.contains("shadow"),
        "{page}"
    );
    assert_eq!(running.end("TERM"), Some(0));
    assert!(shell.path().join("ficus.db").is_file());
}

#[test]
fn run_takes_the_full_form_and_the_command_line_wins() {
    let file = format!("listen: 127.0.0.1:1\nlegacy: {{ url: '{}' }}\n", legacy());
    let shell = Shell::new().with("ficus.yaml", &file);
    let running = Running::start(&shell, "run --config ficus.yaml --listen 127.0.0.1:0");
    assert!(Running::get(running.address("ficus"), "/").starts_with("HTTP/1.1 200 OK"));
    assert_eq!(running.end("TERM"), Some(0));
}

#[test]
fn run_that_cannot_start_says_what_to_do() {
    let shell = Shell::new().with("bad.yaml", BAD);
    let nothing = shell.run("run");
    assert_eq!(nothing.code, Some(2));
    assert!(
        nothing.stderr.contains("no legacy app") && nothing.stderr.contains("hint: name it with --legacy"),
        "{}",
        nothing.stderr
    );
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let busy = shell.run(&format!(
        "run --legacy http://127.0.0.1:9 --listen {}",
        taken.local_addr().unwrap()
    ));
    assert_eq!(busy.code, Some(2));
    assert!(busy.stderr.contains("caused by: cannot listen on"), "{}", busy.stderr);
    let flags = shell.run("run --legacy http://127.0.0.1:9 --listen 127.0.0.1:0 --flags bad.yaml");
    assert_eq!(flags.code, Some(2));
    assert!(flags.stderr.contains("bad.yaml:4:12: "), "{}", flags.stderr);
}

const CHANGE: &str = "--by ana --reason because";

#[test]
fn a_route_is_promoted_with_evidence_or_by_force_and_every_step_can_be_read_and_taken_back() {
    let shell = Shell::new().with("flags.yaml", &format!("{GOOD}# the end\n"));
    let refused = shell.run_with(&["promote", "GET /api/crm/tickets"], CHANGE);
    assert_eq!(refused.code, Some(1), "{}", refused.stderr);
    assert!(
        refused
            .stdout
            .contains("inconclusive  samples   0 compared, 500 wanted"),
        "{}",
        refused.stdout
    );
    let gate = shell.run_with(&["gate", "GET /api/crm/tickets"], "--json");
    assert_eq!(
        (gate.code, gate.json()["evidence"]["verdict"].clone()),
        (Some(1), "inconclusive".into())
    );
    let forced = shell.run_with(&["promote", "GET /api/crm/tickets", "--force", "--json"], CHANGE);
    assert_eq!(forced.code, Some(0), "{}", forced.stderr);
    assert_eq!(forced.json()["to"]["stage"], "canary");
    let text = std::fs::read_to_string(shell.path().join("flags.yaml")).unwrap();
    assert!(
        text.contains("stage: canary\n") && text.contains("canary: { share: 1% }") && text.ends_with("# the end\n")
    );
    let audit = shell.run("audit --json").json();
    let row = &audit["entries"][0];
    assert_eq!(
        (&row["actor"], &row["from_state"], &row["to_state"]),
        (&"ana".into(), &"shadow".into(), &"canary 1%".into())
    );
    assert!(row["evidence"].as_str().unwrap().contains("\"forced\":true"), "{row}");
    assert_eq!(shell.run_with(&["freeze"], CHANGE).code, Some(0));
    let frozen = shell.run_with(&["promote", "GET /api/crm/tickets", "--force"], CHANGE);
    assert_eq!(frozen.code, Some(2));
    assert!(frozen.stderr.contains("frozen since"), "{}", frozen.stderr);
    let back = shell.run_with(&["rollback", "GET /api/crm/tickets"], CHANGE);
    assert_eq!(back.code, Some(0), "{}", back.stderr);
    assert!(shell.run("routes").stdout.contains("shadow"));
    assert_eq!(shell.run_with(&["rollback", "--to-version", "1"], CHANGE).code, Some(0));
    assert!(shell.run("routes").stdout.contains("canary"));
    let whole = shell.run("audit --verify");
    assert_eq!(whole.code, Some(0));
    assert!(whole.stdout.starts_with("4 rows, whole"), "{}", whole.stdout);
    assert_eq!(
        shell.run("history --json").json()["versions"].as_array().map(Vec::len),
        Some(3)
    );
    let unknown = shell.run_with(&["promote", "GET /api/nope"], CHANGE);
    assert!(
        unknown.code == Some(2) && unknown.stderr.contains("neither a route nor a group"),
        "{}",
        unknown.stderr
    );
}
