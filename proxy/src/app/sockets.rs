//! The ways into the process: addresses and certificates, and the sockets that each core gets.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpListener;

use super::StartError;
use crate::config::{Config, ListenAddress, Listener, ServerTls};
use crate::core::CoreSocket;
use crate::listen::inherit::{Heirlooms, Inherited};
use crate::listen::{self, Gate, Place, Redirect};
use crate::metrics::Metrics;
use crate::tls::Tls;

/// A listener and its sockets.
#[derive(Debug)]
pub(super) struct Entrance {
    pub(super) gate: Arc<Gate>,
    pub(super) place: Place,
}

/// Reads the certificates of every listener and binds it, on every core.
pub(super) fn open(config: &Config, metrics: &Metrics, inherited: &mut Inherited) -> Result<Vec<Entrance>, StartError> {
    let mut secured = Vec::new();
    for settings in config.all_listeners() {
        // Files are more often wrong than addresses, and cost nobody a port.
        let tls = load(settings.tls.as_ref())?;
        secured.push((settings, tls));
    }
    let certificates: Vec<Arc<Tls>> = secured.iter().filter_map(|(_, tls)| tls.clone()).collect();
    let entrances = secured.into_iter().map(|(settings, tls)| {
        let place = bind(&settings, config.cores, inherited)?;
        let gate = Gate {
            cells: metrics.listener(&place.address.to_string()),
            redirect: settings.redirect_to_https.then(|| Redirect {
                hosts: settings.redirect_hosts.clone(),
                certificates: certificates.clone(),
                port: settings.redirect_port,
            }),
            settings,
            tls,
        };
        Ok(Entrance {
            gate: Arc::new(gate),
            place,
        })
    });
    entrances.collect()
}

/// Reads certificates, where there are any.
pub(super) fn load(settings: Option<&ServerTls>) -> Result<Option<Arc<Tls>>, StartError> {
    let tls = settings.map(|settings| Tls::load(settings.clone())).transpose()?;
    Ok(tls.map(Arc::new))
}

fn bind(settings: &Listener, cores: usize, inherited: &mut Inherited) -> Result<Place, StartError> {
    let ours = inherited.claim(&settings.address);
    listen::bind(settings, cores, ours).map_err(|source| StartError::Listen {
        address: settings.address.clone(),
        source,
    })
}

/// Binds the admin listener.
pub(super) async fn bind_admin(address: SocketAddr, inherited: &mut Inherited) -> Result<TcpListener, StartError> {
    match inherited.claim(&ListenAddress::Ip(address)).pop() {
        Some(socket) => TcpListener::from_std(socket.into()),
        None => TcpListener::bind(address).await,
    }
    .map_err(failed(address))
}

/// Copies of all listening sockets, for a successor.
pub(super) fn heirlooms(entrances: &[Entrance], admin: &TcpListener) -> io::Result<Heirlooms> {
    use std::os::fd::AsFd as _;
    let mut heirlooms = Heirlooms::default();
    for socket in entrances.iter().flat_map(|way| &way.place.sockets) {
        heirlooms.add(socket.copy()?);
    }
    heirlooms.add(admin.as_fd().try_clone_to_owned()?.into());
    Ok(heirlooms)
}

/// The error of an address.
pub(super) fn failed(address: SocketAddr) -> impl Fn(io::Error) -> StartError {
    move |source| StartError::Listen {
        address: ListenAddress::Ip(address),
        source,
    }
}

/// For each core its sockets. A place may have more sockets than there are cores; none is left without one.
pub(super) fn share_out(cores: usize, entrances: Vec<Entrance>) -> Vec<Vec<CoreSocket>> {
    let mut shares: Vec<Vec<CoreSocket>> = (0..cores.max(1)).map(|_| Vec::new()).collect();
    for Entrance { gate, place } in entrances {
        let receivers = (0..shares.len()).cycle();
        for (socket, core) in place.sockets.into_iter().zip(receivers) {
            if let Some(share) = shares.get_mut(core) {
                share.push(CoreSocket {
                    gate: Arc::clone(&gate),
                    socket,
                });
            }
        }
    }
    shares
}
