//! Takes what can be read out of a database that is damaged. Never deletes the damaged file: it is kept beside.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use futures_util::TryStreamExt as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection};
use sync_core::replica::{RowHealth, StoreRow, row_health};

use super::log::{self, Log};

/// SQLite's default, which we leave alone.
pub const PAGE_BYTES: usize = 4_096;
/// A phone that was damaged so often is replaced.
const DAMAGED_FILES_MAX: u32 = 1_000;
/// How often a damaged log is looked at before it is believed.
const LOOKS: u32 = 2;
const BETWEEN_LOOKS: Duration = Duration::from_millis(5);
/// `SQLITE_CORRUPT`, `SQLITE_NOTADB`, and `SQLITE_ERROR` when statements that are right name what is not there.
const OF_DAMAGE: [i32; 3] = [11, 26, 1];
/// Where the first page says how many pages there are, and by which format it is written and read.
const PAGE_COUNT: Range<usize> = 28..32;
const FORMATS: Range<usize> = 18..20;
/// The header of every database of ours: how it begins, with the length of a page.
const BEGINNING: &[u8] = b"SQLite format 3\0\x10\x00";
/// Pages of a table without row numbers begin with one of these; every page that holds the rest of a row, with 0.
const LEAF: u8 = 10;
const INTERIOR: u8 = 2;
/// Where a page says how many cells it has, where that of the last child stands, and where those of the others begin.
const CELL_COUNT: usize = 3;
const LAST_CHILD: usize = 8;
const CELLS: usize = 12;

/// Whether what SQLite says when a database is opened means that it is damaged.
pub fn is_damage(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code()?.parse::<i32>().ok());
    code.is_some_and(|code| OF_DAMAGE.contains(&(code & 0xff)))
}

/// Whether a database or its log is damaged where SQLite says nothing: to be asked before it opens the two.
pub fn is_quietly_damaged(database: &Path) -> io::Result<bool> {
    let mut beginning = Vec::new();
    if let Some(file) = if_there(File::open(database))? {
        file.take(100).read_to_end(&mut beginning)?;
    }
    // With unknown formats it would be read and never written.
    let is_header_damaged = !beginning.is_empty()
        && (!beginning.starts_with(BEGINNING) || !matches!(beginning.get(FORMATS), Some([1, 1] | [2, 2])));
    if is_header_damaged {
        return Ok(true);
    }
    // What another process of the same app is writing just now looks damaged, too, but not for long.
    for look in 0..LOOKS {
        if !log::read(&bytes_of(&with_ending(database, "-wal"))?).is_damaged {
            return Ok(false);
        }
        if look + 1 < LOOKS {
            thread::sleep(BETWEEN_LOOKS);
        }
    }
    Ok(true)
}

