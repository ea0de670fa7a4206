//! A client of its own for questions that Ficus asks legacy beside the data plane: they share no connection with users.

use std::io;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;

use super::UpstreamPlan;
use super::origin::Place;

/// For making a connection.
const CONNECT: Duration = Duration::from_secs(2);
/// The host of a request to a socket: nothing looks it up.
const ON_A_SOCKET: &str = "http://localhost";

/// A client and what its addresses begin with.
#[derive(Debug, Clone)]
pub struct SideClient {
    /// The client; it follows no redirect.
    pub client: reqwest::Client,
    /// Scheme, host and port.
    pub base: String,
}

/// A certificate is proven for one name while the connection goes to another.
#[derive(Debug)]
struct Alias {
    host: String,
    port: u16,
}

impl UpstreamPlan {
    /// A client for the first origin.
    ///
    /// # Errors
    /// When it cannot be set up.
    pub fn side_client(&self) -> Result<SideClient, reqwest::Error> {
        let mut builder = reqwest::Client::builder()
            .redirect(Policy::none())
            .no_proxy()
            .connect_timeout(CONNECT);
        let mut base = ON_A_SOCKET.to_owned();
        if let Some(origin) = self.origins.first() {
            match &origin.place {
                Place::Unix(path) => builder = builder.unix_socket(path.as_path()),
                Place::Host { host, port } => {
                    base = origin.to_string();
                    if let Some(tls) = &self.tls {
                        builder = builder.tls_backend_preconfigured((*tls.http1).clone());
                        if let Some(name) = &tls.server_name {
                            base = format!("https://{name}:{port}");
                            builder = builder.dns_resolver(Alias {
                                host: host.clone(),
                                port: *port,
                            });
                        }
                    }
                }
            }
        }
        Ok(SideClient {
            client: builder.build()?,
            base,
        })
    }
}

impl Resolve for Alias {
    fn resolve(&self, _name: Name) -> Resolving {
        let (host, port) = (self.host.clone(), self.port);
        Box::pin(async move {
            let found: Vec<_> = tokio::net::lookup_host((host, port))
                .await
                .map_err(|error: io::Error| Box::new(error))?
                .collect();
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}
