#include "fcgi/app.hpp"

#include "core/outbox/sender.hpp"
#include "core/settle/reconciler.hpp"
#include "core/support/log.hpp"
#include "core/support/text.hpp"
#include "fcgi/act_handler.hpp"
#include "fcgi/api_handler.hpp"
#include "fcgi/download_handler.hpp"
#include "fcgi/health_handler.hpp"
#include "fcgi/metrics_handler.hpp"
#include "fcgi/notify_handler.hpp"
#include "fcgi/return_handler.hpp"
#include "sql/connection.hpp"
#include "sql/mysql_store.hpp"
#include "sql/outbox.hpp"

#include <array>

namespace tollgate {
namespace {

constexpr std::chrono::seconds stop_wait{5};

struct Alias {
    std::string_view path;
    std::string_view gateway;
};

constexpr std::array notify_aliases{
    Alias{"/payment/callback/", "cinetpay"},
    Alias{"/api/v1/callback/", "clickpesa"},
    Alias{"/webhook/ipay", "clictopay"},
    Alias{"/wc-api/novabankaipg", "novabanka"},
    Alias{"/payments/webhooks/mtn-momo/", "mtn_momo"},
    Alias{"/payments/webhooks/airtel-money/", "airtel_money"},
    Alias{"/payments/webhooks/flutterwave/", "flutterwave"},
};
constexpr std::array return_aliases{
    Alias{"/payment/return/", "cinetpay"},
    Alias{"/wc-api/novabankaipg_success", "novabanka"},
    Alias{"/wc-api/novabankaipg_failure", "novabanka"},
    Alias{"/payments/callback/", "flutterwave"},
};

std::string_view notify_methods(const Capabilities& can)
{
    return can.notifies_by_put ? "GET POST PUT" : "GET POST";
}

/// A customer sees a page, not a bare error, when the house is broken; the operator sees why.
RouteHandler customer_page(const Pages& pages, RouteHandler handler)
{
    return
        [&pages, handler = std::move(handler)](const Request& request, std::string_view matched) {
            try {
                return handler(request, matched);
            } catch (const std::exception& error) {
                log_error("request.failed", {{"request", request.id}, {"what", error.what()}});
                auto response = pages.render(
                    request,
                    {.status = 503,
                     .kind = "trouble",
                     .title = "trouble_title",
                     .text = "trouble_text",
                     .refresh_s = 10}
                );
                response.headers.emplace_back("Retry-After", "10");
                return response;
            }
        };
}

std::unique_ptr<EventThread>
start_events(const EventsConfig& config, Outbox& outbox, const Clock& clock)
{
    if (config.url.empty()) return nullptr;
    return std::make_unique<EventThread>(SenderServices{config, outbox, clock});
}

} // namespace

struct App::Parts {
    explicit Parts(const Config& config)
        : gateways{config}, pages{config},
          grants{
              config.server.key.clone(),
              {config.downloads.uses_max, config.downloads.expires_after},
              config.server.previous_key.clone()},
          profile{Profile::load(config.shop.profile)}, pool{config.database}, outbox{pool},
          events{start_events(config.events, outbox, clock)},
          store{
              {pool,
               profile,
               {grants, config.check.expires_after},
               events != nullptr,
               [this] {
                   if (events) events->wake();
               }}},
          intake{store}, courier{std::make_unique<Courier>(config.check)},
          checker{{store, gateways, *courier, clock}, check_limits(config.check)},
          opener{{store, gateways, *courier, clock, config.server.key.expose()}},
          refunder{store, *courier, clock}, confirmer{store, clock},
          reconciler{std::make_unique<Reconciler>(ReconcileServices{
              store, checker, clock, ReconcileLimits{config.check}})},
          services{
              config,
              gateways,
              grants,
              pages,
              clock,
              store,
              intake,
              checker,
              opener,
              refunder,
              confirmer}
    {
    }

    // The order matters: nobody hands in work any more, what is under way is settled, and only then
    // do the threads end that carry it and what follows from it.
    ~Parts()
    {
        reconciler.reset();
        checker.stop(stop_wait);
        courier.reset();
        events.reset();
    }

