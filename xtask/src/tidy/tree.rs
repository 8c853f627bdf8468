//! The files the rules look at. Never a generated or ignored one.

use std::fs;
use std::path::Path;

use crate::failure::Failure;

/// Not ours, wherever they are; `.gitignore` names them too.
const IGNORED_ANYWHERE: &[&str] = &["target", ".git", "node_modules", "dist"];
/// Where a server that was started here keeps its files.
const IGNORED_AT_THE_ROOT: &str = "data";
const TEXT_EXTENSIONS: &[&str] = &["rs", "sql", "toml", "md", "txt", "ftl", "ts", "svelte", "json"];

/// The text files of the repository, sorted by path.
#[derive(Debug, Default)]
pub struct Tree {
    pub files: Vec<SourceFile>,
}

/// One text file; the path is relative to the root and written with `/`.
#[derive(Debug)]
pub struct SourceFile {
    pub path: String,
    pub text: String,
}

impl Tree {
    pub fn read(root: &Path) -> Result<Self, Failure> {
        let mut files = Vec::new();
        let mut directories = vec![root.to_owned()];
        while let Some(directory) = directories.pop() {
            for entry in fs::read_dir(&directory).map_err(|error| Failure::at_path(&directory, &error))? {
                let entry = entry.map_err(|error| Failure::at_path(&directory, &error))?;
                let (path, name) = (entry.path(), entry.file_name());
                let name = name.to_string_lossy();
                let is_ignored =
                    IGNORED_ANYWHERE.contains(&&*name) || (name == IGNORED_AT_THE_ROOT && directory == root);
                if path.is_dir() && !is_ignored {
                    directories.push(path);
                } else if path.is_file() && is_text(&path) {
                    let text = fs::read_to_string(&path).map_err(|error| Failure::at_path(&path, &error))?;
                    let relative = path.strip_prefix(root).expect("the walk began at the root");
                    files.push(SourceFile { path: relative.to_string_lossy().replace('\\', "/"), text });
                }
            }
        }
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(Self { files })
    }

    #[cfg(test)]
    pub fn of(files: &[(&str, &str)]) -> Self {
        let file =
            |(path, text): &(&str, &str)| SourceFile { path: (*path).to_owned(), text: (*text).to_owned() };
        Self { files: files.iter().map(file).collect() }
    }

    pub fn with_extension(&self, extension: &str) -> impl Iterator<Item = &SourceFile> {
        let ending = format!(".{extension}");
        self.files.iter().filter(move |file| file.path.ends_with(&ending))
    }

    pub fn file(&self, path: &str) -> Option<&SourceFile> {
        self.files.iter().find(|file| file.path == path)
    }

    pub fn under(&self, directory: &str) -> impl Iterator<Item = &SourceFile> {
        let beginning = format!("{directory}/");
        self.files.iter().filter(move |file| file.path.starts_with(&beginning))
    }
}

impl SourceFile {
    /// The lines with their numbers from 1, without what follows `//`.
    pub fn code_lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(index, line)| (index + 1, without_comment(line)))
    }

    /// The lines of tests: all of a test file, and of another what follows the first `#[cfg(test)]`.
    pub fn test_lines(&self) -> impl Iterator<Item = (usize, &str)> {
        let is_test = self.is_test();
        self.code_lines().skip_while(move |(_, line)| !is_test && line.trim() != "#[cfg(test)]")
    }

    /// Says whether the file holds tests only: it is not part of a product.
    pub fn is_test(&self) -> bool {
        let parts: Vec<&str> = self.path.split('/').collect();
        parts.iter().any(|part| ["tests", "benches", "examples"].contains(part))
            || self.path.ends_with("tests.rs")
    }
}

fn is_text(path: &Path) -> bool {
    path.extension().and_then(|extension| extension.to_str()).is_some_and(|e| TEXT_EXTENSIONS.contains(&e))
}

/// `//` inside a string is taken for a comment only after a space, which no address has.
fn without_comment(line: &str) -> &str {
    if line.trim_start().starts_with("//") {
        return "";
    }
    line.split(" //").next().unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_are_not_code_but_addresses_are() {
        let tree = Tree::of(&[("a.rs", "// use sqlx::\nlet a = \"http://b\"; // sqlx::")]);

        let lines: Vec<_> = tree.files[0].code_lines().collect();

        assert_eq!(lines, [(1, ""), (2, "let a = \"http://b\";")]);
    }
}
