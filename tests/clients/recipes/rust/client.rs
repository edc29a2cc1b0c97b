//! The client, in whose place your own goes. Rust's standard library has no TLS: here curl goes to the server, and wants
//! a staple that says good; and openssl asks the responder.

use std::process::{Command, Output};

/// What a client needs to go to a server.
pub struct Target {
    pub url: String,
    pub ca_file: String,
    pub cert_file: String,
    pub issuer_file: String,
    pub ocsp_url: String,
}

/// Accepts only with a staple that says good.
pub fn by_staple(to: &Target) -> Result<(), String> {
    words(run("curl", &["-sS", "--noproxy", "*", "--cert-status", "--cacert", &to.ca_file, &to.url]))
}

/// Accepts if the responder says good; if it is soft, also where it cannot tell.
pub fn by_responder(to: &Target, soft: bool) -> Result<(), String> {
    words(run("curl", &["-sS", "--noproxy", "*", "--cacert", &to.ca_file, &to.url]))?;
    let asked = run(
        "openssl",
        &[
            "ocsp",
            "-timeout",
            "2",
            "-url",
            &to.ocsp_url,
            "-issuer",
            &to.issuer_file,
            "-cert",
            &to.cert_file,
            "-CAfile",
            &to.ca_file,
            "-verify_other",
            &to.issuer_file,
        ],
    );
    let said = String::from_utf8_lossy(&[asked.stdout, asked.stderr].concat()).into_owned();
    let of_use = said.contains("Response verify OK") && !said.contains("Status times invalid");
    let says = |status: &str| of_use && said.contains(&format!("{}: {status}", to.cert_file));
    if says("good") || (soft && !says("revoked")) {
        return Ok(());
    }
    Err(said)
}

fn run(program: &str, arguments: &[&str]) -> Output {
    Command::new(program).args(arguments).output().unwrap_or_else(|error| panic!("{program}: {error}"))
}

fn words(ran: Output) -> Result<(), String> {
    match ran.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&ran.stderr).into_owned()),
    }
}
