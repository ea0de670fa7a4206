//! A legacy app behind what carries it: TLS, HTTP/2, a Unix socket. It mirrors requests and echoes upgraded connections.

use std::convert::Infallible;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use http::header::{CONNECTION, HOST, UPGRADE};
use http::{HeaderValue, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, UnixListener};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

/// The name that its certificate is made out to.
pub const SERVER_NAME: &str = "legacy.test";

/// What carries the requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carrier {
    /// TCP; HTTP/2 for those who begin with it.
    Tcp,
    /// TLS, which offers these protocols.
    Tls(&'static [&'static str]),
    /// A Unix socket.
    Unix,
}

/// A running app; it stops when dropped.
#[derive(Debug)]
pub struct CarriedLegacy {
    url: String,
    home: TempDir,
    connections: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl CarriedLegacy {
    /// Starts it.
    ///
    /// # Panics
    /// When it cannot be started.
    pub async fn start(carrier: Carrier) -> Self {
        let home = TempDir::with_prefix("ficus-legacy-").expect("a directory can be made");
        let connections = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&connections);
        let count = move || {
            counted.fetch_add(1, Ordering::Relaxed);
        };
        let (url, task) = match carrier {
            Carrier::Unix => {
                let path = home.path().join("app.sock");
                let listener = UnixListener::bind(&path).expect("a socket can be made");
                let task = tokio::spawn(async move {
                    while let Ok((stream, _)) = listener.accept().await {
                        count();
                        tokio::spawn(serve(stream));
                    }
                });
                (format!("unix:{}", path.display()), task)
            }
            Carrier::Tcp => {
                let (listener, port) = listen().await;
                let task = tokio::spawn(async move {
                    while let Ok((stream, _)) = listener.accept().await {
                        count();
                        tokio::spawn(serve(stream));
                    }
                });
                (format!("http://127.0.0.1:{port}"), task)
            }
            Carrier::Tls(protocols) => {
                let (listener, port) = listen().await;
                let acceptor = TlsAcceptor::from(Arc::new(server_config(&home, protocols)));
                let task = tokio::spawn(async move {
                    while let Ok((stream, _)) = listener.accept().await {
                        count();
                        let acceptor = acceptor.clone();
                        tokio::spawn(async move {
                            // A client that does not believe the certificate goes away.
                            if let Ok(stream) = acceptor.accept(stream).await {
                                serve(stream).await;
                            }
                        });
                    }
                });
                (format!("https://127.0.0.1:{port}"), task)
            }
        };
        Self {
            url,
            home,
            connections,
            task,
        }
    }

    /// Its origin.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The PEM file of the authority that made its certificate.
    pub fn authority(&self) -> PathBuf {
        self.home.path().join("ca.pem")
    }

    /// Connections that it has accepted.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }
}

impl Drop for CarriedLegacy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn listen() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let port = listener.local_addr().expect("it is bound").port();
    (listener, port)
}

fn server_config(home: &TempDir, protocols: &[&str]) -> ServerConfig {
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().expect("a key")).expect("an authority");
    std::fs::write(home.path().join("ca.pem"), authority.pem()).expect("the authority can be written");
    let key = KeyPair::generate().expect("a key");
    let certificate = CertificateParams::new([SERVER_NAME.to_owned()])
        .and_then(|params| params.signed_by(&key, &authority))
        .expect("a certificate");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::try_from(key.serialize_der()).expect("a private key"),
        )
        .expect("the pair fits");
    config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
    config
}

async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) {
    let connection = auto::Builder::new(TokioExecutor::new());
    let served = connection.serve_connection_with_upgrades(TokioIo::new(stream), service_fn(answer));
    // A client that goes away is no failure of the app.
    served.await.ok();
}

async fn answer(mut request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    if let Some(protocol) = request.headers().get(UPGRADE).cloned() {
        let upgrade = hyper::upgrade::on(&mut request);
        tokio::spawn(async move {
            if let Ok(upgraded) = upgrade.await {
                echo(TokioIo::new(upgraded)).await;
            }
        });
        let mut switching = Response::new(Full::default());
        *switching.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        switching
            .headers_mut()
            .insert(CONNECTION, HeaderValue::from_static("upgrade"));
        switching.headers_mut().insert(UPGRADE, protocol);
        return Ok(switching);
    }
    let (parts, body) = request.into_parts();
    let host = parts.headers.get(HOST).and_then(|host| host.to_str().ok());
    let host = host.or(parts.uri.authority().map(|authority| authority.as_str()));
    let mirrored = serde_json::json!({
        "version": format!("{:?}", parts.version),
        "method": parts.method.as_str(),
        "target": parts.uri.path_and_query().map(|target| target.as_str()),
        "host": host,
        "bytes": body.collect().await.map_or(0, |body| body.to_bytes().len()),
    });
    Ok(Response::new(Full::from(mirrored.to_string())))
}

async fn echo(mut stream: impl AsyncRead + AsyncWrite + Unpin) {
    let mut buffer = [0; 1024];
    while let Ok(read @ 1..) = stream.read(&mut buffer).await {
        if stream.write_all(buffer.get(..read).unwrap_or_default()).await.is_err() {
            break;
        }
    }
}