/// Whether the pages of a database fit together and the table is among them; the rows themselves carry checksums.
pub async fn is_whole(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    let verdict = sqlx::query_scalar::<_, String>("PRAGMA quick_check(1)").fetch_one(&mut *connection).await;
    match verdict {
        Ok(verdict) => Ok(verdict == "ok" && is_of_bytes(connection).await?),
        Err(error) if is_damage(&error) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Pages fit together, too, when the name of the table or the type of a value is damaged.
async fn is_of_bytes(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    let text =
        "SELECT NOT EXISTS (SELECT 1 FROM rows WHERE typeof(key) <> 'blob' OR typeof(value) <> 'blob')";
    match sqlx::query_scalar(text).fetch_one(connection).await {
        Err(error) if is_damage(&error) => Ok(false),
        judged => judged,
    }
}

/// Puts a mended database in the place of the damaged one, which is moved aside.
///
/// # Errors
///
/// When a file cannot be moved; [`finish`] goes on where it ended.
pub fn replace(database: &Path, mended: &Path) -> io::Result<()> {
    let free = (1..DAMAGED_FILES_MAX)
        .map(|number| database.with_extension(format!("damaged-{number}")))
        .find(|path| !path.exists());
    let aside = free.ok_or_else(|| io::Error::other("too many damaged databases"))?;
    // The log first: without its database it would be taken for that of the next one.
    for ending in ["-wal", "-shm"] {
        let beside = with_ending(database, ending);
        if beside.exists() {
            fs::rename(beside, with_ending(&aside, ending))?;
        }
    }
    fs::rename(database, &aside)?;
    finish(database, mended)
}

/// Goes on where [`replace`] was cut off; a mended database beside one that was not moved aside is begun again.
///
/// # Errors
///
/// When a file cannot be moved or removed.
pub fn finish(database: &Path, mended: &Path) -> io::Result<()> {
    if database.exists() {
        for ending in ["", "-wal", "-shm"] {
            if_there(fs::remove_file(with_ending(mended, ending)))?;
        }
    } else if mended.exists() {
        fs::rename(mended, database)?;
        // Where a directory cannot be opened, as on Windows, a name is as durable as it gets.
        if let Some(Ok(directory)) = database.parent().map(File::open) {
            directory.sync_all()?;
        }
    }
    Ok(())
}

/// The rows that can be read from any page of a database or its log. `sound` is a closed database of ours without rows.
///
/// # Errors
///
/// When the disk fails; damage is no error.
pub async fn readable_rows(damaged: &Path, sound: &Path) -> Result<BTreeMap<Vec<u8>, Vec<u8>>, sqlx::Error> {
    // In this order: a connection that is still closing moves the log into the database and then removes it.
    let log = bytes_of(&with_ending(damaged, "-wal"))?;
    let database = bytes_of(damaged)?;
    let mut first_page = bytes_of(sound)?;
    first_page.resize(PAGE_BYTES, 0);
    let image = Image::of(&database, &log::read(&log), first_page);
    let copy = with_ending(sound, "-copy");
    let rows = image.rows(&copy).await;
    fs::remove_file(&copy)?;
    rows
}

/// A database made of everything that lies in a damaged one and its log, of any age.
struct Image {
    pages: Vec<Vec<u8>>,
    /// The pages with rows, by their numbers: what is valid now before what was overwritten.
    row_pages: Vec<usize>,
}

impl Image {
    /// The pages as the last commit left them, and behind them those it overwrote. The first page is taken from a sound
    /// database: it holds the description of the one table, which stands at the same place in every database of ours.
    fn of(database: &[u8], log: &Log<'_>, first_page: Vec<u8>) -> Self {
        let mut pages: Vec<_> = database.chunks_exact(PAGE_BYTES).map(<[u8]>::to_vec).collect();
        let pages_max = pages.len() + log.frames.len() + 1;
        let mut older = Vec::new();
        for (number, frame) in log.frames.iter().enumerate() {
            let at = frame.page as usize;
            if number >= log.committed || at == 0 || at > pages_max {
                older.push(frame.content.to_vec());
                continue;
            }
            pages.resize(pages.len().max(at), vec![0; PAGE_BYTES]);
            older.push(std::mem::replace(&mut pages[at - 1], frame.content.to_vec()));
        }
        pages.resize(pages.len().max(2), vec![0; PAGE_BYTES]);
        pages[0] = first_page;
        pages[0][FORMATS].fill(1);
        pages.extend(older.into_iter().rev().filter(|page| is_of_rows(page)));
        let row_pages = (2..=pages.len()).filter(|number| is_of_rows(&pages[number - 1])).collect();
        Self { pages, row_pages }
    }

    /// The rows of this image, which is written to `copy`.
    async fn rows(mut self, copy: &Path) -> Result<BTreeMap<Vec<u8>, Vec<u8>>, sqlx::Error> {
        let mut found = Found::default();
        let mut connection = self.opened(copy).await?;
        let is_whole = is_whole(&mut connection).await?;
        if found.take_all(&mut connection).await && is_whole {
            return Ok(found.rows);
        }
        connection.close().await?;
        self.cut_apart();
        let mut connection = self.opened(copy).await?;
        for page in &self.row_pages {
            set_root(&mut connection, *page).await?;
            found.take_all(&mut connection).await;
        }
        Ok(found.rows)
    }

    /// Lays an empty page under every page with rows, which then reads as a whole table.
    fn cut_apart(&mut self) {
        let mut empty = vec![0; PAGE_BYTES];
        empty[0] = LEAF;
        empty[5..7].copy_from_slice(&BEGINNING[16..]);
        self.pages.push(empty);
        let empty = self.count().to_be_bytes();
        for number in &self.row_pages {
            let page = &mut self.pages[number - 1];
            if page[0] != INTERIOR {
                continue;
            }
            page[LAST_CHILD..CELLS].copy_from_slice(&empty);
            for cell in 0..short(page, CELL_COUNT) {
                let at = CELLS + 2 * cell;
                let at = if at + 2 <= PAGE_BYTES { short(page, at) } else { PAGE_BYTES };
                if let Some(child) = page.get_mut(at..at + 4) {
                    child.copy_from_slice(&empty);
                }
            }
        }
    }

    fn count(&self) -> u32 {
        u32::try_from(self.pages.len()).unwrap_or(u32::MAX)
    }

    async fn opened(&mut self, copy: &Path) -> Result<SqliteConnection, sqlx::Error> {
        let count = self.count().to_be_bytes();
        self.pages[0][PAGE_COUNT].copy_from_slice(&count);
        fs::write(copy, self.pages.concat())?;
        // Nothing is kept of what is written here.
        let options = SqliteConnectOptions::new()
            .filename(copy)
            .journal_mode(SqliteJournalMode::Off)
            .synchronous(SqliteSynchronous::Off)
            .pragma("writable_schema", "ON");
        options.connect().await
    }
}

fn is_of_rows(page: &[u8]) -> bool {
    matches!(page[0], LEAF | INTERIOR)
}

fn short(page: &[u8], at: usize) -> usize {
    usize::from(u16::from_be_bytes([page[at], page[at + 1]]))
}

/// Makes one page the beginning of the table.
async fn set_root(connection: &mut SqliteConnection, page: usize) -> Result<(), sqlx::Error> {
    let number = i64::try_from(page).unwrap_or(i64::MAX);
    let text = "UPDATE sqlite_schema SET rootpage = $1 WHERE name = 'rows'";
    sqlx::query(text).bind(number).execute(&mut *connection).await?;
    // The description is read again; this also ends the permission to write it.
    sqlx::query("PRAGMA writable_schema = RESET").execute(&mut *connection).await?;
    sqlx::query("PRAGMA writable_schema = ON").execute(&mut *connection).await?;
    Ok(())
}

/// Every row, whatever type a damaged header gives its value.
const FROM_BOTH_ENDS: [&str; 2] = [
    "SELECT CAST(key AS BLOB), coalesce(CAST(value AS BLOB), x'') FROM rows ORDER BY key",
    "SELECT CAST(key AS BLOB), coalesce(CAST(value AS BLOB), x'') FROM rows ORDER BY key DESC",
];

/// What was read so far.
#[derive(Default)]
struct Found {
    rows: BTreeMap<Vec<u8>, Vec<u8>>,
}

impl Found {
    /// Takes every row that can be reached, from both ends; whether all could be, and all are what was written.
    async fn take_all(&mut self, connection: &mut SqliteConnection) -> bool {
        let mut is_all = true;
        for text in FROM_BOTH_ENDS {
            let mut rows = sqlx::query_as::<_, StoreRow>(text).fetch(&mut *connection);
            loop {
                match rows.try_next().await {
                    Ok(Some((key, value))) => is_all &= self.take(key, value),
                    Ok(None) => break,
                    Err(_) => {
                        is_all = false;
                        break;
                    }
                }
            }
        }
        is_all
    }

    /// Takes a row unless one with its key was read that is no worse; whether it is what was written.
    fn take(&mut self, key: Vec<u8>, value: Vec<u8>) -> bool {
        let health = row_health(&key, &value);
        let is_known = |known: &Vec<u8>| health == RowHealth::Damaged || row_health(&key, known) == health;
        if health != RowHealth::Foreign && !self.rows.get(&key).is_some_and(is_known) {
            self.rows.insert(key, value);
        }
        health == RowHealth::Sound
    }
}

/// The bytes of a file; none when there is no file.
fn bytes_of(path: &Path) -> io::Result<Vec<u8>> {
    Ok(if_there(fs::read(path))?.unwrap_or_default())
}

fn if_there<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    PathBuf::from(name)
}
