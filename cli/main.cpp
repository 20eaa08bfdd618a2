// tollgate: what a merchant runs by hand or from cron.

#include "cli/commands.hpp"
#include "core/gateways/registry.hpp"
#include "core/support/log.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <functional>

namespace tollgate {
namespace {

using Command = std::function<int(const ConfigSource&)>;

/// A command that needs a good configuration.
Command configured(std::function<int(const Config&)> command)
{
    return [command = std::move(command)](const ConfigSource& source) {
        const auto config = load_config(source);
        if (!config) return refuse(config.error());
        set_log_level(parse_log_level(config->log_level).value_or(LogLevel::info));
        return command(*config);
    };
}

/// The subcommands, their options, and which of them was chosen.
class Commands {
public:
    explicit Commands(CLI::App& app)
    {
        add(app, "check-config", "report every mistake of the configuration", run_check_config);
        add(app, "migrate", "create or update the tables", run_migrate);
        add_reconcile(app);
        add_attention(app);
        add_purge(app);
        add_gateways(app);
        add_keys(app);
        add_confirm(app);
        add_refund(app);
        add_watch(app);
        add_events(app);
        add_grants(app);
        add_doctor(app);
    }

    int run(const ConfigSource& source) const { return chosen_(source); }

private:
    CLI::App*
    add(CLI::App& app,
        const std::string& name,
        const std::string& purpose,
        std::function<int(const Config&)> command)
    {
        auto* added = app.add_subcommand(name, purpose);
        added->callback([this, command = std::move(command)] { chosen_ = configured(command); });
        return added;
    }

    void add_reconcile(CLI::App& app)
    {
        auto* added =
            add(app, "reconcile", "ask about payments, deliver events that are due", run_reconcile);
        added->add_flag("--once", once_, "once, then end (for cron)")->required();
    }

