//! Which addresses are inside: of this machine, of its network, or of nobody. Never looks a name up.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{Ipv4Net, Ipv6Net};

/// IPv4 that nobody on the internet has (IANA special-purpose registry), multicast and broadcast included.
const INNER_V4: &[([u8; 4], u8)] = &[
    ([0, 0, 0, 0], 8),
    ([10, 0, 0, 0], 8),
    ([100, 64, 0, 0], 10),
    ([127, 0, 0, 0], 8),
    ([169, 254, 0, 0], 16),
    ([172, 16, 0, 0], 12),
    ([192, 0, 0, 0], 24),
    ([192, 0, 2, 0], 24),
    ([192, 88, 99, 0], 24),
    ([192, 168, 0, 0], 16),
    ([198, 18, 0, 0], 15),
    ([198, 51, 100, 0], 24),
    ([203, 0, 113, 0], 24),
    ([224, 0, 0, 0], 3),
];

/// The unicast addresses of the internet; everything else of IPv6 is inside.
const OUTER_V6: (u16, u8) = (0x2000, 3);
/// Inside all the same: protocol assignments and Teredo, documentation, 6to4.
const INNER_V6: &[([u16; 2], u8)] =
    &[([0x2001, 0], 23), ([0x2001, 0xdb8], 32), ([0x2002, 0], 16), ([0x3fff, 0], 20)];
/// IPv4 addresses as the translators of IPv6 networks write them.
const TRANSLATED: ([u16; 2], u8) = ([0x64, 0xff9b], 96);

/// Whether a webhook must not go to this address.
pub fn is_inner(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_inner_v4(address),
        IpAddr::V6(address) => is_inner_v6(address),
    }
}

fn is_inner_v4(address: Ipv4Addr) -> bool {
    INNER_V4.iter().any(|(base, length)| {
        Ipv4Net::new(Ipv4Addr::from(*base), *length).is_ok_and(|net| net.contains(&address))
    })
}

fn is_inner_v6(address: Ipv6Addr) -> bool {
    if let Some(mapped) = address.to_ipv4_mapped() {
        return is_inner_v4(mapped);
    }
    let contains = |first: u16, second: u16, length| {
        let base = Ipv6Addr::new(first, second, 0, 0, 0, 0, 0, 0);
        Ipv6Net::new(base, length).is_ok_and(|net| net.contains(&address))
    };
    let ([first, second], length) = TRANSLATED;
    if contains(first, second, length) {
        let [.., a, b, c, d] = address.octets();
        return is_inner_v4(Ipv4Addr::new(a, b, c, d));
    }
    !contains(OUTER_V6.0, 0, OUTER_V6.1)
        || INNER_V6.iter().any(|([first, second], length)| contains(*first, *second, *length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_inside_in_any_notation_is_refused() {
        let inner = [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.169.254",
            "172.31.255.255",
            "192.168.0.1",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::127.0.0.1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::a00:1",
            "64:ff9b:1::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "2001::1",
        ];
        for address in inner {
            assert!(is_inner(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn the_internet_is_outside() {
        for address in
            ["1.1.1.1", "93.184.216.34", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "::ffff:1.1.1.1"]
        {
            assert!(!is_inner(address.parse().unwrap()), "{address}");
        }
        assert!(!is_inner("64:ff9b::101:101".parse().unwrap()));
    }
}
