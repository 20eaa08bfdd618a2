// tollgate: what a merchant runs by hand or from cron.

#include "cli/commands.hpp"
#include "core/gateways/registry.hpp"
#include "core/support/log.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <functional>

namespace tollgate {
namespace {

using Command = std::function<int(const Config&)>;

int run(const std::string& config_option, const Command& command)
{
    const auto environment = process_environment();
    const auto config =
        load_config({config_path(config_option, environment), environment, gateway_specs()});
    if (!config) {
        for (const auto& [where, what] : config.error()) {
            std::fprintf(stderr, "%s: %s\n", where.c_str(), what.c_str());
        }
        return exit_code_config;
    }
    set_log_level(parse_log_level(config->log_level).value_or(LogLevel::info));
    return command(*config);
}

int check_config(const Config&)
{
    std::puts("the configuration is good");
    return 0;
}

int parse_and_run(int argc, char** argv)
{
    CLI::App app{"Tollgate: payment edge of a web shop"};
    std::string config;
    KeyOptions key;
    bool once = false;
    Command command;
    app.set_version_flag("--version", TOLLGATE_VERSION);
    app.add_option("--config", config, "configuration file; default: see the documentation");
    app.require_subcommand(1);
    app.fallthrough();

    app.add_subcommand("check-config", "report every mistake of the configuration")->callback([&] {
        command = check_config;
    });
    app.add_subcommand("migrate", "create or update the tables")->callback([&] {
        command = run_migrate;
    });
    auto* reconcile = app.add_subcommand("reconcile", "ask about every payment that is due");
    reconcile->add_flag("--once", once, "once, then end (for cron)")->required();
    reconcile->callback([&] { command = run_reconcile; });

    auto* keys = app.add_subcommand("keys", "Bearer keys of the payments API");
    keys->require_subcommand(1);
    auto* add = keys->add_subcommand("add", "make a key and print it; it is not shown again");
    add->add_option("--name", key.name, "what the key is for")->required();
    add->add_option("--merchant", key.merchant, "whose payments it opens and sees");
    add->callback([&] {
        command = [&key](const Config& loaded) { return run_keys_add(loaded, key); };
    });
    keys->add_subcommand("list", "names, merchants and states")->callback([&] {
        command = run_keys_list;
    });
    auto* revoke = keys->add_subcommand("revoke", "end the keys of a name");
    revoke->add_option("--name", key.name)->required();
    revoke->callback([&] {
        command = [&key](const Config& loaded) { return run_keys_revoke(loaded, key); };
    });

    CLI11_PARSE(app, argc, argv);
    return run(config, command);
}

} // namespace
} // namespace tollgate

int main(int argc, char** argv)
{
    try {
        return tollgate::parse_and_run(argc, argv);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "tollgate: %s\n", error.what());
        return 1;
    }
}
