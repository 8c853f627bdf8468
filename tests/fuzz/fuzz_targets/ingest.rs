//! Bodies of change chunks: refused, or sound in a document that loads.
#![no_main]
#![allow(dead_code, reason = "the modules are shared with the tests of sync-core, which use all of them")]

#[path = "../../../sync-core/tests/hostile/base.rs"]
mod base;
#[path = "../../../sync-core/tests/hostile/builder.rs"]
mod builder;
#[path = "../../../sync-core/tests/hostile/fuzzed.rs"]
mod fuzzed;
#[path = "../../../sync-core/tests/hostile/pipeline.rs"]
mod pipeline;
mod verdict;

libfuzzer_sys::fuzz_target!(|body: &[u8]| verdict::judge(|| fuzzed::is_refused_or_sound(&builder::seal(1, body))));
