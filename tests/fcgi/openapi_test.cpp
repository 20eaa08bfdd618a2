// docs/openapi.json describes the code: its addresses, scopes, fields and words are those of the
// tables that the code itself works with.
#include "core/payments/payment_json.hpp"
#include "core/support/embedded.hpp"
#include "core/support/json.hpp"
#include "core/support/text.hpp"
#include "fcgi/api_routes.hpp"
#include "fcgi/list_request.hpp"
#include "fcgi/opening_request.hpp"

#include <boost/test/unit_test.hpp>

#include <set>

using namespace tollgate;

namespace {

using Names = std::set<std::string>;

const Json& document()
{
    static const auto json = parse_json(embedded_api().front().text);
    BOOST_REQUIRE(json.has_value());
    return *json;
}

/// The value at `path`, which is there.
const Json& at(const Json& json, std::initializer_list<std::string_view> path)
{
    const auto* value = &json;
    for (const auto name : path) {
        value = value->find(name);
        BOOST_REQUIRE_MESSAGE(value != nullptr, name);
    }
    return *value;
}

const Json& schema(std::string_view name)
{
    return at(document(), {"components", "schemas", name});
}

Names members(const Json& json)
{
    Names names;
    for (const auto& [name, value] : *json.object())
        names.insert(name);
    return names;
}

Names texts(const Json& json)
{
    Names names;
    for (const auto& one : *json.array())
        names.insert(one.text());
    return names;
}

template <class List>
Names names_of(const List& list)
{
    return {list.begin(), list.end()};
}

void check_same(const Names& described, const Names& ours)
{
    BOOST_TEST(described == ours, boost::test_tools::per_element());
}

Names every_status()
{
    Names names;
    for (int i = 0; i <= static_cast<int>(Status::refunded); ++i)
        names.emplace(code(static_cast<Status>(i)));
    return names;
}

/// `/api/v1/payments/*/` as the description writes it.
std::string described(std::string_view pattern)
{
    std::string path{pattern};
    const auto star = path.find('*');
    if (star != std::string::npos) path.replace(star, 1, "{id}");
    return path;
}

const Json* operation(const ApiRoute& route)
{
    const auto* path = at(document(), {"paths"}).find(described(route.path));
    return path == nullptr ? nullptr : path->find(lower(route.method));
}

/// The names under which the operation's parameters are kept.
Names parameters(const Json& shown)
{
    Names names;
    const auto* list = shown.find("parameters");
    if (list == nullptr) return names;
    constexpr std::string_view where = "#/components/parameters/";
    for (const auto& one : *list->array())
        names.insert(one.text("$ref").substr(where.size()));
    return names;
}

} // namespace

BOOST_AUTO_TEST_SUITE(openapi_test)

BOOST_AUTO_TEST_CASE(every_route_is_described_and_nothing_else)
{
    Names ours{"get /api/v1/openapi.json"};
    for (const auto& route : api_routes()) {
        if (route.path.starts_with("/api/")) {
            ours.insert(lower(route.method) + " " + described(route.path));
        }
    }
    Names shown;
    for (const auto& [path, item] : *at(document(), {"paths"}).object()) {
        for (const auto& [method, value] : *item.object()) {
            if (method != "parameters") shown.insert(method + " " + path);
        }
    }
    check_same(shown, ours);
}

BOOST_AUTO_TEST_CASE(every_route_shows_its_scope_and_whether_it_may_be_repeated)
{
    for (const auto& route : api_routes()) {
        const auto* shown = operation(route);
        if (shown == nullptr) continue; // another address of a route that is described
        BOOST_TEST_CONTEXT(route.method << ' ' << route.path)
        {
            const auto& security = at(*shown, {"security"}).array()->front();
            check_same(texts(at(security, {"bearer"})), {std::string{code(route.scope)}});
            const bool repeatable = parameters(*shown).contains("IdempotencyKey");
            BOOST_TEST(repeatable == (route.repeat != Repeat::nothing));
            const bool answers_again = shown->find("requestBody") != nullptr;
            BOOST_TEST(repeatable == answers_again);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_payment_has_the_members_it_is_said_to_have)
{
    Payment payment;
    payment.price = {1500, Currency::XOF};
    auto ours = members(payment_json(payment));
    ours.insert({"payment_url", "return_url"});
    check_same(members(at(schema("Payment"), {"properties"})), ours);
    check_same(texts(at(schema("Payment"), {"required"})), ours);
}

BOOST_AUTO_TEST_CASE(statuses_and_attention_are_ours)
{
    check_same(texts(at(schema("Payment"), {"properties", "status", "enum"})), every_status());
    const auto& listed =
        at(document(), {"components", "parameters", "status", "schema", "items", "enum"});
    check_same(texts(listed), every_status());
    Names words{""};
    for (const auto word : every_attention)
        words.emplace(code(word));
    check_same(texts(at(schema("Payment"), {"properties", "attention", "enum"})), words);
}

BOOST_AUTO_TEST_CASE(requests_have_the_fields_that_are_read)
{
    check_same(members(at(schema("Opening"), {"properties"})), names_of(opening_fields));
    check_same(members(at(schema("Reopening"), {"properties"})), names_of(reopening_fields));
    Names customer;
    for (const auto& [name, member] : customer_fields)
        customer.emplace(name);
    check_same(members(at(schema("Customer"), {"properties"})), customer);
    const auto& list = at(document(), {"paths", "/api/v1/payments/", "get"});
    check_same(parameters(list), names_of(list_parameters));
    Names scopes;
    for (const auto scope : every_scope)
        scopes.emplace(code(scope));
    for (const auto& scope : scopes) {
        const auto text = at(document(), {"components", "securitySchemes", "bearer"});
        BOOST_TEST(text.text("description").find("`" + scope + "`") != std::string::npos);
    }
}

BOOST_AUTO_TEST_SUITE_END()
