#include "fcgi/checkout_handler.hpp"

#include "core/checkout/checkout_link.hpp"
#include "core/support/log.hpp"
#include "core/support/log_limit.hpp"
#include "core/support/text.hpp"
#include "fcgi/checkout_pages.hpp"
#include "fcgi/opening_request.hpp"
#include "fcgi/pages/languages.hpp"

#include <algorithm>

namespace tollgate {
namespace {

constexpr std::size_t refusals_logged_per_second_max = 10;
constexpr std::string_view language_field = "lang"; ///< of all our pages

CheckoutSecrets secrets_of(const Services& services)
{
    const auto& shop = services.config.shop;
    return {shop.checkout_secret, shop.previous_checkout_secret};
}

Merchant merchant_of(const Services& services)
{
    return Merchant{services.config.shop.merchant};
}

bool acts(const Request& request)
{
    return request.method == "POST";
}

Response redirect(const std::string& url)
{
    Response response;
    response.status = 303;
    response.headers.emplace_back("Location", url);
    return response;
}

/// Anybody can send links that nobody signed: a flood of them must not fill the log.
Response
refuse(const Services& services, const Request& request, std::string_view error, const Page& page)
{
    static LogLimit limit{refusals_logged_per_second_max};
    if (const auto left_out = limit.admit(services.clock.now())) {
        log_warning(
            "checkout.refused", {{"request", request.id}, {"error", error}, {"left_out", *left_out}}
        );
    }
    return services.pages.render(request, page);
}

/// What the shop asked for, signed or in its own table, cannot be paid.
Response
impossible_payment(const Services& services, const Request& request, const FieldErrors& errors)
{
    for (const auto& [field, rule] : errors) {
        log_error("checkout.mistake", {{"request", request.id}, {"field", field}, {"rule", rule}});
    }
    return services.pages.render(request, impossible_payment_page());
}

// ------------------------------------------------------ payments of the order that are there

/// Where its customer goes on.
Response
lead_to(const Services& services, const Request& request, const Payment& payment, Money price)
{
    const auto* gateway = services.gateways.find(payment.gateway.get());
    if (gateway == nullptr) return services.pages.render(request, closed_order_page());
    if (is_open(payment.state)) {
        if (payment.price != price) return services.pages.render(request, other_amount_page());
        if (!payment.payment_url.empty()) return redirect(payment.payment_url);
    }
    return redirect(services.opener.return_url(*gateway, payment.id));
}

/// Nothing when a new payment may be opened, as far as can be seen before it is tried.
std::optional<Response>
existing(const Services& services, const Request& request, const OrderRef& order, Money price)
{
    const auto payment = services.store.find(merchant_of(services), order);
    if (!payment || is_unpaid_end(payment->state)) return {};
    const bool never_reached_a_customer =
        payment->state == Status::pending && payment->payment_url.empty();
    if (never_reached_a_customer && services.clock.now() >= payment->opening_until) return {};
    return lead_to(services, request, *payment, price);
}

// ------------------------------------------------------------------------------- opening a new one

/// What is to be opened: `json` as the payments API takes it, so one set of rules judges both.
struct Checkout {
    CheckoutView view;
    const Gateway& gateway;
    Json json;
    Fields answers; ///< of the customer
};

Expected<OpeningRequest, FieldErrors>
read_checkout(const Services& services, const Request& request, const Json& json)
{
    const auto whole = parse_json(to_text(json)); // only UTF-8 comes back
    if (!whole) return Unexpected{FieldErrors{{"link", "must be UTF-8"}}};
    return read_opening(
        *whole,
        {
            .gateways = services.gateways,
            .downloads = services.config.downloads,
            .events = services.config.events,
            .sandbox = services.config.server.sandbox,
            .merchant = merchant_of(services),
            .language = gateway_language(services.pages.language_of(request)),
        }
    );
}

bool is_about_customer(const FieldErrors& errors)
{
    return std::ranges::all_of(errors, [](const auto& error) {
        return error.first.starts_with("customer.");
    });
}

/// `json` with the customer's own answers to what was missing or wrong, and to nothing else.
Json with_answers(const Json& json, const FieldErrors& missing, const Fields& answers)
{
    Json::Object customer;
    for (const auto& [name, member] : customer_fields) {
        const auto full = "customer." + std::string{name};
        const auto* given = json.find("customer");
        std::string value = given == nullptr ? std::string{} : given->text(name);
        if (missing.contains(full)) value = field(answers, answer_name(full));
        if (!value.empty()) customer.emplace_back(name, std::move(value));
    }
    Json::Object members;
    for (const auto& member : *json.object()) {
        if (member.first != "customer") members.push_back(member);
    }
    members.emplace_back("customer", std::move(customer));
    return Json{std::move(members)};
}

Response proceed(const Services& services, const Request& request, const Checkout& checkout)
{
    auto opening = read_checkout(services, request, checkout.json);
    if (!opening && is_about_customer(opening.error())) {
        const auto json = with_answers(checkout.json, opening.error(), checkout.answers);
        opening = read_checkout(services, request, json);
    }
    if (!opening && !is_about_customer(opening.error())) {
        return impossible_payment(services, request, opening.error());
    }
    const auto& [view, gateway, json, answers] = checkout;
    if (!opening) {
        const auto page = question_page(view, gateway, opening.error(), answers);
        return services.pages.render(request, page);
    }
    if (!acts(request)) return services.pages.render(request, pay_page(view, gateway));
    const auto result = services.opener.open(gateway, opening->order);
    return lead_to(services, request, result.payment, view.price);
}

// ----------------------------------------------------------------------------------- signed links

Json::Array list_of(std::string_view names)
{
    Json::Array list;
    while (!names.empty()) {
        const auto name = names.substr(0, names.find(','));
        list.emplace_back(name);
        names.remove_prefix(std::min(name.size() + 1, names.size()));
    }
    return list;
}

Json json_of(const Fields& fields, std::string_view gateway)
{
    Json::Object members{{"gateway", gateway}};
    Json::Object customer;
    for (const auto& [name, value] : fields) {
        if (value.empty()) continue;
        if (std::ranges::find(customer_fields, name, [](const auto& one) { return one.first; }) !=
            customer_fields.end()) {
            customer.emplace_back(name, value);
        } else if (name == "files") {
            members.emplace_back(name, list_of(value));
        } else {
            members.emplace_back(name, value);
        }
    }
    members.emplace_back("customer", std::move(customer));
    return Json{std::move(members)};
}

/// The link's own address, without what others have added to it.
std::string address_of(const Services& services, std::string_view gateway, const Fields& fields)
{
    Fields own;
    for (const auto& one : fields) {
        const bool ours = is_one_of(one.first, {"sig", language_field});
        if (ours || std::ranges::binary_search(checkout_fields, one.first)) own.push_back(one);
    }
    const auto& base = services.config.server.public_url;
    return base + "/pay/" + std::string{gateway} + "?" + to_form(own);
}

std::optional<Money> price_of(const Fields& fields)
{
    const auto currency = parse_currency(field(fields, "currency"));
    if (!currency) return {};
    const auto price = parse_major(field(fields, "amount"), *currency);
    return price ? std::optional{*price} : std::nullopt;
}

// ------------------------------------------------------------------------ orders of the shop

Json json_of(const ShopOrder& order, const Gateway& gateway)
{
    Json::Object customer;
    for (const auto& [name, member] : customer_fields) {
        if (!(order.customer.*member).empty()) customer.emplace_back(name, order.customer.*member);
    }
    Json::Object members{
        {"order", order.order.get()},
        {"amount", major_text(order.price)},
        {"currency", code(order.price.currency)},
        {"gateway", gateway.name()},
        {"files", Json::Array(order.files.begin(), order.files.end())},
        {"customer", std::move(customer)},
    };
    const auto add = [&](std::string_view name, const std::string& value) {
        if (!value.empty()) members.emplace_back(name, value);
    };
    add("description", order.description);
    add("success_url", order.urls.success);
    add("failure_url", order.urls.failure);
    return Json{std::move(members)};
}

/// What the profile's statement is to look for; nothing when the shop has not said so.
std::optional<std::string> lookup_key(const Services& services, std::string_view key)
{
    const auto kind = services.orders.key_kind();
    if (!kind) return {};
    switch (*kind) {
    case OrderKeyKind::signed_by_shop: return open_order_key(secrets_of(services), key);
    case OrderKeyKind::unguessable: return std::string{key};
    }
    impossible("order key");
}

/// Those that the order can be paid through, whatever else they want to know of the customer.
std::vector<const Gateway*> fitting(const Services& services, const ShopOrder& order)
{
    std::vector<const Gateway*> gateways;
    for (const auto& name : services.gateways.names()) {
        const auto* gateway = services.gateways.find(name);
        const auto objections = gateway->objections(order.price, order.customer);
        const bool fits = std::ranges::all_of(objections, [](const Objection& objection) {
            return objection.field.starts_with("customer.");
        });
        if (fits && (order.gateway.empty() || order.gateway == name)) gateways.push_back(gateway);
    }
    return gateways;
}

Response pay_order(
    const Services& services,
    const Request& request,
    const ShopOrder& order,
    const std::string& action
)
{
    const auto gateways = fitting(services, order);
    if (gateways.empty()) {
        const auto& wanted = order.gateway.empty() ? "any" : order.gateway;
        return impossible_payment(
            services, request, {{"gateway", "no gateway takes this order; wanted: " + wanted}}
        );
    }
    const CheckoutView view{order.order, order.price, action};
    auto answers = acts(request) ? parse_form(request.body).value_or(Fields{}) : Fields{};
    const auto chosen = std::ranges::find(gateways, field(answers, "gateway"), &Gateway::name);
    if (chosen == gateways.end() && gateways.size() > 1) {
        return services.pages.render(request, choice_page(view, gateways));
    }
    const auto& gateway = chosen == gateways.end() ? *gateways.front() : **chosen;
    return proceed(services, request, {view, gateway, json_of(order, gateway), std::move(answers)});
}

} // namespace

Response handle_checkout(const Services& services, const Request& request, std::string_view name)
{
    const auto* gateway = services.gateways.find(name);
    if (gateway == nullptr) return refuse(services, request, "gateway", invalid_link_page(404));
    const auto body = acts(request) ? parse_form(request.body).value_or(Fields{}) : Fields{};
    auto fields = parse_form(request.query).value_or(Fields{});
    if (!has_field(fields, "sig")) fields = body;
    const auto link = read_checkout_link(secrets_of(services), name, fields);
    if (!link) return refuse(services, request, code(link.error()), invalid_link_page(403));

    const OrderRef order{std::string{field(link->fields, "order")}};
    const auto price = price_of(link->fields);
    if (!is_order_ref(order.get()) || !price) {
        const FieldErrors errors{{"order, amount, currency", "must be there and be right"}};
        return impossible_payment(services, request, errors);
    }
    if (auto response = existing(services, request, order, *price)) return *std::move(response);
    if (link->expires && services.clock.now() >= *link->expires) {
        return refuse(services, request, "expired", expired_link_page());
    }
    const CheckoutView view{order, *price, address_of(services, name, fields)};
    return proceed(services, request, {view, *gateway, json_of(link->fields, name), body});
}

Response handle_order(const Services& services, const Request& request, std::string_view key)
{
    const auto wanted = lookup_key(services, key);
    const auto order = wanted ? services.orders.find(*wanted) : std::nullopt;
    if (!order) return refuse(services, request, "order_key", invalid_link_page(404));
    if (auto response = existing(services, request, order->order, order->price)) {
        return *std::move(response);
    }
    if (!order->payable) return services.pages.render(request, closed_order_page());
    auto action = services.config.server.public_url + "/pay/order/" + percent_encode(key);
    const auto fields = parse_form(request.query).value_or(Fields{});
    const auto language = field(fields, language_field);
    if (!language.empty()) action = with_query(action, language_field, language);
    return pay_order(services, request, *order, action);
}

} // namespace tollgate
