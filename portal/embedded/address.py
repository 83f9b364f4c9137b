"""Where the portal is reached: the socket that is held from the first moment, and the names it answers to."""

import ipaddress
import socket

from portal.embedded.faults import CannotStart


def open_port(host: str, port: str) -> socket.socket:
    """Listen at once, so that nobody takes the port while the portal starts; early visitors wait their turn."""
    try:
        family, kind, protocol, _, where = socket.getaddrinfo(
            host, int(port), type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (OSError, ValueError, OverflowError):
        raise CannotStart(
            f"HOST {host!r} and PORT {port!r} are not an address of this machine.",
            f"HOST {host!r} 与 PORT {port!r} 不是本机的有效地址。",
        ) from None
    listener = socket.socket(family, kind, protocol)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(where)
        listener.listen(2048)
    except OSError as fault:
        listener.close()
        raise CannotStart(
            f"Port {port} on {host} cannot be used ({fault.strerror}). Choose another: PORT=8001 ./run",
            f"端口 {host}:{port} 无法使用（{fault.strerror}）。请换一个端口：PORT=8001 ./run",
        ) from fault
    return listener


def is_loopback(listener: socket.socket) -> bool:
    return ipaddress.ip_address(listener.getsockname()[0].partition("%")[0]).is_loopback


def near_end(listener: socket.socket) -> tuple[str, int]:
    """Where the launcher itself reaches the portal."""
    address, port = listener.getsockname()[:2]
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(address, address), port


def url(listener: socket.socket, host: str) -> str:
    """What people type: the host as it was given, or this machine's own address for “all addresses”."""
    address, port = listener.getsockname()[:2]
    shown = own_address() if ipaddress.ip_address(address.partition("%")[0]).is_unspecified else host
    return f"http://[{shown}]:{port}/" if ":" in shown else f"http://{shown}:{port}/"


def own_names(listener: socket.socket, host: str) -> list[str]:
    """The names under which this machine is asked for; a proxy's or a public name is added by ALLOWED_HOSTS."""
    names = ["127.0.0.1", "localhost", "[::1]"]
    if ipaddress.ip_address(listener.getsockname()[0].partition("%")[0]).is_unspecified:
        return [*names, own_address(), socket.gethostname(), socket.getfqdn()]
    return [*names, f"[{host}]" if ":" in host else host]


def own_address() -> str:
    """The address from which this machine would speak to others; nothing is sent to find out."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
            return probe.getsockname()[0]
        except OSError:
            return "127.0.0.1"
