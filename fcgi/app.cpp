#include "fcgi/app.hpp"

#include "core/outbox/sender.hpp"
#include "core/settle/reconciler.hpp"
#include "core/support/log.hpp"
#include "core/support/text.hpp"
#include "fcgi/api_routes.hpp"
#include "fcgi/checkout_handler.hpp"
#include "fcgi/download_handler.hpp"
#include "fcgi/health_handler.hpp"
#include "fcgi/metrics_handler.hpp"
#include "fcgi/news_handler.hpp"
#include "fcgi/notify_handler.hpp"
#include "fcgi/rate_limit.hpp"
#include "fcgi/return_handler.hpp"
#include "sql/connection.hpp"
#include "sql/idempotency.hpp"
#include "sql/mysql_store.hpp"
#include "sql/outbox.hpp"
#include "sql/profile_check.hpp"
#include "sql/shop_orders.hpp"

#include <array>

namespace tollgate {
namespace {

constexpr std::chrono::seconds stop_wait{5};

constexpr int trouble_refresh_s = 10;

/// One thread in so many may wait with a customer; where there are fewer, none does.
constexpr int threads_per_waiting_customer = 4;

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

/// Looks again by itself. A form that was sent is sent again by its customer, with a button.
Page trouble_page(const Request& request)
{
    Page page{.status = 503, .kind = "trouble", .title = "trouble_title", .text = "trouble_text"};
    if (request.method == "POST") {
        page.retry_token = field(parse_form(request.body).value_or(Fields{}), "t");
    } else {
        page.refresh_s = trouble_refresh_s;
    }
    return page;
}

/// A customer sees a page, not a bare error, when the house is broken; the operator sees why.
RouteHandler customer_page(const Pages& pages, RouteHandler handler)
{
    return [&pages, handler = std::move(handler)](const Request& request, auto matched) -> Handled {
        try {
            return handler(request, matched);
        } catch (const std::exception& error) {
            log_error("request.failed", {{"request", request.id}, {"what", error.what()}});
            auto response = pages.render(request, trouble_page(request));
            response.headers.emplace_back("Retry-After", std::to_string(trouble_refresh_s));
            return response;
        }
    };
}

std::unique_ptr<EventThread>
start_events(const EventsConfig& config, Outbox& outbox, const Clock& clock)
{
    if (event_scope(config) == EventScope::none) return nullptr;
    return std::make_unique<EventThread>(SenderServices{config, outbox, clock});
}

} // namespace

struct App::Parts {
    Parts(const Config& config, const Theme& theme)
        : gateways{config}, pages{config, theme},
          grants{
              config.server.key.clone(),
              {config.downloads.uses_max, config.downloads.expires_after},
              config.server.previous_key.clone()},
          profile{Profile::load(config.shop.profile, config.shop.table_prefix)},
          pool{config.database}, outbox{pool}, events{start_events(config.events, outbox, clock)},
          waiting_room{
              static_cast<std::size_t>(config.server.threads / threads_per_waiting_customer)},
          store{
              {pool,
               profile,
               {grants, config.check.expires_after},
               event_scope(config.events),
               [this](std::span<const Settled> settled) {
                   waiting_room.announce(settled);
                   if (events) events->wake();
               }}},
          intake{store}, courier{std::make_unique<Courier>(config.check)},
          checker{
              {store, gateways, *courier, clock, [this] { return intake.is_pressed(); }},
              check_limits(config.check)},
          opener{{store, gateways, *courier, clock, config.server.key.expose()}},
          refunder{store, *courier, clock}, confirmer{store, clock},
          orders{pool, profile, config.shop.files},
          reconciler{std::make_unique<Reconciler>(ReconcileServices{
              store, checker, clock, ReconcileLimits{config.check}})},
          keys{pool}, rate_limit{config.api.requests_per_minute},
          idempotency{pool}, services{
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
                                 confirmer,
                                 orders,
                                 waiting_room,
                                 pool,
                                 keys,
                                 rate_limit,
                                 idempotency}
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
    std::unique_ptr<EventThread> events; ///< nothing when no storefront is told
    WaitingRoom waiting_room;
    MysqlStore store;
    Intake intake;
    std::unique_ptr<Courier> courier;
    Checker checker;
    Opener opener;
    Refunder refunder;
    Confirmer confirmer;
    MysqlShopOrders orders;
    std::unique_ptr<Reconciler> reconciler;
    KeyRing keys;
    RateLimit rate_limit;
    Idempotency idempotency;
    Services services;
};

App::App(const Config& config, const Theme& theme) : parts_{std::make_unique<Parts>(config, theme)}
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

    add_api_routes(router_, services);
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
    router_.add("GET", "/pay/news", [&services](const Request& request, auto) {
        return handle_news(services, request);
    });
    router_.add("GET", "/pay/asset/*", [&services](const Request&, auto name) {
        return services.pages.asset(name);
    });
    router_.add("GET POST", "/pay/order/*", page([&services](const Request& request, auto key) {
                    return handle_order(services, request, key);
                }));
    router_.add("GET POST", "/pay/*", page([&services](const Request& request, auto gateway) {
                    return handle_checkout(services, request, gateway);
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
    router_.add("GET POST", "/", [notify, back](const Request& request, auto) -> Handled {
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

void App::stop_waiting()
{
    parts_->waiting_room.close();
}

Handled App::operator()(const Request& request) const
{
    return router_(request);
}

void App::check_profile() const
{
    if (parts_->profile.statements().empty()) return;
    try {
        for (const auto& mistake : profile_mistakes(parts_->pool, parts_->profile))
            log_error("profile.mistake", {{"what", mistake}});
    } catch (const std::exception& error) {
        log_warning("profile.unchecked", {{"what", error.what()}});
    }
}

} // namespace tollgate
