//! What our crates may and may not depend on, in the graph cargo resolved for this host. Never asks a network.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, Metadata, PackageId};

const CORE: &str = "sync-core";
const NEVER_UNDER_THE_CORE: &[&str] =
    &["tokio", "sqlx", "sqlx-core", "actix-web", "actix-rt", "uniffi", "wasm-bindgen"];
/// Crates that are nowhere in the graph, and why.
const BANNED: &[(&str, &str)] = &[
    ("actix-governor", "its license is GPL-3.0-or-later"),
    ("openssl", "TLS is rustls everywhere"),
    ("openssl-sys", "TLS is rustls everywhere"),
    ("rsa", "it leaks keys by timing and has no fixed version (RUSTSEC-2023-0071)"),
];
/// Crates that only these may use, and why.
const CONFINED: &[(&str, &[&str], &str)] = &[(
    "paste",
    &["biblatex", "hayagriva"],
    "it is unmaintained (RUSTSEC-2024-0436) and came with Typst's bibliographies, which no document has",
)];
/// The oldest versions that are safe, and why.
const OLDEST_SAFE: &[(&str, [u64; 3], &str)] = &[
    ("h2", [0, 4, 16], "RUSTSEC-2026-0258"),
    ("jsonwebtoken", [10, 3, 0], "CVE-2026-25537"),
    ("libsqlite3-sys", [0, 37, 0], "SQLite before 3.51.3 can corrupt a database in WAL mode"),
    ("tracing-subscriber", [0, 3, 20], "RUSTSEC-2025-0055"),
];
/// The framework inflates bodies without a limit of ours, and its HTTP/2 has an open advisory.
const FRAMEWORK: &[&str] = &["actix-web", "actix-http"];
const FRAMEWORK_FEATURES_NEVER: &[&str] = &["compress-", "http2"];

/// The resolved packages by their id.
#[derive(Debug, Default)]
pub struct DependencyGraph {
    packages: BTreeMap<String, Package>,
}

#[derive(Debug, Default)]
struct Package {
    name: String,
    version: [u64; 3],
    features: Vec<String>,
    normal_dependencies: Vec<String>,
}

impl DependencyGraph {
    pub fn of(metadata: &Metadata) -> Self {
        let mut packages: BTreeMap<String, Package> = BTreeMap::new();
        let named: BTreeMap<&PackageId, _> =
            metadata.packages.iter().map(|package| (&package.id, package)).collect();
        for node in metadata.resolve.iter().flat_map(|resolve| &resolve.nodes) {
            let Some(package) = named.get(&node.id) else { continue };
            let is_normal = |dependency: &&cargo_metadata::NodeDep| {
                dependency.dep_kinds.iter().any(|kind| kind.kind == DependencyKind::Normal)
            };
            packages.insert(
                node.id.repr.clone(),
                Package {
                    name: package.name.to_string(),
                    version: [package.version.major, package.version.minor, package.version.patch],
                    features: node.features.iter().map(|feature| feature.to_string()).collect(),
                    normal_dependencies: node
                        .deps
                        .iter()
                        .filter(is_normal)
                        .map(|d| d.pkg.repr.clone())
                        .collect(),
                },
            );
        }
        Self { packages }
    }

    fn depends_directly(&self, package: &Package, name: &str) -> bool {
        let named = |id: &String| self.packages.get(id).is_some_and(|dependency| dependency.name == name);
        package.normal_dependencies.iter().any(named)
    }

    fn normal_tree_of(&self, name: &str) -> BTreeSet<&str> {
        let roots =
            self.packages.iter().filter(|(_, package)| package.name == name).map(|(id, _)| id.as_str());
        let mut waiting: Vec<&str> = roots.collect();
        let mut seen = BTreeSet::new();
        while let Some(id) = waiting.pop() {
            if let Some(package) = self.packages.get(id).filter(|_| seen.insert(id)) {
                waiting.extend(package.normal_dependencies.iter().map(String::as_str));
            }
        }
        seen.into_iter().filter_map(|id| Some(self.packages.get(id)?.name.as_str())).collect()
    }
}

pub fn check(graph: &DependencyGraph) -> Vec<String> {
    let rules =
        [core_is_pure, nothing_banned, confined_stay_confined, nothing_unsafe_by_age, framework_is_bare];
    rules.iter().flat_map(|rule| rule(graph)).collect()
}

fn core_is_pure(graph: &DependencyGraph) -> Vec<String> {
    let tree = graph.normal_tree_of(CORE);
    let found = NEVER_UNDER_THE_CORE.iter().filter(|name| tree.contains(**name));
    found
        .map(|name| format!("{CORE}: depends on `{name}`; the core does no I/O and names no platform"))
        .collect()
}

