//! `campo-s3 DIRECTORY`: a server that speaks S3 over a directory, for tests of the blob store. Never for production.

use std::io::{self, Write as _};

use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use s3s_fs::FileSystem;
use tokio::net::TcpListener;

const ACCESS_KEY: &str = "campo";
const SECRET_KEY: &str = "campo-secret";

#[tokio::main]
async fn main() -> io::Result<()> {
    let directory = std::env::args().nth(1).ok_or_else(|| io::Error::other("usage: campo-s3 DIRECTORY"))?;
    let files = FileSystem::new(directory).map_err(|error| io::Error::other(format!("{error:?}")))?;
    let mut builder = S3ServiceBuilder::new(files);
    builder.set_auth(SimpleAuth::from_single(ACCESS_KEY, SECRET_KEY));
    let service = builder.build();
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    writeln!(io::stdout(), "listening on http://{}", listener.local_addr()?)?;
    loop {
        let (socket, _) = listener.accept().await?;
        let service = service.clone();
        tokio::spawn(async move {
            let connections = Builder::new(TokioExecutor::new());
            // A client that goes away is no failure of the server.
            connections.serve_connection(TokioIo::new(socket), service).await.ok();
        });
    }
}