    void add_attention(CLI::App& app)
    {
        const auto list = [this](const Config& config) {
            return run_attention(config, attention_);
        };
        auto* added = add(app, "attention", "payments that an operator should look at", list);
        auto* json = added->add_flag("--json", attention_.json, "for programs");
        auto* all = added->add_flag("--all", attention_.all, "also what was dealt with");
        auto* limit = added->add_option("--limit", attention_.rows_max, "so many; 100 unless given")
                          ->check(CLI::Range(1, 100'000));
        added->add_option("--done", attention_.done, "the reference of one that is dealt with")
            ->excludes(json)
            ->excludes(all)
            ->excludes(limit);
    }

    void add_purge(CLI::App& app)
    {
        const auto purge = [this](const Config& config) { return run_purge(config, dry_run_); };
        auto* added = add(app, "purge", "remove what is older than [retention] says", purge);
        added->add_flag("--dry-run", dry_run_, "only say what would be removed");
    }

    void add_gateways(CLI::App& app)
    {
        auto* added = app.add_subcommand("gateways", "what the gateways can do");
        added->add_flag("--json", table_.json, "for programs");
        added->add_flag("--all", table_.all, "without looking at any configuration");
        added->callback([this] {
            chosen_ = [this](const ConfigSource& source) { return run_gateways(source, table_); };
        });
    }

    void add_keys(CLI::App& app)
    {
        auto* keys = app.add_subcommand("keys", "Bearer keys of the payments API");
        keys->require_subcommand(1);
        const auto make = [this](const Config& config) { return run_keys_add(config, key_); };
        auto* added = add(*keys, "add", "make a key and print it; it is not shown again", make);
        added->add_option("--name", key_.name, "what the key is for")->required();
        added->add_option("--merchant", key_.merchant, "whose payments it opens and sees");
        added->add_option("--scopes", key_.scopes, "what it may do; all unless given");
        const auto list = [this](const Config& config) { return run_keys_list(config, json_); };
        auto* listed = add(*keys, "list", "names, scopes, last use and states", list);
        listed->add_flag("--json", json_, "for programs");
        const auto change = [this](const Config& config) {
            return run_keys_rotate(config, rotation_);
        };
        auto* rotated = add(*keys, "rotate", "make a key that takes another one's place", change);
        rotated->add_option("name,--name", rotation_.name)->required();
        rotated->add_option("--merchant", rotation_.merchant, "whose, where several have one");
        rotated->add_option(
            "--overlap", rotation_.overlap, "so long the old one works: 24h, 7d, 0"
        );
        const auto end = [this](const Config& config) {
            return run_keys_revoke(config, key_.name);
        };
        auto* revoke = add(*keys, "revoke", "end the keys of a name", end);
        revoke->add_option("name,--name", key_.name)->required();
    }

    static void add_payment(CLI::App& command, PaymentName& payment)
    {
        auto* which = command.add_option_group("which payment");
        which->add_option("payment", payment.name, "its id or its reference");
        auto* order = which->add_option("--order", payment.order, "the newest one of this order");
        which->require_option(1);
        command.add_option("--merchant", payment.merchant, "whose order; main unless given")
            ->needs(order);
    }

    void add_confirm(CLI::App& app)
    {
        const auto confirm = [this](const Config& config) { return run_confirm(config, confirm_); };
        auto* added = add(app, "confirm", "say what became of cash on delivery", confirm);
        add_payment(*added, confirm_.payment);
        auto* outcome = added->add_option_group("what happened");
        auto* paid = outcome->add_flag("--paid", confirm_.paid, "the carrier brought the money");
        outcome->add_flag("--cancelled", confirm_.cancelled, "the customer did not take it");
        outcome->require_option(1);
        added->add_option("--amount", confirm_.amount, "all he brought, when not the price")
            ->needs(paid);
    }

    void add_refund(CLI::App& app)
    {
        const auto refund = [this](const Config& config) { return run_refund(config, refund_); };
        auto* added = add(app, "refund", "give money back", refund);
        add_payment(*added, refund_.payment);
        auto* amount = added->add_option("--amount", refund_.amount, "a part; all unless given");
        added->add_option("--ended", refund_.ended, "how the refund under way ended: done, refused")
            ->check(CLI::IsMember({"done", "refused"}))
            ->excludes(amount);
    }

    void add_watch(CLI::App& app)
    {
        const auto watch = [this](const Config& config) { return run_watch(config, watch_); };
        auto* added = add(app, "watch", "follow a payment until it ends", watch);
        auto* which = added->add_option_group("which payment");
        which->add_option(
            "payment", watch_.payment.name, "its address, its id, its reference or its order"
        );
        which->add_option("--order", watch_.payment.order, "the newest one of this order");
        which->require_option(1);
        added->add_option("--merchant", watch_.payment.merchant, "whose order; main unless given");
        added->add_option("--timeout", watch_.timeout_s, "so many seconds; 300 unless given")
            ->check(CLI::Range(0, 86'400));
        added->add_flag("--json", watch_.json, "for programs");
    }

    void add_events(CLI::App& app)
    {
        auto* events = app.add_subcommand("events", "what the storefront is told");
        events->require_subcommand(1);
        const auto list = [this](const Config& config) { return run_events_list(config, list_); };
        auto* listed = add(*events, "list", "events that are not delivered", list);
        auto* which = listed->add_option_group("which");
        which->add_flag("--parked", list_.parked, "given up until they are replayed");
        which->add_flag("--pending", list_.pending, "still being tried");
        which->add_option("--payment", list_.payment.name, "all of the payment of this id");
        which->require_option(0, 1);
        listed->add_flag("--json", list_.json, "for programs");

        const auto replay = [this](const Config& config) {
            return run_events_replay(config, replay_);
        };
        auto* replayed = add(*events, "replay", "send again", replay);
        auto* what = replayed->add_option_group("what");
        what->add_option("event", replay_.event, "the event of this id");
        what->add_flag("--parked", replay_.parked, "all that were given up");
        what->add_option("--payment", replay_.payment.name, "all of the payment of this id");
        what->add_option("--since", replay_.since, "all since 2026-03-04T05:06:07Z");
        what->require_option(1);
    }

    CLI::App* add_grants_command(
        CLI::App& grants,
        const std::string& name,
        const std::string& purpose,
        int (*command)(const Config&, const GrantsWish&)
    )
    {
        const auto change = [this, command](const Config& config) {
            return command(config, grants_);
        };
        auto* added = add(grants, name, purpose, change);
        add_payment(*added, grants_.payment);
        added->add_flag("--json", grants_.json, "for programs");
        return added;
    }

    void add_grants(CLI::App& app)
    {
        auto* grants = app.add_subcommand("grants", "what customers may download");
        grants->require_subcommand(1);
        const auto add_file = [this](CLI::App* command) {
            command->add_option("--file", grants_.file, "this one only; all unless given");
        };
        add_grants_command(*grants, "list", "files, uses and links", run_grants_list);
        const auto reissue = "new links; the old ones are dead";
        add_file(add_grants_command(*grants, "reissue", reissue, run_grants_reissue));
        auto* extend =
            add_grants_command(*grants, "extend", "more uses or time", run_grants_extend);
        add_file(extend);
        auto* more = extend->add_option_group("what more");
        more->add_option("--uses", grants_.uses, "so many are left from now on")
            ->check(CLI::Range(1, 1000));
        more->add_option("--expires", grants_.expires, "until 2026-03-04T05:06:07Z");
        more->require_option(1, 2);
        add_file(add_grants_command(*grants, "revoke", "end the links", run_grants_revoke));
    }

    void add_doctor(CLI::App& app)
    {
        const auto look = [this](const Config& config) { return run_doctor(config, json_); };
        auto* added = add(app, "doctor", "look for what is wrong, from outside too", look);
        added->add_flag("--json", json_, "for programs");
    }

    Command chosen_;
    KeyOptions key_;
    KeyRotation rotation_;
    bool json_ = false;
    AttentionOptions attention_;
    GatewayTable table_;
    ConfirmOptions confirm_;
    RefundOptions refund_;
    WatchOptions watch_;
    EventList list_;
    EventReplay replay_;
    GrantsWish grants_;
    bool once_ = false;
    bool dry_run_ = false;
};

int parse_and_run(int argc, char** argv)
{
    CLI::App app{"Tollgate: payment edge of a web shop"};
    std::string config;
    app.set_version_flag("--version", TOLLGATE_VERSION);
    app.add_option("--config", config, "configuration file; default: see the documentation");
    app.require_subcommand(1);
    app.fallthrough();
    const Commands commands{app};
    CLI11_PARSE(app, argc, argv);
    const auto environment = process_environment();
    return commands.run({config_path(config, environment), environment, gateway_specs()});
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
