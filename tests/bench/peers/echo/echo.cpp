// tollgate-bench-echo: answers every request with its own body, over libfcgi alone. What it reaches
// is the ceiling of nginx, libfcgi and the load generator on a machine.
//
//   tollgate-bench-echo /path/of.sock 128
#include <fcgiapp.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

namespace {

constexpr int backlog = 1024;

void answer(FCGX_Request& request)
{
    std::string body;
    std::array<char, 4096> piece;
    for (int count = 0; (count = FCGX_GetStr(piece.data(), piece.size(), request.in)) > 0;) {
        body.append(piece.data(), static_cast<std::size_t>(count));
    }
    const auto length = std::to_string(body.size());
    const auto text = "Content-Type: text/plain\r\nContent-Length: " + length + "\r\n\r\n" + body;
    FCGX_PutStr(text.data(), static_cast<int>(text.size()), request.out);
    FCGX_Finish_r(&request);
}

void serve(int socket)
{
    FCGX_Request request;
    FCGX_InitRequest(&request, socket, 0);
    while (FCGX_Accept_r(&request) == 0) {
        answer(request);
    }
}

} // namespace

int main(int argc, char** argv)
{
    if (argc != 3 || FCGX_Init() != 0) return 2;
    // libfcgi catches SIGTERM and then waits for one more connection.
    std::signal(SIGTERM, [](int) { std::_Exit(0); });
    const int socket = FCGX_OpenSocket(argv[1], backlog);
    if (socket < 0) {
        std::perror(argv[1]);
        return 1;
    }
    std::vector<std::jthread> threads;
    for (int left = std::atoi(argv[2]); left > 0; --left) {
        threads.emplace_back(serve, socket);
    }
}
