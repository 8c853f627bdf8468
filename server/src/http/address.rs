//! Where a request came from, through as many proxies as the operator says can be believed. Never a name.

use std::net::IpAddr;

use actix_web::HttpRequest;

pub fn caller_address(trusted_proxies: usize, request: &HttpRequest) -> Option<IpAddr> {
    let direct = request.peer_addr().map(|address| address.ip());
    if trusted_proxies == 0 {
        return direct;
    }
    let forwarded = request.headers().get("x-forwarded-for").and_then(|value| value.to_str().ok())?;
    forwarded.rsplit(',').nth(trusted_proxies - 1).and_then(|address| address.trim().parse().ok()).or(direct)
}
