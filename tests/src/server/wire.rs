//! One accepted connection, plain or over TLS, and the certificate for the latter. It knows bytes only.

use std::io;
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::{ServerConfig, crypto, pki_types::PrivateKeyDer};
use tokio_rustls::server::TlsStream;

/// A connection and the bytes that were read from it but not yet used.
pub struct Wire {
    stream: Stream,
    /// Read, not yet used.
    pub pending: Vec<u8>,
}

enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Wire {
    /// Takes a connection over, with the TLS greeting where there is an acceptor.
    ///
    /// # Errors
    /// Where the greeting fails.
    pub async fn accept(tcp: TcpStream, tls: Option<&TlsAcceptor>) -> io::Result<Self> {
        tcp.set_nodelay(true)?;
        let stream = match tls {
            Some(acceptor) => Stream::Tls(Box::new(acceptor.accept(tcp).await?)),
            None => Stream::Plain(tcp),
        };
        Ok(Self { stream, pending: Vec::new() })
    }

    /// Reads what is there behind `pending`; 0 at the end.
    ///
    /// # Errors
    /// The connection's own.
    pub async fn fill(&mut self) -> io::Result<usize> {
        self.pending.reserve(64 * 1024);
        match &mut self.stream {
            Stream::Plain(tcp) => tcp.read_buf(&mut self.pending).await,
            Stream::Tls(tls) => tls.read_buf(&mut self.pending).await,
        }
    }

    /// Writes all of it.
    ///
    /// # Errors
    /// The connection's own.
    pub async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match &mut self.stream {
            Stream::Plain(tcp) => tcp.write_all(bytes).await,
            Stream::Tls(tls) => {
                tls.write_all(bytes).await?;
                tls.flush().await
            }
        }
    }

    /// Makes the close that follows a reset instead of a farewell.
    pub fn reset_at_close(&self) {
        let tcp = match &self.stream {
            Stream::Plain(tcp) => tcp,
            Stream::Tls(tls) => tls.get_ref().0,
        };
        // A connection that is gone already cannot be reset, and need not be.
        let _ = tcp.set_zero_linger();
    }
}

/// Makes a certificate for `localhost` and 127.0.0.1: the acceptor, and the PEM that a client is to trust.
///
/// # Errors
/// What the certificate maker or TLS says.
pub fn certificate() -> io::Result<(TlsAcceptor, String)> {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned(), "127.0.0.1".to_owned()])
        .map_err(io::Error::other)?;
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).map_err(io::Error::other)?;
    let config = ServerConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .map_err(io::Error::other)?;
    Ok((TlsAcceptor::from(Arc::new(config)), made.cert.pem()))
}
