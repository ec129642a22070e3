//! HTTP servers of the harness: HTTP/1.1 and HTTP/2 (prior knowledge) on one port, on threads of their own, so that a
//! test that blocks or loads Envoy does not slow the upstream behind it.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use hyper::body::{Body, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tokio::net::{TcpListener, TcpSocket};
use tokio::runtime::{self, Runtime};
use tokio::task::{JoinHandle, JoinSet};

use crate::Error;
use crate::body::Served;

/// What a server does with a request.
pub(crate) type Handler<B = Served> = Arc<dyn Fn(Request<Incoming>) -> Reply<B> + Send + Sync>;
pub(crate) type Reply<B = Served> = Pin<Box<dyn Future<Output = Response<B>> + Send>>;

/// A TCP port that stays ours while nothing listens on it: a connection is refused then, and no other process can take it.
pub(crate) struct Port {
    /// Bound, never listening. Linux lets a second socket of ours listen on the address meanwhile (SO_REUSEADDR).
    _bound: TcpSocket,
    addr: SocketAddr,
}

impl Port {
    pub(crate) fn reserve(addr: SocketAddr) -> io::Result<Self> {
        let bound = reusable(addr)?;
        let addr = bound.local_addr()?;
        Ok(Self { _bound: bound, addr })
    }

    pub(crate) fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Listens, inside a runtime.
    pub(crate) fn listen(&self) -> io::Result<TcpListener> {
        reusable(self.addr)?.listen(1024)
    }

    pub(crate) fn serve<B>(&self, handler: Handler<B>) -> io::Result<Server>
    where
        B: Body<Data: Send, Error: Into<Error>> + Send + 'static,
    {
        let _inside = runtime().enter();
        let listener = self.listen()?;
        let ended = Arc::new(AtomicBool::new(false));
        Ok(Server { task: runtime().spawn(accept(listener, handler, Arc::clone(&ended))), ended })
    }
}

/// Serves until it is dropped; then the port is closed and every connection with it.
pub(crate) struct Server {
    task: JoinHandle<()>,
    /// The task ends a little after it is told to: no request that comes in between is answered.
    ended: Arc<AtomicBool>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::SeqCst);
        self.task.abort();
    }
}

async fn accept<B>(listener: TcpListener, handler: Handler<B>, ended: Arc<AtomicBool>)
where
    B: Body<Data: Send, Error: Into<Error>> + Send + 'static,
{
    let mut connections = JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        // Without this, small answers wait for the peer's delayed acknowledgement.
        let _ = stream.set_nodelay(true);
        while connections.try_join_next().is_some() {}
        let handler = Arc::clone(&handler);
        let ended = Arc::clone(&ended);
        connections.spawn(async move {
            let service = service_fn(move |request| {
                let reply = (!ended.load(Ordering::SeqCst)).then(|| handler(request));
                async move {
                    match reply {
                        Some(reply) => Ok::<_, std::convert::Infallible>(reply.await),
                        None => std::future::pending().await,
                    }
                }
            });
            let mut protocol = auto::Builder::new(TokioExecutor::new());
            // hyper's own limit is a hundred header lines; how many come through is Envoy's matter here.
            protocol.http1().max_headers(4096);
            // How many streams Envoy opens and resets is its matter, too.
            protocol.http2().max_concurrent_streams(None).max_pending_accept_reset_streams(Some(1 << 20));
            // A connection that a peer cuts is its own matter.
            let _ = protocol.serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

fn reusable(addr: SocketAddr) -> io::Result<TcpSocket> {
    let socket = if addr.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_reuseaddr(true)?;
    socket.bind(addr)?;
    Ok(socket)
}

/// Where servers of the harness run.
pub(crate) fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| {
        runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("upstream")
            .enable_all()
            .build()
            .expect("a runtime for the servers")
    })
}
