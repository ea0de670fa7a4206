//! WebSockets pass through both ways, and end when either end does.

use futures_util::{SinkExt as _, StreamExt as _};
use harness::TestProxy;
use tokio::net::TcpListener;
use tokio_tungstenite::tungstenite::Message;

/// A server that echoes, and says goodbye when it is told to.
async fn echo(listener: TcpListener) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(async move {
            let mut socket = tokio_tungstenite::accept_async(stream).await.unwrap();
            while let Some(Ok(message)) = socket.next().await {
                if message.is_text() || message.is_binary() {
                    let goodbye = message.to_text().is_ok_and(|text| text == "goodbye");
                    socket.send(message).await.unwrap();
                    if goodbye {
                        socket.close(None).await.unwrap();
                    }
                }
            }
        });
    }
}

#[tokio::test]
async fn messages_of_every_size_come_back_and_the_close_is_clean() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let legacy = format!("http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(echo(listener));
    let proxy = TestProxy::builder().legacy_url(&legacy).spawn().await;
    let (mut socket, response) = tokio_tungstenite::connect_async(format!("ws://{}/app/key?v=7", proxy.address()))
        .await
        .unwrap();
    assert_eq!(response.status(), 101);
    for size in [1, 125, 126, 65_536, 1_000_000] {
        let message = Message::binary(vec![b'x'; size]);
        socket.send(message.clone()).await.unwrap();
        assert_eq!(socket.next().await.unwrap().unwrap(), message);
    }
    socket.send(Message::text("goodbye")).await.unwrap();
    assert_eq!(socket.next().await.unwrap().unwrap(), Message::text("goodbye"));
    assert!(socket.next().await.unwrap().unwrap().is_close());
    server.abort();
}
