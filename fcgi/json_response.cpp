#include "fcgi/json_response.hpp"

namespace tollgate {

Response json_response(int status, std::string_view message, Json::Object members)
{
    auto json = Json::object({{"success", status < 400}, {"message", message}});
    for (auto& [name, value] : members)
        json.add(name, std::move(value));
    Response response;
    response.status = status;
    response.content_type = "application/json";
    response.body = to_text(json) + "\n";
    return response;
}

Response validation_response(const FieldErrors& errors)
{
    Json::Object members;
    for (const auto& [field, what] : errors)
        members.emplace_back(field, what);
    return json_response(422, "some fields are wrong", {{"errors", Json{std::move(members)}}});
}

} // namespace tollgate
