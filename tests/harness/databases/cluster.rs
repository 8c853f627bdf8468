//! One throw-away PostgreSQL server per test process. Never touches an installed one and never outlives the process.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use crate::guardian::shell_of_its_own_group;

/// The role that owns each test's database, as the role of a real installation does.
pub(super) const OWNER: &str = "campo";
/// The role that creates and drops the databases.
pub(super) const SUPERUSER: &str = "postgres";

pub(super) const INSTALL_POSTGRESQL: &str = "PostgreSQL is needed and its server programs were not found: run `cargo xtask test`, which installs them as root \
     on Debian, or install the package `postgresql`";
/// Another process may take the free port between our look and the server's start.
const START_ATTEMPTS_MAX: u32 = 5;

/// Creates, starts and, at the end of its standard input, stops and removes a server.
/// Arguments: directory of the programs, port, superuser.
const LIFE_OF_A_SERVER: &str = r#"
set -eu
trap '' PIPE
programs="$1"; port="$2"; superuser="$3"
directory="$(mktemp -d "${TMPDIR:-/tmp}/campo-postgres-XXXXXX")"
stop_and_remove() {
    "$programs/pg_ctl" -D "$directory/data" -m immediate -w stop >/dev/null 2>&1 || true
    rm -rf "$directory"
}
trap stop_and_remove EXIT
cd "$directory"
"$programs/initdb" -D data -U "$superuser" --auth=trust --encoding=UTF8 --locale=C --no-sync >initdb.log 2>&1 \
    || { cat initdb.log >&2; exit 1; }
"$programs/pg_ctl" -D data -l server.log -w -t 60 -o "-p $port -c listen_addresses=127.0.0.1 \
    -c unix_socket_directories=$directory -c max_connections=400" start >/dev/null 2>&1 \
    || { cat server.log >&2; exit 1; }
echo ready
cat >/dev/null
"#;

/// A running server. The process behind it ends when its standard input does, that is with this process.
#[derive(Debug)]
pub(super) struct Cluster {
    programs: PathBuf,
    port: u16,
    _life: Child,
}

impl Cluster {
    /// Returns the server of this process, started on first use.
    pub(super) fn of_this_process() -> &'static Self {
        static CLUSTER: OnceLock<Cluster> = OnceLock::new();
        CLUSTER.get_or_init(|| {
            let cluster = Self::start();
            cluster.run_sql(&format!("CREATE ROLE {OWNER} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE"));
            // The server may not make its restricted role here, and works in it where an operator has.
            cluster
                .run_sql(&format!("CREATE ROLE campo_app NOLOGIN NOBYPASSRLS; GRANT campo_app TO {OWNER}"));
            cluster
        })
    }

    pub(super) fn url(&self, role: &str, database: &str) -> String {
        format!("postgres://{role}@127.0.0.1:{}/{database}", self.port)
    }

    pub(super) fn create_database(&self, name: &str) {
        self.run_sql(&format!("CREATE DATABASE {name} OWNER {OWNER}"));
    }

    pub(super) fn copy_database(&self, original: &str, name: &str) {
        self.run_sql(&format!("CREATE DATABASE {name} TEMPLATE {original} OWNER {OWNER}"));
    }

    pub(super) fn drop_database(&self, name: &str) {
        self.run_sql(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
    }

    fn start() -> Self {
        let programs = server_programs().expect(INSTALL_POSTGRESQL);
        let mut complaint = String::new();
        for _ in 0..START_ATTEMPTS_MAX {
            match Self::start_on(&programs, free_port()) {
                Ok(cluster) => return cluster,
                Err(text) => complaint = text,
            }
        }
        panic!("PostgreSQL did not start in {START_ATTEMPTS_MAX} attempts; the last one said: {complaint}");
    }

    fn start_on(programs: &Path, port: u16) -> Result<Self, String> {
        let mut shell = unprivileged_shell();
        shell
            .args(["-c", LIFE_OF_A_SERVER, "life-of-a-server"])
            .arg(programs)
            .args([&port.to_string(), SUPERUSER]);
        shell.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).current_dir("/");
        let mut life = shell.spawn().map_err(|error| error.to_string())?;

        let mut line = String::new();
        let stdout = life.stdout.take().expect("standard output is piped two lines above");
        BufReader::new(stdout).read_line(&mut line).map_err(|error| error.to_string())?;
        if line.trim() == "ready" {
            return Ok(Self { programs: programs.to_owned(), port, _life: life });
        }

        let mut complaint = String::new();
        let mut stderr = life.stderr.take().expect("standard error is piped above");
        stderr.read_to_string(&mut complaint).map_err(|error| error.to_string())?;
        life.wait().map_err(|error| error.to_string())?;
        Err(complaint)
    }

    fn run_sql(&self, statement: &str) {
        let output = Command::new(self.programs.join("psql"))
            .args([
                "--no-psqlrc",
                "--quiet",
                "--set=ON_ERROR_STOP=1",
                "--dbname",
                &self.url(SUPERUSER, "postgres"),
            ])
            .args(["--command", statement])
            .stdin(Stdio::null())
            .output()
            .expect("psql is installed beside the server programs");
        assert!(output.status.success(), "{statement}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

/// The directory with `initdb`, `pg_ctl` and `psql`: the newest of Debian's, else the one in PATH.
pub(super) fn server_programs() -> Option<PathBuf> {
    let mut versions: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let entry = entry.ok()?;
            Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin")))
        })
        .collect();
    versions.sort();
    let in_path =
        env::var_os("PATH").map(|path| env::split_paths(&path).collect::<Vec<_>>()).unwrap_or_default();
    versions.into_iter().rev().map(|(_, directory)| directory).chain(in_path).find(|directory| {
        ["initdb", "pg_ctl", "psql"].iter().all(|program| directory.join(program).is_file())
    })
}

/// PostgreSQL refuses to run as root, so root lends the server the user that its package created.
pub(super) fn unprivileged_shell() -> Command {
    if !is_root() {
        return shell_of_its_own_group();
    }
    let mut shell = Command::new("setpriv");
    shell.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "sh"]);
    std::os::unix::process::CommandExt::process_group(&mut shell, 0);
    shell
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

pub(super) fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has a free port");
    listener.local_addr().expect("a bound listener has an address").port()
}
