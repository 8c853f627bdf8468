//! What an app has to do when something did not work: six kinds. Never the cause in another crate's words but for bugs.

use sync_core::replica::ReadFailed;
use sync_core::session::CommandFailed;

/// Why a call did not do what was asked, by what the app should do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClientError {
    /// Ask the person to sign in; nothing that was recorded is lost.
    #[error("sign in again")]
    SignInAgain,
    /// Nothing to do; the client tries again by itself.
    #[error("the server cannot be reached at present")]
    RetryLater,
    /// Ask the person to update the app.
    #[error("this app is too old")]
    UpdateApp,
    /// Say the sentence of the code.
    #[error("not possible: {code}")]
    Rejected {
        /// A stable code of the rules or of the server.
        code: String,
    },
    /// Ask the person to free space; nothing was recorded.
    #[error("the phone's storage is full")]
    StorageFull,
    /// Report it.
    #[error("{0}")]
    Bug(String),
}

impl From<CommandFailed> for ClientError {
    fn from(failed: CommandFailed) -> Self {
        match failed {
            CommandFailed::NotSignedIn => Self::SignInAgain,
            CommandFailed::Unknown => Self::UpdateApp,
            CommandFailed::Busy => Self::RetryLater,
            CommandFailed::NotStored => Self::Bug("the command could not be saved".to_owned()),
            CommandFailed::Refused(_) | CommandFailed::NotHere => {
                Self::Rejected { code: failed.code().to_owned() }
            }
        }
    }
}

impl From<ReadFailed> for ClientError {
    fn from(failed: ReadFailed) -> Self {
        Self::Bug(failed.to_string())
    }
}
