//! Cuts of every style of export.

use std::collections::BTreeSet;

use super::without;

fn cut(text: &str, names: &[&str]) -> Result<String, String> {
    let names: BTreeSet<String> = names.iter().map(|&name| name.to_owned()).collect();
    without("app/api/x/route.ts", text, &names)
}

#[test]
fn a_function_goes_with_its_comment_and_with_what_only_it_used() {
    let text = "\
// The file.

import { a, b } from \"@/one\";
import only from \"@/two\";
import { type Kind, kept } from \"@/three\";

type Body = { kind: Kind };

const read = (): Body => only(b);

/** Makes one. */
// With care.
export async function POST() {
  return read();
}

export async function GET() {
  return a(kept);
}
";
    let expected = "\
// The file.

import { a } from \"@/one\";
import { kept } from \"@/three\";

export async function GET() {
  return a(kept);
}
";
    assert_eq!(cut(text, &["POST"]).unwrap(), expected);
}

#[test]
fn lists_keep_their_other_items() {
    assert_eq!(
        cut("export const GET = one, PUT = two;\n", &["GET"]).unwrap(),
        "export const PUT = two;\n"
    );
    assert_eq!(
        cut("export const { GET, POST } = handlers;\n", &["POST"]).unwrap(),
        "export const { GET } = handlers;\n"
    );
    assert_eq!(
        cut(
            "export {\n  list as GET,\n  default as DELETE,\n  PATCH,\n} from \"./x\";\n",
            &["DELETE", "PATCH"]
        )
        .unwrap(),
        "export {\n  list as GET,\n} from \"./x\";\n"
    );
    assert_eq!(
        cut("export { GET } from \"./x\";\nexport { PUT } from \"./y\";\n", &["PUT"]).unwrap(),
        "export { GET } from \"./x\";\n"
    );
}

#[test]
fn overloads_go_together_and_line_ends_stay_as_they_are() {
    let text = "export function GET(): void;\r\nexport function GET(x?: number) {}\r\n\r\nexport const PUT = 1;\r\n";
    assert_eq!(cut(text, &["GET"]).unwrap(), "export const PUT = 1;\r\n");
}

#[test]
fn what_runs_by_itself_or_was_unused_before_stays() {
    let text = "import spare from \"./spare\";\nconst pool = connect();\nexport const GET = () => pool;\nexport const PUT = 1;\n";
    assert_eq!(
        cut(text, &["GET"]).unwrap(),
        "import spare from \"./spare\";\nconst pool = connect();\nexport const PUT = 1;\n"
    );
}

#[test]
fn what_has_no_text_of_its_own_is_left_to_a_person() {
    assert!(
        cut("export * from \"./x\";\nexport const PUT = 1;\n", &["GET"])
            .unwrap_err()
            .contains("export *")
    );
    assert!(
        cut("export const { GET, ...rest } = all;\n", &["GET"])
            .unwrap_err()
            .contains("rest")
    );
    assert!(
        cut("export const GET = ((;", &["GET"])
            .unwrap_err()
            .contains("does not parse")
    );
}
