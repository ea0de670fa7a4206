//! The rules of deviations and their page.

use std::fs;
use std::path::Path;

#[test]
fn the_page_of_deviations_is_made_from_the_rules() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    let made = proxy::replay::deviations_page(&tests.join("parity/deviations.yaml")).unwrap();
    let written = fs::read_to_string(tests.join("../docs/deviations.md")).unwrap();
    assert_eq!(
        written, made,
        "run: cargo run -q -- deviations tests/parity/deviations.yaml > docs/deviations.md"
    );
}
