//! A way to PostgreSQL that lets a commit through and loses its answer.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// Starts it; the port it listens on.
///
/// # Panics
/// When no port is free.
pub async fn start(host: &str, port: u16) -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
    let own = listener.local_addr().expect("a bound listener has an address").port();
    let host = host.to_owned();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            if let Ok(server) = TcpStream::connect((host.as_str(), port)).await {
                tokio::spawn(forward(client, server));
            }
        }
    });
    own
}

async fn forward(mut client: TcpStream, mut server: TcpStream) {
    let (mut from_client, mut from_server) = (vec![0; 16_384], vec![0; 16_384]);
    loop {
        tokio::select! {
            read = client.read(&mut from_client) => {
                let Ok(length @ 1..) = read else { return };
                if server.write_all(&from_client[..length]).await.is_err() {
                    return;
                }
                if from_client[..length].windows(6).any(|window| window == b"COMMIT") {
                    // The server has carried the commit out once it answers; the client never hears of it.
                    let _answer = server.read(&mut from_server).await;
                    return;
                }
            }
            read = server.read(&mut from_server) => {
                let Ok(length @ 1..) = read else { return };
                if client.write_all(&from_server[..length]).await.is_err() {
                    return;
                }
            }
        }
    }
}
