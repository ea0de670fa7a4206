//! The TypeScript types made from the OpenAPI document, in the hands of the real compiler. The page of the legacy app that uses
//! them is compiled by its `next build`, which checks types.

use std::path::Path;
use std::process::Stdio;

use proxy::provision::{Progress, legacy};
use tokio::process::Command;

const RIGHT: &str = r#"
import type { Answer, RequestBody, Route } from "./api-types";

const route = "GET /api/crm/tickets" satisfies Route;
export function titles(list: Answer<typeof route, 200>): string[] {
  return list.tickets.map((ticket) => ticket.assignedTo?.name ?? ticket.title);
}
export const wish: RequestBody<"POST /api/crm/tickets"> = { type: "help_desk", title: "t", createdById: "u" };
export function holder(answer: Answer<"POST /api/v1/auth/session/validate", 200>): string | undefined {
  return answer.active ? answer.user.id : undefined;
}
"#;

/// Each has one mistake; the word that the compiler must name stands beside it.
const WRONG: [(&str, &str); 4] = [
    (
        "titel",
        "import type { ListedTicket } from './api-types';\nexport const title = (ticket: ListedTicket) => ticket.titel;\n",
    ),
    (
        "'string | null'",
        "import type { ListedTicket } from './api-types';\nexport const phone = (ticket: ListedTicket): string => ticket.customerPhone;\n",
    ),
    (
        "NewTicket",
        "import type { RequestBody } from './api-types';\nexport const body: RequestBody<'POST /api/crm/tickets'> = { type: 'help_desk', title: 't' };\n",
    ),
    (
        "/api/crm/tickts",
        "import type { Route } from './api-types';\nexport const route: Route = 'GET /api/crm/tickts';\n",
    ),
];

#[tokio::test]
async fn the_types_compile_and_refuse_what_the_endpoints_do_not_give() {
    let app = legacy::prepare(&Progress::silent()).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let types = Path::new(env!("CARGO_MANIFEST_DIR")).join("legacy/lib/api-types.ts");
    std::fs::copy(types, folder.path().join("api-types.ts")).unwrap();
    std::fs::write(folder.path().join("right.ts"), RIGHT).unwrap();
    let (passes, said) = compile(&app, folder.path(), &["right.ts".to_owned()]).await;
    assert!(passes, "{said}");
    let mut files = Vec::new();
    for (index, (_, text)) in WRONG.iter().enumerate() {
        files.push(format!("wrong-{index}.ts"));
        std::fs::write(folder.path().join(&files[index]), text).unwrap();
    }
    let (passes, said) = compile(&app, folder.path(), &files).await;
    assert!(!passes);
    for (file, (word, _)) in files.iter().zip(WRONG) {
        let about: Vec<&str> = said.lines().filter(|line| line.starts_with(file.as_str())).collect();
        assert!(
            about.iter().any(|line| line.contains(word)),
            "{file} has a mistake about {word}:\n{said}"
        );
    }
}

/// Runs the compiler that the legacy app brings; whether it is content, and what it says.
async fn compile(app: &Path, folder: &Path, files: &[String]) -> (bool, String) {
    let compiler = app.join("node_modules/typescript/bin/tsc");
    let options = "--noEmit --strict --pretty false --target es2022 --module esnext --moduleResolution bundler";
    let output = Command::new("node")
        .arg(compiler)
        .args(options.split(' '))
        .args(files)
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .await
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    (output.status.success(), said + &String::from_utf8_lossy(&output.stderr))
}
