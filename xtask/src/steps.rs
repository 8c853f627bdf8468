//! Names and times each step on standard error. Never goes on after a step that failed.

use std::io::{Error, ErrorKind};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::failure::Failure;

/// The steps taken so far, with what each took.
#[derive(Debug, Default)]
pub struct Steps {
    taken: Vec<(String, Duration)>,
}

impl Steps {
    /// Takes one step, printing its name before and its duration after.
    pub fn take(&mut self, name: &str, work: impl FnOnce() -> Result<(), Failure>) -> Result<(), Failure> {
        eprintln!("==> {name}");
        let began = Instant::now();
        let outcome = work();
        let elapsed = began.elapsed();
        match outcome {
            Ok(()) => {
                eprintln!("<== {name}: {}", in_words(elapsed));
                self.taken.push((name.to_owned(), elapsed));
                Ok(())
            }
            Err(failure) => {
                Err(Failure::new(format!("FAILED at step `{name}` after {}: {failure}", in_words(elapsed))))
            }
        }
    }

    /// Takes one step that is a program; it fails unless the program ends with success.
    pub fn take_program(&mut self, name: &str, program: &mut Command) -> Result<(), Failure> {
        self.take(name, || run_program(program))
    }

    /// Prints what each step took.
    pub fn print_summary(&self) {
        for (name, elapsed) in &self.taken {
            eprintln!("    {:>12}  {name}", in_words(*elapsed));
        }
        let total = self.taken.iter().map(|(_, elapsed)| *elapsed).sum();
        eprintln!("    {:>12}  in all", in_words(total));
    }
}

/// Runs a program to its end with our own input and outputs.
pub fn run_program(program: &mut Command) -> Result<(), Failure> {
    let name = program.get_program().to_string_lossy().into_owned();
    let status = program.status().map_err(|error| cannot_start(&name, &error))?;
    if status.success() { Ok(()) } else { Err(Failure::new(format!("`{name}` ended with {status}"))) }
}

fn cannot_start(name: &str, error: &Error) -> Failure {
    if error.kind() == ErrorKind::NotFound {
        return Failure::new(format!("`{name}` is not installed"));
    }
    Failure::new(format!("`{name}` does not start: {error}"))
}

fn in_words(elapsed: Duration) -> String {
    let seconds = elapsed.as_secs();
    if seconds >= 60 {
        return format!("{} min {:02} s", seconds / 60, seconds % 60);
    }
    format!("{}.{} s", seconds, elapsed.subsec_millis() / 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_step_is_named_with_its_reason() {
        let failure =
            Steps::default().take("clippy", || Err(Failure::new("a lint"))).expect_err("the work failed");

        let text = failure.to_string();

        assert!(text.starts_with("FAILED at step `clippy` after ") && text.ends_with(": a lint"), "{text}");
    }

    #[test]
    fn durations_read_as_a_person_says_them() {
        assert_eq!(in_words(Duration::from_millis(1_250)), "1.2 s");
        assert_eq!(in_words(Duration::from_secs(151)), "2 min 31 s");
    }

    #[test]
    fn a_program_that_is_not_there_is_said_plainly() {
        let failure = run_program(&mut Command::new("campo-no-such-program")).expect_err("it does not exist");

        assert_eq!(failure.to_string(), "`campo-no-such-program` is not installed");
    }
}
