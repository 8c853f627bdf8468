//! The table of settings for people: its reference, a file to start from, and what a server would run with. Never a secret.

use std::fmt::Write as _;

use crate::config::settings::{SETTINGS, Setting, Shape};
use crate::config::{Settings, Source};

/// `docs/configuration.md`.
#[must_use]
pub fn reference() -> String {
    let mut text = "\
# Configuration

Made from the table in `server/src/config/settings.rs` by `UPDATE_SNAPSHOTS=1 cargo xtask test docs_configuration`.

Nothing has to be set: the server then keeps everything in `data` and listens on `127.0.0.1:8080`. A setting comes from, in
this order, its environment variable, the TOML file named by `--config` or `CAMPO_CONFIG`
([a file to start from](../deploy/campo.toml)), its default. A secret may also stand alone in a file of its own, named by
the variable with `_FILE` behind it, as container and service managers hand them over.

A variable beginning with `CAMPO_`, a key of the file or a value that the server does not know is an error with its place,
not a surprise. `campo serve --print-config` prints what it would serve with, each value with where it comes from, secrets
hidden, and ends.

| in the file | variable | default | means |
|---|---|---|---|
"
    .to_owned();
    for setting in SETTINGS {
        let default =
            if setting.default.is_empty() { String::new() } else { format!("`{}`", default_of(setting)) };
        let means =
            if setting.is_secret { format!("{} Secret.", setting.means) } else { setting.means.to_owned() };
        writeln!(text, "| `{}` | `{}` | {default} | {means} |", setting.key, setting.variable)
            .expect("a text takes everything");
    }
    text
}

/// `deploy/campo.toml`: every setting with its default, as a comment.
#[must_use]
pub fn sample() -> String {
    let beginning = "# Settings of a Campo server; docs/configuration.md is the reference. Environment variables go first.\n\
                     # campo serve --config campo.toml\n";
    let body = by_table(|setting, name| {
        let default =
            if setting.default.is_empty() { empty(setting.shape).to_owned() } else { default_of(setting) };
        format!("\n# {}\n# {name} = {default}\n", setting.means)
    });
    format!("{beginning}{body}")
}

/// The settings as a file has them, each table under its name.
fn by_table(line: impl Fn(&Setting, &str) -> String) -> String {
    let mut text = String::new();
    let mut table = "";
    for setting in SETTINGS {
        let (own_table, name) = setting.place();
        if own_table != table {
            table = own_table;
            write!(text, "\n[{table}]\n").expect("a text takes everything");
        }
        text.push_str(&line(setting, name));
    }
    text
}

const fn empty(shape: Shape) -> &'static str {
    match shape {
        Shape::Text => "\"\"",
        Shape::Number => "4",
        Shape::Switch => "true",
        Shape::List => "[]",
    }
}

/// The default as a file would write it.
fn default_of(setting: &Setting) -> String {
    value_of(setting, setting.default)
}

fn value_of(setting: &Setting, text: &str) -> String {
    match setting.shape {
        Shape::Text => toml::Value::from(text).to_string(),
        Shape::Number => text.to_owned(),
        Shape::Switch => if text == "on" { "true" } else { "false" }.to_owned(),
        Shape::List => {
            let items: Vec<toml::Value> = text
                .split(',')
                .map(str::trim)
                .filter(|item| !item.is_empty())
                .map(toml::Value::from)
                .collect();
            toml::Value::from(items).to_string()
        }
    }
}

impl Settings {
    /// What a server would run with, as a file, each value with where it comes from.
    #[must_use]
    pub fn print(&self) -> String {
        by_table(|setting, name| {
            let (value, source) = self.given(setting.variable);
            let source = match source {
                Source::Default => "default".to_owned(),
                Source::Variable(name) => name,
                Source::File(place) => place.to_string(),
            };
            match value {
                Some(_) if setting.is_secret => format!("{name} = \"(hidden)\" # {source}\n"),
                Some(value) => format!("{name} = {} # {source}\n", value_of(setting, value)),
                None => format!("# {name} is not set\n"),
            }
        })
    }
}
