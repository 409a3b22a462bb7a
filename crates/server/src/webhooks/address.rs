//! Which addresses may be called: no private one, however it is written and whatever a name resolves to.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use domain::limits::WEBHOOK_URL_CHARS_MAX;
use reqwest::Url;

/// The port of `https`, besides which only ports from [`PORT_MIN`] may be called.
const HTTPS_PORT: u16 = 443;
/// Below it are the ports of well-known services that speak something else.
const PORT_MIN: u16 = 1_024;

/// What endpoints may be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct UrlRules {
    /// Addresses of private networks may be called, and `http`.
    pub(crate) allow_private: bool,
}

/// Why an address may not be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// It is none.
    NotUrl,
    /// It is too long.
    Length,
    /// It is not `https`.
    Scheme,
    /// It has a user name or a password in it.
    Userinfo,
    /// It has a fragment, which is never sent.
    Fragment,
    /// Its port is that of another service.
    Port,
    /// It is in a private network, or for a special use.
    Private,
}

impl fmt::Display for Refused {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotUrl => out.write_str("must be an absolute URL, such as https://shop.example/hooks"),
            Self::Length => write!(out, "must have at most {WEBHOOK_URL_CHARS_MAX} characters"),
            Self::Scheme => out.write_str(
                "must begin with https://; http is for servers with the setting webhooks.allow_private",
            ),
            Self::Userinfo => out.write_str(
                "must have no user name and no password in it; deliveries are signed, which says more",
            ),
            Self::Fragment => out.write_str("must have no fragment: what follows # is never sent"),
            Self::Port => {
                write!(out, "must have the port {HTTPS_PORT}, or one from {PORT_MIN} on")
            }
            Self::Private => out.write_str(
                "must not lead into a private network; the setting webhooks.allow_private permits that",
            ),
        }
    }
}

impl std::error::Error for Refused {}

impl UrlRules {
    /// The URL, if it may be called as far as it says itself. Names are looked at again when they are resolved.
    ///
    /// # Errors
    /// [`Refused`].
    pub(crate) fn check(self, text: &str) -> Result<Url, Refused> {
        if text.chars().take(WEBHOOK_URL_CHARS_MAX.saturating_add(1)).count()
            > WEBHOOK_URL_CHARS_MAX
        {
            return Err(Refused::Length);
        }
        // Browsers pass over white space and control characters; nobody means them.
        if text.chars().any(|it| it.is_whitespace() || it.is_control()) {
            return Err(Refused::NotUrl);
        }
        let url = Url::parse(text).map_err(|_| Refused::NotUrl)?;
        match url.scheme() {
            "https" => {}
            "http" if self.allow_private => {}
            _ => return Err(Refused::Scheme),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Refused::Userinfo);
        }
        if url.fragment().is_some() {
            return Err(Refused::Fragment);
        }
        let Some(host) = url.host_str().filter(|host| !host.is_empty()) else {
            return Err(Refused::NotUrl);
        };
        if self.allow_private {
            return Ok(url);
        }
        let port = url.port_or_known_default().unwrap_or(HTTPS_PORT);
        if port != HTTPS_PORT && port < PORT_MIN {
            return Err(Refused::Port);
        }
        // However the address was written (octal, hexadecimal, one number), the parser has made it plain.
        let literal = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().ok();
        let is_private = literal.is_some_and(|address| !is_public(address)) || is_local_name(host);
        if is_private { Err(Refused::Private) } else { Ok(url) }
    }
}

/// Names that lead to this machine or stay in a local network (RFC 6761, RFC 6762, RFC 8375).
fn is_local_name(host: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let ends = ["localhost", "local", "internal", "home.arpa"];
    ends.iter().any(|end| {
        host.strip_suffix(end).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    })
}

/// Whether an address is one that everybody can reach: none of the special-purpose registries of IANA
/// (RFC 6890 and its updates).
pub(crate) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let is_special = a == 0 // this network
        || a == 10 // private
        || a == 100 && (64..128).contains(&b) // shared by carriers
        || a == 127 // loopback
        || a == 169 && b == 254 // link-local, and what clouds tell their machines
        || a == 172 && (16..32).contains(&b) // private
        || a == 192 && b == 0 && c == 0 // protocol assignments
        || a == 192 && b == 0 && c == 2 // documentation
        || a == 192 && b == 88 && c == 99 // 6to4 relays
        || a == 192 && b == 168 // private
        || a == 198 && (18..20).contains(&b) // benchmarks
        || a == 198 && b == 51 && c == 100 // documentation
        || a == 203 && b == 0 && c == 113 // documentation
        || a >= 224; // multicast, reserved, broadcast
    !is_special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    if let Some(mapped) = address.to_ipv4_mapped() {
        return is_public_v4(mapped);
    }
    let [first, second, ..] = address.segments();
    // Only this block is given to anybody; of it, what carries other addresses inside, or is for documentation.
    let is_global = (0x2000..0x4000).contains(&first);
    let is_special = match first {
        // Protocol assignments, Teredo among them, and documentation.
        0x2001 => second < 0x0200 || second == 0x0db8,
        // 6to4: an IPv4 address inside.
        0x2002 => true,
        // Documentation.
        0x3fff => second < 0x1000,
        _ => false,
    };
    is_global && !is_special
}

