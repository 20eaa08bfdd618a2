// Which addresses are the public Internet's, so that a name that a stranger gave us cannot lead us
// to a neighbour: the machine itself, its network, a cloud's metadata service.
//
// Source   IANA IPv4 and IPv6 Special-Purpose Address Registries, read 2026-11-21
#pragma once

struct sockaddr;

namespace tollgate {

/// Globally reachable IPv4, or global unicast IPv6 that does not carry an IPv4 address inside.
bool is_public_address(const sockaddr& address);

} // namespace tollgate
