//! Prints the story for somebody who sees Campo for the first time. Never decides what happens.

use std::fmt::Display;

use crate::phone::SyncCost;
use campo_demo_company::clock;
use campo_demo_company::seed::ZONE;

const WHO_WIDTH: usize = 7;
const RULE_WIDTH: usize = 100;

/// A heading of the story.
pub fn chapter(title: &str) {
    say(&format!("\n━━ {title} {}", "━".repeat(RULE_WIDTH.saturating_sub(title.chars().count() + 4))));
}

/// What somebody did at this moment.
pub fn event(who: &str, what: impl Display) {
    let time = clock::local_time(clock::now(), ZONE);
    say(&format!("{time}  {who:<WHO_WIDTH$}  {what}"));
}

/// More about the line above.
pub fn detail(what: impl Display) {
    say(&format!("{:10}{:WHO_WIDTH$}  {what}", "", ""));
}

/// A sentence of Campo's, as a person reads it.
pub fn sentence(language: &str, text: &str) {
    for (index, line) in wrapped(text).iter().enumerate() {
        let language = if index == 0 { language } else { "" };
        say(&format!("{:10}{language:>WHO_WIDTH$}  {line}", ""));
    }
}

/// The words of a text in lines that fit the rules of the chapters.
fn wrapped(text: &str) -> Vec<String> {
    let width = RULE_WIDTH - WHO_WIDTH - 12;
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let line = lines.last_mut().expect("there is always a line");
        if line.is_empty() {
            line.push_str(word);
        } else if line.chars().count() + 1 + word.chars().count() <= width {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

/// What a sync cost, in words.
pub fn cost(cost: SyncCost) -> String {
    let SyncCost { requests, sent_bytes, received_bytes } = cost;
    let noun = if requests == 1 { "request" } else { "requests" };
    format!("{requests} {noun}, {} up, {} down", size(sent_bytes), size(received_bytes))
}

fn size(bytes: u64) -> String {
    match bytes {
        0..10_000 => format!("{bytes} B"),
        _ => format!("{} kB", bytes / 1_000),
    }
}

/// A line as it is.
#[expect(clippy::print_stdout, reason = "the story is what this program is for")]
pub fn say(line: &str) {
    println!("{line}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_sentence_is_broken_between_words() {
        let lines = wrapped(&"campo ".repeat(30));

        assert!(lines.iter().all(|line| line.chars().count() <= RULE_WIDTH - WHO_WIDTH - 12));
        assert_eq!(lines.join(" "), "campo ".repeat(30));
    }
}
