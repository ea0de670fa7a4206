use proptest::prelude::*;

use super::*;
use crate::compile;
use crate::inventory::Inventory;

const FILE: &str = "\
# who answers
version: 1
groups:
  otp: { phase: 3, stage: shadow }   # flips as one
  mail:
    phase: 4
routes:
  # sign-in
  - { route: \"POST /a/request\", group: otp }
  - { route: \"POST /a/verify\", group: otp }
  - route: GET /b        # the busiest
    stage: 'shadow'
    compare:
      ignore: [\"$.x\"]
  - route: POST /b
    phase: 7
  - { route: GET /c }

# the end
";

fn route(text: &str) -> EditTarget {
    EditTarget::Route(text.parse().unwrap())
}

fn to(stage: Stage, share: Option<&str>) -> Change {
    Change {
        stage,
        share: share.map(|share| share.parse().unwrap()),
    }
}

/// The lines that differ.
fn changed(target: &EditTarget, change: &Change) -> Vec<String> {
    let edited = edit(FILE, target, change).unwrap();
    let old: Vec<&str> = FILE.lines().collect();
    let kept = old
        .iter()
        .filter(|line| edited.lines().any(|new| new == **line))
        .count();
    assert!(kept + 1 >= old.len(), "more than one line is gone:\n{edited}");
    edited
        .lines()
        .filter(|line| !old.contains(line))
        .map(str::to_owned)
        .collect()
}

#[test]
fn a_stage_is_replaced_where_it_stands() {
    assert_eq!(
        changed(&route("GET /b"), &to(Stage::Native, None)),
        ["    stage: native"]
    );
    assert_eq!(
        changed(&EditTarget::Group("otp".to_owned()), &to(Stage::Native, None)),
        ["  otp: { phase: 3, stage: native }   # flips as one"]
    );
}

#[test]
fn what_is_missing_is_added_in_the_style_of_its_part() {
    assert_eq!(
        changed(&route("POST /b"), &to(Stage::Shadow, None)),
        ["    stage: shadow"]
    );
    assert_eq!(
        changed(&EditTarget::Group("mail".to_owned()), &to(Stage::Canary, Some("5%"))),
        ["    stage: canary", "    canary: { share: 5% }"]
    );
    assert_eq!(
        changed(&route("GET /c"), &to(Stage::Canary, Some("0.5%"))),
        ["  - { canary: { share: 0.5% }, stage: canary, route: GET /c }"]
    );
    assert_eq!(
        changed(&route("GET /new/[id]"), &to(Stage::Shadow, None)),
        ["  - route: GET /new/[id]", "    stage: shadow"]
    );
}

#[test]
fn a_share_that_stands_there_is_replaced() {
    let once = edit(FILE, &route("GET /b"), &to(Stage::Canary, Some("5%"))).unwrap();
    let twice = edit(&once, &route("GET /b"), &to(Stage::Canary, Some("25%"))).unwrap();
    assert_eq!(twice, once.replace("share: 5%", "share: 25%"));
}

#[test]
fn a_list_in_any_form_takes_a_route() {
    for file in [
        "version: 1",
        "version: 1\nroutes: []\n",
        "version: 1\nroutes:\n",
        "version: 1\nroutes: [{ route: GET /x }]\n",
    ] {
        let edited = edit(file, &route("GET /a"), &to(Stage::Legacy, None)).unwrap();
        let snapshot =
            compile(&edited, &Inventory::default()).unwrap_or_else(|problems| panic!("{problems}\n{edited}"));
        assert!(
            snapshot.plans().iter().any(|plan| plan.key.to_string() == "GET /a"),
            "{edited}"
        );
    }
}

#[test]
fn a_member_and_an_unknown_group_are_refused_by_name() {
    let member = edit(FILE, &route("POST /a/verify"), &to(Stage::Native, None)).unwrap_err();
    assert!(member.to_string().contains("group `otp`"), "{member}");
    let unknown = edit(FILE, &EditTarget::Group("nope".to_owned()), &to(Stage::Native, None)).unwrap_err();
    assert_eq!(unknown, EditError::NoGroup("nope".to_owned()));
    assert_eq!(
        edit("version: [", &route("GET /a"), &to(Stage::Legacy, None)),
        Err(EditError::Unreadable)
    );
}

proptest! {
    #[test]
    fn any_sequence_of_edits_leaves_a_file_that_says_what_was_asked(
        edits in proptest::collection::vec((0_usize..6, 0_usize..3, 1_u16..10_000), 1..8)
    ) {
        let names = ["GET /b", "POST /b", "GET /c", "GET /new", "PUT /other/[id]", "DELETE /b"];
        let inventory = Inventory::new(names.iter().map(|name| name.parse().unwrap()));
        let mut text = FILE.replace("stage: shadow", "stage: legacy");
        for (name, stage, share) in edits {
            let stage = [Stage::Shadow, Stage::Canary, Stage::Native][stage];
            let share = (stage == Stage::Canary).then(|| Share::from_basis_points(share)).flatten();
            text = edit(&text, &route(names[name]), &Change { stage, share }).unwrap();
            let snapshot = compile(&text, &inventory).map_err(|problems| TestCaseError::fail(format!("{problems}\n{text}")))?;
            let plan = snapshot.plans().iter().find(|plan| plan.key.to_string() == names[name]).unwrap();
            prop_assert_eq!(plan.stage, stage);
            if let Some(share) = share {
                prop_assert_eq!(plan.canary.as_ref().map(|canary| canary.share), Some(share));
            }
        }
        for line in FILE.lines().filter(|line| line.starts_with('#') || line.trim().starts_with('#')) {
            prop_assert!(text.contains(line));
        }
    }
}
