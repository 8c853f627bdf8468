//! A phone in a process of its own, so that it can be killed. Speaks JSON lines; never waits for a tap to send.

use std::io::{self, Error};

use harness::phone::{Asked, DieAt, Link, Phone, PhoneSettings, Said, SqliteStore};

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let settings = std::env::args().nth(1).ok_or_else(|| Error::other("the settings are the argument"))?;
    let settings: PhoneSettings = serde_json::from_str(&settings)?;
    let die_at = settings.die_at.as_deref().map(str::parse::<DieAt>).transpose().map_err(Error::other)?;
    let store = SqliteStore::open(&settings.store, die_at).await?;
    let mut phone = Phone::open(store, *settings.device.as_bytes(), settings.identity()).await;
    say(&Said::Opened { unsent: phone.session().unsent_count() })?;

    let link = settings.url.as_deref().map(|url| Link::new(url, &settings.access_token));
    if link.is_some() {
        say(&sync(&mut phone, link.as_ref()).await)?;
    }
    for line in io::stdin().lines() {
        let said = match serde_json::from_str(&line?)? {
            Asked::Do(order, command) => match phone.give(order, *command).await {
                Ok(done) => Said::Stored { change: done.change },
                Err(refused) => Said::Refused { code: refused.code().to_owned() },
            },
            Asked::Sync => sync(&mut phone, link.as_ref()).await,
        };
        say(&said)?;
    }
    Ok(())
}

async fn sync(phone: &mut Phone<SqliteStore>, link: Option<&Link>) -> Said {
    let is_complete = match link {
        Some(link) => phone.sync(link, |_| {}).await.is_ok(),
        None => false,
    };
    Said::Synced { is_complete, unsent: phone.session().unsent_count() }
}

#[expect(clippy::print_stdout, reason = "standard output is how the process answers")]
fn say(said: &Said) -> io::Result<()> {
    println!("{}", serde_json::to_string(said)?);
    Ok(())
}