    Parts(const Parts&) = delete;
    Parts& operator=(const Parts&) = delete;

    const Clock& clock = system_clock();
    Gateways gateways;
    Pages pages;
    GrantMaker grants;
    Profile profile;
    Pool pool;
    MysqlOutbox outbox;
    std::unique_ptr<EventThread> events; ///< nothing when the storefront is not told
    MysqlStore store;
    Intake intake;
    std::unique_ptr<Courier> courier;
    Checker checker;
    Opener opener;
    Refunder refunder;
    Confirmer confirmer;
    std::unique_ptr<Reconciler> reconciler;
    Services services;
};

App::App(const Config& config) : parts_{std::make_unique<Parts>(config)}
{
    const auto& services = parts_->services;
    const auto page = [&](RouteHandler handler) {
        return customer_page(services.pages, std::move(handler));
    };
    const auto notify = [&services](const Request& request, std::string_view gateway) {
        return handle_notify(services, request, gateway);
    };
    const auto back = page([&services](const Request& request, std::string_view gateway) {
        return handle_return(services, request, gateway);
    });

    router_.add("POST", "/api/v1/payments/", [&services](const Request& request, auto) {
        return handle_open(services, request);
    });
    router_.add("GET", "/api/v1/payments/*/", [&services](const Request& request, auto id) {
        return handle_get(services, request, id);
    });
    router_.add("GET", "/api/v1/payments/*/status/", [&services](const Request& request, auto id) {
        return handle_status(services, request, id);
    });
    router_.add("POST", "/api/v1/payments/*/refund/", [&services](const Request& request, auto id) {
        return handle_refund(services, request, id);
    });
    router_
        .add("POST", "/api/v1/payments/*/confirm/", [&services](const Request& request, auto id) {
            return handle_confirm(services, request, id);
        });
    for (const auto& name : services.gateways.names()) {
        const auto& can = services.gateways.find(name)->capabilities();
        if (can.notifies) {
            router_.add(notify_methods(can), "/notify/" + name, [=](const Request& request, auto) {
                return notify(request, name);
            });
        }
    }
    router_.add("GET POST", "/return/*", back);
    router_.add("POST", "/pay/retry", page([&services](const Request& request, auto) {
                    return handle_retry(services, request);
                }));
    router_.add("GET", "/download/*", page([&services](const Request& request, auto token) {
                    return handle_download(services, request, token);
                }));
    router_.add("GET", "/healthz", [](const Request&, auto) { return handle_health(); });
    router_.add("GET", "/readyz", [&services](const Request&, auto) {
        return handle_ready(services.store);
    });
    router_.add("GET", "/metrics", [parts = parts_.get()](const Request&, auto) {
        return handle_metrics(parts->pool, parts->checker, parts->clock);
    });

    // Addresses that a shop already gave to its gateway.
    // WooCommerce's other form of /wc-api/….
    router_.add("GET POST", "/", [notify, back](const Request& request, auto) {
        const auto query = parse_form(request.query).value_or(Fields{});
        const auto name = field(query, "wc-api");
        if (name == "novabankaipg") return notify(request, "novabanka");
        if (is_one_of(name, {"novabankaipg_success", "novabankaipg_failure"})) {
            return back(request, "novabanka");
        }
        return Response{.status = 404, .body = "not found\n", .headers = {}, .file = {}};
    });
    for (const auto& [path, name] : notify_aliases) {
        const auto* gateway = services.gateways.find(name);
        if (gateway == nullptr) continue;
        const auto methods = notify_methods(gateway->capabilities());
        router_.add(methods, path, [notify, name = name](const Request& request, auto) {
            return notify(request, name);
        });
    }
    for (const auto& [path, gateway] : return_aliases) {
        router_.add("GET POST", path, [back, name = gateway](const Request& request, auto) {
            return back(request, name);
        });
    }
}

App::~App() = default;

Response App::operator()(const Request& request) const
{
    return router_(request);
}

} // namespace tollgate
