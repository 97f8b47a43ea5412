import asyncio, os, select, selectors, socket, socketserver, struct, threading, http.server, http.client, urllib.request, tempfile, array

# asyncio: a server and many clients in one loop.
async def main():
    async def serve(reader, writer):
        while line := await reader.readline():
            writer.write(line.upper())
            await writer.drain()
        writer.close()
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async def client(number):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        total = 0
        for i in range(20):
            writer.write(f"client {number} line {i}\n".encode())
            total += len(await reader.readline())
        writer.close()
        await writer.wait_closed()
        return total
    print("asyncio", await asyncio.gather(*(client(i) for i in range(10))))
    server.close()
    class Echo(asyncio.DatagramProtocol):
        def connection_made(self, transport): self.transport = transport
        def datagram_received(self, data, address): self.transport.sendto(data[::-1], address)
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(Echo, local_addr=("127.0.0.1", 0))
    answer = loop.create_future()
    class Ask(asyncio.DatagramProtocol):
        def connection_made(self, transport): transport.sendto(b"backwards")
        def datagram_received(self, data, address): answer.set_result(data)
    other, _ = await loop.create_datagram_endpoint(Ask, remote_addr=transport.get_extra_info("sockname"))
    print("datagram", await answer)
    transport.close(); other.close()
    try:
        await asyncio.open_connection("127.0.0.1", port)
    except ConnectionRefusedError as error:
        print("refused", error.errno)
asyncio.run(main())

# socketserver with a thread for each request, over TCP, UDP and local sockets.
class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            self.wfile.write(b"<" + line.strip() + b">\n")
class Threading(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
with Threading(("127.0.0.1", 0), Handler) as server:
    thread = threading.Thread(target=server.serve_forever); thread.start()
    results = []
    def call(i):
        with socket.create_connection(server.server_address) as s:
            s.sendall(f"a{i}\nb{i}\n".encode()); s.shutdown(socket.SHUT_WR)
            results.append(b"".join(iter(lambda: s.recv(100), b"")))
    threads = [threading.Thread(target=call, args=(i,)) for i in range(8)]
    [t.start() for t in threads]; [t.join() for t in threads]
    print("socketserver", sorted(results))
    server.shutdown(); thread.join()
folder = tempfile.mkdtemp()
with socketserver.ThreadingUnixStreamServer(folder + "/s", Handler) as server:
    thread = threading.Thread(target=server.serve_forever); thread.start()
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(folder + "/s"); s.sendall(b"local\n"); print("unix", s.recv(100))
    server.shutdown(); thread.join()
os.unlink(folder + "/s"); os.rmdir(folder)

# http.server and its clients in one process.
class Page(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200); self.send_header("Content-Length", str(len(body))); self.end_headers(); self.wfile.write(body[::-1])
    def log_message(self, *arguments): pass
with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
    thread = threading.Thread(target=server.serve_forever); thread.start()
    connection = http.client.HTTPConnection(*server.server_address)
    for size in (1, 1000, 300000):
        connection.request("POST", "/", bytes(range(256)) * (size // 256 + 1))
        answer = connection.getresponse().read()
        print("http", len(answer), answer[0], answer[-1])
    connection.close()
    server.shutdown(); thread.join()

# selectors, poll, descriptors in messages, ancillary helpers.
a, b = socket.socketpair()
s = selectors.DefaultSelector(); s.register(a, selectors.EVENT_READ)
print("select", len(s.select(0))); b.send(b"x"); print("select", len(s.select(1)))
r, w = os.pipe()
socket.send_fds(b, [b"fds"], [r, w])
data, fds, flags, address = socket.recv_fds(a, 100, 4)
os.write(fds[1], b"through"); print("descriptors", data, len(fds), os.read(r, 10))
v6 = socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True)
c = socket.create_connection(("127.0.0.1", v6.getsockname()[1])); x, peer = v6.accept(); print("dual", peer[0])
print("names", socket.getaddrinfo("127.0.0.1", 80, proto=socket.IPPROTO_TCP), socket.getaddrinfo("::1", 80, proto=socket.IPPROTO_TCP), socket.gethostbyname("localhost"))
c.settimeout(0.05)
try:
    c.recv(1)
except socket.timeout:
    print("timed out")
