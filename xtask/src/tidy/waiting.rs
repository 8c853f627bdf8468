//! Tests never wait for time to pass. The harness is exempt: a slow network is what its proxy is for.

use super::tree::{SourceFile, Tree};

const WAITS: &[&str] = &["thread::sleep(", "time::sleep(", "time::sleep;", "setTimeout("];
/// The harness delays bytes on purpose; this rule's own samples would break it.
const EXEMPT: &[&str] = &["tests/harness/", "xtask/src/tidy/waiting.rs"];

pub fn check(tree: &Tree) -> Vec<String> {
    let files = tree.files.iter().filter(|file| !EXEMPT.iter().any(|place| file.path.starts_with(place)));
    files.flat_map(waits).collect()
}

fn waits(file: &SourceFile) -> Vec<String> {
    let lines: Vec<(usize, &str)> = match file.path.rsplit_once('.') {
        Some((_, "rs")) => file.test_lines().collect(),
        Some((name, "ts")) if name.ends_with(".test") => file.code_lines().collect(),
        _ => Vec::new(),
    };
    let waiting = lines.iter().filter(|(_, line)| WAITS.iter().any(|wait| line.contains(wait)));
    let complaint = |(number, _): &(usize, &str)| {
        format!("{}:{number}: a test waits for an event, never for time to pass", file.path)
    };
    waiting.map(complaint).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sleep_in_a_test_is_refused() {
        let tree = Tree::of(&[
            ("tests/api/orders.rs", "//! A.\ntokio::time::sleep(short).await;"),
            ("server/tests/slow.rs", "std::thread::sleep(short);"),
            (
                "server/src/jobs.rs",
                "time::sleep(pause);\n#[cfg(test)]\nmod tests {\n    thread::sleep(short);\n}",
            ),
            ("web/src/shared/queue.test.ts", "setTimeout(done, 10)"),
        ]);

        assert_eq!(check(&tree).len(), 4);
    }

    #[test]
    fn the_proxy_of_the_harness_may_delay() {
        let tree = Tree::of(&[("tests/harness/proxy.rs", "tokio::time::sleep(delay).await;")]);

        assert_eq!(check(&tree).len(), 0);
    }
}
