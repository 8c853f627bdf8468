//! Blobs in a bucket: any node goes on where another stopped. Never a directory of a node's own.

use std::process::Stdio;

use campo::clock::Clock;
use campo::config::{BlobConfig, Config};
use harness::databases::{TestDatabase, each_database};
use harness::guardian::Guardian;
use harness::temp::TemporaryDirectory;
use reqwest::Method;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use super::support::{Admin, START, TestNode, config, start_with};
use super::upload_client::{checksum, files_in, photo_like};

const BUCKET: &str = "photos";

/// A bucket of its own server, which ends with this value.
struct Bucket {
    directory: TemporaryDirectory,
    endpoint: String,
    _server: Child,
    guardian: Option<Guardian>,
}

impl Bucket {
    async fn start() -> Self {
        let directory = TemporaryDirectory::create("s3");
        std::fs::create_dir(directory.join(BUCKET)).unwrap();
        let mut server = Command::new(env!("CARGO_BIN_EXE_campo-s3"))
            .arg(directory.path())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("cargo built the S3 server");
        let guardian = server.id().and_then(|id| Guardian::watch(id).ok());
        let mut lines = BufReader::new(server.stdout.take().unwrap()).lines();
        let line = lines.next_line().await.unwrap().expect("the S3 server says where it listens");
        let endpoint = line.strip_prefix("listening on ").unwrap().to_owned();
        Self { directory, endpoint, _server: server, guardian }
    }

    fn config(&self, database: &TestDatabase) -> Config {
        let settings = [
            ("AWS_ENDPOINT_URL", self.endpoint.as_str()),
            ("AWS_ALLOW_HTTP", "true"),
            ("AWS_REGION", "us-east-1"),
            ("AWS_ACCESS_KEY_ID", "campo"),
            ("AWS_SECRET_ACCESS_KEY", "campo-secret"),
        ];
        let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        Config { blobs: BlobConfig::S3 { url: format!("s3://{BUCKET}/campo"), settings }, ..config(database) }
    }

    async fn node(&self, database: &TestDatabase) -> TestNode {
        start_with(self.config(database), Clock::held_at(START)).await
    }

    /// The stored objects, without what the server keeps beside them.
    fn objects(&self) -> Vec<Vec<u8>> {
        let files = files_in(&self.directory.join(BUCKET)).into_iter();
        files.map(|file| std::fs::read(file).unwrap()).collect()
    }
}

impl Drop for Bucket {
    fn drop(&mut self) {
        if let Some(guardian) = self.guardian.take() {
            guardian.dismiss();
        }
    }
}

async fn set_up(bucket: &Bucket, database: &TestDatabase) -> (TestNode, Admin) {
    let node = bucket.node(database).await;
    let admin = node.set_up("ana@example.com").await;
    (node, admin)
}

#[tokio::test]
async fn a_file_begun_at_one_node_is_finished_at_another() {
    for database in each_database() {
        let bucket = Bucket::start().await;
        let (node, admin) = set_up(&bucket, &database).await;
        let second = bucket.node(&database).await;
        // Longer than one piece of a copy inside the bucket.
        let photo = photo_like(7_000_000, 21);
        let begun = node.begin_upload(&admin.token, &photo).await;

        let half = node.send_piece(&admin.token, begun.path(), 0, &photo[..3_000_001]).await;
        let seen = second.look_at_upload(&admin.token, begun.path()).await;
        let whole = second.send_piece(&admin.token, begun.path(), 3_000_001, &photo[3_000_001..]).await;

        assert_eq!((half.status, half.offset), (204, Some(3_000_001)), "{half:?}");
        assert_eq!((seen.status, seen.offset), (200, Some(3_000_001)));
        assert_eq!((whole.status, whole.offset), (204, Some(7_000_000)), "{whole:?}");
        let again = node.begin_upload(&admin.token, &photo).await;
        assert_eq!(again.offset, Some(7_000_000), "complete at creation");
        assert!(bucket.objects().contains(&photo), "the original is one object");
        assert_eq!(bucket.objects().len(), 1, "the parts are gone");
    }
}

#[tokio::test]
async fn damaged_refused_and_given_up_uploads_leave_nothing_in_the_bucket() {
    for database in each_database() {
        let bucket = Bucket::start().await;
        let (node, admin) = set_up(&bucket, &database).await;
        let photo = photo_like(600_000, 22);
        let text = b"plain text, named photo.jpg".to_vec();
        let begun = node.begin_upload(&admin.token, &photo).await;
        let sealed = node.append(&admin.token, begun.path(), 0).header("upload-checksum", checksum(b"other"));

        let damaged = node.ask(sealed.body(photo.clone())).await;
        let seen = node.look_at_upload(&admin.token, begun.path()).await;
        let refused = node.upload(&admin.token, &text).await;
        node.send_piece(&admin.token, begun.path(), 0, &photo[..300_000]).await;
        let ended = node.ask(node.tus(Method::DELETE, begun.path(), &admin.token)).await;

        assert_eq!((damaged.code(), seen.offset), ((460, "checksum_mismatch"), Some(0)));
        assert_eq!(refused.code(), (415, "unsupported_type"));
        assert_eq!(ended.status, 204);
        assert_eq!(bucket.objects().len(), 0);
    }
}
