use std::path::{Path, PathBuf};

use rcgen::{CertifiedKey, generate_simple_self_signed};
use tempfile::TempDir;

use super::*;
use crate::config::{CertificateFiles, Span};

fn write_pair(directory: &Path, stem: &str, names: &[&str]) -> CertificateFiles {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(names).unwrap();
    let (certificate, key) = paths(directory, stem);
    std::fs::write(&certificate, cert.pem()).unwrap();
    std::fs::write(&key, signing_key.serialize_pem()).unwrap();
    CertificateFiles { certificate, key }
}

fn paths(directory: &Path, stem: &str) -> (PathBuf, PathBuf) {
    (
        directory.join(format!("{stem}.crt")),
        directory.join(format!("{stem}.key")),
    )
}

fn settings(certificates: Vec<CertificateFiles>) -> ServerTls {
    ServerTls {
        certificates,
        min_version: TlsVersion::Tls12,
        client_ca: None,
        handshake_timeout: Span(std::time::Duration::from_secs(1)),
    }
}

#[test]
fn a_wildcard_is_for_one_label_more() {
    assert!(name_matches("a.example", "A.example"));
    assert!(name_matches("*.a.example", "b.a.example"));
    assert!(!name_matches("*.a.example", "a.example"));
    assert!(!name_matches("*.a.example", "c.b.a.example"));
    assert!(!name_matches("*.a.example", ".a.example"));
}

#[test]
fn the_names_of_the_certificates_are_covered() {
    let home = TempDir::new().unwrap();
    let pair = write_pair(home.path(), "a", &["shop.example", "*.wild.example"]);
    let tls = Tls::load(settings(vec![pair])).unwrap();
    assert!(tls.covers("shop.example") && tls.covers("x.wild.example"));
    assert!(!tls.covers("other.example"));
}

#[test]
fn a_host_is_misdirected_where_another_certificate_is_for_it() {
    let home = TempDir::new().unwrap();
    let first = write_pair(home.path(), "a", &["shop.example", "*.shop.example"]);
    let second = write_pair(home.path(), "b", &["admin.example", "deep.shop.example"]);
    let alone = Tls::load(settings(vec![first.clone()])).unwrap();
    assert!(alone.current().presented("other.example").is_none());
    let both = Tls::load(settings(vec![first, second])).unwrap().current();
    // Who asks for a name that there is no certificate for is given the first.
    for name in ["img.shop.example", "SHOP.example", "nobody.example"] {
        let presented = both.presented(name).unwrap();
        assert!(presented.is_misdirected("admin.example") && presented.is_misdirected("Admin.example."));
        for host in [
            "shop.example",
            "deep.shop.example",
            "nobody.example",
            "10.0.0.1",
            "::1",
            "",
        ] {
            assert!(!presented.is_misdirected(host), "{host} for {name}");
        }
    }
    // Both are for this name, and whoever asks for it is given the second.
    let presented = both.presented("deep.shop.example").unwrap();
    assert!(!presented.is_misdirected("deep.shop.example"));
    assert!(presented.is_misdirected("img.shop.example"));
}

#[test]
fn bad_new_files_leave_the_old_ones_in_force_and_are_said_once() {
    let home = TempDir::new().unwrap();
    let pair = write_pair(home.path(), "a", &["old.example"]);
    let tls = Tls::load(settings(vec![pair.clone()])).unwrap();
    assert!(matches!(tls.reload(), Reload::Unchanged));
    std::fs::write(&pair.certificate, "no pem").unwrap();
    assert!(matches!(tls.reload(), Reload::Failed(_)));
    assert!(matches!(tls.reload(), Reload::Unchanged));
    assert!(tls.covers("old.example"));
    std::fs::remove_file(&pair.key).unwrap();
    assert!(matches!(tls.reload(), Reload::Failed(_)));
    assert!(matches!(tls.reload(), Reload::Unchanged));
    write_pair(home.path(), "a", &["new.example"]);
    assert!(matches!(tls.reload(), Reload::Loaded));
    assert!(tls.covers("new.example") && !tls.covers("old.example"));
    let status = tls.status();
    assert_eq!((status.loaded, status.failed, status.problem), (1, 2, None));
}

#[test]
fn errors_name_the_file_and_the_remedy() {
    let home = TempDir::new().unwrap();
    let mut pair = write_pair(home.path(), "a", &["a.example"]);
    pair.key = write_pair(home.path(), "b", &["b.example"]).key;
    let error = Tls::load(settings(vec![pair.clone()])).unwrap_err().to_string();
    assert!(
        error.contains("a.crt") && error.contains("b.key") && error.contains("together"),
        "{error}"
    );
    pair.key = home.path().join("missing.key");
    let error = Tls::load(settings(vec![pair])).unwrap_err().to_string();
    assert!(
        error.contains("missing.key") && error.contains("permissions"),
        "{error}"
    );
}
