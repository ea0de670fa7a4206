//! Listening sockets that were open before this process began: handed over by the process that it replaces, or opened by
//! systemd (`sd_listen_fds(3)`). Clients that wait in them are served, and nobody is refused in between.

use std::io;
use std::os::fd::{AsRawFd as _, FromRawFd as _, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, Ordering};

use socket2::Socket;

use super::ListenSocket;
use crate::config::{Environment, ListenAddress};

/// Names the file descriptors of an upgrade, separated by commas.
pub(crate) const SOCKETS: &str = "FICUS_UPGRADE_SOCKETS";
/// Names the file descriptor on which the process that is replaced waits for our word.
pub(crate) const READY: &str = "FICUS_UPGRADE_READY";
/// What systemd sets; not for our children.
pub(crate) const OF_SYSTEMD: [&str; 3] = ["LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES"];
/// The first file descriptor that systemd passes.
const FIRST_OF_SYSTEMD: RawFd = 3;
/// More are not passed by anybody in earnest.
const MOST: RawFd = 1024;

/// Sockets that nobody has claimed yet.
#[derive(Debug, Default)]
pub(crate) struct Inherited {
    sockets: Vec<(ListenAddress, Socket)>,
    /// Where to say that this process serves.
    pub(crate) ready: Option<UnixStream>,
}

impl Inherited {
    /// What the environment says was passed on. It is ours once: a second call finds nothing.
    ///
    /// # Errors
    /// When a number names nothing that is open, or no listening socket.
    pub(crate) fn take(environment: &Environment) -> io::Result<Self> {
        static TAKEN: AtomicBool = AtomicBool::new(false);
        let numbers = numbers(environment)?;
        let ready = environment.get(READY).map(|number| number.parse()).transpose();
        let ready: Option<RawFd> = ready.map_err(|_| wrong(READY))?;
        if (numbers.is_empty() && ready.is_none()) || TAKEN.swap(true, Ordering::Relaxed) {
            return Ok(Self::default());
        }
        let sockets = numbers.into_iter().map(|number| {
            let socket = Socket::from(owned(number)?);
            let address = address(&socket).ok_or_else(|| not_listening(number))?;
            if !socket.is_listener()? {
                return Err(not_listening(number));
            }
            socket.set_nonblocking(true)?;
            socket.set_cloexec(true)?;
            Ok((address, socket))
        });
        Ok(Self {
            sockets: sockets.collect::<io::Result<_>>()?,
            ready: ready.map(|number| owned(number).map(UnixStream::from)).transpose()?,
        })
    }

    /// Takes the sockets of an address.
    pub(crate) fn claim(&mut self, address: &ListenAddress) -> Vec<Socket> {
        let (claimed, left) = std::mem::take(&mut self.sockets)
            .into_iter()
            .partition(|(its, _)| its == address);
        self.sockets = left;
        claimed.into_iter().map(|(_, socket): (_, Socket)| socket).collect()
    }

    /// Says which addresses nobody has claimed, because the configuration does not name them.
    pub(crate) fn warn_of_unclaimed(&self) {
        let addresses: Vec<String> = self.sockets.iter().map(|(address, _)| address.to_string()).collect();
        if !addresses.is_empty() {
            let addresses = addresses.join(", ");
            tracing::warn!(
                addresses,
                "inherited sockets that the configuration does not name are closed"
            );
        }
    }
}

/// At least `count` sockets of what was inherited. No new ones are opened: should this process fail to start, connections
/// that the kernel had given to them would be lost.
///
/// # Errors
/// When a socket cannot be duplicated.
pub(super) fn spread(inherited: Vec<Socket>, address: &ListenAddress, count: usize) -> io::Result<Vec<ListenSocket>> {
    let mut all = inherited;
    for index in 0..count.saturating_sub(all.len()) {
        if let Some(socket) = all.get(index) {
            let another = socket.try_clone()?;
            all.push(another);
        }
    }
    let sockets = all.into_iter().map(|socket| match address {
        ListenAddress::Ip(_) => ListenSocket::Tcp(socket.into()),
        ListenAddress::Unix(_) => ListenSocket::Unix(socket.into()),
    });
    Ok(sockets.collect())
}

