//! Replays what the fuzz targets found worth keeping.

use std::path::PathBuf;

use crate::builder::seal;
use crate::fuzzed::is_refused_or_sound;
use crate::oracle;

/// Bodies of change chunks, without header and checksum.
pub fn corpus() -> Vec<(PathBuf, Vec<u8>)> {
    let directory = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/fuzz/corpus/changes");
    let files = std::fs::read_dir(&directory).unwrap().map(|entry| entry.unwrap().path());
    files.map(|path| (path.clone(), std::fs::read(path).unwrap())).collect()
}

// covers: T9
#[test]
fn nothing_in_the_corpus_gets_past_the_guard_unsoundly() {
    let corpus = corpus();

    assert!(corpus.len() >= 100, "{} files", corpus.len());
    for (path, body) in corpus {
        assert_eq!(oracle::disagreement(&body), None, "{}", path.display());
        assert!(is_refused_or_sound(&seal(1, &body)), "{}", path.display());
    }
}
