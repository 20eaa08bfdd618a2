#include "fcgi/health_handler.hpp"

#include "core/support/log.hpp"

namespace tollgate {
namespace {

Response text(int status, const char* body)
{
    Response response;
    response.status = status;
    response.body = body;
    return response;
}

} // namespace

Response handle_health()
{
    return text(200, "ok\n");
}

Response handle_ready(Store& store)
{
    try {
        store.check_ready();
    } catch (const std::exception& error) {
        log_warning("ready.failed", {{"what", error.what()}});
        auto response = text(503, "not ready\n");
        response.headers.emplace_back("Retry-After", "5");
        return response;
    }
    return text(200, "ok\n");
}

} // namespace tollgate
