//! Somebody who means well, beside a flood: a new connection for each request, from an address of their own.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpSocket,
};

use super::clients::Target;

const SOURCE: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));
const EVERY: Duration = Duration::from_millis(50);
/// An answer that takes longer, or is none, counts as this long.
const PATIENCE: Duration = Duration::from_secs(10);
const CALL: &str = "GET /api/v1/titles?limit=20 HTTP/1.1\r\nHost: honest\r\nConnection: close\r\n\r\n";

/// In milliseconds, from the first packet to the last byte.
pub struct Honest {
    pub median: f64,
    pub slowest: f64,
    /// The slowest piece of video.
    pub video: f64,
}

pub fn measure(target: &Target, duration: Duration) -> Result<Honest> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let begun = Instant::now();
        let (mut calls, mut video) = (Vec::new(), Vec::new());
        while begun.elapsed() < duration {
            calls.push(timed(target.address, CALL, "HTTP/1.1 200").await);
            if calls.len().is_multiple_of(10) {
                let place = target.places.get(video.len() % target.places.len()).context("there is no video")?;
                video.push(timed(target.address, &place.request("honest"), "HTTP/1.1 206").await);
            }
            tokio::time::sleep(EVERY).await;
        }
        calls.sort_by(f64::total_cmp);
        video.sort_by(f64::total_cmp);
        let last = |times: &[f64]| times.last().copied().context("nothing was measured");
        Ok(Honest { median: calls[calls.len() / 2], slowest: last(&calls)?, video: last(&video)? })
    })
}

async fn timed(address: SocketAddr, request: &str, begin: &str) -> f64 {
    let begun = Instant::now();
    let asked = async {
        let socket = TcpSocket::new_v4()?;
        socket.bind(SocketAddr::new(SOURCE, 0))?;
        let mut stream = socket.connect(address).await?;
        stream.write_all(request.as_bytes()).await?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await?;
        let head = String::from_utf8_lossy(&answer[..answer.len().min(80)]).into_owned();
        ensure!(head.starts_with(begin), "an honest request was answered with {head:?}");
        Ok(())
    };
    let outcome = tokio::time::timeout(PATIENCE, asked).await.unwrap_or_else(|_| Err(anyhow::anyhow!("no answer")));
    match outcome {
        Ok(()) => begun.elapsed().as_secs_f64() * 1000.0,
        Err(error) => {
            eprintln!("      {error:#}");
            PATIENCE.as_secs_f64() * 1000.0
        }
    }
}
