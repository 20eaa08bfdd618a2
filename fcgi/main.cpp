// tollgate.fcgi: the daemon behind the web server.

#include "core/config/config.hpp"
#include "core/gateways/registry.hpp"
#include "core/support/fail_point.hpp"
#include "core/support/log.hpp"
#include "fcgi/app.hpp"
#include "fcgi/fcgi_loop.hpp"
#include "fcgi/process.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <malloc.h>

#include <cstdio>

namespace tollgate {
namespace {

/// Of the allocator: by default each thread has an arena of its own, which keeps what it once had.
constexpr int arenas_max = 1;

struct Options {
    std::string config;
    std::string listen;
    int threads = 0;
    bool lists_fail_points = false;
};

void list_fail_points()
{
    for (const auto& [name, database] : fail_points)
        fmt::print("{}{}\n", name, database ? " database" : "");
}

int refuse(const std::vector<ConfigMistake>& mistakes)
{
    for (const auto& [where, what] : mistakes)
        std::fprintf(stderr, "%s: %s\n", where.c_str(), what.c_str());
    return exit_code_config;
}

int run(const Options& options)
{
    const auto environment = process_environment();
    arm_fail_point(environment("TOLLGATE_FAIL_POINT").value_or(""));
    auto config =
        load_config({config_path(options.config, environment), environment, gateway_specs()});
    if (!config) return refuse(config.error());
    set_log_level(parse_log_level(config->log_level).value_or(LogLevel::info));
    if (!options.listen.empty()) config->server.listen = options.listen;
    if (options.threads > 0) config->server.threads = options.threads;

    const auto theme = load_theme(config->pages);
    if (!theme) return refuse(theme.error());

    const StopSignals stop_signals;
    const Listener listener{config->server.listen};
    App app{*config, *theme};
    log_info(
        "started",
        {{"version", TOLLGATE_VERSION},
         {"environment", config->server.sandbox ? "sandbox" : "production"},
         {"listen", config->server.listen.empty() ? "fd 0" : config->server.listen},
         {"threads", config->server.threads}}
    );
    // A process that the web server starts and ends as it likes does not spend the time again.
    if (!config->server.listen.empty()) app.check_profile();
    serve(
        listener,
        {.listen = config->server.listen,
         .threads = config->server.threads,
         .stopping = [&app] { app.stop_waiting(); }},
        stop_signals.fd(),
        [&app](const Request& request) { return app(request); }
    );
    log_info("stopping", {});
    return 0;
}

} // namespace
} // namespace tollgate

int main(int argc, char** argv)
{
    CLI::App app{"Tollgate: payment edge behind a web server (FastCGI)"};
    tollgate::Options options;
    app.set_version_flag("--version", TOLLGATE_VERSION);
    app.add_option(
        "--config", options.config, "configuration file; default: see the documentation"
    );
    app.add_option("--listen", options.listen, "unix socket path or address:port");
    app.add_flag(
        "--fail-points",
        options.lists_fail_points,
        "print what TOLLGATE_FAIL_POINT may name, and end"
    );
    app.add_option("--threads", options.threads, "request threads")->check(CLI::Range(1, 512));
    CLI11_PARSE(app, argc, argv);
    if (options.lists_fail_points) {
        tollgate::list_fail_points();
        return 0;
    }
    ::mallopt(M_ARENA_MAX, tollgate::arenas_max);
    try {
        return tollgate::run(options);
    } catch (const std::exception& error) {
        tollgate::log_error("start.failed", {{"what", error.what()}});
        return 1;
    }
}
