// tollgate-twins: imitations of the payment gateways, as one FastCGI program behind a web server.
#include "core/config/config.hpp"
#include "fcgi/fcgi_loop.hpp"
#include "sandbox/twins/twins.hpp"

#include <CLI/CLI.hpp>
#include <sys/signalfd.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace tollgate::twins {
namespace {

// A request that is held takes a thread until it is let go, and there must be some left to do that.
constexpr int threads_usual = 256;

struct Options {
    LoopOptions loop{.listen = {}, .threads = threads_usual};
    std::string public_url;
    std::string notify_base;
    std::vector<std::string> settings;
    bool describe = false;
};

/// Readable from the first SIGTERM or SIGINT on. To be made before any thread: they inherit it.
class StopSignal {
public:
    StopSignal()
    {
        sigset_t signals;
        sigemptyset(&signals);
        sigaddset(&signals, SIGTERM);
        sigaddset(&signals, SIGINT);
        pthread_sigmask(SIG_BLOCK, &signals, nullptr);
        fd_ = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
        if (fd_ < 0) throw std::runtime_error{"signalfd"};
    }
    ~StopSignal() { close(fd_); }
    StopSignal(const StopSignal&) = delete;
    StopSignal& operator=(const StopSignal&) = delete;

    int fd() const { return fd_; }

private:
    int fd_ = -1;
};

void describe_twins(const Options& options)
{
    Hold hold{-1};
    Notifier notifier;
    TwinSettings settings{options.settings};
    TwinServices services{
        notifier, hold, settings, system_clock(), options.public_url, options.notify_base};
    std::puts(to_text(Twins{services}.description()).c_str());
}

void serve_twins(const Options& options)
{
    const StopSignal stop;
    std::signal(SIGPIPE, SIG_IGN);
    const Listener listener{options.loop.listen};
    Hold hold{stop.fd()};
    Notifier notifier;
    TwinSettings settings{options.settings};
    TwinServices services{
        notifier, hold, settings, system_clock(), options.public_url, options.notify_base};
    const Twins twins{services};
    // Declared last, joined first: its callbacks write into the twins.
    const std::jthread sender{[&notifier](const std::stop_token& token) { notifier.run(token); }};
    serve(listener, options.loop, stop.fd(), [&twins](const Request& request) {
        return twins.handle(request);
    });
}

int run(int argc, char** argv)
{
    Options options;
    CLI::App app{
        "Imitations of the payment gateways, for the demo and the tests", "tollgate-twins"};
    app.add_option("--listen", options.loop.listen, "unix socket or address:port");
    app.add_option("--threads", options.loop.threads, "requests at once")
        ->check(CLI::Range(1, 1024));
    app.add_option("--public-url", options.public_url, "where a browser finds the twins")
        ->required();
    app.add_option(
        "--notify-base", options.notify_base, "what precedes /<gateway> in merchants' notify URLs"
    );
    app.add_flag(
        "--describe",
        options.describe,
        "print, as JSON, the settings of a Tollgate for each twin and an order it takes, and end"
    );
    app.add_option("--set", options.settings, "a twin's setting: cinetpay.secret=...");
    CLI11_PARSE(app, argc, argv);
    while (options.public_url.ends_with('/')) {
        options.public_url.pop_back();
    }
    if (options.describe) {
        describe_twins(options);
    } else if (options.loop.listen.empty()) {
        throw std::invalid_argument{"--listen is required"};
    } else {
        serve_twins(options);
    }
    return 0;
}

} // namespace
} // namespace tollgate::twins

int main(int argc, char** argv)
{
    try {
        return tollgate::twins::run(argc, argv);
    } catch (const std::invalid_argument& error) {
        std::fprintf(stderr, "tollgate-twins: %s\n", error.what());
        return tollgate::exit_code_config;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "tollgate-twins: %s\n", error.what());
        return 1;
    }
}