fn numbers(environment: &Environment) -> io::Result<Vec<RawFd>> {
    if let Some(list) = environment.get(SOCKETS) {
        return list
            .split(',')
            .map(|number| number.parse().map_err(|_| wrong(SOCKETS)))
            .collect();
    }
    let for_us = environment.get("LISTEN_PID").and_then(|process| process.parse().ok()) == Some(std::process::id());
    let count = environment.get("LISTEN_FDS").filter(|_| for_us);
    let count: RawFd = count
        .map_or(Ok(0), |count| count.parse())
        .map_err(|_| wrong("LISTEN_FDS"))?;
    Ok((FIRST_OF_SYSTEMD..FIRST_OF_SYSTEMD + count.clamp(0, MOST)).collect())
}

fn address(socket: &Socket) -> Option<ListenAddress> {
    let address = socket.local_addr().ok()?;
    let ip = address.as_socket().map(ListenAddress::Ip);
    ip.or_else(|| Some(ListenAddress::Unix(address.as_pathname()?.to_owned())))
}

/// Takes over a file descriptor that was passed on to this process.
#[expect(
    unsafe_code,
    reason = "a number from outside becomes a file descriptor in no other way"
)]
fn owned(number: RawFd) -> io::Result<OwnedFd> {
    // SAFETY: `fcntl` with `F_GETFD` only asks about the number; any number may be asked about.
    let is_open = number >= FIRST_OF_SYSTEMD && unsafe { libc::fcntl(number, libc::F_GETFD) } >= 0;
    if !is_open {
        let message = format!("file descriptor {number} was announced, but is not open");
        return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
    }
    // SAFETY: it is open, was passed on to this process to be owned by it, and `Inherited::take` runs once.
    Ok(unsafe { OwnedFd::from_raw_fd(number) })
}

fn not_listening(number: RawFd) -> io::Error {
    let message = format!("file descriptor {number} was announced as a listening socket, and is none");
    io::Error::new(io::ErrorKind::InvalidInput, message)
}

fn wrong(name: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, format!("`{name}` cannot be read"))
}

/// Copies of sockets that a child of this process may inherit, and their numbers.
#[derive(Debug, Default)]
pub(crate) struct Heirlooms(Vec<Socket>);

impl Heirlooms {
    /// A further socket.
    pub(crate) fn add(&mut self, socket: Socket) {
        self.0.push(socket);
    }

    /// Copies that outlive an `exec`. They are to be closed right after it: any other child would inherit them too.
    ///
    /// # Errors
    /// When one cannot be made.
    pub(crate) fn for_child(&self) -> io::Result<Vec<Socket>> {
        let copies = self.0.iter().map(|socket| {
            let copy = socket.try_clone()?;
            copy.set_cloexec(false)?;
            Ok(copy)
        });
        copies.collect()
    }
}

/// The numbers of these sockets, as [`SOCKETS`] has them.
pub(crate) fn list(sockets: &[Socket]) -> String {
    let numbers: Vec<String> = sockets.iter().map(|socket| socket.as_raw_fd().to_string()).collect();
    numbers.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_systemd_passed_to_somebody_else_is_left_alone() {
        let other = std::process::id() + 1;
        let environment = Environment::of([("LISTEN_FDS", "1"), ("LISTEN_PID", other.to_string().as_str())]);
        assert!(numbers(&environment).unwrap().is_empty());
        let own = std::process::id().to_string();
        let environment = Environment::of([("LISTEN_FDS", "2"), ("LISTEN_PID", own.as_str())]);
        assert_eq!(numbers(&environment).unwrap(), [3, 4]);
        let environment = Environment::of([(SOCKETS, "7,x")]);
        assert!(numbers(&environment).is_err());
    }

    #[test]
    fn a_number_that_is_not_open_is_an_error() {
        assert!(owned(987_654).is_err());
        assert!(owned(-1).is_err());
        assert!(owned(0).is_err(), "standard input is nobody's listening socket");
    }
}
