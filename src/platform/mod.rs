//! What Lambda does to any function: CPU share and cores, the quota period, the network, billing.
//!
//! Every constant of the platform lives here, once, with its source. This module knows no workload.

pub mod billing;
pub mod cpu;
pub mod init;
pub mod network;
pub mod pricing;
pub mod quota;
