//! Sockets that clients connect to: for each listener as many as there are cores.

mod gate;
pub(crate) mod inherit;
mod prefixed;
mod proxy_header;
mod redirect;
mod stream;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;

use socket2::{Domain, Protocol, SockAddr, Socket, Type};

use crate::config::{FileMode, ListenAddress, Listener};

pub(crate) use gate::{Gate, Opened, Refusal, open};
pub(crate) use prefixed::Prefixed;
pub(crate) use redirect::Redirect;
pub(crate) use stream::{ClientStream, Incoming, Wire};

/// Connections that may wait to be accepted.
const BACKLOG: i32 = 4096;

/// A listening socket that no runtime has taken yet.
#[derive(Debug)]
pub(crate) enum ListenSocket {
    /// TCP.
    Tcp(TcpListener),
    /// Unix.
    Unix(UnixListener),
}

impl ListenSocket {
    /// A copy that can be handed over.
    ///
    /// # Errors
    /// When there is no file descriptor left.
    pub(crate) fn copy(&self) -> io::Result<Socket> {
        match self {
            Self::Tcp(socket) => socket.try_clone().map(Socket::from),
            Self::Unix(socket) => socket.try_clone().map(Socket::from),
        }
    }
}

/// One address and its sockets.
#[derive(Debug)]
pub(crate) struct Place {
    /// The address, with the port that was really taken.
    pub(crate) address: ListenAddress,
    /// Its sockets, at least one for each core.
    pub(crate) sockets: Vec<ListenSocket>,
}

/// Binds `count` sockets for a listener. The kernel spreads TCP connections among them (`SO_REUSEPORT`; with port 0 they
/// share the free port that the first one got); a Unix socket has one queue that all cores take from.
///
/// What was `inherited` is used instead.
///
/// # Errors
/// When the address cannot be bound.
pub(crate) fn bind(listener: &Listener, count: usize, inherited: Vec<Socket>) -> io::Result<Place> {
    if !inherited.is_empty() {
        let address = listener.address.clone();
        let sockets = inherit::spread(inherited, &address, count)?;
        return Ok(Place { address, sockets });
    }
    match &listener.address {
        ListenAddress::Ip(address) => bind_tcp(*address, count),
        ListenAddress::Unix(path) => bind_unix(path, listener.mode, count),
    }
}

fn bind_tcp(address: SocketAddr, count: usize) -> io::Result<Place> {
    let first = open_tcp(address)?;
    let bound = first.local_addr()?;
    let mut sockets = vec![ListenSocket::Tcp(first)];
    for _ in 1..count {
        sockets.push(ListenSocket::Tcp(open_tcp(bound)?));
    }
    Ok(Place {
        address: ListenAddress::Ip(bound),
        sockets,
    })
}

fn open_tcp(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    socket.set_reuse_port(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

fn bind_unix(path: &Path, mode: Option<FileMode>, count: usize) -> io::Result<Place> {
    remove_stale(path)?;
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.set_nonblocking(true)?;
    socket.bind(&SockAddr::unix(path)?)?;
    if let Some(FileMode(mode)) = mode {
        // Before anybody can connect.
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))?;
    }
    socket.listen(BACKLOG)?;
    let first = UnixListener::from(socket);
    let mut sockets = Vec::with_capacity(count);
    for _ in 1..count {
        sockets.push(ListenSocket::Unix(first.try_clone()?));
    }
    sockets.push(ListenSocket::Unix(first));
    Ok(Place {
        address: ListenAddress::Unix(path.to_owned()),
        sockets,
    })
}

/// The file of a socket outlives its process. One that nobody listens on is removed; anything else is left alone.
fn remove_stale(path: &Path) -> io::Result<()> {
    let Ok(file) = std::fs::symlink_metadata(path) else {
        return Ok(());
    };
    if !file.file_type().is_socket() {
        let message = format!("{} is there and is no socket", path.display());
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, message));
    }
    match UnixStream::connect(path) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => std::fs::remove_file(path),
        _ => Err(io::ErrorKind::AddrInUse.into()),
    }
}
