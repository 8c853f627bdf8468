//! Where the workspace is and how its cargo is called. Never depends on the directory the command was run from.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::Failure;

/// The workspace this command was built from.
#[derive(Debug)]
pub struct Workspace {
    root: PathBuf,
    target_directory: Option<PathBuf>,
}

impl Workspace {
    pub fn of_this_source() -> Result<Self, Failure> {
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
        let root = manifest.parent().ok_or_else(|| Failure::new("xtask is not inside a workspace"))?;
        Ok(Self { root: root.to_owned(), target_directory: None })
    }

    /// Builds in the user's cache directory unless `CARGO_TARGET_DIR` says otherwise, so that a fresh checkout finds
    /// what an earlier one compiled.
    pub fn with_shared_target_directory(mut self) -> Self {
        if env::var_os("CARGO_TARGET_DIR").is_none() {
            let cache = env::var_os("XDG_CACHE_HOME")
                .map(PathBuf::from)
                .or_else(|| env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache")));
            self.target_directory = cache.map(|cache| cache.join("campo").join("target"));
        }
        self
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Returns a call of cargo for this workspace.
    pub fn cargo(&self, arguments: &[&str]) -> Command {
        let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.args(arguments).current_dir(&self.root);
        if let Some(directory) = &self.target_directory {
            cargo.env("CARGO_TARGET_DIR", directory);
        }
        cargo
    }

    /// Returns everything cargo knows about the workspace: members, resolved dependencies, features.
    pub fn metadata(&self) -> Result<cargo_metadata::Metadata, Failure> {
        let output = self
            .cargo(&["metadata", "--format-version=1", "--locked", "--filter-platform", &host_triple()?])
            .output()
            .map_err(|error| Failure::new(format!("cargo does not start: {error}")))?;
        if !output.status.success() {
            return Err(Failure::new(format!("cargo metadata: {}", String::from_utf8_lossy(&output.stderr))));
        }
        cargo_metadata::MetadataCommand::parse(String::from_utf8_lossy(&output.stdout))
            .map_err(|error| Failure::new(format!("cargo metadata: {error}")))
    }

    /// Returns the path of a built binary; `profile` is the name of the directory, `debug` or `release`.
    pub fn built_binary(&self, profile: &str, name: &str) -> Result<PathBuf, Failure> {
        Ok(self.metadata()?.target_directory.into_std_path_buf().join(profile).join(name))
    }
}

fn host_triple() -> Result<String, Failure> {
    let output = Command::new(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()))
        .arg("-vV")
        .output()
        .map_err(|error| Failure::new(format!("rustc does not start: {error}")))?;
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .map(str::to_owned)
        .ok_or_else(|| Failure::new("`rustc -vV` names no host"))
}
