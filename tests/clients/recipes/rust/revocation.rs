//! Tests of revocation in Rust, with nothing but its standard library: `cargo test`.
//!
//! mockpki.rs is what to copy; your own client goes in the place of client.rs.

mod mockpki;

use mockpki::{ask, field, fields};
use revocation::{by_responder, by_staple, Target};
use std::process::Command;

/// A PKI for one test alone. At its end it is asked whether anything went wrong, and closed.
struct Pki(String);

impl Pki {
    fn open() -> Pki {
        Pki(format!("v1/pkis/{}", field(&ask("POST", "v1/pkis", "{}"), "id")))
    }

    fn ask(&self, method: &str, path: &str, body: &str) -> String {
        ask(method, &format!("{}{path}", self.0), body)
    }
}

impl Drop for Pki {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.ask("POST", "/check", "");
        }
        self.ask("DELETE", "", "");
    }
}

/// A certificate for localhost, and a TLS server that has it: the id of one, the path of the other, and the way there.
fn serve(pki: &Pki) -> (String, String, Target) {
    let leaf = pki.ask("POST", "/certificates", r#"{"identities": ["localhost"]}"#);
    let body = format!(r#"{{"certificates": ["{}"]}}"#, field(&leaf, "id"));
    let server = pki.ask("POST", "/tls_servers", &body);
    let ca = pki.ask("GET", "/cas/ca", "");
    let target = Target {
        url: field(&server, "url"),
        ca_file: field(&pki.ask("GET", "", ""), "ca_file"),
        cert_file: field(&leaf, "cert_file"),
        issuer_file: field(&ca, "cert_file"),
        ocsp_url: field(&ca, "ocsp_url"),
    };
    (field(&leaf, "id"), format!("/tls_servers/{}", field(&server, "id")), target)
}

#[track_caller]
fn assert_rejects(rejects: Result<(), String>, words: &str) {
    let said = rejects.expect_err(words);
    assert!(said.contains(words), "did not say '{words}' but: {said}");
}

#[test]
fn honest_is_accepted() {
    let pki = Pki::open();
    let (leaf, server, target) = serve(&pki);
    by_staple(&target).unwrap();
    println!("{}", field(&pki.ask("GET", &format!("{server}/handshakes"), ""), "text"));
    by_responder(&target, false).unwrap();
    println!("{}", field(&pki.ask("GET", "/ocsp/requests", ""), "text"));
    pki.ask("POST", "/ocsp/assert_asked", &format!(r#"{{"certificate": "{leaf}", "times": 1}}"#));
}

#[test]
fn revoked_is_rejected_for_that() {
    let pki = Pki::open();
    let (leaf, _, target) = serve(&pki);
    pki.ask("POST", &format!("/certificates/{leaf}/revoke"), r#"{"reason": "key_compromise"}"#);
    assert_rejects(by_staple(&target), "revocation reason: keyCompromise");
    assert_rejects(by_responder(&target, false), "Reason: keyCompromise");
    assert_rejects(by_responder(&target, true), "Reason: keyCompromise");
}

#[test]
fn staples_are_there_and_of_now() {
    let pki = Pki::open();
    let (_, server, target) = serve(&pki);
    for (staple, words) in
        [(r#""none""#, "No OCSP response received"), (r#"["Stale by=2d"]"#, "OCSP response has expired")]
    {
        pki.ask("PUT", &format!("{server}/staple"), &format!(r#"{{"staple": {staple}}}"#));
        assert_rejects(by_staple(&target), words);
    }
}

#[test]
fn an_outage_is_rejected_unless_it_is_soft() {
    let pki = Pki::open();
    let (_, _, target) = serve(&pki);
    pki.ask("PUT", "/ocsp/faults", r#"{"faults": ["HttpStatus 503"]}"#);
    assert_rejects(by_responder(&target, false), "Error querying OCSP responder");
    by_responder(&target, true).unwrap();
    pki.ask("POST", "/ocsp/assert_asked", r#"{"times": 2}"#);
}

/// The scenarios that are for this client, by their names: each stage says where to go, and the server judges what was
/// done there.
fn table(policy: &str, is_for: fn(&str) -> bool, connect: fn(&Target) -> Result<(), String>) {
    let all = ask("GET", &format!("v1/scenarios?policy={policy}"), "");
    let names = fields(all.split_once(r#""scenarios""#).unwrap().1, "name");
    let pki = Pki::open();
    let mut failed = vec![];
    for name in names.iter().filter(|name| is_for(name)) {
        let told = play(&pki, name, policy, connect);
        if field(&told, "ok") == "true" {
            println!("{name}: as {policy} demands");
        } else {
            failed.push(field(&told, "message"));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

/// What the server says in the end of a client in a scenario.
fn play(pki: &Pki, name: &str, policy: &str, connect: fn(&Target) -> Result<(), String>) -> String {
    let stage = pki.ask("POST", "/stages", &format!(r#"{{"scenario": "{name}", "policy": "{policy}"}}"#));
    let visits = format!("/stages/{}/visits", field(&stage, "id"));
    let mut told = stage;
    while !told.contains(r#""next":null"#) {
        // It may have to come more than once.
        let target = Target {
            url: field(&told, "url"),
            ca_file: field(&told, "ca_file"),
            cert_file: field(&told, "cert_file"),
            issuer_file: field(&told, "issuer_file"),
            ocsp_url: field(&told, "ocsp_url"),
        };
        let did = connect(&target);
        let detail = did.as_ref().err().map_or("", |words| words).replace(['"', '\\', '\n', '\t', '\r'], " ");
        told = pki.ask("POST", &visits, &format!(r#"{{"accepted": {}, "detail": "{detail}"}}"#, did.is_ok()));
    }
    told
}

/// The last target of a first stage is a server whose CA is another: who accepts that is judged nowhere, and told why.
#[test]
fn who_trusts_anybody_is_not_judged() {
    let told = play(&Pki::open(), "staple-good", "no-check", |to| {
        let done = Command::new("curl").args(["-sS", "--noproxy", "*", "--insecure", &to.url]).output().unwrap();
        done.status.success().then_some(()).ok_or(String::from_utf8_lossy(&done.stderr).into_owned())
    });
    let message = field(&told, "message");
    println!("{message}");
    assert_eq!(field(&told, "ok"), "false");
    assert!(message.starts_with("not judged: it accepts a certificate by a CA that it does not trust"));
}

/// A staple speaks of the leaf alone.
#[test]
fn table_by_staple() {
    table("staple-required", |name| name.contains("staple-"), by_staple);
}

/// It asks the one responder that it is given, and looks at the leaf alone.
#[test]
fn table_by_responder() {
    let policy = "hard-fail,sources=OCSP,whole_chain=no,sourceless_passes=no";
    table(policy, |name| name.starts_with("ocsp-") && name != "ocsp-first-url-dead", |to| by_responder(to, false));
}
