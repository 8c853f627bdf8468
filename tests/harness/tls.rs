//! TLS in front of a server, as a proxy of the operator would do it. Never trusted by anybody who is not told to.
//!
//! Each front has a certificate for 127.0.0.1 of an authority of its own, made when it starts.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tempfile::NamedTempFile;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

/// A running proxy that takes TLS and passes on what is in it; dropping it ends it.
#[derive(Debug)]
pub struct TlsFront {
    address: SocketAddr,
    authority: NamedTempFile,
    accepting: JoinHandle<()>,
}

impl TlsFront {
    /// Takes connections for a server that speaks without TLS.
    ///
    /// # Errors
    ///
    /// Fails when loopback has no free port or the certificate of the authority cannot be written.
    pub async fn start(target: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (config, authority_pem) = server_config();
        let authority = NamedTempFile::new()?;
        std::fs::write(authority.path(), authority_pem)?;
        let accepting = tokio::spawn(accept(listener, TlsAcceptor::from(Arc::new(config)), target));
        Ok(Self { address, authority, accepting })
    }

    /// Returns the address as clients write it: `https://127.0.0.1:…`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("https://{}", self.address)
    }

    /// Returns the file with the certificate of the authority, for `SSL_CERT_FILE`.
    #[must_use]
    pub fn authority(&self) -> &Path {
        self.authority.path()
    }
}

impl Drop for TlsFront {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, acceptor: TlsAcceptor, target: SocketAddr) {
    while let Ok((stream, _)) = listener.accept().await {
        let acceptor = acceptor.clone();
        tokio::spawn(async move {
            let mut client = acceptor.accept(stream).await?;
            let mut server = TcpStream::connect(target).await?;
            copy_bidirectional(&mut client, &mut server).await
        });
    }
}

/// The configuration of a server with a fresh certificate, and the certificate of its authority as PEM.
fn server_config() -> (ServerConfig, String) {
    let mut of_authority = CertificateParams::default();
    of_authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().expect("a key is made from random bytes");
    let authority = CertifiedIssuer::self_signed(of_authority, key).expect("the parameters are complete");
    let key = KeyPair::generate().expect("a key is made from random bytes");
    let of_server = CertificateParams::new(["127.0.0.1".to_owned()]).expect("it is an address");
    let certificate = of_server.signed_by(&key, &authority).expect("the authority may sign");
    let private_key = PrivateKeyDer::try_from(key.serialize_der()).expect("it is PKCS #8");
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("the provider speaks them")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], private_key)
        .expect("the key belongs to the certificate");
    (config, authority.pem())
}
