// The site as a Node.js program: Next.js, and beside it what Next.js has no route for — a WebSocket, an early hint and a trailer.
// It prints its port when it is ready: node server.mjs start|dev
import { createServer } from "node:http";
import next from "next";
import ws from "next/dist/compiled/ws/index.js";

const dev = process.argv[2] === "dev";
const hostname = "127.0.0.1";

const sockets = new ws.WebSocketServer({ noServer: true });
sockets.on("connection", (socket) => {
  socket.on("message", (message) => {
    socket.send(message.toString());
    if (message.toString() === "goodbye") socket.close(4001, "as asked");
  });
});

const own = {
  "/own/hint": (request, response) => {
    response.writeEarlyHints({ link: "</square.png>; rel=preload; as=image", "x-hint": "1" });
    response.end("after the hint\n");
  },
  "/own/trailer": (request, response) => {
    response.writeHead(200, { Trailer: "X-Sum", "Content-Type": "text/plain" });
    response.write("one\n");
    response.addTrailers({ "X-Sum": "3" });
    response.end("two\n");
  },
  "/own/count": async (request, response) => {
    let size = 0;
    for await (const piece of request) size += piece.length;
    response.end(JSON.stringify({ size, trailers: request.trailers }));
  },
};

const server = createServer();
// Next.js has to know the server's own port before it is prepared, and the system chooses it.
await new Promise((resolve) => server.listen(0, hostname, resolve));
const { port } = server.address();
const app = next({ dev, hostname, port, httpServer: server });
await app.prepare();
const handle = app.getRequestHandler();

server.on("request", (request, response) => {
  const answer = own[request.url] ?? handle;
  Promise.resolve(answer(request, response)).catch((error) => {
    console.error(error);
    response.destroy();
  });
});
server.on("upgrade", (request, socket, head) => {
  if (request.url.startsWith("/socket")) {
    sockets.handleUpgrade(request, socket, head, (opened) => sockets.emit("connection", opened, request));
  } else if (!request.url.startsWith("/_next/")) {
    // Those Next.js takes itself, from its first request on.
    socket.end("HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
  }
});
console.log(`listening on ${port}`);
