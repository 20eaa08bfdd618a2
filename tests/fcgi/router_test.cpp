#include "core/net/http.hpp"
#include "fcgi/router.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <string_view>

using namespace tollgate;

namespace {

RouteHandler named(std::string_view name)
{
    return [name](const Request&, std::string_view matched) {
        Response response;
        response.body = std::string{name}.append("(").append(matched).append(")");
        return response;
    };
}

Router house()
{
    Router router;
    router.add("GET", "/", named("home"));
    router.add("GET", "/healthz", named("health"));
    router.add("POST", "/api/v1/payments/", named("open"));
    router.add("GET", "/api/v1/payments/", named("list"));
    router.add("GET", "/api/v1/payments/recent/", named("recent"));
    router.add("GET", "/api/v1/payments/*/", named("show"));
    router.add("GET", "/api/v1/payments/*/status/", named("status"));
    router.add("POST", "/notify/ping", named("ping"));
    router.add("GET POST", "/notify/*", named("notify"));
    router.add("POST", "/payment/callback/", named("callback"));
    return router;
}

Response ask(std::string_view method, std::string_view path)
{
    Request request;
    request.method = method;
    request.path = path;
    return std::get<Response>(house()(request));
}

} // namespace

BOOST_AUTO_TEST_SUITE(router_test)

BOOST_AUTO_TEST_CASE(the_route_that_fits_answers)
{
    // clang-format off
    struct {
        const char* name;
        const char* method;
        const char* path;
        const char* body;
    } const cases[] = {
        // name                       method  path                            body
        {"root",                      "GET",  "/",                            "home()"},
        {"fixed path",                "GET",  "/healthz",                     "health()"},
        {"slash too many",            "GET",  "/healthz/",                    "health()"},
        {"slash as in the pattern",   "POST", "/payment/callback/",           "callback()"},
        {"slash missing",             "POST", "/payment/callback",            "callback()"},
        {"one path, POST",            "POST", "/api/v1/payments",             "open()"},
        {"one path, GET",             "GET",  "/api/v1/payments/",            "list()"},
        {"HEAD is GET",               "HEAD", "/api/v1/payments/",            "list()"},
        {"star at the end",           "POST", "/notify/clictopay",            "notify(clictopay)"},
        {"star, slash at the end",    "GET",  "/notify/clictopay/",           "notify(clictopay)"},
        {"star in the middle",        "GET",  "/api/v1/payments/17/status",   "status(17)"},
        {"star before a slash",       "GET",  "/api/v1/payments/17/",         "show(17)"},
        {"the first added wins",      "GET",  "/api/v1/payments/recent",      "recent()"},
    };
    // clang-format on

    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            const auto response = ask(c.method, c.path);
            BOOST_TEST(response.status == 200);
            BOOST_TEST(response.body == c.body);
        }
    }
}

BOOST_AUTO_TEST_CASE(what_no_route_fits_is_refused)
{
    // clang-format off
    struct {
        const char* name;
        const char* method;
        const char* path;
        int status;
        const char* allow;
    } const cases[] = {
        // name                  method     path                           code  allow
        {"unknown path",         "GET",     "/nowhere",                    404, ""},
        {"unknown API path",     "GET",     "/api/v2/payments/",           404, ""},
        {"longer path",          "GET",     "/healthz/deep",               404, ""},
        {"beginning of a path",  "GET",     "/health",                     404, ""},
        {"other case",           "GET",     "/Healthz",                    404, ""},
        {"two slashes at end",   "GET",     "/healthz//",                  404, ""},
        {"two slashes inside",   "GET",     "/api//v1/payments/",          404, ""},
        {"star needs something", "GET",     "/notify/",                    404, ""},
        {"star needs a segment", "GET",     "/api/v1/payments//status/",   404, ""},
        {"star is one segment",  "GET",     "/api/v1/payments/1/2/status", 404, ""},
        {"empty path",           "GET",     "",                            404, ""},
        {"wrong method",         "DELETE",  "/healthz",                    405, "GET, HEAD"},
        {"wrong method, star",   "PUT",     "/notify/clictopay",           405, "GET, HEAD, POST"},
        {"a route of its own",   "GET",     "/notify/ping",                405, "POST"},
        {"two routes' methods",  "OPTIONS", "/api/v1/payments",            405, "POST, GET, HEAD"},
        {"HEAD without GET",     "HEAD",    "/payment/callback/",          405, "POST"},
        {"method in lower case", "get",     "/healthz",                    405, "GET, HEAD"},
        {"no method",            "",        "/healthz",                    405, "GET, HEAD"},
    };
    // clang-format on

    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            const auto response = ask(c.method, c.path);
            BOOST_TEST(response.status == c.status);
            BOOST_TEST(header(response.headers, "Allow") == c.allow);
        }
    }
}

BOOST_AUTO_TEST_CASE(refusals_speak_the_language_of_the_path)
{
    // clang-format off
    struct {
        const char* name;
        const char* method;
        const char* path;
        const char* content_type;
        const char* body;
    } const cases[] = {
        {"API, unknown", "GET", "/api/x", "application/json",
         R"({"success":false,"message":"not found"})"},
        {"API, method", "PUT", "/api/v1/payments/", "application/json",
         R"({"success":false,"message":"method not allowed"})"},
        {"unknown", "GET", "/x", "text/plain; charset=utf-8", "not found\n"},
        {"method", "PUT", "/healthz", "text/plain; charset=utf-8", "method not allowed\n"},
        {"not quite the API", "GET", "/apiary", "text/plain; charset=utf-8", "not found\n"},
    };
    // clang-format on

    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            const auto response = ask(c.method, c.path);
            BOOST_TEST(response.content_type == c.content_type);
            BOOST_TEST(response.body == c.body);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
