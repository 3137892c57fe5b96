//! The ports of a node, held before it serves.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use model::{ChannelModes, Mode};
use tokio::net::TcpListener;

use crate::claims::Claims;
use crate::ports::Ports;

/// Listeners that hold their ports.
pub(crate) struct Bound {
    pub(super) listeners: Vec<(TcpListener, SocketAddr)>,
    pub(super) file_listener: Option<TcpListener>,
    pub(super) metrics_listener: Option<(TcpListener, SocketAddr)>,
    pub(super) scheme: &'static str,
    pub(super) ports: Ports,
    pub(super) claims: Claims,
}

impl Bound {
    /// The address of the first listener, as a client on this machine writes it.
    pub(crate) fn url(&self) -> String {
        let address = self.addresses().into_iter().next().map(|mut address| {
            match address.ip() {
                IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
                IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
                _ => {}
            }
            address.to_string()
        });
        format!("{}://{}", self.scheme, address.unwrap_or_default())
    }

    /// What the doors of a front do at least: as in a downtime, and files are refused where it has no door for them.
    pub(crate) fn modes_of_front(&self) -> ChannelModes {
        let file = if self.file_listener.is_some() { Mode::Hold } else { Mode::Closed };
        ChannelModes { file, ..ChannelModes::OF_A_DOWNTIME }
    }

    pub(super) fn addresses(&self) -> Vec<SocketAddr> {
        self.listeners.iter().map(|(_, address)| *address).collect()
    }
}
