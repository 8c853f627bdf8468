//! `cargo xtask new`: creates the files of something that comes with a number. Never overwrites one.

mod decision;
mod migration;

use std::fs;
use std::path::Path;

use clap::Subcommand;

use crate::failure::Failure;
use crate::workspace::Workspace;

#[derive(Debug, Subcommand)]
pub enum What {
    /// A pair of SQL files, one for each database
    Migration {
        /// What it does, for example `add_visits`
        name: String,
    },
    /// A page in docs/decisions
    Decision {
        /// Its title, for example `One document per order`
        title: String,
    },
}

pub fn run(workspace: &Workspace, what: &What) -> Result<(), Failure> {
    match what {
        What::Migration { name } => migration::create(workspace.root(), name),
        What::Decision { title } => decision::create(workspace.root(), title),
    }
}

/// The number after the highest one that a file name in the directory begins with; four digits.
fn next_number(directory: &Path) -> Result<u32, Failure> {
    let entries = fs::read_dir(directory).map_err(|error| Failure::at_path(directory, &error))?;
    let numbers = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.get(..4)?.parse::<u32>().ok());
    Ok(numbers.max().unwrap_or(0) + 1)
}

fn write_new(path: &Path, text: &str) -> Result<(), Failure> {
    if path.exists() {
        return Err(Failure::new(format!("{} exists already", path.display())));
    }
    fs::write(path, text).map_err(|error| Failure::at_path(path, &error))?;
    eprintln!("created {}", path.display());
    Ok(())
}

/// Lower-case words of ASCII letters and digits, joined by one separator.
fn file_name_words(text: &str, separator: char) -> Result<String, Failure> {
    let words: Vec<String> = text
        .split(|letter: char| !letter.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    if words.is_empty() {
        return Err(Failure::new(format!("`{text}` has no letter or digit to make a file name of")));
    }
    Ok(words.join(&separator.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_continue_after_the_highest() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        for name in ["0001_first.sql", "0007_seventh.sql", "README.md"] {
            fs::write(directory.path().join(name), "").expect("is writable");
        }

        assert_eq!(next_number(directory.path()).expect("is readable"), 8);
    }

    #[test]
    fn a_title_becomes_a_file_name() {
        assert_eq!(
            file_name_words("One document, per order!", '-').expect("has words"),
            "one-document-per-order"
        );
    }

    #[test]
    fn an_existing_file_is_not_overwritten() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let path = directory.path().join("0001_first.sql");
        fs::write(&path, "kept").expect("is writable");

        write_new(&path, "lost").expect_err("it exists");

        assert_eq!(fs::read_to_string(&path).expect("is readable"), "kept");
    }
}