#[cfg(test)]
mod tests {
    use super::*;

    const STRICT: UrlRules = UrlRules { allow_private: false };
    const LOOSE: UrlRules = UrlRules { allow_private: true };

    #[track_caller]
    fn refused(text: &str, why: Refused) {
        assert_eq!(STRICT.check(text), Err(why), "{text}");
    }

    #[test]
    fn public_addresses_may_be_called() {
        for text in [
            "https://shop.example/hooks?x=1",
            "https://shop.example:8443/",
            "https://shop.example:1024",
            "https://93.184.216.34/",
            "https://[2606:2800:220:1:248:1893:25c8:1946]/",
            "https://localhost.shop.example",
            "https://bücher.example/",
        ] {
            assert!(STRICT.check(text).is_ok(), "{text}");
        }
    }

    /// However an address can be written.
    #[test]
    fn private_addresses_are_found_in_every_form() {
        for text in [
            "https://127.0.0.1/",
            "https://127.1/",
            "https://0x7f.0.0.1/",
            "https://0177.0.0.1/",
            "https://2130706433/",
            "https://0x7f000001/",
            "https://0/",
            "https://①②⑦.⓪.⓪.①/",
            "https://10.0.0.1/",
            "https://100.64.0.1/",
            "https://100.127.255.255/",
            "https://169.254.169.254/latest/meta-data",
            "https://172.16.0.1/",
            "https://172.31.255.255/",
            "https://192.0.0.8/",
            "https://192.168.1.1/",
            "https://198.18.0.1/",
            "https://224.0.0.1/",
            "https://255.255.255.255/",
            "https://[::1]/",
            "https://[::]/",
            "https://[::ffff:127.0.0.1]/",
            "https://[::ffff:a00:1]/",
            "https://[::127.0.0.1]/",
            "https://[64:ff9b::7f00:1]/",
            "https://[fe80::1]/",
            "https://[fc00::1]/",
            "https://[fd12:3456::1]/",
            "https://[ff02::1]/",
            "https://[2001::1]/",
            "https://[2001:db8::1]/",
            "https://[2002:7f00:1::]/",
            "https://[3fff::1]/",
            "https://localhost/",
            "https://LOCALHOST./",
            "https://a.localhost/",
            "https://printer.local/",
            "https://metadata.google.internal/",
        ] {
            refused(text, Refused::Private);
            assert!(LOOSE.check(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn their_neighbours_are_public() {
        for text in [
            "100.63.255.255",
            "100.128.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "198.17.0.1",
            "198.20.0.0",
            "223.255.255.255",
            "11.0.0.1",
            "9.255.255.255",
        ] {
            assert!(is_public(text.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn other_faults_have_names() {
        refused("shop.example/hooks", Refused::NotUrl);
        refused("", Refused::NotUrl);
        refused("https://", Refused::NotUrl);
        refused("https://shop.example/a b", Refused::NotUrl);
        refused("https://shop.exa\tmple/", Refused::NotUrl);
        refused("http://shop.example/", Refused::Scheme);
        refused("ftp://shop.example/", Refused::Scheme);
        refused("file:///etc/passwd", Refused::Scheme);
        refused("https://user@shop.example/", Refused::Userinfo);
        refused("https://:secret@shop.example/", Refused::Userinfo);
        refused("https://shop.example/#part", Refused::Fragment);
        refused("https://shop.example:22/", Refused::Port);
        refused("https://shop.example:1023/", Refused::Port);
        let longest = format!("https://shop.example/{}", "x".repeat(WEBHOOK_URL_CHARS_MAX - 21));
        assert!(STRICT.check(&longest).is_ok());
        refused(&format!("{longest}x"), Refused::Length);
        assert!(LOOSE.check("http://127.0.0.1:80/").is_ok());
        assert_eq!(LOOSE.check("http://a@127.0.0.1:80/"), Err(Refused::Userinfo));
    }
}
