// A web server's half of FastCGI, byte by byte, for tests that must misbehave.
//
// Errors   std::runtime_error when the answer does not come within client_timeout or is cut short
// Source   FastCGI Specification 1.0, https://fastcgi-archives.github.io/FastCGI_Specification.html
#pragma once

#include "core/net/http.hpp"
#include "core/support/text.hpp"
#include "core/support/url.hpp"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>

namespace tollgate {

inline constexpr int client_timeout_s = 20;

class FastcgiClient {
public:
    enum class Record : unsigned char { begin = 1, end = 3, parameters = 4, input = 5, output = 6 };

    explicit FastcgiClient(const std::string& path) : fd_{::socket(AF_UNIX, SOCK_STREAM, 0)}
    {
        const timeval timeout{.tv_sec = client_timeout_s, .tv_usec = 0};
        ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path, path.data(), path.size());
        const auto* const generic = reinterpret_cast<const sockaddr*>(&address);
        if (::connect(fd_, generic, sizeof address) != 0) throw std::runtime_error{"no connection"};
    }
    ~FastcgiClient() { ::close(fd_); }
    FastcgiClient(const FastcgiClient&) = delete;
    FastcgiClient& operator=(const FastcgiClient&) = delete;

    void send_bytes(std::string_view bytes)
    {
        while (!bytes.empty()) {
            const auto count = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (count <= 0) throw std::runtime_error{"the server does not read"};
            bytes.remove_prefix(static_cast<std::size_t>(count));
        }
    }

    void send(Record type, std::string_view content) { send_bytes(record(type, content)); }

    /// An empty one ends the stream.
    void send_input(std::string_view content) { send(Record::input, content); }

    void send_head(const Fields& parameters, bool keep, char role = 1)
    {
        const char begin[] = {0, role, static_cast<char>(keep ? 1 : 0), 0, 0, 0, 0, 0};
        std::string bytes = record(Record::begin, {begin, sizeof begin});
        std::string content;
        for (const auto& [name, value] : parameters)
            content.append(pair(name, value));
        constexpr std::size_t content_bytes_max = 60'000;
        for (std::string_view rest = content; !rest.empty();) {
            const auto piece = rest.substr(0, content_bytes_max);
            bytes.append(record(Record::parameters, piece));
            rest.remove_prefix(piece.size());
        }
        send_bytes(bytes.append(record(Record::parameters, {})));
    }

    /// Reads up to the end of the request. Header names come in lower case.
    HttpReply read_answer()
    {
        std::string text;
        for (;;) {
            const std::string head = read_bytes(8);
            const auto type = static_cast<Record>(head[1]);
            const auto size = std::size_t{byte(head, 4)} * 256 + byte(head, 5);
            const std::string content = read_bytes(size + byte(head, 6));
            if (type == Record::end) return reply(text);
            if (type == Record::output) text.append(content, 0, size);
        }
    }

    HttpReply ask(const Fields& parameters, std::string_view body = {}, bool keep = true)
    {
        send_head(parameters, keep);
        if (!body.empty()) send_input(body);
        send_input({});
        return read_answer();
    }

    /// Waits for the server to close the connection; false when it says something instead.
    bool is_closed()
    {
        char c = 0;
        const auto count = ::recv(fd_, &c, 1, 0);
        if (count < 0 && errno != ECONNRESET) throw std::runtime_error{"the server keeps it open"};
        return count <= 0;
    }

private:
    static unsigned byte(const std::string& text, std::size_t at)
    {
        return static_cast<unsigned char>(text[at]);
    }

    static std::string record(Record type, std::string_view content)
    {
        const char head[] = {
            1,
            static_cast<char>(type),
            0,
            1,
            static_cast<char>(content.size() / 256),
            static_cast<char>(content.size() % 256),
            0,
            0,
        };
        return std::string{head, sizeof head}.append(content);
    }

    static std::string pair(const std::string& name, const std::string& value)
    {
        std::string text;
        for (const auto size : {name.size(), value.size()}) {
            const auto high = static_cast<std::uint32_t>(size) | 0x80000000U;
            for (const int shift : {24, 16, 8, 0})
                text.push_back(static_cast<char>(high >> shift));
        }
        return text.append(name).append(value);
    }

    std::string read_bytes(std::size_t count)
    {
        std::string bytes(count, '\0');
        std::size_t have = 0;
        while (have < count) {
            const auto got = ::recv(fd_, bytes.data() + have, count - have, 0);
            if (got <= 0) throw std::runtime_error{"the answer is cut short"};
            have += static_cast<std::size_t>(got);
        }
        return bytes;
    }

    static HttpReply reply(std::string_view text)
    {
        HttpReply reply;
        for (;;) {
            const auto end = text.find("\r\n");
            if (end == std::string_view::npos) throw std::runtime_error{"the headers do not end"};
            const auto line = text.substr(0, end);
            text.remove_prefix(end + 2);
            if (line.empty()) break;
            const auto colon = line.find(": ");
            reply.headers.emplace_back(lower(line.substr(0, colon)), line.substr(colon + 2));
        }
        reply.status = std::stoi(std::string{header(reply.headers, "status")});
        reply.body = text;
        return reply;
    }

    int fd_;
};

} // namespace tollgate
