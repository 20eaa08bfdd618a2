#include "core/support/file_descriptor.hpp"
#include "core/support/text.hpp"
#include "fcgi/fcgi_loop.hpp"

#include <fcntl.h>
#include <netdb.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <system_error>

namespace tollgate {
namespace {

constexpr int backlog = 1024;

// Who may connect is decided by the directory around it, which only the web server should be able
// to enter: libfcgi 2.4.2 trusts its peer, and one malformed management record overruns its stack.
constexpr mode_t socket_mode = 0666;

[[noreturn]] void fail(const std::string& listen, const std::string& reason)
{
    throw std::runtime_error{"cannot listen on " + listen + ": " + reason};
}

[[noreturn]] void fail_with_errno(const std::string& listen)
{
    fail(listen, std::generic_category().message(errno));
}

// Threads poll before they accept; a connection that a sibling process took first must not block.
void make_non_blocking(int fd, const std::string& listen)
{
    const int flags = ::fcntl(fd, F_GETFL);
    if (flags < 0 || ::fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0) fail_with_errno(listen);
}

void require_listening(int fd)
{
    int listening = 0;
    socklen_t size = sizeof listening;
    if (::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) != 0) {
        fail_with_errno("fd 0");
    }
    if (listening == 0) fail("fd 0", "not a listening socket");
}

sockaddr_un unix_address(const std::string& path)
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) fail(path, "the path is too long");
    std::memcpy(address.sun_path, path.data(), path.size());
    return address;
}

FileDescriptor stream_socket(int family, const std::string& listen)
{
    FileDescriptor fd{::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    if (!fd) fail_with_errno(listen);
    return fd;
}

// A process that was killed leaves its socket behind; nobody answers there any more.
void remove_stale_socket(const sockaddr_un& address, const std::string& path)
{
    struct stat found {};
    if (::lstat(path.c_str(), &found) != 0 || !S_ISSOCK(found.st_mode)) return;
    const auto probe = stream_socket(AF_UNIX, path);
    const auto* const generic = reinterpret_cast<const sockaddr*>(&address);
    if (::connect(probe.get(), generic, sizeof address) == 0)
        fail(path, "another process is there");
    if (errno == ECONNREFUSED) ::unlink(path.c_str());
}

int listen_on_path(const std::string& path)
{
    const auto address = unix_address(path);
    remove_stale_socket(address, path);
    auto fd = stream_socket(AF_UNIX, path);
    const auto* const generic = reinterpret_cast<const sockaddr*>(&address);
    if (::bind(fd.get(), generic, sizeof address) != 0) fail_with_errno(path);
    const bool ready = ::chmod(path.c_str(), socket_mode) == 0 && ::listen(fd.get(), backlog) == 0;
    if (!ready) {
        const int reason = errno;
        ::unlink(path.c_str());
        errno = reason;
        fail_with_errno(path);
    }
    make_non_blocking(fd.get(), path);
    return fd.release();
}

struct AddressList {
    ~AddressList()
    {
        if (first != nullptr) ::freeaddrinfo(first);
    }
    addrinfo* first = nullptr;
};

int listen_on_address(const std::string& listen)
{
    const auto colon = listen.rfind(':');
    std::string host = listen.substr(0, colon);
    const std::string port = listen.substr(colon + 1);
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    // An empty address would mean every interface: to be asked for in so many words.
    if (host.empty() || !all_digits(port)) fail(listen, "not address:port");

    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
    AddressList addresses;
    const int error = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &addresses.first);
    if (error != 0) fail(listen, ::gai_strerror(error));

    const addrinfo& address = *addresses.first;
    auto fd = stream_socket(address.ai_family, listen);
    const int on = 1;
    const bool ready = ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
                       ::bind(fd.get(), address.ai_addr, address.ai_addrlen) == 0 &&
                       ::listen(fd.get(), backlog) == 0;
    if (!ready) fail_with_errno(listen);
    make_non_blocking(fd.get(), listen);
    return fd.release();
}

bool is_path(const std::string& listen)
{
    return listen.find('/') != std::string::npos || listen.find(':') == std::string::npos;
}

} // namespace

Listener::Listener(const std::string& listen)
{
    if (listen.empty()) {
        require_listening(STDIN_FILENO);
        make_non_blocking(STDIN_FILENO, "fd 0");
        fd_ = STDIN_FILENO;
    } else if (is_path(listen)) {
        fd_ = listen_on_path(listen);
        path_ = listen;
    } else {
        fd_ = listen_on_address(listen);
    }
}

Listener::~Listener()
{
    // The name goes first: a successor that finds it could still connect and believe it taken.
    if (!path_.empty()) ::unlink(path_.c_str());
    if (fd_ != STDIN_FILENO) ::close(fd_);
}

} // namespace tollgate
