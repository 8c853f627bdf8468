//! Runs the PostgreSQL programs that copy a database and bring it back. Never shows a password to who lists processes.

use std::path::Path;
use std::process::Stdio;

use percent_encoding::percent_decode_str;
use reqwest::Url;
use tokio::process::Command;

use crate::backups::BackupError;

/// The lines of a program's last words that are repeated.
const LINES_MAX: usize = 5;

/// Copies a whole database in one snapshot, compressed.
pub(crate) async fn dump(url: &str, to: &Path) -> Result<(), BackupError> {
    let mut command = program("pg_dump", url);
    // Without --enable-row-security an owner that is no superuser would be refused: the policies bind owners too.
    command.args(["--format=custom", "--no-owner", "--no-acl", "--enable-row-security", "--file"]).arg(to);
    run("pg_dump", command).await
}

/// Brings a copy back into an empty database: all of it or nothing.
pub(crate) async fn restore(url: &str, from: &Path) -> Result<(), BackupError> {
    let mut command = program("pg_restore", url);
    command.args([
        "--no-owner",
        "--no-acl",
        "--single-transaction",
        "--exit-on-error",
        "--enable-row-security",
    ]);
    let Some(database) = database_of(url) else {
        let message = "DATABASE_URL names no database".to_owned();
        return Err(BackupError::Program { program: "pg_restore", message });
    };
    command.arg("--dbname").arg(database).arg(from);
    run("pg_restore", command).await
}

/// Whether a copy is one that the programs can read.
pub(crate) async fn check(file: &Path) -> Result<(), BackupError> {
    let mut command = Command::new("pg_restore");
    command.arg("--list").arg(file);
    run("pg_restore", command).await
}

fn database_of(url: &str) -> Option<String> {
    let url = Url::parse(url).ok()?;
    let named = url.path().trim_start_matches('/');
    let named = if named.is_empty() { url.username() } else { named };
    (!named.is_empty()).then(|| decoded(named))
}

/// A program that reaches the database of an address; the address goes by the environment, which only its user reads.
fn program(name: &str, url: &str) -> Command {
    let mut command = Command::new(name);
    command.env("PGOPTIONS", "-c campo.system=on");
    let Ok(parsed) = Url::parse(url) else { return command };
    let mut set = |name: &str, value: &str| {
        if !value.is_empty() {
            command.env(name, decoded(value));
        }
    };
    set("PGHOST", parsed.host_str().unwrap_or_default());
    set("PGPORT", &parsed.port().map(|port| port.to_string()).unwrap_or_default());
    set("PGUSER", parsed.username());
    set("PGPASSWORD", parsed.password().unwrap_or_default());
    set("PGDATABASE", &database_of(url).unwrap_or_default());
    for (name, value) in parsed.query_pairs() {
        let variable = match name.as_ref() {
            "host" => "PGHOST",
            "port" => "PGPORT",
            "user" => "PGUSER",
            "password" => "PGPASSWORD",
            "dbname" => "PGDATABASE",
            "sslmode" | "ssl-mode" => "PGSSLMODE",
            "sslrootcert" | "ssl-root-cert" | "ssl-ca" => "PGSSLROOTCERT",
            _ => continue,
        };
        command.env(variable, value.as_ref());
    }
    command
}

/// A part of an address without its escapes.
fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

async fn run(program: &'static str, mut command: Command) -> Result<(), BackupError> {
    command.stdin(Stdio::null()).kill_on_drop(true);
    let no_program = |error: std::io::Error| BackupError::NoProgram { program, message: error.to_string() };
    let output = command.output().await.map_err(no_program)?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<&str> = said.lines().take(LINES_MAX).collect();
    Err(BackupError::Program { program, message: lines.join(" ") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_goes_by_the_environment_without_its_escapes() {
        let url = "postgres://campo:p%40ss%2Bw+x@db.example:5433/field%20data?sslmode=require";

        let command = program("pg_dump", url);

        let value = |name: &str| {
            let found = command.as_std().get_envs().find(|(key, _)| *key == name);
            found.and_then(|(_, value)| value).map(|value| value.to_string_lossy().into_owned())
        };
        assert_eq!(value("PGPASSWORD").as_deref(), Some("p@ss+w+x"));
        assert_eq!(value("PGDATABASE").as_deref(), Some("field data"));
        assert_eq!(value("PGPORT").as_deref(), Some("5433"));
        assert_eq!(value("PGSSLMODE").as_deref(), Some("require"));
        assert_eq!(command.as_std().get_args().count(), 0);
    }
}