fn nothing_banned(graph: &DependencyGraph) -> Vec<String> {
    let names: BTreeSet<&str> = graph.packages.values().map(|package| package.name.as_str()).collect();
    let found = BANNED.iter().filter(|(name, _)| names.contains(name));
    found.map(|(name, reason)| format!("Cargo.lock: `{name}` is banned: {reason}")).collect()
}

fn confined_stay_confined(graph: &DependencyGraph) -> Vec<String> {
    let mut complaints = Vec::new();
    for (name, users, reason) in CONFINED {
        let strangers = graph.packages.values().filter(|package| !users.contains(&package.name.as_str()));
        let using = strangers.filter(|package| graph.depends_directly(package, name));
        complaints.extend(using.map(|package| {
            format!("Cargo.lock: `{}` uses `{name}`, which only {users:?} may: {reason}", package.name)
        }));
    }
    complaints
}

fn nothing_unsafe_by_age(graph: &DependencyGraph) -> Vec<String> {
    let mut complaints = Vec::new();
    for package in graph.packages.values() {
        let too_old =
            OLDEST_SAFE.iter().filter(|(name, oldest, _)| package.name == *name && package.version < *oldest);
        complaints.extend(too_old.map(|(name, [major, minor, patch], reason)| {
            format!("Cargo.lock: `{name}` is older than {major}.{minor}.{patch}: {reason}")
        }));
    }
    complaints
}

fn framework_is_bare(graph: &DependencyGraph) -> Vec<String> {
    let framework = graph.packages.values().filter(|package| FRAMEWORK.contains(&package.name.as_str()));
    let features =
        framework.flat_map(|package| package.features.iter().map(move |feature| (&package.name, feature)));
    let found = features
        .filter(|(_, feature)| FRAMEWORK_FEATURES_NEVER.iter().any(|never| feature.starts_with(never)));
    found
        .map(|(name, feature)| format!("Cargo.toml: `{name}` has the feature `{feature}`; leave it off"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, version: [u64; 3], features: &[&str], dependencies: &[&str]) -> (String, Package) {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        let package = Package {
            name: name.to_owned(),
            version,
            features: owned(features),
            normal_dependencies: owned(dependencies),
        };
        (name.to_owned(), package)
    }

    fn check_packages(packages: Vec<(String, Package)>) -> Vec<String> {
        check(&DependencyGraph { packages: packages.into_iter().collect() })
    }

    #[test]
    fn a_runtime_anywhere_under_the_core_is_refused() {
        let complaints = check_packages(vec![
            package("sync-core", [0, 1, 0], &[], &["middle"]),
            package("middle", [1, 0, 0], &[], &["tokio"]),
            package("tokio", [1, 54, 0], &[], &[]),
        ]);

        assert_eq!(complaints, ["sync-core: depends on `tokio`; the core does no I/O and names no platform"]);
    }

    #[test]
    fn a_runtime_beside_the_core_is_welcome() {
        let complaints = check_packages(vec![
            package("sync-core", [0, 1, 0], &[], &[]),
            package("tokio", [1, 54, 0], &[], &["sync-core"]),
        ]);

        assert!(complaints.is_empty(), "{complaints:?}");
    }

    #[test]
    fn a_banned_crate_is_refused_with_the_reason() {
        let complaints = check_packages(vec![package("actix-governor", [0, 8, 0], &[], &[])]);

        assert_eq!(complaints, ["Cargo.lock: `actix-governor` is banned: its license is GPL-3.0-or-later"]);
    }

    #[test]
    fn a_confined_crate_is_refused_under_anybody_else() {
        let complaints = check_packages(vec![
            package("biblatex", [0, 12, 0], &[], &["paste"]),
            package("campo", [0, 1, 0], &[], &["paste"]),
            package("paste", [1, 0, 15], &[], &[]),
        ]);

        assert_eq!(complaints.len(), 1, "{complaints:?}");
        assert!(complaints[0].starts_with("Cargo.lock: `campo` uses `paste`"), "{complaints:?}");
    }

    #[test]
    fn an_unsafe_version_is_refused() {
        let complaints = check_packages(vec![package("h2", [0, 3, 27], &[], &[])]);

        assert_eq!(complaints, ["Cargo.lock: `h2` is older than 0.4.16: RUSTSEC-2026-0258"]);
    }

    #[test]
    fn inflating_bodies_by_the_framework_is_refused() {
        let complaints =
            check_packages(vec![package("actix-http", [3, 20, 0], &["compress-brotli", "ws"], &[])]);

        assert_eq!(complaints, ["Cargo.toml: `actix-http` has the feature `compress-brotli`; leave it off"]);
    }
}
