//! Where settings come from, and what a wrong one is answered with. Never a value that a server is not told.

use std::fs;

use campo::config;
use harness::databases;
use harness::process::CampoOptions;
use harness::temp::TemporaryDirectory;

/// What is committed is what the table of settings says.
#[test]
fn docs_configuration_md_and_the_sample_are_what_the_table_says() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    for (path, text) in
        [("docs/configuration.md", config::reference()), ("deploy/campo.toml", config::sample())]
    {
        let path = format!("{root}/{path}");
        if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
            fs::write(&path, &text).unwrap();
        }
        let is_same = fs::read_to_string(&path).is_ok_and(|committed| committed == text);
        assert!(
            is_same,
            "{path}: run `UPDATE_SNAPSHOTS=1 cargo xtask test docs_configuration` and read the difference"
        );
    }
}

#[test]
fn every_line_of_the_sample_can_be_used() {
    let directory = TemporaryDirectory::create("config");
    let path = directory.path().join("campo.toml");
    let uncommented: String = config::sample()
        .lines()
        .map(|line| match line.strip_prefix("# ") {
            Some(setting) if setting.contains(" = ") && !setting.ends_with('.') => format!("{setting}\n"),
            _ => format!("{line}\n"),
        })
        .collect();
    fs::write(&path, &uncommented).unwrap();

    let settings = config::Settings::gather(Some(&path), [].into()).unwrap();

    config::Config::from_settings(&settings).unwrap();
    let lines = uncommented.lines().filter(|line| line.contains(" = ") && !line.starts_with('#')).count();
    assert_eq!(lines, config::SETTINGS.len());
}

#[tokio::test]
async fn print_config_tells_where_each_value_comes_from_and_no_secret() {
    let (database, files) = (databases::sqlite(), TemporaryDirectory::create("config"));
    let file = files.path().join("campo.toml");
    fs::write(&file, "[mail]\nfrom = 'os@example.com'\nsmtp_url = 'smtps://u:hush@mail'\n").unwrap();
    let options = CampoOptions::new(&database, files.path());

    let said = options.command(&["--config", file.to_str().unwrap(), "serve", "--print-config"], "").await;

    assert!(said.success, "{}", said.err);
    assert!(!said.out.contains("hush"), "{}", said.out);
    assert!(
        said.out.contains(&format!("from = \"os@example.com\" # {}:2:8", file.display())),
        "{}",
        said.out
    );
    assert!(said.out.contains("requests_per_minute = 0 # CAMPO_REQUESTS_PER_MINUTE\n"), "{}", said.out);
    assert!(!files.path().join("campo.db").exists(), "nothing was begun");
}

#[tokio::test]
async fn a_typo_is_named_located_and_explained_before_anything_is_done() {
    let (database, files) = (databases::sqlite(), TemporaryDirectory::create("config"));
    let file = files.path().join("campo.toml");
    let path = file.to_str().unwrap();
    let cases = [
        ("lisen = '0.0.0.0:80'\n", ":1:1: lisen is not a setting of Campo; did you mean listen?"),
        (
            "[backup]\ndirectory = '/b'\nevery_hours = 0\n",
            ":3:15: backup.every_hours = 0: 1 or more is expected",
        ),
        ("jobs = 'no'\n", ":1:8: jobs = 'no': true or false is expected"),
        ("[log]\nfilter = 'campo=loud'\n", ":2:10: log.filter = campo=loud: "),
        ("[mail\n", ":1:"),
    ];
    for (text, expected) in cases {
        fs::write(&file, text).unwrap();
        let said = CampoOptions::new(&database, files.path()).command(&["--config", path, "serve"], "").await;

        assert!(!said.success, "{text}");
        assert!(said.err.contains(&format!("campo: {path}{expected}")), "{text}: {}", said.err);
    }
    let misspelled = CampoOptions::new(&database, files.path()).environment("CAMPO_LISTNE", "0.0.0.0:80");
    let said = misspelled.command(&["migrate", "status"], "").await;
    assert!(
        said.err.contains("CAMPO_LISTNE is not a setting of Campo; did you mean CAMPO_LISTEN?"),
        "{}",
        said.err
    );
    assert!(!database.directory().join("campo.db").exists(), "nothing was begun");
}
