//! Bodies of change chunks: what the pre-scan passes must expand to exactly what it counted.
#![no_main]
#![allow(dead_code, reason = "the modules are shared with the tests of sync-core, which use all of them")]

#[path = "../../../sync-core/tests/hostile/builder.rs"]
mod builder;
#[path = "../../../sync-core/tests/hostile/oracle.rs"]
mod oracle;
mod verdict;

libfuzzer_sys::fuzz_target!(|body: &[u8]| verdict::judge(|| oracle::disagreement(body).is_none()));
