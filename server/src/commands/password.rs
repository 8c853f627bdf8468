//! Reads a password without showing it. Never takes one as an argument, where everybody on the machine could read it.

use std::io::{self, IsTerminal as _};

use super::Failed;

/// Asks twice at a terminal; otherwise takes the first line of standard input.
pub fn read_new_password() -> Result<String, Failed> {
    if !io::stdin().is_terminal() {
        let mut line = String::new();
        io::stdin().read_line(&mut line)?;
        let password = line.trim_end_matches(['\r', '\n']).to_owned();
        return if password.is_empty() {
            Err(Failed::new("give the password as the first line of standard input"))
        } else {
            Ok(password)
        };
    }
    let password = rpassword::prompt_password("Password: ")?;
    if password != rpassword::prompt_password("Again: ")? {
        return Err(Failed::new("the two passwords differ"));
    }
    Ok(password)
}
