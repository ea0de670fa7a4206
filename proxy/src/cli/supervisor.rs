//! What a supervisor is told: systemd by its socket (`sd_notify(3)`), people and scripts by a file with our process id.

use std::convert::Infallible;
use std::io;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::path::{Path, PathBuf};

use proxy::app::Operator;
use proxy::config::Environment;
use tokio_util::sync::CancellationToken;

/// Whom to tell.
#[derive(Debug)]
pub(crate) struct Supervisor {
    /// Where systemd listens.
    socket: Option<String>,
    pid_file: Option<PathBuf>,
}

impl Supervisor {
    /// systemd, if it says so, and the file, if there is to be one.
    pub(crate) fn new(pid_file: Option<PathBuf>) -> Self {
        Self {
            socket: Environment::of_the_process().get("NOTIFY_SOCKET"),
            pid_file,
        }
    }

    /// Says when the process serves and when it stops. What cannot be said is logged: it is no reason not to serve. Run it
    /// beside the work; it does not end by itself.
    pub(crate) async fn keep_told(self, operator: Operator, shutdown: CancellationToken) -> Infallible {
        operator.serving().await;
        let process = std::process::id();
        // systemd is to look after this process from here on, whichever it has started.
        self.notify(&format!("READY=1\nMAINPID={process}\n"));
        if let Some(file) = &self.pid_file
            && let Err(error) = write_whole(file, &format!("{process}\n"))
        {
            tracing::error!(file = %file.display(), %error, "the process id could not be written");
        }
        shutdown.cancelled().await;
        if !operator.has_handed_over() {
            self.notify("STOPPING=1\n");
        }
        std::future::pending().await
    }

    fn notify(&self, message: &str) {
        let Some(socket) = &self.socket else {
            return;
        };
        if let Err(error) = send(socket, message) {
            tracing::warn!(%error, "systemd could not be told how this process does");
        }
    }
}

/// A name that begins with `@` is no file but an abstract one (`unix(7)`).
fn send(socket: &str, message: &str) -> io::Result<()> {
    let address = match socket.strip_prefix('@') {
        Some(name) => SocketAddr::from_abstract_name(name)?,
        None => SocketAddr::from_pathname(socket)?,
    };
    let sent = UnixDatagram::unbound()?.send_to_addr(message.as_bytes(), &address)?;
    if sent == message.len() {
        Ok(())
    } else {
        Err(io::ErrorKind::WriteZero.into())
    }
}

/// Nobody ever sees half of it.
fn write_whole(file: &Path, text: &str) -> io::Result<()> {
    let mut draft = file.as_os_str().as_bytes().to_vec();
    draft.extend(b".new");
    let draft = PathBuf::from(std::ffi::OsStr::from_bytes(&draft));
    std::fs::write(&draft, text)?;
    std::fs::rename(&draft, file)
}
